"""Tryton 8.0 and 7.0 (long-term series), over JSON-RPC with a session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from connectors.erp.tryton import attachments, commitments, standing
from connectors.erp.tryton.promise import promise_of
from connectors.erp.tryton.rpc import Account, Rpc
from connectors.erp.tryton.sales import OPEN_STATES, Sales
from connectors.erp.tryton.spec import ATTACH_DOCUMENT, SPEC
from connectors.erp.tryton.streams import Streams
from hub import (
    Command,
    ConfigError,
    Connector,
    ConnectorSettings,
    Context,
    Document,
    Found,
    Page,
    Progress,
    Receipt,
    Spec,
    load_profile,
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
        profile = load_profile(__file__, settings.profile)
        self._rpc = Rpc(context, _account(settings, profile))
        self._sales = Sales(self._rpc, context.connection, profile["shipping_date_field"] or "")
        self._streams = Streams(
            self._rpc, int(profile["page_size"]), _drawing_pattern(profile["bom_drawing"])
        )
        self._choices = _choices(profile)

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


def _account(settings: TrytonSettings, profile: Mapping[str, Any]) -> Account:
    return Account(
        settings.database,
        settings.username,
        settings.password.get_secret_value(),
        settings.language,
        frozenset(profile["accepted_warnings"]),
    )


def _choices(profile: Mapping[str, Any]) -> commitments.Choices:
    for word in ("new_sale_state", "supplementary_state"):
        if profile[word] not in OPEN_STATES:
            known = ", ".join(sorted(OPEN_STATES))
            raise ConfigError(f"profile: {word} is {profile[word]!r}; it must be one of {known}")
    words = dict.fromkeys(
        ("commitment_no", "reference", "revision", "title", "text", "watermark"), ""
    )
    for name, text in profile["texts"].items():
        try:
            text.format_map(words)
        except (KeyError, ValueError, IndexError, AttributeError) as exc:
            known = ", ".join(words)
            raise ConfigError(
                f"profile: texts.{name} has the wrong word {exc}; known words: {known}"
            ) from exc
    return commitments.Choices(
        profile["new_sale_state"], profile["supplementary_state"], profile["texts"]
    )


def _drawing_pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as exc:
        raise ConfigError(f"profile: bom_drawing is no regular expression: {exc}") from exc
    if not {"drawing_no", "drawing_version"} <= set(pattern.groupindex):
        raise ConfigError("profile: bom_drawing needs the groups drawing_no and drawing_version")
    return pattern
