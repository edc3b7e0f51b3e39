"""`hub.yaml`: the settings of one hub, read once at the start.

Secrets stand in it only as references, `${env:NAME}` or `${file:PATH}`, resolved on loading.
Relative paths are meant from the folder of the file. A wrong file is refused with all its faults
and their places:

    E501 unknown word        E503 wrong value               E505 secret in plain text
    E502 something missing   E504 reference to nothing      E506 not a mapping

Options of a connector stand beside `connector:` and `mode:`; `hub.registry` checks them.
"""

from __future__ import annotations

import base64
import difflib
import ipaddress
import itertools
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretBytes,
    SecretStr,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from hub import calendars, timetable, yamlreader
from hub.errors import ConfigError, Fault
from hub.language import say
from hub.nearest import nearest
from hub.people import ZONE
from hub.yamlfile import Resolver, Way, YamlFile, dotted, texts

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_STORES = ("sqlite://", "postgresql+psycopg://")
_TRANSPORTS = ("memory://", "amqp://", "amqps://", "redis://", "rediss://")
_URL_PASSWORD = re.compile(r"://[^/@:\s]*:(?P<password>[^/@\s]+)@")


# ---- kinds of values -------------------------------------------------------------------------


def duration(value: object) -> object:
    """Return the time a text such as `5s`, `2m`, `1h` or `3d` means; anything else as it is."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d{1,9})\s?(ms|s|m|h|d)", value.strip())
    if not match or int(match[1]) == 0:
        raise ValueError("write a time such as 30s, 5m, 2h or 3d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def size(value: object) -> object:
    """Return the bytes a text such as `5 MiB` means; anything else as it is."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d{1,9})\s?(B|KiB|MiB|GiB)", value.strip())
    if not match or int(match[1]) == 0:
        raise ValueError("write a size such as 512 KiB or 5 MiB")
    return int(match[1]) * _SIZES[match[2]]


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (OSError, ValueError, LookupError):
        raise ValueError("there is no such time zone; write one such as Asia/Shanghai") from None
    return value


def moment(value: object) -> object:
    """Return the time a text such as `2026-12-01` or `2026-12-01T08:00+08:00` means, in UTC.

    A day without a time is its first moment in China. Anything but a text comes back as it is.
    """
    if not isinstance(value, str):
        return value
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=found.tzinfo or ZONE).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("write a day such as 2026-12-01, or a time with its zone") from None


def _below_folder(value: Path, info: ValidationInfo) -> Path:
    return _folder(info) / value.expanduser()


def _folder(info: ValidationInfo) -> Path:
    return Path((info.context or {}).get("folder", ""))


def _begins(value: str, allowed: Sequence[str]) -> str:
    if not value.startswith(tuple(allowed)):
        raise ValueError(f"must begin with {' or '.join(allowed)}")
    return value


def _store(value: str, info: ValidationInfo) -> str:
    _begins(value, _STORES)
    path = value.removeprefix("sqlite:///")
    if path == value or path in ("", ":memory:"):
        return value
    return f"sqlite:///{_folder(info) / path}"


def _tenant(value: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]{1,12}", value):
        raise ValueError("must be 1 to 12 of A-Z and 0-9")
    return value


def _document_prefix(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2,4}", value):
        raise ValueError("must be 2 to 4 letters of A-Z")
    return value


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise ValueError("must be an address or network such as 10.0.0.0/8") from None


def _connection_name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", value):
        raise ValueError("must be a small letter, then small letters, digits, - or _, at most 32")
    return value


def _web_address(value: str) -> str:
    return _begins(value, ("https://", "http://")).rstrip("/")


def _mail_address(value: str) -> str:
    if not re.fullmatch(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,190}", value):
        raise ValueError("must be a mail address such as ops@example.com")
    return value


def _somebody(value: tuple[str, ...]) -> tuple[str, ...]:
    if not 1 <= len(value) <= 50:
        raise ValueError("must be 1 to 50 addresses")
    return value


def _time_of_day(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError("write a time of day in quotes, such as '08:30'")
    return value


def _working_hours(value: tuple[str, ...]) -> tuple[str, ...]:
    found = [calendars.hours(one) for one in value]
    if any(begin < end for (_, end), (begin, _) in itertools.pairwise(found)):
        raise ValueError("must be in order, and none may begin before the one above it ends")
    return value


def _addressee(value: str) -> str:
    if not re.fullmatch(r"(role|person):[A-Za-z0-9._-]{1,60}", value):
        raise ValueError("write role:NAME or person:ID")
    return value


def _signing_secret(value: SecretStr) -> SecretStr:
    try:
        key = base64.b64decode(value.get_secret_value().removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not 24 <= len(key) <= 64:
        raise ValueError("must be whsec_ and then 24 to 64 random bytes in base64")
    return value


#: A time such as `5m`.
Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+ ?(ms|s|m|h|d)$", "examples": ["5m"]}),
]
#: A number of bytes, such as `5 MiB`.
Size = Annotated[
    int,
    BeforeValidator(size),
    WithJsonSchema({"type": "string", "pattern": r"^\d+ ?(B|KiB|MiB|GiB)$"}),
]
#: A path, meant from the folder of the file.
FolderPath = Annotated[Path, AfterValidator(_below_folder)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
#: Name of a connection, as routes and URLs write it.
Moment = Annotated[
    datetime,
    BeforeValidator(moment),
    WithJsonSchema({"type": "string", "examples": ["2026-12-01"]}),
]
ConnectionName = Annotated[str, AfterValidator(_connection_name)]


# ---- the settings ----------------------------------------------------------------------------


class _Options(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True
    )


class Turns(_Options):
    """When something comes again: `every` so often, or `at` these moments."""

    every: Duration = timedelta(minutes=5)
    #: A cron expression of five parts (minute hour day month weekday), instead of `every`.
    at: Annotated[str, AfterValidator(timetable.cron)] | None = None
    #: On which days: `every day`, or only `working days` of the calendar.
    on: Literal["every day", "working days"] = "every day"
    #: Time zone in which the days and hours are meant; none: that of the calendar.
    zone: Annotated[str, AfterValidator(_zone)] | None = None
    _source: Source | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.at is not None and "every" in self.model_fields_set:
            raise ValueError("has both at: and every:; keep one of them")
        return self

    @property
    def source(self) -> Source | None:
        """Return where it is written, None for a rule made in code."""
        return self._source

    @property
    def place(self) -> ZoneInfo | None:
        """Return the time zone, None for that of the calendar."""
        return ZoneInfo(self.zone) if self.zone else None

    @property
    def words(self) -> str:
        """Return the rule in one line."""
        seconds = self.every.total_seconds()
        unit = next(unit for unit in "dhms" if seconds % _UNITS[unit] == 0 or unit == "s")
        turns = f"at {self.at}" if self.at else f"every {seconds / _UNITS[unit]:g}{unit}"
        days = "" if self.on == "every day" else f" on {self.on}"
        return f"{turns}{days}{f' ({self.zone})' if self.zone else ''}"


class Poll(Turns):
    """How often a connection is asked what changed."""

    #: Streams to poll; none: all that can be polled.
    streams: tuple[str, ...] = ()


class Schedule(Turns):
    """Work that the hub does by itself at its time."""

    #: `poll` asks a connection what changed, `digest` tells what waits for a person to those who
    #: hear of alarms, `check` looks for faults in settings and mapping files, `reconcile` runs a
    #: reconciliation.
    do: Literal["poll", "digest", "check", "reconcile"]
    #: Connection to poll.
    connection: str | None = None
    #: Streams to poll; none: all that can be polled.
    streams: tuple[str, ...] = ()
    #: Name of the reconciliation to run.
    reconciliation: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if "at" not in self.model_fields_set and "every" not in self.model_fields_set:
            raise ValueError('needs every: or at:, such as at: "0 8 * * mon-fri"')
        if (self.do == "poll") != (self.connection is not None):
            raise ValueError("needs connection: with do: poll, and only then")
        if (self.do == "reconcile") != (self.reconciliation is not None):
            raise ValueError("needs reconciliation: with do: reconcile, and only then")
        return self


class Connection(_Options):
    """One configured account of one product."""

    #: The word before the colon under `connections:`.
    name: str
    #: Name of an installed connector; `hub connector list` shows them.
    connector: str
    #: `observe` plans and shows what would be sent, and sends nothing.
    mode: Literal["live", "observe"] = "live"
    #: Proxy for its outgoing calls.
    proxy: str | None = Field(default=None, repr=False)
    #: Certificates to trust instead of the system's, a PEM file.
    ca_file: FolderPath | None = None
    #: Hosts it may call besides the one of its base URL.
    hosts: tuple[str, ...] = ()
    #: Our address as this far end sees it, where it differs from the hub's.
    public_url: WebAddress | None = None
    #: Calls at the same time; none: what the connector says.
    concurrency: Annotated[int, Field(ge=1, le=64)] | None = None
    #: How long after a request without an answer it may still take effect; none: what the
    #: connector says. A far end that is known to be quick is asked sooner.
    settle: Duration | None = None
    #: How often what was delivered is read back: `always`, `sample`, `never`; none: what the
    #: connector says. An operation that its connector never reads back stays so.
    read_back: Literal["always", "sample", "never"] | None = None
    #: Share of the objects that is read back where it is `sample`.
    read_back_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    #: How it is polled; none: it is not.
    poll: Poll | None = None
    #: What was changed there before this day or time is kept and goes no further.
    since: Moment | None = None
    #: Stream → name of the mapping that reads it.
    mappings: dict[str, str] = Field(default_factory=dict)
    #: The connector's own options: everything under the name that is no word above.
    settings: dict[str, Any] = Field(default_factory=dict, repr=False)

    _source: Source | None = PrivateAttr(default=None)

    @property
    def source(self) -> Source | None:
        """Return where it is written, for faults with a place; None when it is from no file."""
        return self._source


#: Pauses between attempts where nobody said otherwise.
RETRY_SCHEDULE = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)


class CompanyCalendar(_Options):
    """When one company works, where that is its own."""

    #: From and to, in order: `["09:00-12:00", "13:30-18:00"]`; none: those of all.
    hours: Annotated[tuple[str, ...], AfterValidator(_working_hours)] = ()
    #: Days that are not worked, whatever else says so.
    days_off: tuple[date, ...] = ()
    #: Days that are worked, whatever else says so.
    work_days: tuple[date, ...] = ()


class Calendar(CompanyCalendar):
    """Business time, as watches count it."""

    hours: Annotated[
        tuple[str, ...], AfterValidator(_working_hours), Field(min_length=1, max_length=10)
    ] = ("09:00-18:00",)
    #: Whose public holidays count: `CN`, or `none`.
    country: Literal["CN", "none"] = "CN"
    zone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    #: Days of the week that are not worked.
    weekend: Annotated[
        tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...], Field(max_length=6)
    ] = ("sat", "sun")
    #: What is different at one company, by the `company` of its records.
    companies: dict[str, CompanyCalendar] = Field(default_factory=dict)

    def of(self, company: str | None) -> calendars.Calendar:
        """Return the calendar of a company; that of all where it has none of its own."""
        own = self.companies.get(company or "", CompanyCalendar())
        return calendars.Calendar(
            ZoneInfo(self.zone),
            None if self.country == "none" else self.country,
            tuple(calendars.hours(one) for one in own.hours or self.hours),
            frozenset(calendars.WEEKDAYS.index(day) for day in self.weekend),
            frozenset({*self.days_off} - {*own.work_days} | {*own.days_off}),
            frozenset({*self.work_days} - {*own.days_off} | {*own.work_days}),
        )


class Retry(_Options):
    """When a delivery that surely had no effect is tried again."""

    #: Pause before each further attempt; the last one repeats.
    schedule: Annotated[tuple[Duration, ...], Field(min_length=1)] = RETRY_SCHEDULE
    #: Share by which each pause is moved, so that retries do not march in step.
    jitter: Annotated[float, Field(ge=0, le=0.9)] = 0.2
    #: A delivery not done after this time is a dead letter.
    deadline: Duration = timedelta(hours=72)


class Web(_Options):
    """Where webhooks, the API and the console are served."""

    host: str = "127.0.0.1"
    #: 0 takes any free port.
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    #: A larger webhook or call of the API is refused.
    body_limit: Size = 5 * 1024**2
    #: Calls of the API that one token may make in a minute.
    api_rate: Annotated[int, Field(ge=1, le=1_000_000)] = 600


class Retention(_Options):
    """How long what is finished is kept; hashes and the ledger stay for ever."""

    #: Messages and deliveries that are done, with their payloads and answers.
    finished: Duration = timedelta(days=90)


class Email(_Options):
    """A mail server, and who hears of alerts through it."""

    host: str
    #: None: 587 with `starttls`, 465 with `implicit`, 25 with `off`.
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    #: `starttls` and `implicit` encrypt and check the certificate; `off` is for a server nearby.
    tls: Literal["starttls", "implicit", "off"] = "starttls"
    #: Certificates to trust instead of the system's, a PEM file.
    ca_file: FolderPath | None = None
    user: str | None = None
    password: SecretStr | None = None
    #: Address the hub writes from.
    sender: Annotated[MailAddress, Field(alias="from")]
    #: Addresses of everybody who hears what is for no single person.
    to: Annotated[tuple[MailAddress, ...], AfterValidator(_somebody)]

    @model_validator(mode="after")
    def _signs_in_whole(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.user is not None and self.tls == "off":
            raise ValueError("tls: off would send the password for all to read")
        return self


class Webhook(_Options):
    """An address that takes signed notices, as Standard Webhooks describes them."""

    url: Annotated[WebAddress, Field(repr=False)]
    #: `whsec_…`, shared with the receiver, which proves with it that a notice is ours.
    secret: Annotated[SecretStr, AfterValidator(_signing_secret)]


class Channel(_Options):
    """One way to people: `email` or `webhook`."""

    email: Email | None = None
    webhook: Webhook | None = None

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if (self.email is None) == (self.webhook is None):
            raise ValueError("write email or webhook, one of them")
        return self


class Alerts(_Options):
    """Who is told what needs a person, and when."""

    #: Roles and persons of people.yaml who are told; none: all channels are.
    to: tuple[Annotated[str, AfterValidator(_addressee)], ...] = ()
    #: Language of notices.
    language: Literal["zh", "en", "both"] = "both"
    #: Dead letters of one cause within this time are one notice.
    coalesce: Duration = timedelta(minutes=5)
    #: More notices than these within that time are told in one.
    flood: Annotated[int, Field(ge=1, le=1000)] = 20
    #: Time of day of the daily summary; none: there is none.
    digest: Annotated[str, AfterValidator(_time_of_day)] | None = None
    #: What is due and does not move is told after this time.
    stuck_after: Duration = timedelta(hours=1)
    #: A polled stream that could not be read for this time is told.
    silent_after: Duration = timedelta(days=1)
    #: Connection → after which time without any message it is told.
    silent: dict[str, Duration] = Field(default_factory=dict)
    #: Less free space beside the store is told.
    disk_free: Size = 1024**3
    #: A channel of the name `email`.
    email: Email | None = None
    #: A channel of the name `webhook`.
    webhook: Webhook | None = None


class Issuer(_Options):
    """The company as its annexes name it."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    name_en: Annotated[str, Field(max_length=150)] = ""
    address: Annotated[str, Field(max_length=200)] = ""
    phone: Annotated[str, Field(max_length=50)] = ""
    #: A picture printed at the top: SVG, PNG or JPEG.
    logo: FolderPath | None = None


class Documents(_Options):
    """Watermarked annexes: who issues them, and how they are checked."""

    #: Letters every number begins with, 2 to 4 of A-Z; none: those of `tenant`.
    prefix: Annotated[str, AfterValidator(_document_prefix)] | None = None
    #: None: annexes are issued in the name of `tenant`.
    issuer: Issuer | None = None
    #: Issuer of one company, by the `company` of its records.
    companies: dict[str, Issuer] = Field(default_factory=dict)
    #: Time zone of the times that are printed, and of the month in a number.
    zone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    #: The address codes point to; none: `public_url`. With neither, codes carry number and seal.
    address: WebAddress | None = None
    #: Addresses codes pointed to before; papers that carry them still verify.
    old_addresses: tuple[WebAddress, ...] = ()
    #: Whom to ask whether a document is genuine, printed beside its code.
    ask: Annotated[str, Field(max_length=80)] = ""
    #: Files or folders of fonts to print with, before the one that was installed.
    fonts: tuple[FolderPath, ...] = ()
    #: Count up to make new keys; the earlier ones then only verify.
    key_generation: Annotated[int, Field(ge=1, le=1000)] = 1
    #: Master keys used before the one of `keys:`; documents made with them still verify.
    old_keys: tuple[FolderPath, ...] = ()
    #: Whether who scans a code sees the promised lines; who has only the number never does.
    show_lines: bool = True
    #: Checks one address of the network may make in a minute.
    checks_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 30
    #: Addresses or networks of proxies that name the true client in X-Forwarded-For.
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    #: A larger file is not looked at.
    upload_limit: Size = 20 * 1024**2
    #: How long the log of checks is kept.
    keep_checks: Duration = timedelta(days=365)


class Settings(_Options):
    """Everything `hub.yaml` says."""

    #: Short name of the company, part of every document number: 1 to 12 of A-Z and 0-9.
    tenant: Annotated[str, AfterValidator(_tenant)]
    #: The database: `sqlite:///hub.db` or `postgresql+psycopg://…`.
    store: Annotated[str, AfterValidator(_store), Field(repr=False)] = "sqlite:///hub.db"
    #: What wakes workers in other processes: `memory://` (none), `amqp://…` or `redis://…`.
    transport: Annotated[
        str, AfterValidator(lambda value: _begins(value, _TRANSPORTS)), Field(repr=False)
    ] = "memory://"
    connections: dict[ConnectionName, Connection] = Field(default_factory=dict)
    #: What the hub does by itself at its time, by names of yours.
    schedules: dict[ConnectionName, Schedule] = Field(default_factory=dict)
    #: Folder of the administrator's mappings, routes and tables.
    mappings_folder: FolderPath = Path("mappings")
    #: Whether the daemon takes changes of that folder over by itself. Otherwise `hub map apply`
    #: does, for all processes. None: it does on SQLite, and does not on PostgreSQL.
    mappings_watch: bool | None = None
    retry: Retry = Retry()
    web: Web = Web()
    retention: Retention = Retention()
    #: Working days and hours, as watches count them.
    calendar: Calendar = Calendar()
    alerts: Alerts = Alerts()
    #: Watermarked annexes.
    documents: Documents = Documents()
    #: Further ways to people, by name.
    channels: dict[ConnectionName, Channel] = Field(default_factory=dict)
    #: Persons, their roles and ids, and who stands in for whom; may be missing.
    people: FolderPath = Path("people.yaml")
    #: File of the master key, made by `hub init`.
    keys: FolderPath = Path("hub.key")
    #: The address far ends reach the hub at; none: everything is polled.
    public_url: WebAddress | None = None

    @property
    def check_address(self) -> str | None:
        """Return the address anybody checks documents at; None: the hub has no public one."""
        return self.documents.address or self.public_url

    def issuer_of(self, company: str | None) -> Issuer:
        """Return in whose name documents of a company are issued."""
        issuer = self.documents.issuer or Issuer(name=self.tenant)
        return self.documents.companies.get(company or "", issuer)

    @property
    def ways_to_people(self) -> Mapping[str, Email | Webhook]:
        """Return every channel by its name."""
        own = {"email": self.alerts.email, "webhook": self.alerts.webhook}
        named = {name: one.email or one.webhook for name, one in self.channels.items()}
        return {name: one for name, one in {**own, **named}.items() if one is not None}

    @property
    def watches_mappings(self) -> bool:
        """Say whether the daemon takes changed mapping files over by itself."""
        if self.mappings_watch is not None:
            return self.mappings_watch
        return self.store.startswith("sqlite:")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a connection is written."""

    file: YamlFile
    #: Way to it in the file.
    way: Way
    #: Ways to the values that are references, for which a secret is allowed.
    references: frozenset[Way]


#: Words a connection has of itself; all others belong to its connector.
CONNECTION_WORDS = tuple(set(Connection.model_fields) - {"name", "settings"})


# ---- loading ---------------------------------------------------------------------------------


def find(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the settings file: the one named, else `HUB_CONFIG`, else `./hub.yaml`.

    Raises `ConfigError` when there is none where it should be.
    """
    named = explicit or (Path(environ["HUB_CONFIG"]) if environ.get("HUB_CONFIG") else None)
    path = named or Path("hub.yaml")
    if path.is_file():
        return path
    origin = "--config" if explicit else "HUB_CONFIG" if named else say("this folder")
    raise ConfigError(
        say("{path} (from {origin}) is not there; `hub init` makes one", path=path, origin=origin)
    )


def load(path: Path, environ: Mapping[str, str] | None = None, *, whole: bool = True) -> Settings:
    """Return the settings of a file; raise all its faults at once as a `ConfigError`.

    `environ` is where `${env:…}` looks, the process environment unless given. Unless `whole`, a
    reference to what is not there is no fault, and its value is left out: enough for work on
    files, of no use for any call.
    """
    file = yamlreader.require(yamlreader.read(path))
    if not isinstance(file.content, dict):
        raise ConfigError(faults=[file.fault("E506", "The file must hold `word: value` lines.")])
    folder = path.resolve().parent
    resolver = Resolver(file, folder, os.environ if environ is None else environ)
    raw = resolver.resolve(file.content)
    references = frozenset(resolver.references)
    faults = [*resolver.faults, *_plain_passwords(file), *_plain_secrets(file, references)]
    if not whole:
        raw = _without(raw, _with_their_channels(frozenset(resolver.lacking.values())))
        faults = [fault for fault in faults if fault not in resolver.lacking]
    broken = {(fault.line, fault.column) for fault in faults}
    try:
        settings = Settings.model_validate(_nested(raw), context={"folder": folder})
    except ValidationError as exc:
        wrong = faults_of(exc, Settings, Source(file, (), references))
        faults += [fault for fault in wrong if (fault.line, fault.column) not in broken]
    else:
        faults += _schedule_faults(settings, file)
    if faults:
        raise ConfigError(faults=sorted(faults, key=lambda fault: (fault.line, fault.column)))
    for name, connection in settings.connections.items():
        connection._source = Source(file, ("connections", name), references)
        if connection.poll is not None:
            connection.poll._source = Source(file, ("connections", name, "poll"), references)
    for name, schedule in settings.schedules.items():
        schedule._source = Source(file, ("schedules", name), references)
    return settings


def _schedule_faults(settings: Settings, file: YamlFile) -> list[Fault]:
    """Return a fault for every connection that a schedule names and there is none of."""
    faults = []
    for name, schedule in settings.schedules.items():
        wanted = schedule.connection
        if wanted is not None and wanted not in settings.connections:
            way: Way = ("schedules", name, "connection")
            near = nearest(wanted, list(settings.connections))
            message = f"{dotted(way)}: there is no connection {wanted}.{near}"
            faults.append(file.fault("E504", message, way))
    return faults


#: What stands for a value that cannot be left out: valid, and leading nowhere.
NO_STORE = "sqlite://"
_STAND_INS = {"tenant": "UNKNOWN", "store": NO_STORE, "connector": ""}


def _without(raw: Any, lacking: frozenset[Way], way: Way = ()) -> Any:
    """Return the raw settings without the values at these ways."""
    if isinstance(raw, list):
        kept = [(index, item) for index, item in enumerate(raw) if (*way, index) not in lacking]
        return [_without(item, lacking, (*way, index)) for index, item in kept]
    if not isinstance(raw, dict):
        return raw
    return {
        name: _STAND_INS[name] if (*way, name) in lacking else _without(item, lacking, (*way, name))
        for name, item in raw.items()
        if (*way, name) not in lacking or name in _STAND_INS
    }


def _with_their_channels(lacking: frozenset[Way]) -> frozenset[Way]:
    """Return the ways, and those to the channels they are in: without its secret none is right."""
    return lacking | {way[:2] for way in lacking if way[0] in ("alerts", "channels")}


def _nested(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the raw settings with each connection's own options put under `settings`."""
    connections = raw.get("connections")
    if connections is None:
        return {name: value for name, value in raw.items() if name != "connections"}
    if not isinstance(connections, dict):
        return raw
    return raw | {"connections": {name: _split(name, it) for name, it in connections.items()}}


def _split(name: str, raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    common = {word: value for word, value in raw.items() if word in CONNECTION_WORDS}
    own = {word: value for word, value in raw.items() if word not in CONNECTION_WORDS}
    return {**common, "name": name, "settings": own}


def _plain_passwords(file: YamlFile) -> list[Fault]:
    """Return a fault for every URL in the file with its password in plain text."""
    faults = []
    for way, value in texts(file.content):
        match = _URL_PASSWORD.search(value)
        if match and "${" not in match["password"]:
            message = f"{dotted(way)}: the URL holds a password; write it as ${{env:NAME}}."
            faults.append(file.fault("E505", message, way))
    return faults


def _plain_secrets(file: YamlFile, references: frozenset[Way]) -> list[Fault]:
    """Return a fault for every secret of the hub's own words that stands in the file itself."""
    return [
        file.fault("E505", f"{dotted(way)}: write it as ${{env:NAME}}.", way)
        for way, _ in texts(file.content)
        if is_secret(Settings, way) and way not in references
    ]


# ---- from pydantic's faults to ours ----------------------------------------------------------


def faults_of(
    error: ValidationError,
    model: type[BaseModel],
    source: Source,
    also_known: Sequence[str] = (),
) -> list[Fault]:
    """Return pydantic's faults in our words, each at its place in the file.

    `also_known` are words the model does not have that are right all the same at its top.
    Values are shown, except of secrets and of what came from a reference.
    """
    return [_fault(found, model, source, also_known) for found in error.errors(include_url=False)]


def _fault(
    found: Mapping[str, Any], model: type[BaseModel], source: Source, also_known: Sequence[str]
) -> Fault:
    inner: Way = tuple(step for step in found["loc"] if step != "[key]")
    way = (*source.way, *inner)
    match found["type"]:
        case "extra_forbidden":
            known = [*_words(model, inner[:-1]), *(also_known if len(inner) == 1 else ())]
            message = f"{dotted(way)}: unknown word.{nearest(str(inner[-1]), known)}"
            return source.file.fault("E501", message, way, key=True)
        case "missing":
            given = source.file.at(way[:-1])
            near = difflib.get_close_matches(str(way[-1]), given or (), 1)
            hint = f" Is {near[0]} meant to be it?" if near else ""
            return source.file.fault("E502", f"{dotted(way)} is missing.{hint}", way, key=True)
    message = f"{dotted(way)}: {found['msg'].removeprefix('Value error, ')}"
    shown = isinstance(found["input"], str) and way not in source.references
    if shown and not is_secret(model, inner) and not _URL_PASSWORD.search(found["input"]):
        message += f"; it says {found['input']!r}"
    return source.file.fault("E503", f"{message}.", way, key="[key]" in found["loc"])


def is_secret(model: type[BaseModel], way: Way) -> bool:
    """Say whether the model keeps the value at the end of a way as a secret."""
    return any(kind in (SecretStr, SecretBytes) for kind in _kinds_at(model, way))


def _words(model: type[BaseModel], way: Way) -> list[str]:
    return [
        field.alias or name
        for kind in _kinds_at(model, way)
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name, field in kind.model_fields.items()
    ]


def _kinds_at(model: Any, way: Way) -> list[Any]:
    """Return the types a value at the end of a way may have, unions and annotations taken apart."""
    kinds = _flat(model)
    for step in way:
        kinds = [inner for kind in kinds for inner in _flat(_inside(kind, step))]
    return kinds


def _flat(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _flat(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [kind for part in get_args(annotation) for kind in _flat(part)]
    return [annotation]


def _inside(kind: Any, step: str | int) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        return fields[step].annotation if step in fields else None
    arguments = [part for part in get_args(kind) if part is not Ellipsis]
    return arguments[-1] if arguments else None
