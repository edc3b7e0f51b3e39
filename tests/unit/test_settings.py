"""What `hub.yaml` may say, and what an administrator is told when it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from hub.errors import ConfigError
from hub.settings import Settings, find, load

Loads = Callable[..., Settings]


@pytest.fixture
def loads(tmp_path: Path) -> Loads:
    """Write a text as hub.yaml and load it."""

    def write_and_load(text: str, environ: Mapping[str, str] | None = None) -> Settings:
        path = tmp_path / "hub.yaml"
        path.write_text(text, "utf-8")
        return load(path, environ or {})

    return write_and_load


def faults(loads: Loads, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """Return `line:column code message` of everything that is wrong with a text."""
    with pytest.raises(ConfigError) as caught:
        loads(text, environ)
    return [f"{f.line}:{f.column} {f.code} {f.message}" for f in caught.value.faults]


# ---- a good file


def test_a_tenant_is_enough(loads: Loads, tmp_path: Path) -> None:
    settings = loads("tenant: ACME")
    assert settings.store == f"sqlite:///{tmp_path}/hub.db"
    assert settings.transport == "memory://"
    assert settings.mappings_folder == tmp_path / "mappings"
    assert settings.keys == tmp_path / "hub.key"
    assert settings.connections == {}


def test_the_retry_schedule_is_the_documented_one_unless_written(loads: Loads) -> None:
    retry = loads("tenant: ACME").retry
    assert [pause.total_seconds() for pause in retry.schedule] == [
        5, 30, 120, 600, 1800, 3600, 7200, 14400,
    ]  # fmt: skip
    assert (retry.jitter, retry.deadline) == (0.2, timedelta(hours=72))
    written = loads("tenant: ACME\nretry: {schedule: [1s, 2m], jitter: 0, deadline: 3d}").retry
    assert written.schedule == (timedelta(seconds=1), timedelta(minutes=2))
    assert written.deadline == timedelta(days=3)


def test_words_a_connection_does_not_know_belong_to_its_connector(loads: Loads) -> None:
    erp = loads(
        """
tenant: ACME
connections:
  erp:
    connector: tryton
    mode: observe
    poll: {every: 10m, streams: [sale]}
    concurrency: 2
    base_url: https://erp.example
    profile: {codes: {gift: "007"}}
"""
    ).connections["erp"]
    assert (erp.name, erp.connector, erp.mode, erp.concurrency) == ("erp", "tryton", "observe", 2)
    assert erp.poll
    assert erp.poll.every == timedelta(minutes=10)
    assert erp.settings == {
        "base_url": "https://erp.example",
        "profile": {"codes": {"gift": "007"}},
    }


def test_no_connection_yet_is_fine(loads: Loads) -> None:
    assert loads("tenant: A\nconnections:\n  # erp: later\n").connections == {}


@pytest.mark.parametrize("value", ["00981", "no", "1e3", "0x10", "2026-06-01", "null", "~"])
def test_text_stays_text(loads: Loads, value: str) -> None:
    settings = loads(f"tenant: A\nconnections: {{erp: {{connector: x, code: {value}}}}}")
    assert settings.connections["erp"].settings["code"] == value


def test_references_are_resolved_whole_or_inside_a_text(loads: Loads, tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text("t-1\n")
    settings = loads(
        "tenant: A\n"
        "transport: amqp://hub:${env:MQ}@mq\n"
        "connections: {erp: {connector: x, token: '${file:token.txt}'}}\n",
        {"MQ": "secret-1"},
    )
    assert settings.transport == "amqp://hub:secret-1@mq"
    assert settings.connections["erp"].settings == {"token": "t-1"}
    source = settings.connections["erp"].source
    assert source
    assert ("connections", "erp", "token") in source.references


def test_secrets_are_not_in_the_repr(loads: Loads) -> None:
    settings = loads(
        "tenant: A\nstore: postgresql+psycopg://hub:${env:P}@db/hub\ntransport: amqp://u:${env:P}@m\n"
        "connections: {erp: {connector: x, proxy: 'http://u:${env:P}@p', token: '${env:P}'}}",
        {"P": "hidden-1"},
    )
    assert "hidden-1" not in repr(settings)
    assert "hidden-1" in settings.store


def test_paths_are_meant_from_the_folder_of_the_file(loads: Loads, tmp_path: Path) -> None:
    settings = loads(
        "tenant: A\nstore: sqlite:///data/a.db\nkeys: /etc/hub.key\nmappings_folder: m"
    )
    assert settings.store == f"sqlite:///{tmp_path}/data/a.db"
    assert settings.keys == Path("/etc/hub.key")
    assert settings.mappings_folder == tmp_path / "m"


def test_body_limit_is_a_size(loads: Loads) -> None:
    assert loads("tenant: A\nweb: {body_limit: 512 KiB}").web.body_limit == 512 * 1024
    assert loads("tenant: A").web.body_limit == 5 * 1024 * 1024


# ---- a bad one


def test_all_faults_come_at_once_in_the_order_of_the_file(loads: Loads) -> None:
    found = faults(
        loads,
        """\
tenant: acme
transprot: memory://
public_url: two
retry:
  schedule: [5s, 5x]
connections:
  crm:
    conector: lowcode
    mode: life
  CRM: {connector: lowcode}
""",
    )
    assert found == [
        "1:9 E503 tenant: must be 1 to 12 of A-Z and 0-9; it says 'acme'.",
        "2:1 E501 transprot: unknown word. Did you mean transport?",
        "3:13 E503 public_url: must begin with https:// or http://; it says 'two'.",
        "5:18 E503 retry.schedule[1]: write a time such as 30s, 5m, 2h or 3d; it says '5x'.",
        "7:3 E502 connections.crm.connector is missing. Is conector meant to be it?",
        "9:11 E503 connections.crm.mode: Input should be 'live' or 'observe'; it says 'life'.",
        "10:3 E503 connections.CRM: must be a small letter, then small letters, digits, - or _, "
        "at most 32; it says 'CRM'.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tenant: ''", "1:9 E503 tenant: must be"),
        ("tenant: TOOLONGTENANT", "1:9 E503 tenant: must be"),
        ("store: sqlite:///x", "1:1 E502 tenant is missing"),
        ("tenant: A\nstore: mysql://x", "2:8 E503 store: must begin with sqlite://"),
        ("tenant: A\ntransport: kafka://x", "2:12 E503 transport: must begin with memory://"),
        ("tenant: A\npublic_url: hub.example", "2:13 E503 public_url: must begin with https://"),
        ("tenant: A\nretry: {schedule: []}", "2:19 E503 retry.schedule: Tuple should have"),
        ("tenant: A\nretry: {deadline: 0s}", "2:19 E503 retry.deadline: write a time"),
        ("tenant: A\nweb: {port: 99999}", "2:13 E503 web.port: Input should be less than"),
        ("tenant: A\nweb: {body_limit: 5MB}", "2:19 E503 web.body_limit: write a size"),
        ("tenant: A\nweb: 8080", "2:6 E503 web: Input should be a valid dictionary"),
        ("tenant: A\nconnections: [a]", "2:14 E503 connections: Input should be a valid dict"),
        ("tenant: A\nconnections: {a: b}", "2:18 E503 connections.a: Input should be"),
        ("tenant: A\nretry:", "2:7 E503 retry: Input should be a valid dict"),
        ("- a", "1:1 E506 The file must hold"),
        ("", "0:0 E506 The file must hold"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_place(loads: Loads, text: str, expected: str) -> None:
    found = faults(loads, text)
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${env:NOPE}", "NOPE is not set in the environment, or empty."),
        ("${env:EMPTY}", "EMPTY is not set in the environment, or empty."),
        ("${file:nope.txt}", "The file nope.txt cannot be read."),
        ("${vault:x}", "No reference; write ${env:NAME} or ${file:PATH}."),
        ("${env:}", "No reference; write ${env:NAME} or ${file:PATH}."),
        ("${NOPE}", "No reference; write ${env:NAME} or ${file:PATH}."),
        ("a ${env:SET", "No reference; write ${env:NAME} or ${file:PATH}."),
    ],
)
def test_a_reference_to_nothing_is_a_fault(loads: Loads, value: str, expected: str) -> None:
    text = f"tenant: A\nconnections: {{erp: {{connector: x, token: '{value}'}}}}"
    environ = {"EMPTY": "", "SET": "ok"}
    assert faults(loads, text, environ) == [f"2:42 E504 connections.erp.token: {expected}"]


@pytest.mark.parametrize(
    "line",
    [
        "store: postgresql+psycopg://hub:plain-1@db/hub",
        "transport: amqp://hub:plain-1@mq",
        "connections: {erp: {connector: x, proxy: 'http://u:plain-1@proxy'}}",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(loads: Loads, line: str) -> None:
    found = faults(loads, f"tenant: A\n{line}")
    assert [fault.split()[1] for fault in found] == ["E505"]
    assert "plain-1" not in found[0]


def test_a_resolved_value_is_not_repeated_in_a_fault(loads: Loads) -> None:
    found = faults(loads, "tenant: ${env:T}", {"T": "from-env"})
    assert found == ["1:9 E503 tenant: must be 1 to 12 of A-Z and 0-9."]


def test_what_is_no_good_yaml_is_refused_before_anything_else(loads: Loads) -> None:
    found = faults(loads, "tenant: a\ntenant: B\nweb：x: 1\n")
    assert [fault.split()[:2] for fault in found] == [["2:1", "E002"], ["3:4", "E003"]]


# ---- finding it


def test_the_file_named_stands_before_the_environment_and_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("hub.yaml", "env.yaml", "named.yaml"):
        Path(name).write_text("tenant: A")
    environ = {"HUB_CONFIG": "env.yaml"}
    assert find(Path("named.yaml"), environ) == Path("named.yaml")
    assert find(None, environ) == Path("env.yaml")
    assert find(None, {}) == Path("hub.yaml")


@pytest.mark.parametrize(
    ("explicit", "environ", "words"),
    [
        (Path("a.yaml"), {}, "a.yaml (from --config)"),
        (None, {"HUB_CONFIG": "b.yaml"}, "b.yaml (from HUB_CONFIG)"),
        (None, {}, "hub.yaml (from this folder)"),
    ],
)
def test_a_file_that_is_not_there_is_said_with_its_origin(
    explicit: Path | None,
    environ: dict[str, str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        find(explicit, environ)
    assert str(caught.value).startswith(words)
