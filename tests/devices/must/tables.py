"""The register map as the tables of the documentation."""

from custom_components.power_steward.devices.must.registers import (
    CHARGERS,
    FAMILIES,
    UNSUPPORTED,
    Block,
    Kind,
    Register,
)

_UNITS = {
    Kind.VOLTAGE: "V",
    Kind.CURRENT: "A",
    Kind.FREQUENCY: "Hz",
    Kind.POWER: "W",
    Kind.APPARENT_POWER: "VA",
    Kind.REACTIVE_POWER: "var",
    Kind.PERCENT: "%",
    Kind.TEMPERATURE: "°C",
    Kind.CAPACITY: "Ah",
    Kind.ENERGY: "kWh",
    Kind.RUNTIME: "min",
}


def _line(row: Register, families: list[str]) -> str:
    step = f" × 1/{row.per_unit}" if row.per_unit > 1 else ""
    what = _UNITS.get(row.kind, "")
    if row.kind is Kind.FLAG:
        what = "1 is off" if row.codes.get(1) == "off" else "1 is on"
    elif row.kind is Kind.ENUM:
        what = ", ".join(f"{word} {name}" for word, name in sorted(row.codes.items()))
    sign = ", signed" if row.signed else ""
    return (
        f"| {_range(row.address, row.words)} | `{row.key}` | {what}{step}{sign} | {_access(row)} "
        f"| {_entity(row)} | {', '.join(families)} |"
    )


def _entity(row: Register) -> str:
    if not row.shown:
        return "none"
    marks = ["diagnostic"] * row.diagnostic + ["disabled"] * (not row.enabled)
    return ", ".join(marks) or "enabled"


def _access(row: Register) -> str:
    if (setting := row.setting) is None:
        return "read"
    if setting.by_rating:
        return f"read, write {setting.low} or more in steps of {setting.step}"
    if setting.high:
        low, high, step = (number / row.per_unit for number in setting[:3])
        block = " per 12 V" if setting.per_block else ""
        return f"read, write {low:g} to {high:g}{block} in steps of {step:g}"
    return "read, write"


def registers() -> str:
    """Return all rows of all families, each once."""
    rows: dict[Register | str, tuple[Register, list[str]]] = {}
    for family in FAMILIES:
        for row in family.registers:
            key = repr((row.address, row.key, row.codes, row.setting, row.enabled))
            rows.setdefault(key, (row, []))[1].append(family.key)
    lines = [
        "| register | key | meaning | access | entity | maps |",
        "|---|---|---|---|---|---|",
        *(
            _line(row, families)
            for row, families in sorted(
                rows.values(), key=lambda item: (item[0].address, item[0].key)
            )
        ),
    ]
    return "\n".join(lines)


def _blocks(*blocks: Block) -> str:
    """Return what is read at once, in brackets where it need not be there."""
    return ", ".join(
        f"({_block(block)})" if block.optional else _block(block) for block in blocks
    )


def _block(block: Block) -> str:
    smaller = f" or {block.first + block.smaller - 1}" if block.smaller else ""
    return f"{_range(block.first, block.length)}{smaller}"


def _range(first: int, length: int) -> str:
    return f"{first}–{first + length - 1}" if length > 1 else f"{first}"


def models() -> str:
    """Return the maps and what is read of each."""
    return "\n".join(
        (
            "| map | models | unit | baud | blocks read |",
            "|---|---|---|---|---|",
            *(
                f"| {family.key} | {family.name} | {family.series.unit} "
                f"| {family.series.baudrate} "
                f"| {_blocks(*family.status, *family.settings, *family.identity)} |"
                for family in FAMILIES
            ),
            *(
                f"| {series.key} ² | {series.name} | {series.unit} | {series.baudrate} "
                f"| {_blocks(series.identity)} |"
                for series in UNSUPPORTED
            ),
        )
    )


def codes() -> str:
    """Return the numbers and bits of faults and alarms that have names."""
    rows: dict[tuple[str, str, int, str], list[str]] = {}
    for family in FAMILIES:
        for code in (*family.faults, *family.alarms):
            for number, name in code.names.items():
                row = (code.key, "bit " if code.bits else "", number, name)
                rows.setdefault(row, []).append(family.key)
    lines = [
        f"| `{key}` | {bit}{number} | {name} | {', '.join(families)} |"
        for (key, bit, number, name), families in sorted(rows.items())
    ]
    return "\n".join(("| value | code | meaning | maps |", "|---|---|---|---|", *lines))


def chargers() -> str:
    """Return the largest charge currents by battery and rated power."""
    return "\n".join(
        (
            "| maps | battery | rated power | largest charge current |",
            "|---|---|---|---|",
            *(
                f"| {maps} | {volts} V | {power} W | {most} A |"
                for maps, ratings in CHARGERS.items()
                for (volts, power), most in ratings.items()
            ),
        )
    )
