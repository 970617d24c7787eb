"""A day of everything at once, with faults, in minutes; and an hour of nothing."""
