"""TLS for simulators: self-signed certificates made at run time, and listening."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
import ssl
from tempfile import TemporaryDirectory
from typing import Self, override

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOCAL_HOSTS = ("127.0.0.1", "localhost")
FOREIGN_HOSTS = ("another-host.invalid",)

_BEGINS = datetime(2020, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_CENTURY = 36_525 * _DAY


@dataclass(frozen=True, slots=True)
class SelfSigned:
    """A key and the certificate it signed for itself."""

    certificate_pem: bytes
    key_pem: bytes

    @classmethod
    def local(cls) -> Self:
        """Return a certificate that a client on this machine can verify."""
        return cls(*_make(LOCAL_HOSTS, expired=False))

    @classmethod
    def expired(cls) -> Self:
        """Return a certificate for the right host, of which the time is over."""
        return cls(*_make(LOCAL_HOSTS, expired=True))

    @classmethod
    def wrong_host(cls) -> Self:
        """Return a certificate in force, but for a host that is not this one."""
        return cls(*_make(FOREIGN_HOSTS, expired=False))

    def server_context(self) -> ssl.SSLContext:
        """Return the context of a server with this certificate; it writes files."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:
            chain = Path(folder, "chain.pem")
            chain.touch(mode=0o600)
            chain.write_bytes(self.key_pem + self.certificate_pem)
            context.load_cert_chain(chain)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return the context of a client that trusts nothing else."""
        return ssl.create_default_context(cadata=self.certificate_pem.decode())

    def write_ca_bundle(self, path: Path) -> Path:
        """Write the certificate as the bundle of authorities a client may be given."""
        path.write_bytes(self.certificate_pem)
        return path


async def listen(
    protocol: Callable[[], asyncio.Protocol],
    host: str,
    port: int,
    context: ssl.SSLContext | None = None,
) -> asyncio.Server:
    """Accept connections, with TLS if there is a context.

    A handshake that fails is the client's affair here. A server of asyncio's own would
    report it to the loop while the loop debugs, and Home Assistant's test plugin fails
    the test for that.
    """
    loop = asyncio.get_running_loop()
    if context is None:
        return await loop.create_server(protocol, host, port)
    return await loop.create_server(lambda: _Handshake(protocol, context), host, port)


class _Handshake(asyncio.Protocol):
    """A connection until TLS has begun on it."""

    def __init__(
        self, protocol: Callable[[], asyncio.Protocol], context: ssl.SSLContext
    ) -> None:
        """Know what comes after."""
        self._protocol = protocol
        self._context = context
        self._early = b""
        self._task: asyncio.Task[None] | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        self._task = asyncio.create_task(self._hand_over(transport))

    @override
    def data_received(self, data: bytes) -> None:
        """Keep what came along with the end of the handshake."""
        self._early += data

    async def _hand_over(self, transport: asyncio.Transport) -> None:
        """Give the connection to the real protocol, if the client goes that far."""
        loop = asyncio.get_running_loop()
        try:
            secure = await loop.start_tls(
                transport, self, self._context, server_side=True
            )
        except OSError:  # which is also what an SSLError is
            return
        if secure is None or secure.is_closing():
            return
        protocol = self._protocol()
        secure.set_protocol(protocol)
        protocol.connection_made(secure)
        if self._early:
            protocol.data_received(self._early)


@cache
def _make(hosts: tuple[str, ...], *, expired: bool) -> tuple[bytes, bytes]:
    """Make the certificate and the key, both as PEM, once in a process.

    Tests turn clocks, so that a valid one holds for longer than any of them goes.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign(key, hosts, _BEGINS + (_DAY if expired else _CENTURY))
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _sign(
    key: ec.EllipticCurvePrivateKey, hosts: tuple[str, ...], ends: datetime
) -> x509.Certificate:
    """Return a certificate with all that strict verification asks for."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGINS)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName(_names(hosts)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False
        )
    )
    return builder.sign(key, hashes.SHA256())


def _names(hosts: Iterable[str]) -> list[x509.GeneralName]:
    """Return each host as the kind of name it is: an address or a DNS name."""
    names: list[x509.GeneralName] = []
    for host in hosts:
        try:
            names.append(x509.IPAddress(ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return names


_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
