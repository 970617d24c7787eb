"""Thresholds that do not flicker: once crossed, a margin has to be crossed back."""

from typing import NamedTuple


class Threshold(NamedTuple):
    """A limit to a value, and how far it has to come back before that counts."""

    limit: float
    margin: float
    below: bool = False
    """Whether the value is to stay above the limit rather than below it."""

    def crossed(self, value: float | None, before: bool | None) -> bool | None:
        """Return whether a value is beyond the limit, given what was so before."""
        if value is None:
            return None
        beyond = self.limit - value if self.below else value - self.limit
        return beyond > (-self.margin if before else 0)
