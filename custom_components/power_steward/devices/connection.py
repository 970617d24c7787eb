"""What is known of a connection by using it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .errors import ClientError
from .readings import DeviceFacts, DeviceReading, HubReading


@dataclass(slots=True)
class ConnectionLog:
    """Counts attempts to read since an entry was loaded."""

    connected: bool = False
    last_success: datetime | None = None
    response_time: float | None = None
    device_count: int | None = None
    polls: int = 0
    failures: int = 0
    failures_in_a_row: int = 0
    last_failure: str | None = None
    rejected_values: int = 0

    def succeeded(
        self, at: datetime, readings: Iterable[DeviceReading], device_count: int
    ) -> None:
        """Note an attempt that brought these readings."""
        self.connected = True
        self.last_success = at
        self.device_count = device_count
        self.polls += 1
        self.failures_in_a_row = 0
        self.rejected_values += sum(len(reading.rejected) for reading in readings)

    def failed(self, error: ClientError) -> None:
        """Note an attempt that failed."""
        self.connected = False
        self.device_count = None
        self.polls += 1
        self.failures += 1
        self.failures_in_a_row += 1
        self.last_failure = error.key

    def reading[HubT: HubReading](
        self, kind: type[HubT], facts: DeviceFacts, **more: Any
    ) -> HubT:
        """Return the hub's reading, with what its kind knows beyond the common."""
        return kind(
            facts=facts,
            connected=self.connected,
            last_success=self.last_success,
            response_time=self.response_time,
            device_count=self.device_count,
            polls=self.polls,
            failures=self.failures,
            last_failure=self.last_failure,
            rejected_values=self.rejected_values,
            **more,
        )
