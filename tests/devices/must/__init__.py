"""MUST UPSs."""
