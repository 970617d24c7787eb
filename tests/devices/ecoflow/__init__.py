"""Tests of EcoFlow's rooms."""
