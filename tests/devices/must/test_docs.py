"""The page's tables are those of the register map."""

from pathlib import Path

from . import tables

PAGE = Path(__file__).parents[3] / "docs" / "must.md"


def test_tables() -> None:
    """Models and registers stand in the docs as they stand in the code."""
    page = PAGE.read_text(encoding="utf-8")
    assert tables.models() in page
    assert tables.registers() in page
    assert tables.codes() in page
    assert tables.chargers() in page
