"""Modbus RTU frames."""

from struct import pack, unpack


def crc(data: bytes) -> bytes:
    """Return the checksum, in the order in which it is sent."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return pack("<H", value)


def sealed(data: bytes) -> bytes:
    """Return a frame with its checksum."""
    return data + crc(data)


def intact(frame: bytes) -> bool:
    """Return whether a frame's checksum is right."""
    return len(frame) >= 4 and crc(frame[:-2]) == frame[-2:]


def request_length(data: bytes) -> int | None:
    """Return how long the request that begins a stream is, None while unknown."""
    if len(data) < 2:
        return None
    if data[1] == 16:
        return None if len(data) < 7 else 9 + data[6]
    return 8


def words(data: bytes) -> list[int]:
    """Return registers from their bytes."""
    return list(unpack(f">{len(data) // 2}H", data))
