"""Bytes of an AiSEG2 in, models out (AiSEG2 protocol, section 2).

Pages are HTML that no XML parser takes; they are read with selectolax's Lexbor, which
is quick, lenient, and has wheels for every architecture that Home Assistant runs on.
What a page says twice, in its text and in its script, must agree, and a page that does
not end is not read at all: a number that may be cut off is no number.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
import hashlib
import json
import math
import re
from typing import Any, Final, NamedTuple
import unicodedata

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ..errors import (
    AnswerNotUnderstood,
    Busy,
    CredentialsRejected,
    PageMissing,
    PageNotUnderstood,
    RequestRefused,
)
from .models import (
    AirPage,
    Appliance,
    ApplianceList,
    Catalogue,
    Circuit,
    CircuitPage,
    CircuitPower,
    DayGraph,
    Equipment,
    EquipmentPage,
    GridMeter,
    Identity,
    Live,
    PageParts,
    Place,
    Source,
)

JAPAN: Final = timezone(timedelta(hours=9), "JST")
"""The box's time; Japan has no daylight saving."""
MAX_POWER: Final = 1_000_000.0
"""W; a home stays far below."""
MAX_DAY_TOTAL: Final = 24_000.0
"""kWh of a day at the largest power; no home uses so many litres either."""
_ROUNDED_OFF: Final = 50.5
"""W that the total, told in tenths of a kW, may be off."""


# --- Numbers and texts (section 3) ----------------------------------------------------

_NUMBER: Final = re.compile(
    r"([+-]?\d{1,15}(?:\.\d{1,9})?)\s*"
    r"(W|kW|Wh|kWh|l|L|m3|%|円|°C|V|A)?",
    re.ASCII,
)
_NOTHING: Final = frozenset({"", "-", "--", "―", "－"})
_SCALE: Final = {"kW": 1000.0, "Wh": 0.001}
"""To W and kWh."""


class Quantity(NamedTuple):
    """A number and its unit, already in W and kWh."""

    value: float
    unit: str | None


def clean(text: str) -> str:
    """Return a text without the spaces around it, wide ones included."""
    return text.strip()


def plain(text: str) -> str:
    """Return a text with full-width letters and digits made narrow."""
    return unicodedata.normalize("NFKC", text).strip()


def name_key(name: str) -> str:
    """Return what is the same for one name on all pages (section 2.3)."""
    return re.sub(r"[\s・･]", "", unicodedata.normalize("NFKC", name))


def digest(text: str) -> str:
    """Return a short ASCII stand-in for a name."""
    return hashlib.sha256(name_key(text).encode()).hexdigest()[:8]


def quantity(value: object) -> Quantity | None:
    """Read a number sent as a number or as text; ``None`` if there is none.

    Raises ``AnswerNotUnderstood`` for what is neither: missing must never become 0.
    """
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not abs(value) <= 1e15:  # NaN is not either
            raise AnswerNotUnderstood("not finite")
        return Quantity(float(value), None)
    if not isinstance(value, str):
        raise AnswerNotUnderstood("neither number nor text")
    text = plain(value).replace(",", "")
    if text in _NOTHING:
        return None
    if (match := _NUMBER.fullmatch(text)) is None:
        raise AnswerNotUnderstood("no number")
    unit = match[2]
    return Quantity(float(match[1]) * _SCALE.get(unit or "", 1.0), unit)


class _Reader:
    """Reads values within limits; notes the names of those it has to turn down."""

    def __init__(self) -> None:
        self.rejected: list[str] = []

    def number(
        self, name: str, value: object, low: float, high: float, scale: float = 1.0
    ) -> float | None:
        """Return a number; ``scale`` is that of a number without a unit."""
        try:
            read = quantity(value)
        except AnswerNotUnderstood:
            self.rejected.append(name)
            return None
        if read is None:
            return None
        number = read.value * (scale if read.unit is None else 1.0)
        if not low <= number <= high:
            self.rejected.append(name)
            return None
        return number

    def integer(self, name: str, value: object) -> int | None:
        """Return a small whole number."""
        number = self.number(name, value, -1000, 1000)
        if number is not None and not number.is_integer():
            self.rejected.append(name)
            return None
        return None if number is None else int(number)

    def flag(self, name: str, value: object) -> bool | None:
        """Return whether a number is not zero."""
        number = self.integer(name, value)
        return None if number is None else number != 0


# --- What all answers have in common --------------------------------------------------

_FIRMWARE: Final = re.compile(
    r"(?:var version = '|/contents/)(Ver\.[0-9A-Za-z.\-]{1,24})"
)
_OPENED: Final = re.compile("<html", re.IGNORECASE)
_CLOSED: Final = re.compile("</html>", re.IGNORECASE)
_CLOCK: Final = re.compile(r"serverTime\s*=\s*'(\{[^'{}]{1,200}\})'")


def check_status(page: str, status: int) -> None:
    """Raise the error that a status stands for (section 4)."""
    if status in (401, 403):
        raise CredentialsRejected(f"status {status}")
    if status == 404:
        raise PageMissing(f"page {page}: status 404")
    if 300 <= status <= 399:
        raise PageNotUnderstood(page, f"redirected, status {status}")
    if not 200 <= status <= 299:
        raise RequestRefused(f"page {page}: status {status}")


class _Page:
    """An HTML page, whole and in UTF-8."""

    def __init__(self, name: str, status: int, body: bytes) -> None:
        check_status(name, status)
        self.name = name
        self.firmware: str | None = None
        try:
            self.text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise self.wrong("not UTF-8") from None
        if match := _FIRMWARE.search(self.text):
            self.firmware = match[1]
        if not self.text.strip():
            raise self.wrong("empty")
        if _OPENED.search(self.text) and not _CLOSED.search(self.text[-200:]):
            raise self.wrong("cut off")
        self._tree = LexborHTMLParser(self.text)

    def wrong(self, what: str) -> PageNotUnderstood:
        """Return the error for a page of which something is not as it should be."""
        return PageNotUnderstood(self.name, what, self.firmware)

    def all(self, selector: str) -> list[LexborNode]:
        """Return all elements that a selector matches."""
        return self._tree.css(selector)

    def first(self, selector: str) -> LexborNode | None:
        """Return the first element that a selector matches."""
        return self._tree.css_first(selector)

    def value(self, selector: str) -> str:
        """Return an element's text; its absence means another page."""
        if (node := self.first(selector)) is None:
            raise self.wrong(f"no {selector}")
        return clean(node.text())

    def maybe(self, selector: str) -> str | None:
        """Return an element's text, ``None`` if there is no such element."""
        node = self.first(selector)
        return None if node is None else clean(node.text())

    def variable(self, name: str) -> Any:
        """Return the JSON that a script gives a variable, ``None`` if none does."""
        start = re.search(rf"\bvar {name}\s*=\s*", self.text)
        if start is None:
            return None
        try:
            return _DECODER.raw_decode(self.text, start.end())[0]
        except ValueError, RecursionError:
            raise self.wrong(f"{name} is not JSON") from None

    def arguments(self, marker: str) -> list[Any]:
        """Return the arguments of the call of ``init`` in whose script a word is."""
        at = self.text.find(marker)
        start = self.text.rfind("init(", 0, max(at, 0))
        end = self.text.find("</script>", max(at, 0))
        if at < 0 or start < 0 or end < 0:
            raise self.wrong(f"no {marker}")
        arguments = []
        position = start + len("init(")
        while True:
            try:
                position = _skip_space(self.text, position)
                argument, position = _DECODER.raw_decode(self.text, position)
                arguments.append(argument)
                position = _skip_space(self.text, position)
            except ValueError, IndexError, RecursionError:
                raise self.wrong(f"{marker} cannot be read") from None
            match self.text[position]:
                case ")":
                    return arguments
                case ",":
                    position += 1
                case _:
                    raise self.wrong(f"{marker} cannot be read")

    def parts(self) -> PageParts:
        """Return what every page says beside its content."""
        limited = self.first("#pvlimit_label")
        return PageParts(
            firmware=self.firmware,
            clock=self._clock(),
            demo="デモモード" in (self.maybe("#footer_mode") or ""),
            links=frozenset(
                href
                for link in self.all("#fmenu a")
                if (href := link.attributes.get("href"))
            ),
            output_limited=None if limited is None else not _is_hidden(limited),
        )

    def _clock(self) -> datetime | None:
        match = _CLOCK.search(self.text)
        try:
            told = json.loads(match[1]) if match else {}
            year, month, day, hour, minute, second = (
                int(told[name])
                for name in ("year", "month", "day", "hour", "min", "sec")
            )
            return datetime(2000 + year, month, day, hour, minute, second, tzinfo=JAPAN)
        except ValueError, KeyError, TypeError, OverflowError, RecursionError:
            return None


_DECODER: Final = json.JSONDecoder()


def _skip_space(text: str, position: int) -> int:
    while text[position].isspace():
        position += 1
    return position


def _is_hidden(node: LexborNode) -> bool:
    style = (node.attributes.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or "visibility:hidden" in style


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()


def _has_class(node: LexborNode, name: str) -> bool:
    return name in _classes(node)


def _children(node: LexborNode, selector: str) -> list[LexborNode]:
    """Return the direct children that a simple selector matches."""
    return [child for child in node.iter() if child.css_matches(selector)]


def _joined(node: LexborNode) -> str:
    """Return a name that line breaks may have cut anywhere (section 2.3)."""
    return "".join(
        piece.strip("\n\r\t ") for piece in node.text(separator="\n").split("\n")
    )


# --- Live values, JSON (section 2.1) --------------------------------------------------


def parse_live(status: int, body: bytes) -> Live:
    """Read the live totals."""
    name = "electricflow/111/update"
    check_status(name, status)
    try:
        answer = json.loads(body.decode("utf-8-sig"))
    except ValueError, RecursionError:
        raise PageNotUnderstood(name, "not JSON") from None
    if not isinstance(answer, dict):
        raise PageNotUnderstood(name, "not an object")
    if "conflict" in answer and "u_capacity" not in answer:
        raise Busy("the box is in use at its own screen")
    if "u_capacity" not in answer or "lo_buy_sell" not in answer:
        raise PageNotUnderstood(name, "no u_capacity")
    read = _Reader()
    kilowatts = 1000.0
    total = read.number("g_capacity", answer.get("g_capacity"), 0, MAX_POWER, kilowatts)
    sources = tuple(_sources(read, answer))
    measuring = read.flag("measReg", answer.get("measReg")) is not False
    has = {
        key: read.flag(key, answer.get(key))
        for key in ("connPv1", "connPv2", "connFc", "connSb", "connEv")
    }
    return Live(
        generation=_finer(total, sources),
        consumption=read.number(
            "u_capacity", answer.get("u_capacity"), 0, MAX_POWER, kilowatts
        ),
        direction_code=read.integer("lo_buy_sell", answer.get("lo_buy_sell")),
        sources=sources,
        battery_charge=read.number("percent", answer.get("percent"), 0, 100),
        battery_code=read.integer("charge", answer.get("charge")),
        has_battery=has["connSb"],
        has_ev=has["connEv"],
        has_generation=_any(has["connPv1"], has["connPv2"], has["connFc"]),
        measuring=measuring,
        rejected=tuple(read.rejected),
    )


def _any(*flags: bool | None) -> bool | None:
    if True in flags:
        return True
    return None if None in flags else False


def _sources(read: _Reader, answer: Mapping[str, Any]) -> Iterable[Source]:
    for slot in range(1, 10):
        title = answer.get(f"g_d_{slot}_title")
        if isinstance(title, str) and clean(title):
            name = f"g_d_{slot}_capacity"
            power = read.number(name, answer.get(name), 0, MAX_POWER)
            yield Source(clean(title), power)


def _finer(total: float | None, sources: Sequence[Source]) -> float | None:
    """Return the total to the W, if it is what these sources sum up to.

    Whether a battery counts among them is not known, so the sums decide.
    """
    if total is None:
        return None
    known = [source for source in sources if source.power is not None]
    sums = [
        math.fsum(source.power or 0.0 for source in group)
        for group in (known, [item for item in known if item.kind != "battery"])
        if group
    ]
    best = min(sums, key=lambda power: abs(power - total), default=total)
    return best if abs(best - total) <= _ROUNDED_OFF else total


# --- Circuits (sections 2.3, 2.5) -----------------------------------------------------


def parse_circuit_page(status: int, body: bytes) -> CircuitPage:
    """Read one page of the live list."""
    page = _Page("electricflow/1113", status, body)
    slots = [
        node
        for node in page.all("[id^=stage_]")
        if re.fullmatch(r"stage_\d{1,2}", node.attributes.get("id") or "")
    ]
    places = [slot.attributes.get("id") for slot in slots]
    if places != [f"stage_{number}" for number in range(1, len(slots) + 1)]:
        raise page.wrong("circuits are missing")
    if not slots and page.first("#m_capacity") is None:
        raise page.wrong("no #stage_1")
    circuits = [circuit for slot in slots if (circuit := _slot(page, slot)) is not None]
    _check_bars(page, circuits)
    served, has_next = _tabs(page)
    return CircuitPage(page.parts(), served, has_next, tuple(circuits))


def _slot(page: _Page, slot: LexborNode) -> CircuitPower | None:
    names, values = (_children(slot, f".{kind}") for kind in ("c_device", "c_value"))
    if not names or not values:
        raise page.wrong("a circuit without .c_device or .c_value")
    name, text = _joined(names[0]), clean(values[0].text())
    if not name and not text:
        return None
    if not text:
        return CircuitPower(name, 0.0)
    try:
        read = quantity(text)
    except AnswerNotUnderstood:
        raise page.wrong("a circuit's power is no number") from None
    if read is not None and not (
        read.unit in ("W", "kW") and 0 <= read.value < MAX_POWER
    ):
        raise page.wrong("a circuit's power cannot be right")
    return CircuitPower(name, None if read is None else read.value)


def _check_bars(page: _Page, circuits: Sequence[CircuitPower]) -> None:
    """Make sure that powers and the bars drawn for them are in proportion."""
    bars = page.variable("graph_data")
    if not isinstance(bars, list) or len(bars) != len(circuits):
        return
    points = [
        (circuit.power, float(bar))
        for circuit, bar in zip(circuits, bars, strict=True)
        if circuit.power is not None and isinstance(bar, int | float)
    ]
    if len(points) < 2:
        return
    (high, top), (low, bottom) = max(points), min(points)
    if high == low:
        steady = all(abs(bar - top) < 0.01 for _, bar in points)
        if not steady:
            raise page.wrong("powers and bars disagree")
        return
    for power, bar in points:
        drawn = low + (bottom - bar) * (high - low) / ((bottom - top) or math.inf)
        if abs(drawn - power) > 0.5:
            raise page.wrong("powers and bars disagree")


def _tabs(page: _Page) -> tuple[int | None, bool | None]:
    """Return the page that the tab bar marks, and whether it leads further."""
    served: int | None = None
    reachable: set[int] = set()
    has_next_group = False
    area = page.first("#tab-area")
    if area is None:
        return None, None
    for tab in area.css("[class*=tab-desc-]"):
        classes = _classes(tab)
        number = next(
            (
                int(match[1])
                for name in classes
                if (match := re.fullmatch(r"tab-desc-(\d{1,3})", name))
            ),
            None,
        )
        if number is not None and "tab-active" in classes:
            served = number
        has_next_group = has_next_group or "tab-desc-next" in classes
        link = re.search(r"1113\?id=(\d{1,3})\b", tab.attributes.get("href") or "")
        if link is not None and "tab-desc-prev" not in classes:
            reachable.add(int(link[1]))
    here = served or 1
    return served, has_next_group or any(number > here for number in reachable)


def parse_catalogue(status: int, body: bytes) -> Catalogue:
    """Read the circuit catalogue."""
    page = _Page("setting/installation/734", status, body)
    arguments = page.arguments("arrayCircuitNameList")
    entries = (
        arguments[0].get("arrayCircuitNameList") if _is_dict(arguments[0]) else None
    )
    if not isinstance(entries, list):
        raise page.wrong("no list of circuits")
    circuits = []
    for entry in entries:
        if not _is_dict(entry):
            raise page.wrong("a circuit is no object")
        if str(entry.get("strBtnType")) != "1":
            continue
        number = str(entry.get("strId"))
        if not re.fullmatch(r"\d{1,4}", number, re.ASCII):
            raise page.wrong("a circuit without a number")
        name = clean(str(entry.get("strCircuit") or ""))
        circuits.append(
            Circuit(
                int(number),
                "" if name in _NOTHING else name,
                clean(str(entry.get("strLabel") or "")),
            )
        )
    if len({circuit.number for circuit in circuits}) != len(circuits):
        raise page.wrong("a circuit's number twice")
    return Catalogue(page.parts(), tuple(circuits))


def _is_dict(value: object) -> bool:
    return isinstance(value, dict)


# --- Totals of the day (sections 2.6, 2.7) --------------------------------------------

_UNITS: Final = {"kWh": "kWh", "Wh": "kWh", "L": "L", "l": "L", "m3": "m3", "円": "円"}


def parse_graph(status: int, body: bytes, name: str) -> DayGraph:
    """Read a day's total."""
    page = _Page(name, status, body)
    text, unit = page.value("#val_kwh"), plain(page.value("#unit_kwh"))
    if unit not in _UNITS:
        raise page.wrong("unit not known")
    data = page.variable("graph_data")
    data = data if isinstance(data, dict) else {}
    value = _total(page, f"{text}{unit}" if text not in _NOTHING else text)
    if "totalValue" in data:
        repeated = _total(page, data["totalValue"])
        scale = _SCALE.get(unit, 1.0)
        if (repeated is None) != (value is None) or (
            repeated is not None
            and value is not None
            and abs(repeated * scale - value) > 1e-6
        ):
            raise page.wrong("the total and its repetition disagree")
    day = _day(page)
    return DayGraph(
        parts=page.parts(),
        day=day,
        value=value,
        unit=_UNITS[unit],
        day_before=_day_before(page, day, data.get("total2")),
        quantities=frozenset(
            int(match[1])
            for button in page.all("#g_cbtn_wrapper [href]")
            if (
                match := re.fullmatch(
                    r"/page/graph/5([1-7])111", button.attributes.get("href") or ""
                )
            )
        ),
        sale_price=_price(page),
    )


def _total(page: _Page, raw: object) -> float | None:
    try:
        read = quantity(raw)
    except AnswerNotUnderstood:
        raise page.wrong("the total is no number") from None
    if read is None:
        return None
    if not 0 <= read.value <= MAX_DAY_TOTAL:
        raise page.wrong("the total cannot be right")
    return read.value


def _day(page: _Page) -> date | None:
    """Return the day that the page names; its script must name the same."""
    if (text := page.maybe("#val_current")) is None:
        return None
    match = re.fullmatch(r"(\d{4})/(\d{1,2})/(\d{1,2})", plain(text), re.ASCII)
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        day = None
    if day is None:
        raise page.wrong("no date")
    tabs = page.variable("tabs")
    repeated = tabs.get("day") if isinstance(tabs, dict) else None
    if repeated is not None and repeated != [day.year, day.month, day.day]:
        raise page.wrong("the date and its repetition disagree")
    return day


def _day_before(page: _Page, day: date | None, hours: object) -> float | None:
    """Return the total of the day before, if that is the day compared with."""
    compared = plain(page.maybe("#val_last") or "")
    if day is None or day == date.min:
        return None
    if compared != f"{day - timedelta(days=1):%m/%d}":
        return None
    if not isinstance(hours, list) or len(hours) != 24:
        return None
    try:
        read = [quantity(hour) for hour in hours]
    except AnswerNotUnderstood:
        return None
    told = [hour.value for hour in read if hour is not None and hour.value >= 0]
    total = round(math.fsum(told), 3)
    return total if len(told) == 24 and total <= MAX_DAY_TOTAL else None


def _price(page: _Page) -> float | None:
    return _Reader().number("val_sale", page.maybe("#val_sale"), 0, 10_000)


# --- The box, the meter, the air ------------------------------------------------------


def parse_identity(status: int, body: bytes) -> Identity:
    """Read name, MAC address and firmware; the support code is private and skipped."""
    page = _Page("setting/etc/743", status, body)
    rows: dict[str, str] = {}
    for row in page.all("#table_wrapper1 tr"):
        label, value = row.css_first("th"), row.css_first("td")
        if label is not None and value is not None:
            rows[plain(label.text())] = clean(value.text())
    if "機器名称" not in rows and "MACアドレス" not in rows:
        raise page.wrong("no table of versions")
    return Identity(
        parts=page.parts(),
        name=rows.get("機器名称") or None,
        mac=_mac(rows.get("MACアドレス", "")),
        firmware=rows.get("ファームウェア(本体)") or None,
        control_firmware=rows.get("ファームウェア(出力制御)") or None,
    )


def _mac(text: str) -> str | None:
    digits = re.sub(r"[-:\s]", "", plain(text)).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits) or set(digits) <= {"0"}:
        return None
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def parse_meter(status: int, body: bytes) -> GridMeter:
    """Read the smart meter's power; its direction is a word."""
    page = _Page("smartmeter/2", status, body)
    if page.first("#valinfo") is None:
        raise page.wrong("no #valinfo")
    shown = [
        node for node in page.all("#valinfo .valimg") if not _has_class(node, "disable")
    ]
    if len(shown) != 1:
        return GridMeter(page.parts(), None)
    text = plain(shown[0].text()).replace(",", "")
    if text in _NOTHING:
        return GridMeter(page.parts(), None)
    match = re.fullmatch(r"(\d{1,7}(?:\.\d+)?)\s*(W|kW)\s*(.*)", text, re.DOTALL)
    if match is None:
        raise page.wrong("the meter's power is no number")
    power = float(match[1]) * _SCALE.get(match[2], 1.0)
    sign = 1 if "買電" in match[3] else -1 if "売電" in match[3] else 0
    if power >= MAX_POWER or (not sign and power):
        raise page.wrong("the meter's direction is not known")
    return GridMeter(page.parts(), power * sign if power else 0.0)


def parse_air(status: int, body: bytes) -> AirPage:
    """Read one page of places; its digits are pictures, told by their classes."""
    page = _Page("airenvironment/41", status, body)
    blocks = [
        node
        for node in page.all("[id^=base]")
        if node.css_first(".txt_name") is not None
    ]
    if not blocks and page.first("#area") is None and page.first("#main") is None:
        raise page.wrong("no #base1_1")
    places = []
    for block in blocks:
        name = block.css_first(".txt_name")
        if name is not None and (text := _joined(name)):
            places.append(
                Place(
                    text,
                    _pictured(block.css_first(".num_ond"), -60, 100),
                    _pictured(block.css_first(".num_shitudo"), 0, 100),
                )
            )
    return AirPage(page.parts(), tuple(places))


def _pictured(node: LexborNode | None, low: float, high: float) -> float | None:
    """Return a number drawn with one element for each character."""
    if node is None or _is_hidden(node):
        return None
    text = ""
    for element in node.iter():
        classes = _classes(element)
        if "num_dot" in classes:
            text += "."
        elif "num" in classes:
            drawn = [name for name in classes if name != "num"]
            if drawn == ["no_minus"]:
                text += "-"
            elif len(drawn) == 1 and re.fullmatch(r"no\d", drawn[0], re.ASCII):
                text += drawn[0][2:]
            else:
                return None
    if not re.fullmatch(r"-?\d{1,3}(\.\d)?", text, re.ASCII):
        return None
    number = float(text)
    return number if low <= number <= high else None


# --- Equipment (sections 2.10, 2.11) --------------------------------------------------

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
    page = _Page("devices/device/32", status, body)
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


def _equipment(page: _Page, entries: object) -> Iterable[Equipment]:
    if not isinstance(entries, list):
        raise page.wrong("no list of equipment")
    for entry in entries:
        if not _is_dict(entry):
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
            "" if location in _NOTHING else location,
        )


def _panel(panel: LexborNode, equipment: Sequence[Equipment]) -> Appliance | None:
    """Read a panel; its first child's id names its kind."""
    first = next(iter(panel.iter()), None)
    kind = first.attributes.get("id") if first is not None else None
    title_node = panel.css_first(".kiki_title")
    title = "" if title_node is None else _joined(title_node)
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
    read = _Reader()
    values = _panel_values(kind, panel, read)
    return Appliance(
        key=key, kind=name, name=title, rejected=tuple(read.rejected), **values
    )


def _panel_values(kind: str, panel: LexborNode, read: _Reader) -> dict[str, Any]:
    labels = dict(_labelled(panel))
    states = [
        (plain(node.text()), _classes(node))
        for node in panel.css(".kiki_state .state")
        if not _is_hidden(node)
    ]
    values: dict[str, Any] = {}
    for label, text in labels.items():
        if kind in _ALL_OF_A_KIND:
            field = next(
                (field for word, field in _COUNTED.items() if label.startswith(word)),
                None,
            )
            if field is not None:
                values[field] = read.integer(label, text)
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


def _word(
    read: _Reader, name: str, text: str, words: Mapping[str, bool]
) -> bool | None:
    """Return what a word stands for; one that is not known is turned down."""
    if not text or text in _NOTHING:
        return None
    if text not in words:
        read.rejected.append(name)
    return words.get(text)


def _labelled(panel: LexborNode) -> Iterable[tuple[str, str]]:
    """Return a panel's pairs of label and value, without the colon between them."""
    for row in panel.css(".kiki_val div"):
        spans = [plain(span.text()) for span in row.css("span")]
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
    page = _Page("devices/device/321", status, body)
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
        read = _Reader()
        modes = [
            clean(re.split(r"<br", mode.inner_html or "")[0])
            for mode in panel.css(".kiki_state .line2")
        ]
        appliances.append(
            Appliance(
                key=f"device_{node}_{eoj}",
                kind="aircon",
                name=_joined(title),
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
    read: _Reader, panel: LexborNode, name: str, low: float, high: float
) -> float | None:
    node = panel.css_first(f".{name}")
    if node is None or _is_hidden(node):
        return None
    return read.number(name, node.text(), low, high)


def parse_fire_alarms(status: int, body: bytes) -> ApplianceList:
    """Read the fire alarms of one receiver.

    Whether there is a fire is told by the colour; the time is that of the last event,
    which every idle alarm has too (section 2.11).
    """
    page = _Page("devices/device/32h", status, body)
    arguments = page.arguments("arrayRegDevList")
    told = arguments[2] if len(arguments) > 2 and _is_dict(arguments[2]) else {}
    rows = told.get("arrayRegDevList")
    if not isinstance(rows, list):
        raise page.wrong("no list of alarms")
    appliances = []
    for row in rows:
        if not _is_dict(row) or not isinstance(row.get("color"), str):
            raise page.wrong("an alarm without a colour")
        name = clean(str(row.get("name") or ""))
        if name in _NOTHING:
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


# --- The export page (section 2.13) ---------------------------------------------------


def parse_export_token(status: int, body: bytes) -> str:
    """Return the token that the export asks for."""
    page = _Page("set/exectop2.cgi", status, body)
    node = page.first("input[name=csrftoken]")
    token = clean(node.attributes.get("value") or "") if node is not None else ""
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,128}", token):
        raise page.wrong("no csrftoken")
    return token
