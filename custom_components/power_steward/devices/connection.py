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
    """Whether the last attempt to read brought readings."""
    listening: bool | None = None
    """Whether a source that pushes is listened to; ``None`` of others, and at first."""
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
        self.failures_in_a_row = 0
        self._told(at, readings, device_count)

    def failed(self, error: ClientError) -> None:
        """Note an attempt that failed."""
        self.connected = False
        self.polls += 1
        self.failures += 1
        self.failures_in_a_row += 1
        self.last_failure = error.key

    def pushed(
        self, at: datetime, readings: Iterable[DeviceReading], device_count: int
    ) -> None:
        """Note readings that came by themselves."""
        self.listening = True
        self._told(at, readings, device_count)

    def lost(self, error: ClientError) -> None:
        """Note that a source that pushes cannot be listened to."""
        self.listening = False
        self.failures += 1
        self.last_failure = error.key

    @property
    def works(self) -> bool:
        """Whether readings come, one way or the other."""
        return self.connected or bool(self.listening)

    def _told(
        self, at: datetime, readings: Iterable[DeviceReading], device_count: int
    ) -> None:
        self.last_success = at
        self.device_count = device_count
        self.polls += 1
        self.rejected_values += sum(len(reading.rejected) for reading in readings)

    def reading[HubT: HubReading](
        self, kind: type[HubT], facts: DeviceFacts, **more: Any
    ) -> HubT:
        """Return the hub's reading, with what its kind knows beyond the common.

        A source that pushes is connected while it is listened to.
        """
        return kind(
            facts=facts,
            connected=self.connected if self.listening is None else self.listening,
            last_success=self.last_success,
            response_time=self.response_time,
            device_count=self.device_count if self.works else None,
            polls=self.polls,
            failures=self.failures,
            last_failure=self.last_failure,
            rejected_values=self.rejected_values,
            **more,
        )
