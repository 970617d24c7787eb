"""Talks to a running Home Assistant the way its frontend does: REST and WebSocket."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
import itertools
from typing import Any, Self

from aiohttp import ClientError, ClientSession, ClientTimeout

DOMAIN = "power_steward"
FLOW = "/api/config/config_entries/flow"
OPTIONS_FLOW = "/api/config/config_entries/options/flow"

type Json = dict[str, Any]
type Step = str | Mapping[str, Any]
"""An answer to a step of a flow: the option of a menu, or the fields of a form."""


class RequestFailed(Exception):
    """Home Assistant refused a request."""


class FlowStuck(Exception):
    """A flow did not go where it was expected to."""


class HomeAssistantClient:
    """A logged-in user of a Home Assistant."""

    patience = 120.0
    """Seconds that something may take; what takes two may take sixty under load."""

    def __init__(self, url: str, token: str) -> None:
        """Take an address and a long-lived access token."""
        self.url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: ClientSession | None = None
        self._ids = itertools.count(1)

    @property
    def session(self) -> ClientSession:
        """Return the session; it belongs to the running event loop."""
        if self._session is None:
            self._session = ClientSession(
                headers=self._headers, timeout=ClientTimeout(total=self.patience)
            )
        return self._session

    async def close(self) -> None:
        """Drop the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        """Go in with nothing: connections are made when needed."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Drop the connections."""
        await self.close()

    # Requests

    async def text(self, path: str) -> str:
        """GET a path and return the body."""
        async with self.session.get(f"{self.url}{path}") as response:
            body = await response.text()
            if response.status != HTTPStatus.OK:
                raise RequestFailed(f"GET {path}: {response.status} {body}")
            return body

    async def get(self, path: str) -> Any:
        """GET a path and return the JSON."""
        return await self._rest("GET", path)

    async def post(self, path: str, body: Any = None) -> Any:
        """POST JSON and return the JSON answered."""
        return await self._rest("POST", path, body or {})

    async def delete(self, path: str) -> Any:
        """DELETE a path and return the JSON answered."""
        return await self._rest("DELETE", path)

    async def _rest(self, method: str, path: str, body: Any = None) -> Any:
        async with self.session.request(
            method, f"{self.url}{path}", json=body
        ) as response:
            if response.status >= HTTPStatus.BAD_REQUEST:
                text = await response.text()
                raise RequestFailed(f"{method} {path}: {response.status} {text}")
            return await response.json()

    async def ws(self, command: str, **fields: Any) -> Any:
        """Send one WebSocket command and return its result."""
        async with self.session.ws_connect(
            f"{self.url}/api/websocket", max_msg_size=0
        ) as socket:
            await socket.receive_json()
            token = self._headers["Authorization"].removeprefix("Bearer ")
            await socket.send_json({"type": "auth", "access_token": token})
            greeting = await socket.receive_json()
            if greeting["type"] != "auth_ok":
                raise RequestFailed(f"WebSocket: {greeting}")
            number = next(self._ids)
            await socket.send_json({"id": number, "type": command, **fields})
            while True:
                message = await socket.receive_json(timeout=self.patience)
                if message.get("id") == number and message["type"] == "result":
                    break
        if not message["success"]:
            raise RequestFailed(f"{command}: {message['error']}")
        return message["result"]

    # States, services, registries

    async def states(self) -> dict[str, Json]:
        """Return all states by entity id."""
        return {state["entity_id"]: state for state in await self.get("/api/states")}

    async def state(self, entity_id: str) -> Json:
        """Return one state."""
        state: Json = await self.get(f"/api/states/{entity_id}")
        return state

    async def call_service(
        self, domain: str, service: str, /, *, answer: bool = False, **data: Any
    ) -> Any:
        """Call a service; return its answer, or the states that it changed."""
        query = "?return_response" if answer else ""
        return await self.post(f"/api/services/{domain}/{service}{query}", data)

    async def entries(self, domain: str = DOMAIN) -> list[Json]:
        """Return the config entries of a domain."""
        entries: list[Json] = await self.ws("config_entries/get", domain=domain)
        return entries

    async def until_loaded(self, entry_id: str) -> None:
        """Wait for an entry to be loaded, also again after its options have changed."""
        async with asyncio.timeout(self.patience):
            while {"entry_id": entry_id, "state": "loaded"} not in [
                {name: entry[name] for name in ("entry_id", "state")}
                for entry in await self.entries()
            ]:
                await asyncio.sleep(0.2)

    async def entities(self, platform: str = DOMAIN) -> dict[str, Json]:
        """Return an integration's entity registry entries by unique id."""
        return {
            entity["unique_id"]: entity
            for entity in await self.ws("config/entity_registry/list")
            if entity["platform"] == platform
        }

    async def wait_for[T](
        self, look: Callable[[dict[str, Json]], T | None], seconds: float = patience
    ) -> T:
        """Look at the states until there is something to see, and return it."""
        async with asyncio.timeout(seconds):
            while not (found := look(await self.states())):
                await asyncio.sleep(0.2)
        return found

    # Flows

    async def config_flow(self, *steps: Step, domain: str = DOMAIN) -> Json:
        """Go through a config flow and return where it ends."""
        return await self._drive(FLOW, {"handler": domain}, steps)

    async def add_entry(self, *steps: Step, domain: str = DOMAIN) -> Json:
        """Go through a config flow that makes an entry, and return the entry."""
        end = await self.config_flow(*steps, domain=domain)
        if end["type"] != "create_entry":
            raise FlowStuck(f"no entry was made: {end}")
        entry: Json = end["result"]
        return entry

    async def options_flow(self, entry_id: str, *steps: Step) -> Json:
        """Go through the options flow of an entry."""
        return await self._drive(OPTIONS_FLOW, {"handler": entry_id}, steps)

    async def reconfigure_flow(
        self, entry_id: str, *steps: Step, domain: str = DOMAIN
    ) -> Json:
        """Go through the reconfigure flow of an entry."""
        return await self._drive(FLOW, {"handler": domain, "entry_id": entry_id}, steps)

    async def reauth_flow(self, entry_id: str, *steps: Step) -> Json:
        """Go through the reauth flow that Home Assistant began for an entry."""
        async with asyncio.timeout(self.patience):
            while True:
                for flow in await self.ws("config_entries/flow/progress"):
                    context = flow["context"]
                    if (
                        context["source"] == "reauth"
                        and context.get("entry_id") == entry_id
                    ):
                        start = await self.get(f"{FLOW}/{flow['flow_id']}")
                        return await self._go_on(FLOW, start, steps)
                await asyncio.sleep(0.2)

    async def _drive(self, path: str, start: Json, steps: tuple[Step, ...]) -> Json:
        return await self._go_on(path, await self.post(path, start), steps)

    async def _go_on(self, path: str, step: Json, answers: tuple[Step, ...]) -> Json:
        """Answer the steps of a flow; return the last step, with its errors if any."""
        for number, answer in enumerate(answers, 1):
            if step.get("errors"):
                raise FlowStuck(f"answer {number - 1} was not accepted: {step}")
            kind = "menu" if isinstance(answer, str) else "form"
            if step["type"] != kind:
                raise FlowStuck(f"answer {number} is for a {kind}, but this is: {step}")
            body = {"next_step_id": answer} if isinstance(answer, str) else dict(answer)
            step = await self.post(f"{path}/{step['flow_id']}", body)
            async with asyncio.timeout(self.patience):
                while step["type"] == "progress":
                    await asyncio.sleep(0.2)
                    step = await self.get(f"{path}/{step['flow_id']}")
        return step

    async def is_running(self) -> bool:
        """Return whether Home Assistant is up, with all its integrations."""
        try:
            return bool((await self.get("/api/config"))["state"] == "RUNNING")
        except ClientError, RequestFailed, TimeoutError:
            return False
