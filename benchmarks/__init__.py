"""What things cost. Run with ``scripts/benchmark``."""
