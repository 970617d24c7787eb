"""Devices as real servers: the tests and the demo share them."""
