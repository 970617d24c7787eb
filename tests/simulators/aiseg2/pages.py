"""The pages, as AiSEG2 protocol, section 2, describes them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from html import escape
import json

from .house import SimulatedAppliance, SimulatedPlace

_WIDE = str.maketrans("0123456789%", "０１２３４５６７８９％")


def document(
    title: str,
    main: str,
    *,
    firmware: str,
    clock: datetime,
    links: Iterable[str] = (),
    demo: bool = False,
    limited: bool = False,
    script: str = "",
    tail: str = "",
) -> str:
    """Return a whole page around its content; not well-formed, as the real ones."""
    menu = "".join(
        f'<div class="fmbtn"><a href="{link}" class="fmhit">&nbsp;</a></div>'
        for link in links
    )
    told = json.dumps(
        {
            "year": f"{clock:%y}",
            "month": str(clock.month),
            "day": str(clock.day),
            "hour": str(clock.hour),
            "min": str(clock.minute),
            "sec": str(clock.second),
            "weekday": str(clock.isoweekday()),
        },
        separators=(",", ":"),
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "x.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="ja" lang="ja">
<head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
<link href="/contents/{firmware}/stylesheets/common.css" rel="stylesheet" />
<title>{title}</title></head>
<body class="pc"><div id="logo">&nbsp;</div>
<div id="fmenu"><div id="fmbtn_wrapper">{menu}</div></div>
<div id="footer">{'<div id="footer_mode">デモモード</div>' if demo else ""}
<div id="pvlimit_label" class="button "{"" if limited else 'style="display:none;"'}>
<div>制御期間中</div></div></div>
<div class="contents"><div id="h_icon" class=h_icon-1>&nbsp;</div>
<h1 id="h_title">{title}<span id="h_subtitle"></span></h1>
<script type="text/javascript">TimeInfoVariable = {{}};
TimeInfoVariable.serverTime = '{told}';</script>
<div id="main">
{main}
</div></div>
<script type="text/javascript">var version = '{firmware}';
{script}</script>
{tail}
</body>
</html>
"""


def broken_name(name: str) -> str:
    """Return a name as the live list breaks it: anywhere, a dot gives way."""
    if "・" in name:
        first, _, rest = name.partition("・")
        return f"{escape(first)}<br />{escape(rest)}"
    return f"{escape(name[:6])}<br />{escape(name[6:])}"


def circuit_list(
    slots: Sequence[tuple[str, int | None]],
    page: int,
    pages: int,
    largest: int,
) -> tuple[str, str]:
    """Return main part and script of one page of the live list."""
    group = 3
    first = (page - 1) // group * group + 1
    tabs = []
    if first > 1:
        tabs.append(("prev", f"/page/electricflow/1113?id={first - 1}&track="))
    tabs += [
        (str(number), f"/page/electricflow/1113?id={number}&track=")
        for number in range(first, min(first + group, pages + 1))
    ]
    if first + group <= pages:
        tabs.append(("next", f"/page/electricflow/1113?id={first + group}&track="))
    bar = "".join(
        f'<div class="tab-desc-{name} tab-active no_sound"></div>'
        if name == str(page) and page > 1
        else f'<div class="tab-desc-{name} button hit" href="{link}"></div>'
        for name, link in tabs
    )
    columns = "".join(
        f"""<div id="stage_{place}" class="column"><div class="c_bar"></div>
<div class="c_value">{f" {watts}W" if watts else "" if watts == 0 else "-"}</div>
<div class="c_device">{broken_name(name)}</div></div>
"""
        for place, (name, watts) in enumerate(slots, 1)
    )
    bars = [87 * (1 - (watts or 0) / largest) if largest else 87 for _, watts in slots]
    main = (
        f'<div id="tab-area"><div class="tab-set">{bar}</div></div>'
        f'<div id="m_capacity" class="graph_contents">{columns}</div>'
    )
    return main, f"var graph_data = {json.dumps(bars)};"


def catalogue_script(
    entries: Sequence[tuple[str, str, str, bool]], firmware: str
) -> str:
    """Return the script of the catalogue: id, name, label, whether measured."""
    listed = [
        {
            "strId": number,
            "strCircuit": name,
            "strLabel": label,
            "strBtn": "1" if measured else "0",
            "strBtnType": "1" if measured else "-",
        }
        for number, name, label, measured in entries
    ]
    told = {
        "popupmsg": {"msg1": "<div class='l3'>名称を（読み込み）<br>ます。</div>"},
        "pageno": 1,
        "arrayCircuitNameList": listed,
    }
    return (
        f'<script src="/contents/{firmware}/javascripts/734.js"></script>\n'
        '<script type="text/javascript">window.onload = init('
        f"{json.dumps(told, ensure_ascii=False)});</script>"
    )


def day_graph(
    *,
    value: float | None,
    unit: str,
    day: date,
    today: Sequence[Sequence[float]],
    yesterday: Sequence[float],
    buttons: Sequence[tuple[str, str]] = (),
    price: float | None = None,
) -> tuple[str, str]:
    """Return main part and script of a day's graph."""
    shown = "-" if value is None else f"{value:.3f}"
    combo = "".join(
        f'<div id="{name}" class="button combo hit" href="{link}"></div>'
        for name, link in buttons
    )
    sale = (
        ""
        if price is None
        else f'<span class="istring">売電単価：<span id="val_sale">{price:.2f}</span>円</span>'
    )
    main = f"""<div id="info_last"><span id="val_last">{day - timedelta(days=1):%m/%d}</span></div>
{sale}<div id="val_current">{day:%Y/%m/%d}</div>
<div id="txt_graph_kwh"><span id="val_kwh">{shown}</span><span id="unit_kwh">{unit}</span></div>
<div id="g_cbtn_wrapper" class="combo_wrapper">{combo}</div>"""
    series = dict(zip(("total1", "val2", "val3"), today, strict=False))
    data = json.dumps(
        {"unit": "day", **series, "total2": list(yesterday), "totalValue": shown}
    )
    tabs = json.dumps({"day": [day.year, day.month, day.day], "day_compare": "day"})
    return main, f"var graph_data = {data};\nvar tabs = {tabs};"


def identity(name: str, firmware: str, mac: str) -> str:
    """Return the table of versions."""
    rows = [
        ("機器名称", name),
        ("ファームウェア（本体）", firmware),
        ("ファームウェア（出力制御）", "Ver.1.00A-00"),
        ("サポートコード", "9876-5432-1098-7654"),
        ("MACアドレス", mac),
    ]
    body = "".join(
        f'<tr class="lo-h44"><th>{label}</th><td>{value}</td></tr>'
        for label, value in rows
    )
    return (
        '<div id="table_wrapper1" class="table_wrapper"><table class="table_object">'
        f'<tr class="table_title"><th>項目</th><th>値</th></tr>{body}</table></div>'
    )


def meter(power: float) -> str:
    """Return the smart meter's picture: positive is bought."""
    shown = f"{abs(round(power))}W {'買電中' if power >= 0 else '売電中'}"
    return (
        '<div id="valinfo"><div class="valimg disable">-</div>'
        f'<div class="valimg">{shown}</div></div>'
    )


def air(places: Sequence[SimulatedPlace]) -> str:
    """Return up to three places, digits as pictures."""
    return "".join(
        f"""<div id="base{number}_1" class="base"><div class="txt_name">{escape(place.name)}<br></div>
<div class="num_wrapper">{_digits("ond", place.temperature, 1)}
{_digits("shitudo", place.humidity, 0)}</div></div>
"""
        for number, place in enumerate(places, 1)
    )


def _digits(kind: str, value: float | None, places: int) -> str:
    text = "" if value is None else f"{value:.{places}f}"
    drawn = {
        "-": '<div class="num no_minus"></div>',
        ".": '<div class="num_dot"></div>',
    }
    elements = "".join(
        drawn.get(char, f'<div class="num no{char}"></div>') for char in text
    )
    look = "hidden" if value is None else "visible"
    return (
        f'<div class="num_{kind}" style="visibility:{look}"><div class="icon_{kind}">'
        f'</div>{elements}<div class="num_tani"></div></div>'
    )


def panels(shown: Sequence[SimulatedAppliance]) -> str:
    """Return up to four panels."""
    return "".join(
        f"""<div id="panel_{number}" class="panel"><div id="{item.panel}"></div>
<div class="icon on"></div><div class="kiki_title">{escape(_title(item))}</div>
<div class="kiki_val">{_values(item)}</div><div class="kiki_state">{_states(item)}</div></div>
"""
        for number, item in enumerate(shown, 1)
    )


def _title(item: SimulatedAppliance) -> str:
    if item.title is not None:
        return item.title
    return f"{item.location}・{item.name}" if item.location else item.name


def _values(item: SimulatedAppliance) -> str:
    rows = "".join(
        f"<div><span>{label}：</span><span>{value}</span></div>"
        for label, value in item.values.items()
    )
    note = "" if item.note is None else f'<span class="color_red">{item.note}</span>'
    return rows + note


def _states(item: SimulatedAppliance) -> str:
    return (
        "".join(
            f'<div class="state lo-w154 {classes}">\n      {text}    </div>'
            for text, classes in item.states
        )
        + '<div class="state" style="visibility:hidden">見えない</div>'
    )


def equipment_script(
    items: Sequence[SimulatedAppliance], total: int, page: int, token: str
) -> str:
    """Return the script with the list of all equipment."""
    listed = json.dumps(
        [
            {
                "nodeId": str(item.node),
                "eoj": item.eoj,
                "type": "0x0b",
                "name": item.name,
                "location": item.location or "-",
            }
            for item in items
        ],
        ensure_ascii=False,
    )
    return (
        '<script type="text/javascript">window.onload = '
        f"init({total}, {page}, 2, {token}, {listed});</script>"
    )


def air_conditioners(items: Sequence[SimulatedAppliance]) -> str:
    """Return the air conditioners' own page."""

    def span(item: SimulatedAppliance, name: str, unit: str) -> str:
        value = item.attributes.get(name)
        look = "hidden" if value is None else "visible"
        return f"<span class='{name}' style=\"visibility:{look}\">{value or ''}{unit}</span>"

    return "<script>var deviceCnt = %d;</script>" % len(items) + "".join(  # noqa: UP031
        f"""<div id="panel_{number}" class="panel" nodeId="{item.node}" eoj="{item.eoj}" type="0x03" state={item.attributes.get("state", "0x31")} >
<div class="kiki_title">{escape(_title(item))}</div><div class="kiki_val">
{span(item, "inner", "℃")}{span(item, "humid", "%")}{span(item, "outer", "℃")}</div>
<div class="kiki_state"><div class="state on">運転中</div>
<div class="state line2">{item.attributes.get("mode", "")}<br />28℃</div></div></div>
"""
        for number, item in enumerate(items, 1)
    )


def fire_alarms_script(
    node: str, eoj: str, rooms: Sequence[tuple[str, bool, bool]]
) -> str:
    """Return the script of a receiver: room, fire, battery low."""
    rows = [
        {
            "color": "#ff0000" if fire else "",
            "name": room,
            "time": "2026/01/02 03:04",
            "battVisible": "visible" if low else "hidden",
            "btnDisp": "visible",
            "nodeId": node,
            "eoj": eoj,
            "equipIndex": str(index),
        }
        for index, (room, fire, low) in enumerate(rooms)
    ]
    told = json.dumps(
        {"nodeId": node, "eoj": eoj, "arrayRegDevList": rows}, ensure_ascii=False
    )
    return (
        '<script type="text/javascript">window.onload = '
        f'init(5, 1, {told}, {{"strStatusLabel":"直近日時："}});</script>'
    )


def export_page(token: str) -> str:
    """Return the page that offers the export, among dangerous things."""
    return (
        '<HTML><HEAD><TITLE>SD</TITLE></HEAD><BODY><FORM METHOD="post">'
        f'<input type="hidden" NAME="csrftoken" VALUE="{token}" />'
        '<input type="submit" NAME="doReset" VALUE="1" /></FORM></BODY></HTML>'
    )
