"""RAPL."""
