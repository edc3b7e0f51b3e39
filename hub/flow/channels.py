"""The ways to people: mail and signed webhooks. Each takes a letter or says in a code why not.

A mail can arrive twice only if this process dies between the server's yes and our commit; both
then carry the same Message-ID. A webhook carries the same `webhook-id`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol

import httpx
import msgspec

from hub import http, netcheck
from hub.clock import Clock
from hub.errors import ConnectorError, HubError
from hub.flow.alert_words import Letter
from hub.settings import Email, Settings, Webhook

#: Seconds for each answer of a mail server, and for the whole call of a webhook.
_TIMEOUT = 15.0
_PORTS = {"starttls": 587, "implicit": 465, "off": 25}


class NotTaken(HubError):
    """The channel did not take the notice. It is a code: never what the far end said."""


class Channel(Protocol):
    """One way to people."""

    async def send(self, letter: Letter) -> str | None:
        """Hand a letter over; return a code where only some of those it is for will get it.

        Raises `NotTaken`.
        """
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...


def build(
    settings: Settings, clock: Clock, network: httpx.AsyncBaseTransport | None = None
) -> Mapping[str, Channel]:
    """Return the channels of the settings by name; `network` replaces that of webhooks in tests."""
    return {
        name: Mail(name, way) if isinstance(way, Email) else Hook(name, way, clock, network)
        for name, way in settings.ways_to_people.items()
    }


# ---- mail ------------------------------------------------------------------------------------


class Mail:
    """Mail through one server."""

    def __init__(
        self, name: str, settings: Email, resolver: netcheck.Resolve = netcheck.resolve
    ) -> None:
        self.name = name
        self.settings = settings
        self._resolver = resolver

    async def send(self, letter: Letter) -> str | None:
        """Hand a letter to the server."""
        own = self.settings
        port = own.port or _PORTS[own.tls]
        try:
            addresses = await netcheck.checked(self.name, own.host, port, self._resolver)
            return await asyncio.to_thread(self._hand_over, addresses[0], port, letter)
        except ConnectorError as error:
            raise NotTaken(str(error.outcome)) from error
        except (OSError, UnicodeError) as error:
            raise NotTaken(_code(error)) from None

    async def aclose(self) -> None:
        """Nothing is left open."""

    def _hand_over(self, address: str, port: int, letter: Letter) -> str | None:
        own = self.settings
        context = None if own.tls == "off" else ssl.create_default_context(cafile=own.ca_file)
        line = _Line(own.host, port, address, context if own.tls == "implicit" else None)
        try:
            if own.tls == "starttls":
                line.starttls(context=context)
            if own.user is not None and own.password is not None:
                line.login(own.user, own.password.get_secret_value())
            to = letter.to or own.to
            refused = line.send_message(_written(own, letter, to), own.sender, list(to))
            # it is taken: how the line ends changes nothing
            with contextlib.suppress(OSError):
                line.quit()
        finally:
            line.close()
        return _codes(refused) if refused else None


class _Line(smtplib.SMTP):
    """A line to an address that was checked; certificates are those of the host's name."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext | None) -> None:
        self._address = address
        self._first = context
        super().__init__(host, port, timeout=_TIMEOUT)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = socket.create_connection((self._address, port), timeout)
        return line if self._first is None else self._first.wrap_socket(line, server_hostname=host)


def _written(own: Email, letter: Letter, to: Sequence[str]) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = own.sender, ", ".join(to)
    mail["Subject"] = " ".join(letter.title.split())
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = f"<{letter.id}@{own.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    return mail


def _code(error: Exception) -> str:
    """Return what went wrong without a word of the server, which quotes addresses."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return _codes(error.recipients)
        case smtplib.SMTPResponseException():
            return f"SMTP {error.smtp_code}"
    return type(error).__name__


def _codes(refused: Mapping[str, tuple[int, bytes]]) -> str:
    codes = sorted({str(code) for code, _ in refused.values()})
    return f"SMTP {', '.join(codes)} ({len(refused)})"


# ---- webhook ---------------------------------------------------------------------------------


class Hook:
    """Signed calls of one address."""

    def __init__(
        self, name: str, settings: Webhook, clock: Clock,
        network: httpx.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        self.settings = settings
        self._clock = clock
        url = httpx.URL(settings.url)
        self._http = http.connect(
            name, f"{url.scheme}://{url.netloc.decode()}", concurrency=2, clock=clock,
            timeout=timedelta(seconds=_TIMEOUT), transport=network,
        )  # fmt: skip

    async def send(self, letter: Letter) -> str | None:
        """Call the address; whatever is not 2xx did not take it."""
        body = msgspec.json.encode(letter.event)
        key, at = self.settings.secret.get_secret_value(), int(self._clock.now().timestamp())
        headers = {
            "content-type": "application/cloudevents+json",
            "webhook-id": letter.id,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(key, letter.id, at, body),
        }
        try:
            answer = await self._http.request(
                "POST", self.settings.url, effect=True, headers=headers, content=body
            )
        except ConnectorError as error:
            # its text holds the path, which may be a secret
            raise NotTaken(type(error.__cause__ or error).__name__) from None
        if not answer.is_success:
            raise NotTaken(f"HTTP {answer.status_code}")
        return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def signature(secret: str, message_id: str, at: int, body: bytes) -> str:
    """Return the signature of Standard Webhooks (version 1) for a `whsec_…` secret."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{at}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"
