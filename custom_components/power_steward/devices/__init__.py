"""One folder a device type, every folder with the same rooms."""

from enum import StrEnum


class DeviceType(StrEnum):
    """The device types: menu option, folder name and prefix of unique ids in one."""

    WINPOWER = "winpower"
    AISEG2 = "aiseg2"
    MUST = "must"
    ECOFLOW = "ecoflow"
    EPEX = "epex"
    RAPL = "rapl"
