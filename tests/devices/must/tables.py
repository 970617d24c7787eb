"""The register map as the tables of the documentation."""

from custom_components.power_steward.devices.must.registers import (
    FAMILIES,
    Family,
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
    last = f"–{row.address + row.words - 1}" if row.words > 1 else ""
    step = f" × 1/{row.per_unit}" if row.per_unit > 1 else ""
    what = _UNITS.get(row.kind, "")
    if row.kind is Kind.FLAG:
        what = "1 is off" if row.codes.get(1) == "off" else "1 is on"
    elif row.kind is Kind.ENUM:
        what = ", ".join(f"{word} {name}" for word, name in sorted(row.codes.items()))
    sign = ", signed" if row.signed else ""
    access = "read, write" if row.setting else "read"
    return (
        f"| {row.address}{last} | `{row.key}` | {what}{step}{sign} | {access} "
        f"| {', '.join(families)} |"
    )


def registers() -> str:
    """Return all rows of all families, each once."""
    rows: dict[Register | str, tuple[Register, list[str]]] = {}
    for family in FAMILIES:
        for row in family.registers:
            key = repr((row.address, row.key, row.codes, row.setting))
            rows.setdefault(key, (row, []))[1].append(family.key)
    lines = [
        "| register | key | meaning | access | maps |",
        "|---|---|---|---|---|",
        *(
            _line(row, families)
            for row, families in sorted(
                rows.values(), key=lambda item: (item[0].address, item[0].key)
            )
        ),
    ]
    return "\n".join(lines)


def blocks(family: Family) -> str:
    """Return the reads of a family."""
    return ", ".join(
        f"{block.first}–{block.first + block.length - 1}"
        for block in (*family.status, *family.settings, *family.identity)
    )


def models() -> str:
    """Return the maps and what is read of each."""
    return "\n".join(
        (
            "| map | models | unit | baud | blocks read |",
            "|---|---|---|---|---|",
            *(
                f"| {family.key} | {family.name} | {family.series.unit} "
                f"| {family.series.baudrate} | {blocks(family)} |"
                for family in FAMILIES
            ),
        )
    )
