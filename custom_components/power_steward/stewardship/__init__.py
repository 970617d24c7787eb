"""What is computed from readings: pure functions and values, no Home Assistant."""
