"""Who counts as one client of the public page."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from hub.web.verify.clients import address_of

TRUSTED = ("192.0.2.0/24", "2001:db8:ffff::/48")


def asked(peer: str, forwarded: str = "") -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return Request({"type": "http", "client": (peer, 1), "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.1", "", "198.51.100.1"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("192.0.2.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("192.0.2.1", "198.51.100.7, 192.0.2.2", "198.51.100.7"),
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "nonsense", "192.0.2.1"),
        ("2001:db8:ffff::1", "nonsense", "2001:db8:ffff::/64"),
        ("::ffff:198.51.100.1", "", "198.51.100.1"),
        ("::ffff:192.0.2.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8::1", "", "2001:db8::/64"),
        ("2001:db8::2:3", "", "2001:db8::/64"),
        ("2001:db8:ffff::1", "2001:db8:1::1", "2001:db8:1::/64"),
    ],
    ids=["itself", "claims of a stranger", "behind a proxy", "behind two", "only the proxy",
         "a proxy's nonsense", "an IPv6 proxy's nonsense", "IPv4 in IPv6",
         "IPv4 in IPv6 behind a proxy", "IPv6", "the same line of IPv6", "IPv6 behind a proxy"],
)  # fmt: skip
def test_the_last_address_no_trusted_proxy_has_is_the_client(
    peer: str, forwarded: str, client: str
) -> None:
    assert address_of(asked(peer, forwarded), TRUSTED) == client
