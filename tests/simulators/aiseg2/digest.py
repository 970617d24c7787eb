"""HTTP Digest as a small device does it: MD5, qop=auth, nonces that wear out."""

from collections.abc import Callable
import hashlib
import re
import secrets

from aiohttp import web

_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Digest:
    """Checks credentials; a nonce is good for some uses, then it is stale."""

    def __init__(
        self,
        username: str,
        password: str,
        realm: str = "AiSEG",
        uses: int | None = None,
        nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        """Take the account, and how often one nonce may be used."""
        self.username = username
        self.password = password
        self.realm = realm
        self.uses = uses
        self._make_nonce = nonce
        self._nonces: dict[str, int] = {}

    def forget(self) -> None:
        """Let all nonces be stale, as after a restart."""
        self._nonces.clear()

    def accepts(self, request: web.Request) -> bool:
        """Return whether a request is signed with the account, for this very target."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        told = {
            match[1]: match[2] if match[2] is not None else match[3]
            for match in _FIELD.finditer(text)
        }
        nonce = told.get("nonce", "")
        if scheme != "Digest" or nonce not in self._nonces:
            return False
        count = int(told.get("nc", "0"), 16)
        if count <= self._nonces[nonce] or (
            self.uses is not None and count > self.uses
        ):
            return False
        if told.get("uri") != request.raw_path or told.get("qop") != "auth":
            return False
        self._nonces[nonce] = count
        account = _md5(f"{self.username}:{self.realm}:{self.password}")
        target = _md5(f"{request.method}:{request.raw_path}")
        expected = _md5(
            f"{account}:{nonce}:{told.get('nc')}:{told.get('cnonce')}:auth:{target}"
        )
        return (
            told.get("username") == self.username and told.get("response") == expected
        )

    def challenge(self) -> web.Response:
        """Return a new challenge."""
        nonce = self._make_nonce()
        self._nonces[nonce] = 0
        return web.Response(
            status=401,
            headers={
                "WWW-Authenticate": (
                    f'Digest realm="{self.realm}", nonce="{nonce}", '
                    'algorithm=MD5, qop="auth"'
                )
            },
        )
