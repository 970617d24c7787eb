"""The power limits of the host that Home Assistant runs on (Linux powercap, RAPL)."""
