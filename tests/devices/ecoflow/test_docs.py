"""The page says what the tables say, and leaves nothing of the exporter out."""

import re

from . import tables

EXPORTER = """
ECOFLOW_DEVICE_SN ECOFLOW_ACCESS_KEY ECOFLOW_SECRET_KEY ECOFLOW_ACCOUNT_USER
ECOFLOW_ACCOUNT_PASSWORD ECOFLOW_API_TYPE ECOFLOW_API_HOST ECOFLOW_DEVICE_NAME
ECOFLOW_PRODUCT_NAME ECOFLOW_DEVICE_GENERAL_KEY ECOFLOW_DEVICES_JSON EXPORTER_PORT
METRICS_PREFIX COLLECTING_INTERVAL RETRY_TIMEOUT ESTABLISH_ATTEMPTS
QUOTA_REQUEST_INTERVAL HTTP_TIMEOUT HTTP_RETRIES HTTP_BACKOFF_FACTOR
DEVICE_LIST_CACHE_TTL MQTT_TIMEOUT MQTT_KEEPALIVE IDLE_CHECK_INTERVAL
MAX_RECONNECT_DELAY LOG_LEVEL
"""
"""The options of the exporter that many come from."""


def test_tables() -> None:
    """Families, values and controls stand in the docs as they stand in the code."""
    page = tables.PAGE.read_text("utf-8")
    assert tables.written(page) == page


def test_options_of_the_exporter() -> None:
    """Each has its place here, or a word on why it has none."""
    page = tables.PAGE.read_text("utf-8")
    _, section = page.split("### From ecoflow-exporter")
    section, *_ = section.split("\n## ")
    told = re.findall(r"`([A-Z_]+)`", section)
    assert sorted(told) == sorted(EXPORTER.split())
