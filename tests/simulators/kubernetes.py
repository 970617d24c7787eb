"""The API server of a cluster, as far as one node's annotations go."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from .tls import SelfSigned, listen


class KubernetesSimulator:
    """Serves one node over TLS to whoever has the token."""

    def __init__(self, node: str = "node-1", token: str = "token-1") -> None:
        """Take the node's name and the only valid token."""
        self.node = node
        self.token = token
        self.annotations: dict[str, str] = {"other/annotation": "stays"}
        self.status: int | None = None
        """A status to answer with in place of the right one."""
        self.body: str | None = None
        """A body to answer with in place of the right one."""
        self.calls: list[str] = []
        self.port = 0
        self.certificate = SelfSigned.local()
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Start to listen."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        context = await asyncio.to_thread(self.certificate.server_context)
        assert self._runner.server is not None
        self._server = await listen(self._runner.server, "127.0.0.1", 0, context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        assert self._runner is not None and self._server is not None
        self._server.close()
        await self._runner.cleanup()
        self._server.abort_clients()
        await self._server.wait_closed()

    @property
    def environment(self) -> dict[str, str]:
        """What a pod of the cluster finds in its environment."""
        return {
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(self.port),
            "NODE_NAME": self.node,
        }

    def mount(self, folder: Path) -> Path:
        """Put a pod's account into a folder."""
        (folder / "token").write_text(f"{self.token}\n", "ascii")
        (folder / "ca.crt").write_bytes(self.certificate.certificate_pem)
        return folder

    async def _answer(self, request: web.Request) -> web.Response:
        self.calls.append(request.method)
        if self.status is not None or self.body is not None:
            return web.Response(status=self.status or 200, text=self.body)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"kind": "Status", "code": 401}, status=401)
        if request.path != f"/api/v1/nodes/{self.node}":
            return web.json_response({"kind": "Status", "code": 404}, status=404)
        if request.method == "PATCH":
            if request.content_type != "application/merge-patch+json":
                return web.json_response({"kind": "Status", "code": 415}, status=415)
            patch: dict[str, Any] = await request.json()
            for name, value in patch["metadata"]["annotations"].items():
                if value is None:
                    self.annotations.pop(name, None)
                else:
                    self.annotations[name] = str(value)
        return web.json_response(
            {
                "kind": "Node",
                "metadata": {"name": self.node, "annotations": self.annotations},
            }
        )
