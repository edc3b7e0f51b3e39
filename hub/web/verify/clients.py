"""Who asks, as far as the network tells: proxies that are trusted name the client before them."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from starlette.requests import Request


def address_of(request: Request, trusted: Sequence[str]) -> str:
    """Return the client's address: the last one in X-Forwarded-For that no trusted proxy has."""
    peer = request.client.host if request.client else ""
    # a proxy may add a line of its own behind that of the client
    lines = request.headers.getlist("x-forwarded-for")
    named = [one.strip() for line in lines for one in line.split(",")]
    for address in (peer, *reversed(named)):
        if not _is_trusted(address, trusted):
            return _network(address) or _network(peer) or peer
    return peer


def _is_trusted(address: str, trusted: Sequence[str]) -> bool:
    known = _known(address)
    return known is not None and any(known in ipaddress.ip_network(one) for one in trusted)


def _network(address: str) -> str:
    """Return what counts as one client: an address, of IPv6 the network a line is given."""
    known = _known(address)
    if isinstance(known, IPv6Address):
        return str(ipaddress.ip_network((known, 64), strict=False))
    return "" if known is None else str(known)


def _known(address: str) -> IPv4Address | IPv6Address | None:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return None
    # what a socket for both families calls an IPv4 address
    mapped = known.ipv4_mapped if isinstance(known, IPv6Address) else None
    return mapped or known
