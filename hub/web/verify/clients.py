"""Who asks, as far as the network tells: proxies that are trusted name the client before them."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.requests import Request


def address_of(request: Request, trusted: Sequence[str]) -> str:
    """Return the client's address: the last one in X-Forwarded-For that no trusted proxy has."""
    peer = request.client.host if request.client else ""
    named = [one.strip() for one in request.headers.get("x-forwarded-for", "").split(",")]
    for address in (peer, *reversed(named)):
        if not _is_trusted(address, trusted):
            return _network(address) or _network(peer) or peer
    return peer


def _is_trusted(address: str, trusted: Sequence[str]) -> bool:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(known in ipaddress.ip_network(one) for one in trusted)


def _network(address: str) -> str:
    """Return what counts as one client: an address, of IPv6 the network a line is given."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if known.version == 6:
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)
