"""Setting up: init, check, doctor, backup, upgrade, new connectors, mappings."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hub import registry, settings
from hub.store import engine
from hub.store import tables as t

Hub = Callable[..., Any]


@pytest.fixture
def edit(empty: Path) -> Callable[[str, str], None]:
    """Replace a text in the settings, or in the route where it is not there."""

    def replace(old: str, new: str) -> None:
        for file in (empty, empty.parent / "mappings" / "route.yaml"):
            text = file.read_text("utf-8")
            file.write_text(text.replace(old, new), "utf-8")

    return replace


# ---- init ------------------------------------------------------------------------------------


def test_init_writes_what_check_takes(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert hub("init", folder, "--tenant", "ACME").code == 0
    key = folder / "hub.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(bytes.fromhex(key.read_text("ascii"))) == 32
    assert settings.load(folder / "hub.yaml").tenant == "ACME"
    assert (folder / "mappings" / "README.md").is_file()
    ran = hub("--config", folder / "hub.yaml", "check")
    assert ran.code == 0
    assert "approved-commitment sleeps" in ran.out


def test_the_example_connections_fit_their_connectors(hub: Hub, tmp_path: Path) -> None:
    assert hub("init", tmp_path / "new", "--example").code == 0
    names = ("CRM_API_KEY", "CRM_WEBHOOK_SECRET", "ERP_PASSWORD", "WMS_SECRET")
    loaded = settings.load(tmp_path / "new" / "hub.yaml", dict.fromkeys(names, "secret"))
    assert set(loaded.connections) == {"crm", "erp", "wms"}
    assert registry.check(loaded) == []


def test_two_hubs_get_different_keys(hub: Hub, tmp_path: Path) -> None:
    keys = set()
    for name in "ab":
        hub("init", tmp_path / name)
        keys.add((tmp_path / name / "hub.key").read_text("ascii"))
    assert len(keys) == 2


@pytest.mark.parametrize("there", ["hub.yaml", "hub.key"])
def test_init_overwrites_nothing(hub: Hub, tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine", "utf-8")
    ran = hub("init", tmp_path)
    assert ran.code == 1
    assert there in ran.err
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text("utf-8") == "mine"


def test_init_refuses_a_tenant_that_is_none(hub: Hub, tmp_path: Path) -> None:
    ran = hub("init", tmp_path, "--tenant", "acme ltd")
    assert ran.code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["init"], ["demo", "--keep"]], ids=" ".join)
def test_a_folder_that_cannot_be_is_named(hub: Hub, tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "file"
    file.write_text("a file where a folder is asked for", "utf-8")
    for folder in (file, file / "below"):
        ran = hub(*command, folder)
        assert (ran.code, ran.out) == (2, "")
        assert str(file) in ran.err
        assert "cannot be written" in ran.err


# ---- check -----------------------------------------------------------------------------------


def test_what_fits_is_fine(hub: Hub, empty: Path) -> None:
    ran = hub("--config", empty, "check")
    assert (ran.code, ran.err) == (0, "")
    assert "2 connection(s)" in ran.out


@pytest.mark.parametrize(
    ("old", "new", "code", "place", "words"),
    [
        ("tenant: TEST", "tenat: TEST", "E501", "hub.yaml:1:1", "tenant"),
        ("connector: qimen", "connector: qimem", "E507", "hub.yaml:12:16", "qimen"),
        ("app_key:", "appkey:", "E501", "hub.yaml:14:5", "app_key"),
        ("to: wms", "to: wsm", "E111", "route.yaml:7:5", "Did you mean wms"),
        ("create_order", "make_order", "E106", "route.yaml:7:5", "create_order"),
        ("commitment-to-wms}", "commitment-to-wms, speed: fast}", "E102", "route.yaml:7", "speed"),
        ("map: commitment-to-wms", "map: commitment-to-wmz", "E111", "route.yaml:7:5", "to-wms"),
        ("map: commitment-to-wms", "map: commitment-to-lowcode", "E106", "route.yaml:7:5",
         "update_record"),
        ("from: crm", "from: [crm, crn]", "E111", "route.yaml:1", "crm"),
    ],
)  # fmt: skip
def test_a_fault_is_shown_with_its_place_and_the_nearest_name(
    hub: Hub,
    empty: Path,
    edit: Callable[[str, str], None],
    old: str,
    new: str,
    code: str,
    place: str,
    words: str,
) -> None:
    edit(old, new)
    ran = hub("--config", empty, "check")
    assert (ran.code, ran.out) == (2, "")
    line = next(line for line in ran.err.splitlines() if code in line)
    assert place in line
    assert words in line


def test_a_stream_that_is_polled_without_its_form_is_shown(
    hub: Hub, empty: Path, edit: Callable[[str, str], None]
) -> None:
    edit("    app_id: app\n", "    app_id: app\n    poll: {streams: [contract]}\n")
    ran = hub("--config", empty, "check")
    assert ran.code == 2
    assert "E508 connections.crm.poll.streams[0]: contract cannot be polled" in ran.err


@pytest.mark.parametrize(
    ("rule", "code", "way", "words"),
    [
        ('{do: poll, connection: crm, every: 1h, streams: [commitmen]}', "E508",
         "schedules.night.streams[0]", "commitmen cannot be polled. Did you mean commitment?"),
        ("{do: poll, connection: wms, every: 1h}", "E508", "schedules.night",
         "qimen cannot be polled; remove it."),
        ("{do: poll, connection: wsm, every: 1h}", "E504", "schedules.night.connection",
         "there is no connection wsm. Did you mean wms?"),
        ("{do: reconcile, reconciliation: comitments, every: 1h}", "E504",
         "schedules.night.reconciliation",
         "there is no reconciliation comitments. Did you mean commitments?"),
        ('{do: check, at: "0 8 * * sun", on: working days, zone: Asia/Tokyo}', "E503", "night",
         "never comes. Change at: or on: in hub.yaml."),
    ],
    ids=["stream", "no-polling", "connection", "reconciliation", "never"],
)  # fmt: skip
def test_what_would_keep_a_schedule_from_running_is_shown_with_its_place(
    hub: Hub, empty: Path, rule: str, code: str, way: str, words: str
) -> None:
    with empty.open("a", encoding="utf-8") as file:
        file.write(f"calendar: {{country: none}}\nschedules:\n  night: {rule}\n")
    ran = hub("--config", empty, "check")
    assert (ran.code, ran.out) == (2, "")
    (line,) = [line for line in ran.err.splitlines() if code in line]
    at = empty.read_text("utf-8").splitlines().index(f"  night: {rule}") + 1
    assert f"hub.yaml:{at}:" in line
    assert way in line
    assert line.endswith(words)


def test_all_faults_are_shown_at_once(
    hub: Hub, empty: Path, edit: Callable[[str, str], None]
) -> None:
    edit("app_key:", "appkey:")
    edit("to: wms", "to: wsm")
    found = [
        json.loads(line) for line in hub("--config", empty, "check", "--json").out.splitlines()
    ]
    assert [one["code"] for one in found] == ["E502", "E501", "E111"]
    assert all(one["line"] > 0 for one in found)


def test_an_operation_the_connector_has_not_is_named(
    hub: Hub, empty: Path, edit: Callable[[str, str], None]
) -> None:
    edit("operation: create_order, map: commitment-to-wms", "operation: create_ordr")
    ran = hub("--config", empty, "check")
    assert ran.code == 2
    assert "qimen has no operation create_ordr. Did you mean create_order?" in ran.err


PICKY = """
from hub import ConfigError, Connector, Spec

class Picky(Connector):
    spec = Spec("picky", "Picky", "挑剔")

    @classmethod
    def check_profile(cls, settings):
        if settings.profile.get("page_size") == "many":
            raise ConfigError("page_size must be a number")
"""


@pytest.fixture
def picky(empty: Path, install: Callable[[str, str, str], None]) -> Path:
    """A hub with a connection whose profile cannot work."""
    install("picky", PICKY, "Picky")
    with empty.open("a", encoding="utf-8") as file:
        file.write("  third:\n    connector: picky\n    profile:\n      page_size: many\n")
    return empty


def test_a_profile_that_cannot_work_is_shown_with_its_place(hub: Hub, picky: Path) -> None:
    line = len(picky.read_text("utf-8").splitlines()) - 1
    ran = hub("--config", picky, "check")
    assert (ran.code, ran.out) == (2, "")
    place = f"hub.yaml:{line}:5  E509 connections.third.profile"
    assert f"{place}: page_size must be a number" in ran.err


def test_a_profile_that_cannot_work_is_no_internal_error(hub: Hub, picky: Path) -> None:
    assert hub("--config", picky, "store", "upgrade").code == 0
    ran = hub("--config", picky, "connection", "check", "third")
    assert (ran.code, ran.out) == (2, "")
    assert "page_size must be a number" in ran.err
    ran = hub("--config", picky, "doctor", "--json")
    assert ran.code == 2
    assert examined(ran.out)["connection third"] == 2


REFUSED = """
from hub import Connector, ConnectorError, ConnectorSettings, Outcome, Spec

class Settings(ConnectorSettings):
    base_url: str

class Refused(Connector):
    Settings = Settings
    spec = Spec("refused", "Refused", "被拒")

    async def check(self):
        raise ConnectorError(Outcome.NOT_AUTHORIZED, "not let in", code="29", words="签名错误\\x1b")
"""


def test_a_refused_check_tells_the_far_ends_own_words(
    hub: Hub, empty: Path, install: Callable[[str, str, str], None]
) -> None:
    install("refused", REFUSED, "Refused")
    with empty.open("a", encoding="utf-8") as file:
        file.write("  third:\n    connector: refused\n    base_url: http://127.0.0.1:9\n")
    ran = hub("--config", empty, "connection", "check", "third")
    assert (ran.code, ran.out) == (1, "")
    assert "not let in (签名错误\\u001b)" in ran.err


def test_secrets_never_show_in_what_is_wrong(
    hub: Hub, empty: Path, edit: Callable[[str, str], None]
) -> None:
    edit("${env:WMS_SECRET}", "plain-secret-5a1")
    edit("mappings", "mapping")
    for command in (["check"], ["check", "--json"], ["doctor"], ["status"]):
        ran = hub("--config", empty, *command)
        assert "plain-secret-5a1" not in ran.out + ran.err
        assert "wms-secret-77ac" not in ran.out + ran.err


@pytest.mark.parametrize("command", ["check", "run", "status", "backup x", "store stats"])
def test_settings_that_are_not_there_end_with_2(hub: Hub, tmp_path: Path, command: str) -> None:
    ran = hub("--config", tmp_path / "none.yaml", *command.split())
    assert ran.code == 2
    assert "none.yaml" in ran.err
    assert "hub init" in ran.err


# ---- mappings --------------------------------------------------------------------------------


def test_own_mappings_are_told_from_shipped_ones(hub: Hub, empty: Path) -> None:
    rows = [
        json.loads(line)
        for line in hub("--config", empty, "map", "list", "--json").out.splitlines()
    ]
    origins = {row["name"]: row["origin"] for row in rows}
    assert origins["approved-commitment"] == "own"
    assert origins["commitment-to-wms"] == "shipped"


def test_the_examples_of_the_mappings_are_run(hub: Hub, empty: Path) -> None:
    ran = hub("--config", empty, "map", "test")
    assert ran.code == 0
    assert "pass" in ran.out


def test_an_example_that_fails_ends_with_1(hub: Hub, empty: Path) -> None:
    (empty.parent / "mappings" / "mine.yaml").write_text(
        "mapping: mine\nfrom: {connector: there, stream: a}\nto: {connector: here, operation: b}\n"
        "fields:\n  name: title\ntests:\n  - name: wrong\n    given: {title: a}\n"
        "    expect: {name: b}\n",
        "utf-8",
    )
    ran = hub("--config", empty, "map", "test")
    assert ran.code == 1
    assert "E401" in ran.out
    assert "mine.yaml" in ran.out


def test_map_check_names_every_fault(hub: Hub, empty: Path) -> None:
    assert hub("--config", empty, "map", "check").code == 0
    (empty.parent / "mappings" / "broken.yaml").write_text("mapping：x\n", "utf-8")
    for form in ([], ["--json"]):
        ran = hub("--config", empty, "map", "check", *form)
        assert ran.code == 1
        assert "broken.yaml" in ran.out + ran.err


# ---- doctor ----------------------------------------------------------------------------------


def examined(out: str) -> dict[str, int]:
    return {row["check"]: row["code"] for row in map(json.loads, out.splitlines())}


def test_doctor_names_what_cannot_be_reached(hub: Hub, filled: Path) -> None:
    ran = hub("doctor", "--json", "--timeout", "5")
    assert ran.code == 4
    assert examined(ran.out) == {
        "settings": 0, "master key": 0, "mappings": 0, "disk space": 0, "store": 0,
        "people": 0, "who is told": 0, "connection crm": 4, "connection wms": 4,
    }  # fmt: skip


def test_doctor_sees_a_key_that_others_can_read(hub: Hub, filled: Path) -> None:
    (filled / "hub.key").chmod(0o644)
    assert examined(hub("doctor", "--json").out)["master key"] == 1
    assert "chmod 600" in hub("doctor").out


def test_doctor_misses_the_key(hub: Hub, filled: Path) -> None:
    (filled / "hub.key").unlink()
    ran = hub("doctor", "--json")
    assert (ran.code, examined(ran.out)["master key"]) == (2, 2)


def test_doctor_of_wrong_settings_ends_with_2(
    hub: Hub, empty: Path, edit: Callable[[str, str], None]
) -> None:
    edit("tenant: TEST", "tenat: TEST")
    ran = hub("--config", empty, "doctor", "--json")
    assert (ran.code, examined(ran.out)) == (2, {"settings": 2})


@pytest.mark.postgres
def test_doctor_compares_the_clock_with_the_database_server(
    hub: Hub, empty: Path, edit: Callable[[str, str], None], postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("STORE", postgres_url)
    edit("sqlite:///hub.db", "${env:STORE}")
    assert hub("--config", empty, "store", "upgrade").code == 0
    assert examined(hub("--config", empty, "doctor", "--json").out)["clock"] == 0


@pytest.mark.parametrize("name", ["crm", "wms"])
def test_a_connection_that_cannot_be_reached_ends_with_4(hub: Hub, empty: Path, name: str) -> None:
    ran = hub("--config", empty, "connection", "check", name)
    assert (ran.code, ran.out) == (4, "")
    assert name in ran.err


class _Crm(BaseHTTPRequestHandler):
    """Answers every call with the body at hand."""

    body = b"{}"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def answering(
    edit: Callable[[str, str], None],
) -> Iterator[Callable[[bytes], None]]:
    """Let the CRM of the settings be there and answer with a body."""
    handler = type("Answering", (_Crm,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    edit("http://127.0.0.1:9/api", f"http://127.0.0.1:{server.server_port}/api")
    yield lambda body: setattr(handler, "body", body)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b'{"data": []}', 0, "can read commitment"),
        (b'{"code": 8301, "msg": "Invalid API key"}', 1, "8301"),
        (b'{"code": 8303, "msg": "too many"}', 4, "8303"),
    ],
    ids=["fine", "key-refused", "too-busy"],
)
def test_checking_a_connection_tells_what_its_far_end_said(
    hub: Hub, empty: Path, answering: Callable[[bytes], None], body: bytes, code: int, words: str
) -> None:
    answering(body)
    ran = hub("--config", empty, "connection", "check", "crm")
    assert ran.code == code
    assert words in (ran.err if code else ran.out)
    assert "crm-key-3fb1" not in ran.out + ran.err


def test_checking_an_unknown_connection_names_those_there_are(hub: Hub, empty: Path) -> None:
    ran = hub("--config", empty, "connection", "check", "erp")
    assert ran.code == 2
    assert "crm, wms" in ran.err


# ---- the store -------------------------------------------------------------------------------


def test_upgrade_makes_the_store_and_does_nothing_twice(hub: Hub, empty: Path) -> None:
    assert hub("--config", empty, "store", "upgrade").out.startswith("Upgraded: ")
    assert hub("--config", empty, "store", "upgrade").out == "The schema is current.\n"
    assert hub("--config", empty, "status").code == 0


def test_a_backup_is_a_store_and_never_replaces_a_file(
    hub: Hub, filled: Path, tmp_path: Path
) -> None:
    target = tmp_path / "copy.db"
    assert hub("backup", target).code == 0
    before = target.read_bytes()
    ran = hub("backup", target)
    assert ran.code == 1
    assert "copy.db" in ran.err
    assert target.read_bytes() == before
    target.replace(filled / "hub.db")
    assert hub("trace", "CM-2026-000123").code == 0


# ---- new connectors --------------------------------------------------------------------------


def test_a_new_connector_is_written_outside_the_hub(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = hub("connector", "new", "acme_erp", "--kind", "erp")
    assert ran.code == 0
    assert (tmp_path / "acme_erp" / "pyproject.toml").is_file()
    assert "pytest" in ran.out


@pytest.mark.parametrize(
    "arguments", [["Acme", "--kind", "erp"], ["acme", "--kind", "cake"], ["acme"]], ids=" ".join
)
def test_a_wrong_name_or_kind_of_connector_ends_with_2(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert hub("connector", "new", *arguments).code == 2
    assert list(tmp_path.iterdir()) == []


def _people(folder: Path, text: str) -> None:
    (folder / "people.yaml").write_text(f"people:\n{text}", "utf-8")


@pytest.mark.parametrize(
    ("people", "code", "words"),
    [
        ("  an: {roles: [admin]}\n", 1, "hub person token an --save"),
        ("  an: {roles: [viewer]}\n", 1, "give one of the persons in"),
        ("  an: {roles: [admin], left: 2026-01-31}\n", 1, "give one of the persons in"),
        ("  an: {rols: [admin]}\n", 2, "E501"),
    ],
    ids=["no-token", "no-admin", "left", "wrong"],
)
def test_doctor_says_where_nobody_can_act_as_admin(
    hub: Hub, filled: Path, people: str, code: int, words: str
) -> None:
    assert doctor_of(hub, "people") == (0, "names nobody")
    _people(filled, people)
    found, said = doctor_of(hub, "people", words)
    assert (found, said) == (code, words)


def test_doctor_is_content_once_an_admin_has_a_token(hub: Hub, filled: Path) -> None:
    _people(filled, "  an: {roles: [admin]}\n  bo: {roles: [viewer]}\n")
    assert hub("person", "token", "an").code == 0
    assert doctor_of(hub, "people", "2 person(s)") == (0, "2 person(s)")


def test_doctor_tells_what_a_channel_did_not_take(hub: Hub, filled: Path) -> None:
    assert doctor_of(hub, "who is told", "nobody")[0] == 0
    store = engine.connect(f"sqlite:///{filled / 'hub.db'}")
    with store.engine.begin() as tx:
        tx.execute(
            t.notice.insert().values(
                id="1" * 32, cause="c", kind="alert", facts={}, to=[], channel="ops",
                state="failed", tries=3, words="SMTP 451", queued_at=datetime.now(UTC),
            )
        )  # fmt: skip
    store.close()
    assert doctor_of(hub, "who is told", "SMTP 451") == (1, "SMTP 451")


def doctor_of(hub: Hub, check: str, words: str = "names nobody") -> tuple[int, str]:
    """Return the code of a line, and the words if it holds them, else all it says."""
    rows = map(json.loads, hub("doctor", "--json", "--timeout", "1").out.splitlines())
    (row,) = [row for row in rows if row["check"] == check]
    return row["code"], words if words in row["words"] else row["words"]
