"""A real Home Assistant as a process of its own, in a folder of its own."""

import asyncio
from collections.abc import Iterator
import contextlib
import ctypes
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import re
import secrets
import signal
import socket
import sys
from typing import Any, NamedTuple, Self, override

import jwt

from .client import DOMAIN, HomeAssistantClient, Json

HOST = "127.0.0.1"
HERE = Path(__file__).parent
INTEGRATION = HERE.parents[1] / "custom_components" / DOMAIN
CONSOLE = "console.log"
RESTART_CODE = 100
"""The exit code with which Home Assistant asks to be started again."""
START_SECONDS = 300
STOP_SECONDS = 30

_ACCESS = "Power Steward end-to-end"
_RECORD = re.compile(
    r"^(?P<when>\d{4}-\d\d-\d\d [\d:.+-]+) (?P<level>[A-Z]+) \((?P<thread>.*?)\)"
    r" \[(?P<logger>[^]]+)\] (?P<text>.*)$"
)
_NOT_OURS = "We found a custom integration"
"""Every custom integration is warned of in these words at every start."""


class HomeAssistantFailed(Exception):
    """Home Assistant did not start, or ended by itself."""


class LogRecord(NamedTuple):
    """One record of Home Assistant's log, with the lines that belong to it."""

    level: str
    logger: str
    text: str


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class RealHomeAssistant(HomeAssistantClient):
    """A Home Assistant that is started, used, stopped and killed."""

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        """Take a folder, new or used before; nothing is started yet."""
        self.folder = folder
        self.port = port or free_port()
        self.process: asyncio.subprocess.Process | None = None
        self._seed()
        super().__init__(f"http://{HOST}:{self.port}", access_token(folder))

    @override
    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    @override
    async def __aexit__(self, *_: object) -> None:
        """Stop, whatever happened."""
        await self.stop()

    # Life

    async def start(self) -> None:
        """Start, and return when all integrations are set up."""
        self._store("http", 2, 2, http_settings(self.port))
        with (self.folder / CONSOLE).open("ab") as console:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "homeassistant", "--skip-pip", "--log-no-color"),
                *("--config", str(self.folder)),
                cwd=self.folder,
                # Our modules come from the folder, as at a user's, not from the path.
                env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._until_running(self.process)
        except TimeoutError:
            await self.kill()
            raise HomeAssistantFailed(
                f"Home Assistant was not ready after {START_SECONDS} s:\n"
                f"{self.last_words()}"
            ) from None
        except BaseException:
            await self.kill()
            raise

    async def _until_running(self, process: asyncio.subprocess.Process) -> None:
        while not await self.is_running():
            if process.returncode is not None:
                raise HomeAssistantFailed(
                    f"Home Assistant ended at once:\n{self.last_words()}"
                )
            await asyncio.sleep(0.1)

    async def wait(self) -> int:
        """Wait until it ends by itself; return the exit code."""
        assert self.process is not None
        return await self.process.wait()

    async def stop(self) -> None:
        """End it the way a service manager does; by force if it takes too long."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it the way a power cut does."""
        await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """Stop, and start on the same folder."""
        await self.stop()
        await self.start()

    async def _end(self, how: signal.Signals) -> None:
        await self.close()
        process, self.process = self.process, None
        if process is None:
            return
        try:
            if process.returncode is None:
                process.send_signal(how)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(process.wait()), STOP_SECONDS)
        finally:
            # The group is gone with the process, unless it left children behind.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    # The log

    def console(self) -> str:
        """Return all that was printed, since the folder is in use."""
        return (self.folder / CONSOLE).read_text("utf-8", errors="replace")

    def last_words(self, lines: int = 20) -> str:
        """Return the end of what was printed."""
        return "\n".join(self.console().splitlines()[-lines:])

    # The folder

    def _seed(self) -> None:
        """Make the folder of a Home Assistant that was set up long ago."""
        storage = self.folder / ".storage"
        storage.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "configuration.yaml"
        if not configuration.exists():
            configuration.write_bytes((HERE / "configuration.yaml").read_bytes())
        integrations = self.folder / "custom_components"
        integrations.mkdir(exist_ok=True)
        ours = integrations / DOMAIN
        if not ours.is_symlink():
            ours.symlink_to(INTEGRATION, target_is_directory=True)
        if not (storage / "auth").exists():
            self._store("auth", 1, 1, owner_with_access())
            steps = ["user", "core_config", "analytics", "integration"]
            self._store("onboarding", 4, 1, {"done": steps})

    def _store(self, key: str, version: int, minor: int, data: Any) -> None:
        content = {"version": version, "minor_version": minor, "key": key, "data": data}
        (self.folder / ".storage" / key).write_text(json.dumps(content), "utf-8")


def owner_with_access() -> Json:
    """Return what is stored of an owner who has a long-lived access token."""
    owner = secrets.token_hex(16)
    return {
        "users": [
            {
                "id": owner,
                "group_ids": ["system-admin"],
                "is_owner": True,
                "is_active": True,
                "name": "Power Steward",
                "system_generated": False,
                "local_only": False,
            }
        ],
        "groups": [
            {"id": "system-admin", "name": "Administrators"},
            {"id": "system-users", "name": "Users"},
            {"id": "system-read-only", "name": "Read Only"},
        ],
        "credentials": [],
        "refresh_tokens": [
            {
                "id": secrets.token_hex(16),
                "user_id": owner,
                "client_id": None,
                "client_name": _ACCESS,
                "client_icon": None,
                "token_type": "long_lived_access_token",
                "created_at": datetime.now(UTC).isoformat(),
                "access_token_expiration": timedelta(days=3650).total_seconds(),
                "token": secrets.token_hex(64),
                "jwt_key": secrets.token_hex(64),
                "last_used_at": None,
                "last_used_ip": None,
                "expire_at": None,
                "credential_id": None,
                "version": None,
            }
        ],
    }


def access_token(folder: Path) -> str:
    """Return the access token that goes with what is stored in a folder."""
    stored = json.loads((folder / ".storage" / "auth").read_bytes())["data"]
    refresh = next(
        token for token in stored["refresh_tokens"] if token["client_name"] == _ACCESS
    )
    now = datetime.now(UTC)
    return jwt.encode(
        {"iss": refresh["id"], "iat": now, "exp": now + timedelta(days=3650)},
        refresh["jwt_key"],
        algorithm="HS256",
    )


def address(folder: Path) -> str:
    """Return where the Home Assistant of a folder listens."""
    stored = json.loads((folder / ".storage" / "http").read_bytes())["data"]
    return f"http://{HOST}:{stored['stable']['server_port']}"


def http_settings(port: int) -> Json:
    """Return the stored settings of a server that only this machine can reach."""
    return {
        "stable": {
            "server_host": [HOST],
            "server_port": port,
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": False,
            "ssl_profile": "modern",
            "use_x_frame_options": True,
            "created_at": datetime.now(UTC).isoformat(),
            "error": None,
            "error_message": None,
        },
        "pending": None,
        "yaml_migration_done": True,
    }


def process_id(folder: Path) -> int:
    """Return the process that runs on a folder, as Home Assistant noted it there."""
    return int(json.loads((folder / ".ha_run.lock").read_bytes())["pid"])


def log_records(console: str) -> Iterator[LogRecord]:
    """Return the records of a log; a traceback belongs to the record above it."""
    record: LogRecord | None = None
    for line in console.splitlines():
        if match := _RECORD.match(line):
            if record is not None:
                yield record
            record = LogRecord(match["level"], match["logger"], match["text"])
        elif record is not None:
            record = record._replace(text=f"{record.text}\n{line}")
    if record is not None:
        yield record


def complaints(console: str) -> list[LogRecord]:
    """Return what the log holds against our integration."""
    return [
        record
        for record in log_records(console)
        if record.level in ("WARNING", "ERROR", "CRITICAL")
        and DOMAIN in f"{record.logger} {record.text}"
        and not record.text.startswith(_NOT_OURS)
    ]


def die_with_parent() -> None:
    """Ask Linux to end this process when the one that started it is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
