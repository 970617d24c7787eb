"""The bidding zones, by the names that each source has for them, and market time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from ...stewardship.price_series import Span, local_day

MARKET_TIME: Final = ZoneInfo("Europe/Brussels")
"""The day-ahead auction's clock, also for zones whose own clock differs."""

_EASTERN: Final = ZoneInfo("Europe/Helsinki")


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An area with one price."""

    code: str
    name: str
    clock: ZoneInfo = MARKET_TIME
    """Whose days the statistics are of."""
    eic: str | None = None
    energy_charts: bool = True
    smard: int | None = None
    awattar: str | None = None
    nordpool: str | None = None


def _zone(code: str, name: str, eic: str | None, **more: object) -> Zone:
    return Zone(code=code, name=name, eic=eic, **more)  # type: ignore[arg-type]


ZONES: Final = {
    zone.code: zone
    for zone in (
        _zone("AT", "Austria", "10YAT-APG------L", smard=4170, awattar="at"),
        _zone("BE", "Belgium", "10YBE----------2", smard=4996),
        _zone("BG", "Bulgaria", "10YCA-BULGARIA-R", clock=_EASTERN),
        _zone("CH", "Switzerland", "10YCH-SWISSGRIDZ", smard=259),
        _zone("CZ", "Czechia", "10YCZ-CEPS-----N", smard=261),
        _zone(
            "DE-LU",
            "Germany and Luxembourg",
            "10Y1001A1001A82H",
            smard=4169,
            awattar="de",
            nordpool="GER",
        ),
        _zone("DK1", "Denmark West", "10YDK-1--------W", smard=252),
        _zone("DK2", "Denmark East", "10YDK-2--------M", smard=253),
        _zone("EE", "Estonia", "10Y1001A1001A39I", clock=_EASTERN),
        _zone("ES", "Spain", "10YES-REE------0"),
        _zone("FI", "Finland", "10YFI-1--------U", clock=_EASTERN),
        _zone("FR", "France", "10YFR-RTE------C", smard=254),
        _zone("GB", "Great Britain", None, energy_charts=False),
        _zone("GR", "Greece", "10YGR-HTSO-----Y", clock=_EASTERN),
        _zone("HR", "Croatia", "10YHR-HEP------M"),
        _zone("HU", "Hungary", "10YHU-MAVIR----U", smard=262),
        _zone("IT-Calabria", "Italy, Calabria", "10Y1001C--00096J"),
        _zone("IT-Centre-North", "Italy, Centre North", "10Y1001A1001A70O"),
        _zone("IT-Centre-South", "Italy, Centre South", "10Y1001A1001A71M"),
        _zone("IT-North", "Italy, North", "10Y1001A1001A73I", smard=255),
        _zone("IT-Sardinia", "Italy, Sardinia", "10Y1001A1001A74G"),
        _zone("IT-Sicily", "Italy, Sicily", "10Y1001A1001A75E"),
        _zone("IT-South", "Italy, South", "10Y1001A1001A788"),
        _zone("LT", "Lithuania", "10YLT-1001A0008Q", clock=_EASTERN),
        _zone("LV", "Latvia", "10YLV-1001A00074", clock=_EASTERN),
        _zone("ME", "Montenegro", "10YCS-CG-TSO---S"),
        _zone("NL", "Netherlands", "10YNL----------L", smard=256),
        _zone("NO1", "Norway, east (Oslo)", "10YNO-1--------2"),
        _zone("NO2", "Norway, south (Kristiansand)", "10YNO-2--------T", smard=4997),
        _zone("NO3", "Norway, middle (Trondheim)", "10YNO-3--------J"),
        _zone("NO4", "Norway, north (Tromsø)", "10YNO-4--------9"),
        _zone("NO5", "Norway, west (Bergen)", "10Y1001A1001A48H"),
        _zone("PL", "Poland", "10YPL-AREA-----S", smard=257),
        _zone("PT", "Portugal", "10YPT-REN------W"),
        _zone("RO", "Romania", "10YRO-TEL------P", clock=_EASTERN, nordpool="TEL"),
        _zone("RS", "Serbia", "10YCS-SERBIATSOV"),
        _zone("SE1", "Sweden, Luleå", "10Y1001A1001A44P"),
        _zone("SE2", "Sweden, Sundsvall", "10Y1001A1001A45N"),
        _zone("SE3", "Sweden, Stockholm", "10Y1001A1001A46L"),
        _zone("SE4", "Sweden, Malmö", "10Y1001A1001A47J"),
        _zone("SI", "Slovenia", "10YSI-ELES-----O", smard=260),
        _zone("SK", "Slovakia", "10YSK-SEPS-----K"),
    )
}


class Days(NamedTuple):
    """Delivery days, from the first to the last, in market time."""

    first: date
    last: date

    @property
    def span(self) -> Span:
        """Return the days' time."""
        return Span(
            local_day(self.first, MARKET_TIME).start,
            local_day(self.last, MARKET_TIME).end,
        )

    def on(self, clock: ZoneInfo) -> list[date]:
        """Return the days of another clock that have a part in these."""
        first, last = self.span
        day = first.astimezone(clock).date()
        days = []
        while day <= (last - timedelta(microseconds=1)).astimezone(clock).date():
            days.append(day)
            day += timedelta(days=1)
        return days


def delivery_day(moment: datetime, offset: int = 0) -> Days:
    """Return the delivery day of a moment, or one some days later."""
    day = moment.astimezone(MARKET_TIME).date() + timedelta(days=offset)
    return Days(day, day)
