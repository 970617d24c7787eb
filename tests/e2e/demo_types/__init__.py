"""What the demo shows: one module a device type, each with a `DEMO`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

from ..client import HomeAssistantClient, Json, Step
from ..home_assistant import free_port


class Place:
    """Where a device type keeps what has to be the same at the next start."""

    def __init__(self, folder: Path) -> None:
        """Take a folder of its own, new or used before."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._file = folder / "place.json"
        self._notes: dict[str, Any] = (
            json.loads(self._file.read_bytes()) if self._file.exists() else {}
        )

    def port(self, name: str = "port") -> int:
        """Return the port that a simulator of this name has always listened on."""
        port: int = self.recall(name) or free_port()
        self.note(name, port)
        return port

    def recall(self, name: str) -> Any:
        """Return what was noted under a name, if anything was."""
        return self._notes.get(name)

    def note(self, name: str, value: Any) -> None:
        """Keep a value for the next start."""
        self._notes[name] = value
        self._file.write_text(json.dumps(self._notes), "utf-8")


@dataclass(frozen=True, kw_only=True)
class DemoType[SimulatorT]:
    """A device type in the demo: its simulator, how it is added, what it counts."""

    key: str
    """The device type's name in code."""
    name: str
    """Its name for people."""
    start_simulator: Callable[[Place], AbstractAsyncContextManager[SimulatorT]]
    """What runs the simulator; the same place gives the same devices."""
    flow_steps: Callable[[SimulatorT], Sequence[Step]]
    """The answers to the config flow."""
    other_ways: Callable[[SimulatorT], Sequence[Sequence[Step]]] = lambda _: ()
    """Answers that lead to the same devices otherwise; the demo does not go there."""
    awaits: Sequence[str] = ()
    """Ends of the unique ids of entities that appear a while after the entry."""
    afterwards: (
        Callable[[HomeAssistantClient, Mapping[str, Json]], Awaitable[None]] | None
    ) = None
    """What else to do with the running Home Assistant and the entry's entities."""
    imported: bool = False
    """Whether the Energy dashboard is to show imported history."""
    areas: Mapping[str, str] = field(default_factory=dict)
    """The rooms that the devices are in, both by name."""
    mains: Callable[[SimulatorT, bool], None] | None = None
    """Takes mains from what has a battery, or gives it back, as told."""
    finish: (
        Callable[[HomeAssistantClient, Json, Mapping[str, Json]], Awaitable[None]]
        | None
    ) = None
    """What a user does after adding it, given the entry and its entities by unique id."""

    def ways(self, simulator: SimulatorT) -> Sequence[Sequence[Step]]:
        """Return all answers to the config flow that add the simulator."""
        return (self.flow_steps(simulator), *self.other_ways(simulator))
