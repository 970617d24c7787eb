"""Whether devices still speak, and what to do when they do not (sections 3.7, 3.8).

Devices send only changes, and many send nothing once no app is looking. So silence is
answered in steps: a device that was not heard is asked for all its values; one that
does not answer several times is stale, and its values hold no longer; then the session
is made anew, first with the same credentials, then with renewed ones. What the cloud
calls offline is left alone, but for a question now and then.

No clock and no network are in here: times are passed in, actions are returned.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

ASKS_BEFORE_STALE: Final = 3
OFFLINE_ASK_INTERVAL: Final = 300.0
FIRST_RECONNECT: Final = 300.0
"""Seconds of silence of a stale device after which the session is made anew."""
LONGEST_RECONNECT: Final = 3600.0
"""Seconds between two new sessions at most, however long a device is silent."""


class State(Enum):
    """What is known of a device's life."""

    LIVE = "live"
    QUIET = "quiet"
    """Not heard for a while, and asked."""
    STALE = "stale"
    """Asked in vain; what it said last no longer holds."""
    OFFLINE = "offline"
    """The cloud says that it is not there."""
    BACK = "back"
    """The cloud says that it is there again, and it has said nothing yet."""


class Step(Enum):
    """What to do with the session."""

    NONE = "none"
    RECONNECT = "reconnect"
    RENEW = "renew"
    """Reconnect with credentials fetched anew."""


class Actions(NamedTuple):
    """What to do now."""

    ask: tuple[str, ...] = ()
    step: Step = Step.NONE


@dataclass(slots=True)
class _Watched:
    """A device, its limits, and what happened last; times in seconds."""

    ask_interval: float
    stale_after: float
    heard_at: float
    ask_at: float
    unanswered: int = 0
    offline: bool = False
    back: bool = False
    answered_once: bool = False

    def state(self, now: float, *, connected: bool) -> State:
        """Return what is known of the device at a time.

        Without a session nobody asks, so that its silence alone counts.
        """
        if self.offline:
            return State.OFFLINE
        silence = now - self.heard_at
        in_vain = self.unanswered >= ASKS_BEFORE_STALE or not connected
        if silence >= self.stale_after and in_vain:
            return State.STALE
        if self.back:
            return State.BACK
        missed = not connected and silence >= self.ask_interval
        return State.QUIET if self.unanswered or missed else State.LIVE


class Watchdog:
    """Watches the devices of one session."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        """Take a source of numbers from 0.5 to 1: who waits, waits so much of it."""
        self._jitter = jitter
        self._devices: dict[str, _Watched] = {}
        self._connected = False
        self._reconnect_at: float | None = None
        self._reconnects = 0

    def watch(
        self, serial: str, ask_interval: float, stale_after: float, now: float
    ) -> None:
        """Begin with a device; it is asked at once."""
        self._devices[serial] = _Watched(ask_interval, stale_after, now, now)

    def forget(self, gone: Iterable[str]) -> None:
        """Watch these no longer."""
        for serial in gone:
            self._devices.pop(serial, None)

    @property
    def serials(self) -> frozenset[str]:
        """Return the devices that are watched."""
        return frozenset(self._devices)

    def connected(self, now: float) -> None:
        """Note a new session: all are asked, for changes were missed in between.

        Who was stale without a session remains so until it is heard.
        """
        for device in self._devices.values():
            device.ask_at = now
            if self._is_stale(device, now):
                device.unanswered = max(device.unanswered, ASKS_BEFORE_STALE)
        self._connected = True

    def disconnected(self) -> None:
        """Note that the session is over."""
        self._connected = False

    def heard(self, serial: str, now: float) -> None:
        """Note a message with values: the device lives, whatever was said of it."""
        if (device := self._devices.get(serial)) is None:
            return
        device.heard_at = max(now, device.heard_at)
        device.ask_at = now + device.ask_interval
        device.unanswered = 0
        device.offline = device.back = False
        device.answered_once = True

    def told(self, serial: str, *, online: bool, now: float) -> None:
        """Note what the cloud says; back online, a device is asked at once."""
        if (device := self._devices.get(serial)) is None:
            return
        if device.offline and online:
            device.back = True
            device.ask_at = now
            device.heard_at = now
            device.unanswered = 0
        device.offline = not online

    def state(self, serial: str, now: float) -> State:
        """Return what is known of a device at a time."""
        return self._state(self._devices[serial], now)

    def heard_at(self, serial: str) -> float:
        """Return when a device was last heard, by any message, or said to be back.

        Of one that is back nothing holds, so that nothing is counted from then on.
        """
        return self._devices[serial].heard_at

    def act(self, now: float) -> Actions:
        """Return what to do now, and take it as done."""
        ask = []
        for serial, device in self._devices.items():
            if now >= device.ask_at:
                ask.append(serial)
                device.ask_at = now + self._pause(device)
                device.unanswered += 1
        return Actions(tuple(ask), self._step(now))

    def next_act(self, now: float) -> float:
        """Return in how many seconds there may be something to do."""
        times = [device.ask_at for device in self._devices.values()]
        times += [
            device.heard_at + device.stale_after
            for device in self._devices.values()
            if self._state(device, now) in (State.QUIET, State.BACK)
        ]
        if self._reconnect_at is not None:
            times.append(self._reconnect_at)
        return max(min((time for time in times if time > now), default=now) - now, 1.0)

    def _pause(self, device: _Watched) -> float:
        """Return how long to wait for an answer before asking again."""
        if device.offline:
            return OFFLINE_ASK_INTERVAL * self._jitter()
        doublings = min(max(device.unanswered - 2, 0), 5)
        doubled = device.ask_interval * (1 << doublings)
        return min(doubled, max(OFFLINE_ASK_INTERVAL, device.ask_interval)) * (
            self._jitter() if device.unanswered else 1.0
        )

    def _state(self, device: _Watched, now: float) -> State:
        return device.state(now, connected=self._connected)

    def _is_stale(self, device: _Watched, now: float) -> bool:
        return self._state(device, now) is State.STALE

    def _step(self, now: float) -> Step:
        """Return what a stale device makes of the session.

        A device that never spoke says nothing of the session; neither does a stale
        one while others speak and a new session has been tried in vain.
        """
        stale = [it for it in self._devices.values() if self._is_stale(it, now)]
        if not stale:
            self._reconnect_at = None
            self._reconnects = 0
        if not any(device.answered_once for device in stale):
            return Step.NONE
        if self._reconnect_at is None:
            self._reconnect_at = now
        if now < self._reconnect_at:
            return Step.NONE
        self._reconnects += 1
        wait = min(FIRST_RECONNECT * 2 ** (self._reconnects - 1), LONGEST_RECONNECT)
        others_speak = any(
            self._state(device, now) is State.LIVE for device in self._devices.values()
        )
        self._reconnect_at = now + (LONGEST_RECONNECT if others_speak else wait)
        return Step.RECONNECT if self._reconnects == 1 else Step.RENEW
