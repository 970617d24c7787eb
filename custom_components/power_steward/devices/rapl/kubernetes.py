"""Annotations on a Kubernetes node: two calls, from inside the cluster.

The API server's address is in the environment of every pod, the certificate to trust
and the token of the pod's service account are files that the cluster renews.
"""

from collections.abc import Mapping
import json
from typing import Any, Final

import aiohttp
from yarl import URL

from ..errors import (
    AnswerNotUnderstood,
    CannotConnect,
    CredentialsRejected,
    NotPermitted,
    RequestRefused,
)
from ..http import body_of, client_errors
from .files import Account

INITIALIZED: Final = "power-manager/initialized"
MAX_POWER: Final = "rapl/max_power_uw"
POWER: Final = "rapl/pmax"
PROVIDER: Final = "rapl/provider"
UPDATED: Final = "rapl/last-update"
PERIOD: Final = "rapl/market-period"
VOLUME: Final = "rapl/market-volume"
PRICE: Final = "rapl/market-price"
MANAGER: Final = "kcas-power-manager"
"""What the predecessor marks a node with; others look for it."""

_HOST: Final = "KUBERNETES_SERVICE_HOST"
_PORT: Final = "KUBERNETES_SERVICE_PORT"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_MAX_ANSWER: Final = 4 * 1024 * 1024
"""Bytes; a node's description has some ten thousand."""
_MERGE: Final = "application/merge-patch+json"


class Kubernetes:
    """One node; the session is shared and never closed."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        environment: Mapping[str, str],
        node: str,
    ) -> None:
        """Take the pod's environment and the node's name."""
        self._session = session
        self._node = node
        self._url: URL | None = None
        host = environment.get(_HOST, "")
        port = environment.get(_PORT, "443")
        if host and node and port.isdecimal():
            self._url = (
                URL.build(scheme="https", host=host, port=int(port)) / "api/v1/nodes"
            ) / node

    async def annotations(self, account: Account) -> Mapping[str, str]:
        """Return the node's annotations."""
        answer = await self._call("GET", account)
        metadata = answer.get("metadata")
        if not isinstance(metadata, dict):
            raise AnswerNotUnderstood("no node")
        found = metadata.get("annotations") or {}
        if not isinstance(found, dict):
            raise AnswerNotUnderstood("no annotations")
        return found

    async def annotate(self, account: Account, new: Mapping[str, str | None]) -> None:
        """Set annotations, and remove those that are ``None``; leave all others."""
        await self._call("PATCH", account, {"metadata": {"annotations": dict(new)}})

    async def _call(
        self,
        method: str,
        account: Account,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        if self._url is None:
            raise CannotConnect("not in a cluster")
        headers = {
            "Authorization": f"Bearer {account.token}",
            "Accept": "application/json",
        }
        if body is not None:
            headers["Content-Type"] = _MERGE
        async with (
            client_errors(),
            self._session.request(
                method,
                self._url,
                headers=headers,
                json=body,
                ssl=account.trust,
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as response,
        ):
            if response.status == 401:
                raise CredentialsRejected("status 401")
            if response.status == 403:
                raise NotPermitted("status 403")
            if response.status != 200:
                raise RequestRefused(f"status {response.status}")
            return _object(await body_of(response, _MAX_ANSWER))


def _object(body: bytes) -> dict[str, Any]:
    """Return the object that an answer holds."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as err:
        raise AnswerNotUnderstood("no JSON") from err
    if not isinstance(answer, dict):
        raise AnswerNotUnderstood("no object")
    return answer
