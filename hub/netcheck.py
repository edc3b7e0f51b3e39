"""Which addresses the hub may connect to, checked where the connection is made.

A host name is checked before a request is built; that proves nothing about the address it
resolves to. `CheckedBackend` resolves once, drops every address that is never a far end
(link-local, cloud metadata, multicast, unspecified) and connects to one of the rest by its
number, so that no second look-up can answer otherwise. TLS still verifies the host's name.

Private and loopback addresses are allowed: most ERPs stand in the same building.
"""

from __future__ import annotations

import contextlib
import ipaddress
import select
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import httpcore
import httpx

from hub.errors import ConfigError, ConnectorError, Outcome

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Host and port → addresses in the order they should be tried; `OSError` when there is none.
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]

#: Never a far end. The single addresses are instance metadata services outside the
#: link-local range: AWS over IPv6, Alibaba Cloud, Oracle Cloud, Azure.
_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "255.255.255.255/32",
        "100.100.100.200/32",
        "192.0.0.192/32",
        "168.63.129.16/32",
        "::/128",
        "fe80::/10",
        "ff00::/8",
        "fd00:ec2::254/128",
    )
)
#: Below the 5 s after which Node closes idle connections: a write must not meet a closing one.
_KEEP_ALIVE_SECONDS = 4.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: Addresses tried for one connection; each gets its share of the connect time-out.
_TRIED = 4


def is_refused(address: str) -> bool:
    """Say whether the address is none a far end can have, also when IPv6 only wraps it."""
    number = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    return any(number in network for network in _REFUSED)


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_literal(host: str) -> bool:
    """Say whether the host is written as an address, not as a name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver; raises `OSError` when it knows no address."""
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as exc:
        raise OSError("the host name is no valid one") from exc
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedStream(httpcore.AsyncNetworkStream):
    """A connection that knows whether an answer was read after the request was written.

    What came behind an earlier answer stays in httpcore's buffer and would pass for the answer
    to the next request; then nothing is read for it.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        #: False as long as nothing was read since the last write.
        self.read_since_write = False
        self._socket: Any = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes."""
        self.read_since_write = True
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all bytes."""
        self.read_since_write = False
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return the connection with TLS on top."""
        return CheckedStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection beneath knows."""
        if info == "is_readable":
            return self._is_readable()
        return self._inner.get_extra_info(info)

    def _is_readable(self) -> bool:
        """Say whether something came, or the far end closed the connection.

        The pool asks this of every idle connection at every request, and looking the socket up
        takes most of the time.
        """
        if self._socket is None:
            self._socket = self._inner.get_extra_info("socket")
        if self._socket is None or self._socket.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to checked addresses only.

    A host written as an address is taken as it stands: an administrator named it.
    Raises `ConnectorError` (`misconfigured`) when a name has refused addresses only.
    """

    def __init__(self, connection: str, resolver: Resolve) -> None:
        self._connection = connection
        self._resolve = resolver
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check, and connect to the first checked address that answers."""
        addresses = (await self._checked(host, port, timeout))[:_TRIED]
        share = None if timeout is None else timeout / len(addresses)
        *others, last = addresses
        for address in others:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._open(address, port, share, local_address, socket_options)
        return await self._open(last, port, share, local_address, socket_options)

    async def _open(self, *where: Any) -> httpcore.AsyncNetworkStream:
        return CheckedStream(await self._network.connect_tcp(*where))

    async def _checked(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        if is_literal(host):
            return [host]
        try:
            with anyio.fail_after(seconds):
                found = await self._resolve(host, port)
        except TimeoutError as exc:
            raise httpcore.ConnectTimeout(f"no answer from DNS for {host}") from exc
        except OSError as exc:
            raise httpcore.ConnectError(f"DNS knows no address of {host}") from exc
        if not found:
            raise httpcore.ConnectError(f"DNS knows no address of {host}")
        return self._allowed(host, found)

    def _allowed(self, host: str, found: Sequence[str]) -> Sequence[str]:
        allowed = [address for address in found if not is_refused(address)]
        if not allowed:
            raise ConnectorError(
                Outcome.MISCONFIGURED,
                f"{self._connection}: {host} resolves to {', '.join(found)}, which is link-local, "
                "metadata, multicast or unspecified; nothing was sent. Correct the name, or write "
                "the address itself in the connection's base_url if it is really meant.",
            )
        return allowed


def transports(
    connection: str, proxy: str | None, ca_file: Path | None, resolver: Resolve
) -> Callable[[int], httpx.AsyncBaseTransport]:
    """Return what makes a transport of a given pool size; all share one TLS context (40 ms).

    Raises `ConfigError` for a CA file that is none, or a proxy that is no HTTP proxy.
    """
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as exc:  # an SSLError is one
            raise ConfigError(
                f"{connection}: ca_file {ca_file} cannot be read as PEM certificates: {exc}"
            ) from exc
    if proxy is not None and not proxy.startswith(("http://", "https://")):
        raise ConfigError(f"{connection}: proxy must start with http:// or https://")

    def make(size: int) -> httpx.AsyncBaseTransport:
        made = httpx.AsyncHTTPTransport(
            verify=context,
            trust_env=False,
            proxy=proxy,
            limits=httpx.Limits(max_connections=size, keepalive_expiry=_KEEP_ALIVE_SECONDS),
        )
        if proxy is None:
            # httpx has no argument for httpcore's network backend, where addresses are checked.
            made._pool = httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=size,
                keepalive_expiry=_KEEP_ALIVE_SECONDS,
                network_backend=CheckedBackend(connection, resolver),
            )
        return made

    return make
