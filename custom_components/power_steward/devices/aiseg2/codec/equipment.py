"""What the box watches (AiSEG2 protocol, sections 2.10 and 2.11)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
import re
from typing import Any, Final

from selectolax.lexbor import LexborNode

from ..models import Appliance, ApplianceList, Equipment, EquipmentPage
from .page import Page, classes_of, is_hidden, joined
from .values import JAPAN, NOTHING, Reader, clean, digest, is_dict, name_key, plain

_RUNNING: Final = {"運転中": True, "停止中": False, "入": True, "切": False}
_ALL_OF_A_KIND: Final = {
    "aircon": "aircons",
    "adv_sw": "lights",
    "fh": "floor_heatings",
    "shutter": "shutters",
    "window": "sashes",
}
_ONE: Final = {
    "lock": "lock",
    "ecocute": "ecocute",
    "aircleaner": "air_purifier",
    "rangehood": "range_hood",
    "ih": "ih_hob",
    "gas_hp": "gas_water_heater",
    "elseev": "ev_charger",
    "call": "call_button",
    "deliverybox": "delivery_box",
    "jukeiki": "fire_alarm",
    "alauno": "toilet",
}
_COUNTED: Final = {
    "運転中": "active_count",
    "点灯中": "active_count",
    "停止中": "inactive_count",
    "消灯中": "inactive_count",
    "開": "active_count",
    "閉": "inactive_count",
}
_LEVELS: Final = {"ニオイ": "smell", "PM2.5": "pm2_5_level", "ハウスダスト": "dust"}


def parse_equipment(status: int, body: bytes) -> EquipmentPage:
    """Read one page of panels, and the list of all equipment."""
    page = Page("devices/device/32", status, body)
    arguments = page.arguments('"eoj"')
    if len(arguments) < 5 or not isinstance(arguments[0], int):
        raise page.wrong("init has other arguments")
    equipment = tuple(_equipment(page, arguments[4]))
    return EquipmentPage(
        parts=page.parts(),
        panels_total=min(max(arguments[0], 0), 100),
        equipment=equipment,
        appliances=tuple(
            appliance
            for panel in page.all(".panel")
            if (appliance := _panel(panel, equipment)) is not None
        ),
    )


def _equipment(page: Page, entries: object) -> Iterable[Equipment]:
    if not isinstance(entries, list):
        raise page.wrong("no list of equipment")
    for entry in entries:
        if not is_dict(entry):
            raise page.wrong("a device is no object")
        node, eoj = str(entry.get("nodeId")), str(entry.get("eoj")).lower()
        if not re.fullmatch(r"\d{1,5}", node, re.ASCII) or not re.fullmatch(
            r"0x[0-9a-f]{6}", eoj
        ):
            raise page.wrong("a device without an identity")
        location = clean(str(entry.get("location") or ""))
        yield Equipment(
            node,
            eoj,
            clean(str(entry.get("name") or "")),
            "" if location in NOTHING else location,
        )


def _panel(panel: LexborNode, equipment: Sequence[Equipment]) -> Appliance | None:
    """Read a panel; its first child's id names its kind."""
    first = next(iter(panel.iter()), None)
    kind = first.attributes.get("id") if first is not None else None
    title_node = panel.css_first(".kiki_title")
    title = "" if title_node is None else joined(title_node)
    if kind is None or not title:
        return None
    if kind in _ALL_OF_A_KIND:
        key = name = _ALL_OF_A_KIND[kind]
    elif kind in _ONE:
        name = _ONE[kind]
        same = [item for item in equipment if name_key(item.title) == name_key(title)]
        key = same[0].key if len(same) == 1 else f"{name}_{digest(title)}"
    else:
        return None
    read = Reader()
    values = _panel_values(kind, panel, read)
    return Appliance(
        key=key, kind=name, name=title, rejected=tuple(read.rejected), **values
    )


def _panel_values(kind: str, panel: LexborNode, read: Reader) -> dict[str, Any]:
    labels = dict(_labelled(panel))
    states = [
        (plain(node.text()), classes_of(node))
        for node in panel.css(".kiki_state > .state")
        if not is_hidden(node)
    ]
    values: dict[str, Any] = {}
    for label, text in labels.items():
        if kind in _ALL_OF_A_KIND:
            field = next(
                (field for word, field in _COUNTED.items() if label.startswith(word)),
                None,
            )
            if field is not None:
                values[field] = read.integer(label, text, low=0)
        elif kind == "aircleaner" and label in _LEVELS:
            values[_LEVELS[label]] = read.number(label, text, 0, 100)
        elif kind == "ecocute" and label == "貯湯量":
            values["tank_level"] = read.number(label, text, 0, 100)
    first = states[0][0] if states else ""
    match kind:
        case "lock":
            locked = {"施錠中": True, "解錠中": False}
            values["locked"] = _word(read, "lock", first, locked)
        case "elseev":
            values["ev_charging"] = first == "充電中" if first else None
        case "ecocute":
            values["running"] = _word(read, "ecocute", first, _RUNNING)
            bath = [text for text, classes in states if "bath_disp_on" in classes]
            if bath:
                values["bath_running"] = _word(read, "bath", bath[0], _RUNNING)
        case "aircleaner" | "rangehood" | "ih" | "gas_hp":
            values["running"] = _word(read, kind, first, _RUNNING)
            if kind in ("aircleaner", "rangehood") and len(states) > 1:
                values["mode"] = states[1][0] or None
        case "jukeiki" | "deliverybox":
            field = "fire" if kind == "jukeiki" else "parcel"
            notes = panel.css(".kiki_val span.color_red")
            if notes:
                values[field] = any(plain(node.text()) for node in notes)
    if kind in ("call", "alauno", "jukeiki", "deliverybox"):
        node = panel.css_first(".kiki_val")
        values["last_event"] = _moment("" if node is None else node.text())
    return values


def _word(read: Reader, name: str, text: str, words: Mapping[str, bool]) -> bool | None:
    """Return what a word stands for; one that is not known is turned down."""
    if not text or text in NOTHING:
        return None
    if text not in words:
        read.rejected.append(name)
    return words.get(text)


def _labelled(panel: LexborNode) -> Iterable[tuple[str, str]]:
    """Return a panel's pairs of label and value, without the colon between them."""
    for row in panel.css(".kiki_val > div"):
        spans = [
            plain(span.text(deep=False)) for span in row.iter() if span.tag == "span"
        ]
        for label, value in zip(spans[::2], spans[1::2], strict=False):
            yield label.rstrip(":").strip(), value.lstrip(":").strip()


def _moment(text: str) -> datetime | None:
    match = re.search(
        r"(\d{4})/(\d{1,2})/(\d{1,2})\s+(\d{1,2}):(\d{2})", plain(text), re.ASCII
    )
    try:
        return datetime(*map(int, match.groups()), tzinfo=JAPAN) if match else None  # type: ignore[misc, arg-type]
    except ValueError:
        return None


def parse_air_conditioners(status: int, body: bytes) -> ApplianceList:
    """Read a page of air conditioners."""
    page = Page("devices/device/321", status, body)
    total = page.variable("deviceCnt")
    if not isinstance(total, int):
        raise page.wrong("no deviceCnt")
    appliances = []
    for panel in page.all(".panel[nodeid]"):
        node = panel.attributes.get("nodeid") or ""
        eoj = (panel.attributes.get("eoj") or "").lower()
        title = panel.css_first(".kiki_title")
        if not node or not eoj or title is None:
            raise page.wrong("a device without an identity")
        read = Reader()
        modes = [
            clean(re.split(r"<br", mode.inner_html or "")[0])
            for mode in panel.css(".kiki_state .line2")
        ]
        appliances.append(
            Appliance(
                key=f"device_{node}_{eoj}",
                kind="aircon",
                name=joined(title),
                running={"0x30": True, "0x31": False}.get(
                    panel.attributes.get("state") or ""
                ),
                mode=modes[0] or None if modes else None,
                room_temperature=_shown(read, panel, "inner", -60, 100),
                room_humidity=_shown(read, panel, "humid", 0, 100),
                outdoor_temperature=_shown(read, panel, "outer", -60, 100),
                rejected=tuple(read.rejected),
            )
        )
    return ApplianceList(page.parts(), total, tuple(appliances))


def _shown(
    read: Reader, panel: LexborNode, name: str, low: float, high: float
) -> float | None:
    node = panel.css_first(f".{name}")
    if node is None or is_hidden(node):
        return None
    return read.number(name, node.text(), low, high)


def parse_fire_alarms(status: int, body: bytes) -> ApplianceList:
    """Read the fire alarms of one receiver.

    Whether there is a fire is told by the colour; the time is that of the last event,
    which every idle alarm has too (section 2.11).
    """
    page = Page("devices/device/32h", status, body)
    arguments = page.arguments("arrayRegDevList")
    told = arguments[2] if len(arguments) > 2 and is_dict(arguments[2]) else {}
    rows = told.get("arrayRegDevList")
    if not isinstance(rows, list):
        raise page.wrong("no list of alarms")
    appliances = []
    for row in rows:
        if not is_dict(row) or not isinstance(row.get("color"), str):
            raise page.wrong("an alarm without a colour")
        name = clean(str(row.get("name") or ""))
        if name in NOTHING:
            continue
        node, index = str(row.get("nodeId")), str(row.get("equipIndex"))
        if not re.fullmatch(r"\d{1,5} \d{1,3}", f"{node} {index}", re.ASCII):
            raise page.wrong("an alarm without an identity")
        battery = row.get("battVisible")
        appliances.append(
            Appliance(
                key=f"fire_alarm_{node}_{index}",
                kind="fire_alarm",
                name=name,
                fire=bool(row["color"].strip()),
                battery_low=battery != "hidden" if isinstance(battery, str) else None,
                last_event=_moment(str(row.get("time") or "")),
            )
        )
    return ApplianceList(page.parts(), None, tuple(appliances))
