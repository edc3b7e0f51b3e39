"""Which connectors there are, and the way from a connection's words to a connector."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from hub import Connector, load_profile, registry
from hub.errors import ConfigError, Fault, UnknownConnector
from hub.settings import Connection, Settings, load
from hub.testing import FixedClock

Installs = Callable[..., None]

CODE = """
from pydantic import SecretStr
from hub import Connector, ConnectorSettings, Spec, Stream

class Settings(ConnectorSettings):
    base_url: str
    password: SecretStr
    accounts: dict[str, SecretStr] = {}
    page_size: int = 100

class Acme(Connector):
    Settings = Settings
    spec = Spec("acme", "Acme", "艾克米", streams=[
        Stream("order", "Orders", polled=True), Stream("notice", "Notices")])

    async def poll(self, stream, cursor):
        ...

class Quiet(Connector):
    Settings = Settings
    spec = Spec("quiet", "Quiet", "静", streams=[Stream("notice", "Notices")])

    async def check(self):
        return (await self.context.http.request("GET", "/ping", effect=False)).text
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installs:
    """Install a distribution with connectors, as pip would leave it on the path."""
    numbers = itertools.count()

    def write(code: str = CODE, **entries: str) -> None:
        number = next(numbers)
        module = f"acme_{abs(hash(tmp_path))}_{number}"
        folder = tmp_path / f"site{number}"
        info = folder / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (folder / f"{module}.py").write_text(code, "utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        lines = [f"{name} = {module}:{target}" for name, target in entries.items()]
        (info / "entry_points.txt").write_text("\n".join(["[hub.connectors]", *lines]))
        monkeypatch.syspath_prepend(str(folder))

    return write


@pytest.fixture
def settings(tmp_path: Path) -> Callable[[str], Settings]:
    """Load a text of connections."""

    def write_and_load(connections: str) -> Settings:
        path = tmp_path / "hub.yaml"
        path.write_text("tenant: A\nconnections:\n" + connections, "utf-8")
        return load(path, {"PW": "secret-1"})

    return write_and_load


def lines(faults: list[Fault]) -> list[str]:
    return [f"{f.line}:{f.column} {f.code} {f.message}" for f in faults]


def test_an_installed_connector_is_found_by_its_name(install: Installs) -> None:
    install(acme="Acme")
    assert "acme" in registry.names()
    assert issubclass(registry.load("acme"), Connector)
    assert registry.load("acme").spec.title == "Acme"


def test_names_are_sorted(install: Installs) -> None:
    install(zebra="Acme", aardvark="Acme")
    assert registry.names() == sorted(registry.names())


def test_an_unknown_connector_is_answered_with_the_nearest_name(install: Installs) -> None:
    install(acme="Acme")
    with pytest.raises(UnknownConnector, match=r"'acne' is installed. Did you mean acme\?"):
        registry.load("acne")


def test_listing_names_imports_nothing(install: Installs) -> None:
    install("raise RuntimeError", broken="Acme")
    assert "broken" in registry.names()


@pytest.mark.parametrize(
    ("code", "target", "words"),
    [
        ("import no_such_module_here", "Acme", "cannot be imported: No module named"),
        ("", "Acme", "cannot be imported: module"),
        ("Acme = 1", "Acme", "is no hub.Connector class"),
        ("class Acme: ...", "Acme", "is no hub.Connector class"),
    ],
    ids=["module missing", "class missing", "not a class", "another class"],
)
def test_a_broken_connector_is_a_config_error(
    install: Installs, code: str, target: str, words: str
) -> None:
    install(code, broken=target)
    with pytest.raises(ConfigError, match=words):
        registry.load("broken")


def test_two_connectors_of_one_name_are_refused(install: Installs) -> None:
    install(acme="Acme")
    install(acme="Acme")
    with pytest.raises(ConfigError, match="installed twice"):
        registry.load("acme")


def test_options_are_the_connectors_own_settings(
    install: Installs, settings: Callable[[str], Settings]
) -> None:
    install(acme="Acme")
    text = "  a: {connector: acme, base_url: 'https://a', password: '${env:PW}', page_size: 7}"
    options = registry.options(settings(text).connections["a"])
    assert options.page_size == 7  # type: ignore[attr-defined]
    assert "secret-1" not in repr(options)


def test_all_connections_are_checked_at_once_with_places(
    install: Installs, settings: Callable[[str], Settings]
) -> None:
    install(acme="Acme", quiet="Quiet")
    faults = registry.check(
        settings(
            """\
  a:
    connector: acne
  b:
    connector: acme
    base_ur: https://b
    password: plain-1
    page_size: many
    mod: observe
    accounts: {one: plain-2, two: "${env:PW}"}
    mappings: {ordr: m}
    poll: {streams: [order, notice]}
  c:
    connector: quiet
    base_url: https://c
    password: ${env:PW}
    poll: {}
"""
        )
    )
    assert lines(faults) == [
        "4:16 E507 connections.a.connector: No connector 'acne' is installed. Did you mean acme?",
        "5:3 E502 connections.b.base_url is missing. Is base_ur meant to be it?",
        "7:5 E501 connections.b.base_ur: unknown word. Did you mean base_url?",
        "8:15 E505 connections.b.password: write it as ${env:NAME}.",
        "9:16 E503 connections.b.page_size: Input should be a valid integer, unable to parse "
        "string as an integer; it says 'many'.",
        "10:5 E501 connections.b.mod: unknown word. Did you mean mode?",
        "11:21 E505 connections.b.accounts.one: write it as ${env:NAME}.",
        "12:16 E508 connections.b.mappings.ordr: no such stream. Did you mean order?",
        "13:29 E508 connections.b.poll.streams[1]: notice cannot be polled. Known: order.",
        "18:5 E508 connections.c.poll: quiet cannot be polled; remove it.",
    ]
    assert not any("plain-" in fault.message for fault in faults)


def test_good_connections_have_no_faults(
    install: Installs, settings: Callable[[str], Settings]
) -> None:
    install(acme="Acme")
    text = (
        "  a: {connector: acme, base_url: 'https://a', password: '${env:PW}',"
        " poll: {streams: [order]}, mappings: {notice: m}}"
    )
    assert registry.check(settings(text)) == []


def test_a_secret_given_in_code_is_fine(install: Installs) -> None:
    install(acme="Acme")
    options = {"base_url": "https://a", "password": "plain"}
    checked = registry.options(Connection(name="a", connector="acme", settings=options))
    assert "plain" not in repr(checked)


async def test_a_built_connector_can_call_its_far_end(install: Installs) -> None:
    install(quiet="Quiet")
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, text="pong")

    options = {"base_url": "https://quiet.example/api", "password": "x"}
    connection = Connection(name="q", connector="quiet", settings=options)
    connector = registry.build(
        connection, FixedClock(), public_url="https://hub", transport=httpx.MockTransport(answer)
    )
    assert await connector.check() == "pong"
    assert seen == ["https://quiet.example/api/ping"]
    assert connector.context.connection == "q"
    assert connector.context.public_url == "https://hub"


def test_the_connections_own_public_address_stands_before_the_hubs(install: Installs) -> None:
    install(acme="Acme")
    connection = Connection(
        name="a",
        connector="acme",
        public_url="https://inside/",
        settings={"base_url": "https://a", "password": "x"},
    )
    built = registry.build(connection, FixedClock(), public_url="https://hub")
    assert built.context.public_url == "https://inside"


def test_wrong_options_are_refused_before_anything_is_built(install: Installs) -> None:
    install(acme="Acme")
    connection = Connection(name="a", connector="acme", settings={"base_url": "https://a"})
    with pytest.raises(ConfigError, match=r"connections\.a\.password is missing"):
        registry.build(connection, FixedClock())


PICKY = """
from hub import ConfigError, Connector, ConnectorSettings, Spec

class Settings(ConnectorSettings):
    base_url: str

class Picky(Connector):
    Settings = Settings
    spec = Spec("picky", "Picky", "挑剔")

    @classmethod
    def check_profile(cls, settings):
        if settings.profile.get("page_size") == "many":
            raise ConfigError(f"{settings.base_url}: page_size must be a number")
"""


def test_a_profile_that_cannot_work_is_a_fault_at_its_place(
    install: Installs, settings: Callable[[str], Settings]
) -> None:
    install(PICKY, picky="Picky")
    loaded = settings(
        "  a:\n    connector: picky\n    base_url: https://a\n    profile:\n      page_size: many\n"
        "  b:\n    connector: picky\n    base_url: https://b\n    profile: {page_size: '5'}\n"
    )
    [line] = lines(registry.check(loaded))
    assert line == "6:5 E509 connections.a.profile: https://a: page_size must be a number"
    with pytest.raises(ConfigError, match=r"E509 connections\.a\.profile"):
        registry.options(loaded.connections["a"])
    with pytest.raises(ConfigError, match=r"E509 connections\.a\.profile"):
        registry.build(loaded.connections["a"], FixedClock())


def test_a_connector_that_checks_no_profile_takes_any(
    install: Installs, settings: Callable[[str], Settings]
) -> None:
    install(acme="Acme")
    loaded = settings(
        "  a: {connector: acme, base_url: https://a, password: '${env:PW}', profile: {x: y}}\n"
    )
    assert registry.check(loaded) == []


def test_a_profile_override_with_an_unknown_word_is_refused(tmp_path: Path) -> None:
    (tmp_path / "profile.yaml").write_text("codes: {gift: '7', other: '8'}\nzone: UTC\n")
    here = str(tmp_path / "connector.py")
    merged = load_profile(here, {"codes": {"gift": "9"}})
    assert merged == {"codes": {"gift": "9", "other": "8"}, "zone": "UTC"}
    with pytest.raises(ConfigError, match="unknown code; known words: codes, zone"):
        load_profile(here, {"code": {}})


def test_text_in_a_profile_stays_text(tmp_path: Path) -> None:
    (tmp_path / "profile.yaml").write_text("size: 100\nflag: no\ncode: 00981\nrate: 1e3\n")
    profile = load_profile(str(tmp_path / "connector.py"), {})
    assert profile == {"size": "100", "flag": "no", "code": "00981", "rate": "1e3"}


def test_a_word_twice_in_a_profile_is_refused(tmp_path: Path) -> None:
    (tmp_path / "profile.yaml").write_text("zone: UTC\nzone: Asia/Shanghai\n")
    with pytest.raises(ConfigError, match=r"profile\.yaml:2:1  E002 zone stands already in line 1"):
        load_profile(str(tmp_path / "connector.py"), {})


def test_a_relative_folder_is_meant_from_where_the_file_stands(
    settings: Callable[[str], Settings], tmp_path: Path
) -> None:
    found = settings("  plant: {connector: folder, folder: exchange, key: no}\n")
    own = registry.options(found.connections["plant"])
    assert vars(own)["folder"] == tmp_path.resolve() / "exchange"
