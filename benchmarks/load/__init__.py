"""What one Home Assistant bears: many devices of each kind, against simulators."""
