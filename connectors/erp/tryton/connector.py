"""Tryton 8.0 and 7.0 (long-term series), over JSON-RPC with a session."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr

from connectors.erp.tryton import attachments, commitments, standing
from connectors.erp.tryton.profile import Profile, read_profile
from connectors.erp.tryton.promise import promise_of
from connectors.erp.tryton.rpc import Account, Rpc
from connectors.erp.tryton.sales import Sales
from connectors.erp.tryton.spec import ATTACH_DOCUMENT, SPEC
from connectors.erp.tryton.streams import Streams
from hub import (
    Command,
    Connector,
    ConnectorSettings,
    Context,
    Document,
    Found,
    Page,
    Progress,
    Receipt,
    Spec,
)


class TrytonSettings(ConnectorSettings):
    """Options of a connection to one Tryton database."""

    #: Address of the server, such as `https://erp.example.com`.
    base_url: str
    database: str
    username: str
    password: SecretStr
    #: Language of Tryton's own words in refusals.
    language: str = Field(default="en", min_length=2)


class TrytonConnector(Connector):
    """Carries commitments into sales; brings sales, shipments and BOMs."""

    Settings: ClassVar[type[ConnectorSettings]] = TrytonSettings
    spec: ClassVar[Spec] = SPEC

    def __init__(self, settings: TrytonSettings, context: Context) -> None:
        super().__init__(settings, context)
        profile = read_profile(settings.profile)
        self._rpc = Rpc(context, _account(settings, profile))
        self._sales = Sales(self._rpc, context.connection, profile.shipping_date_field)
        self._streams = Streams(
            self._rpc, profile.page_size, profile.bom_drawing, profile.bom_code_field,
            profile.shipping_date_field,
        )  # fmt: skip
        self._choices = commitments.Choices(
            profile.new_sale_state, profile.supplementary_state, profile.texts.model_dump()
        )

    @classmethod
    def check_profile(cls, settings: ConnectorSettings) -> None:
        """Raise `ConfigError` that names every wrong word of the connection's profile."""
        read_profile(settings.profile)

    async def check(self) -> str:
        """Log in, read the user's company and return one line about both."""
        version = await self._rpc.version()
        company = (await self._rpc.preferences()).get("company")
        rows = await self._rpc.call("company.company", "read", [company], ["party.name"])
        name = rows[0]["party."]["name"]
        return f"Tryton {version}, database {self.settings.database}, company {name}"

    async def poll(self, stream: str, cursor: str | None) -> Page:
        """Return the changes after the cursor, less the stream's overlap."""
        return await self._streams.poll(stream, cursor, self.spec.stream(stream).overlap)

    async def count(self, stream: str) -> int:
        """Return how many items there are, inactive ones among them."""
        self.spec.stream(stream)
        return await self._streams.count(stream)

    async def fetch(self, stream: str, object_id: str) -> Document | None:
        """Return one item by `model,id`, None when there is none."""
        self.spec.stream(stream)
        return await self._streams.fetch(stream, object_id)

    async def deliver(self, command: Command, progress: Progress) -> Receipt:
        """Carry the command out; raises `ConnectorError`."""
        self.spec.operation(command.operation)
        if command.operation == ATTACH_DOCUMENT.name:
            return await attachments.deliver(self._rpc, command)
        return await commitments.Delivery(self._sales, self._choices, command, progress).run()

    async def find(self, command: Command) -> Found | None:
        """Return what stands under the command's key."""
        self.spec.operation(command.operation)
        if command.operation == ATTACH_DOCUMENT.name:
            return await attachments.found(self._rpc, command)
        promise = promise_of(command, self._choices.texts)
        return await standing.found(self._sales, promise, command.action, command.external_id)


def _account(settings: TrytonSettings, profile: Profile) -> Account:
    return Account(
        settings.database,
        settings.username,
        settings.password.get_secret_value(),
        settings.language,
        profile.accepted_warnings,
    )
