"""Panasonic AiSEG2: the home's power, circuit by circuit, over HTTP."""
