"""A hub that only looks and tells: real store, real mail server, real webhook receiver."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.flow.alerts import Lookout
from hub.flow.notices import Courier
from hub.flow.parts import Flow
from hub.people import People, Person
from hub.store import tables as t
from hub.testing import FixedClock

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


# ---- who listens -----------------------------------------------------------------------------


@dataclass
class MailServer:
    """A real mail server that keeps what it takes."""

    #: Answers to the next mails instead of taking them.
    refusals: list[str] = field(default_factory=list)
    #: Recipients that do not exist here.
    unknown: set[str] = field(default_factory=set)
    taken: list[Envelope] = field(default_factory=list)
    port: int = 0

    @property
    def mails(self) -> list[EmailMessage]:
        """Return what was taken, as a mail program reads it."""
        parse = BytesParser(EmailMessage, policy=default).parsebytes
        return [parse(one.original_content) for one in self.taken]

    @property
    def titles(self) -> list[str]:
        return [str(one["Subject"]) for one in self.mails]

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return f"550 5.1.1 <{address}> is unknown here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        self.taken.append(envelope)
        return "250 OK"


class OnAnyPort(UnthreadedController):
    @property
    def bound(self) -> int:
        return int(self.server.sockets[0].getsockname()[1])


@dataclass
class Receiver:
    """A real webhook receiver that keeps what it is called with."""

    #: Statuses of the next answers; 200 after them.
    statuses: list[int] = field(default_factory=list)
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    #: Set when a call is here and unanswered; it is answered once `goes_on` is set.
    here: asyncio.Event = field(default_factory=asyncio.Event)
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = [line.partition(": ") for line in head.splitlines()[1:] if line]
        headers = {name.lower(): value for name, _, value in lines}
        body = await reader.readexactly(int(headers["content-length"]))
        self.calls.append((headers, body))
        self.here.set()
        await self.goes_on.wait()
        status = self.statuses.pop(0) if self.statuses else 200
        answer = f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        writer.write(answer.encode())
        await writer.drain()
        writer.close()


# ---- the hub ---------------------------------------------------------------------------------


@dataclass
class Bench:
    """The looking and telling stages over one store."""

    flow: Flow
    clock: FixedClock
    people: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lookout, self.courier = Lookout(self.flow), Courier(self.flow)

    def restart(self) -> None:
        """Begin anew, as a process does that knows nothing but its store."""
        self.lookout, self.courier = Lookout(self.flow), Courier(self.flow)

    def employ(self, *persons: Person) -> None:
        self.people |= {one.id: one for one in persons}
        self.flow.people = People(self.people)

    async def work(self, after: timedelta = timedelta(0)) -> None:
        """Let time pass, then look and tell until nothing is due."""
        self.clock.advance(after)
        await self.lookout.look()
        while await self.courier.step():
            pass

    async def put(self, table: Any, **values: Any) -> None:
        await self.flow.store.write(lambda tx: tx.execute(sa.insert(table).values(**values)))

    async def change_delivery(self, number: int, **values: Any) -> None:
        one = t.delivery.c.id == f"{number:032x}"
        changed = sa.update(t.delivery).where(one).values(**values)
        await self.flow.store.write(lambda tx: tx.execute(changed))

    async def change(self, table: Any, **values: Any) -> None:
        await self.flow.store.write(lambda tx: tx.execute(sa.update(table).values(**values)))

    async def kill(self, number: int, connection: str = "wms", reason: str = "rejected") -> None:
        """Put a dead delivery into the store, with words that are nobody's business."""
        now = self.clock.now()
        await self.put(
            t.delivery, id=f"{number:032x}", record_id="r", revision=1, plan_id="p", message_id="m",
            correlation_id="c", route="x", step="wms", connection=connection, operation="o",
            bundle="b", intent="put", traits={}, options={}, state="dead", reason=reason,
            words="13800000000 王芳", lane_id="l", handle="h", deadline=now, created_at=now,
        )  # fmt: skip

    async def revive(self, *numbers: int) -> None:
        for number in numbers:
            await self.change_delivery(number, state="skipped")

    def rows(self, table: Any) -> list[dict[str, Any]]:
        query = sa.select(table).order_by(table.c.id)
        return self.flow.store.read_now(lambda tx: [dict(r) for r in tx.execute(query).mappings()])

    def alerts(self) -> list[tuple[str, str, str]]:
        return [(row["kind"], row["subject"], row["state"]) for row in self.rows(t.alert)]

    def notices(self, state: str) -> list[dict[str, Any]]:
        return [row for row in self.rows(t.notice) if row["state"] == state]


def email(mail: MailServer, **words: Any) -> dict[str, Any]:
    """Return the `email:` of a mail server nearby."""
    return {"host": "127.0.0.1", "port": mail.port, "tls": "off", "from": "hub@acme.example",
            "to": ["ops@acme.example"], **words}  # fmt: skip


def webhook(receiver: Receiver) -> dict[str, Any]:
    return {"url": f"http://127.0.0.1:{receiver.port}/hook?key=k", "secret": SECRET}


def certificate(folder: Path, host: str = "127.0.0.1") -> Path:
    """Write a certificate of an address with its key, as its own authority; return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    found = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(found.public_bytes(pem) + key.private_bytes(pem, *plain))
    return path
