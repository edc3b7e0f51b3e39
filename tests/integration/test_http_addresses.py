"""Which address a call goes to, and whom it trusts there: names, TLS, proxies, on real sockets."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from far_socket import (
    BODY,
    NOT_APPLIED,
    UNKNOWN,
    Line,
    client_of,
    good,
    listening,
    outcome_of,
)

from hub.errors import ConnectorError, Outcome

# ---- names, addresses, TLS -------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a PEM file with a certificate for shop.test, its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "shop.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        made.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def loopback(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def test_the_checked_address_is_used_and_tls_still_verifies_the_name(
    certificate: Path,
) -> None:
    async with (
        listening(good, serving(certificate)) as far,
        client_of(
            far.port, scheme="https", host="shop.test", resolver=loopback, ca_file=certificate
        ) as right,
        client_of(
            far.port, scheme="https", host="other.test", resolver=loopback, ca_file=certificate
        ) as wrong,
    ):
        assert await outcome_of(right, "POST") == 200
        assert await outcome_of(wrong, "POST") is NOT_APPLIED
    assert len(far.requests) == 1


async def test_an_authority_nobody_named_is_not_trusted(certificate: Path) -> None:
    async with (
        listening(good, serving(certificate)) as far,
        client_of(far.port, scheme="https", host="shop.test", resolver=loopback) as client,
    ):
        assert await outcome_of(client, "POST") is NOT_APPLIED
    assert far.requests == []


async def test_a_tls_alert_after_the_handshake_is_unknown(certificate: Path) -> None:
    context = serving(certificate)  # TLS 1.3 asks for the client's certificate after the handshake
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certificate)
    async with (
        listening(good, context) as far,
        client_of(
            far.port, scheme="https", host="shop.test", resolver=loopback, ca_file=certificate
        ) as client,
    ):
        assert await outcome_of(client, "POST") is UNKNOWN
    assert far.requests == []


async def test_a_name_with_refused_addresses_only_is_misconfigured() -> None:
    async def to_metadata(host: str, port: int) -> Sequence[str]:
        return ["169.254.169.254", "fe80::1"]

    async with client_of(80, host="shop.test", resolver=to_metadata) as client:
        with pytest.raises(ConnectorError, match=r"erp: shop\.test resolves to 169\.254") as raised:
            await client.request("GET", "/latest/meta-data", effect=False)
    assert raised.value.outcome is Outcome.MISCONFIGURED


async def test_a_refused_address_beside_a_good_one_is_passed_over() -> None:
    async def both(host: str, port: int) -> Sequence[str]:
        return ["fe80::1", "127.0.0.1"]

    async with (
        listening(good) as far,
        client_of(far.port, host="erp.local", resolver=both) as client,
    ):
        assert await outcome_of(client, "POST") == 200


async def test_the_next_address_is_tried_when_the_first_refuses() -> None:
    async def both(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]  # the server listens on .1 only

    async with (
        listening(good) as far,
        client_of(far.port, host="erp.local", resolver=both) as client,
    ):
        assert await outcome_of(client, "POST") == 200
    assert far.connections == 1


async def test_a_second_look_up_cannot_move_the_connection() -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    async with (
        listening(good) as far,
        client_of(far.port, host="erp.local", resolver=rebinding) as client,
    ):
        assert await outcome_of(client, "POST") == 200
        assert await outcome_of(client, "POST") == 200
    assert len(answers) == 1


# ---- through a proxy -------------------------------------------------------------------------


async def test_a_proxy_that_refuses_the_tunnel_is_not_applied() -> None:
    async def refuses(line: Line) -> None:
        await line.head()
        await line.say(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    async with (
        listening(refuses) as far,
        client_of(
            443, scheme="https", host="shop.test", proxy=f"http://u:geheim@127.0.0.1:{far.port}"
        ) as client,
    ):
        with pytest.raises(ConnectorError) as raised:
            await client.request("POST", "/o", effect=True, content=BODY)
    assert raised.value.outcome is NOT_APPLIED
    assert "geheim" not in str(raised.value)
    assert all(head.startswith(b"CONNECT shop.test:443") for head in far.requests)


async def test_a_proxy_gets_the_name_not_an_address() -> None:
    async with (
        listening(good) as far,
        client_of(80, host="shop.test", proxy=f"http://127.0.0.1:{far.port}") as client,
    ):
        assert await outcome_of(client, "POST") == 200
    assert far.requests[0].startswith(b"POST http://shop.test/orders ")
