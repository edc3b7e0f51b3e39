"""Which addresses the hub may connect to, checked where the connection is made.

A host name is checked before a request is built; that proves nothing about the address it
resolves to. `checked` resolves once and drops every address that is never a far end
(link-local, cloud metadata, multicast, unspecified); the transport connects to one of the rest
by its number, so that no second look-up can answer otherwise. TLS still verifies the host's name.

Private and loopback addresses are allowed: most ERPs stand in the same building.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from hub.errors import ConnectorError, Outcome

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
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


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
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as exc:
        raise OSError("the host name is no valid one") from exc
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def checked(connection: str, host: str, port: int, resolver: Resolve) -> Sequence[str]:
    """Return the addresses of a host that may be connected to, at least one.

    A host written as an address is taken as it stands: an administrator named it. Raises
    `OSError` when the name has no address, and `ConnectorError` (`misconfigured`) when it has
    refused ones only.
    """
    if is_literal(host):
        return [host]
    found = await resolver(host, port)
    if not found:
        raise OSError("no address")
    allowed = [address for address in found if not is_refused(address)]
    if not allowed:
        raise ConnectorError(
            Outcome.MISCONFIGURED,
            f"{connection}: {host} resolves to {', '.join(found)}, which is link-local, "
            "metadata, multicast or unspecified; nothing was sent. Correct the name, or write "
            "the address itself in the connection's base_url if it is really meant.",
        )
    return allowed
