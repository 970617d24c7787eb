"""The page's tables are those of the families."""

from . import tables


def test_tables() -> None:
    """Families, values and controls stand in the docs as they stand in the code."""
    page = tables.PAGE.read_text("utf-8")
    assert tables.written(page) == page
