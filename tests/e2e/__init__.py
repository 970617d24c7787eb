"""The integration in a real Home Assistant, and the demo that shows it."""
