"""The demo: runs for real, ends cleanly, and its verdict notices what is wrong."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.demo import check, control, folder, story
from hub.demo.check import Evidence
from hub.demo.story import Commitment, Twist
from hub.demo.watch import Books
from hub.errors import ConfigError

TODAY = date(2026, 6, 1)
HUB = [sys.executable, "-m", "hub", "--lang", "en"]
FIELDS = {
    *("accepted", "ignored_duplicates", "deliveries", "delivered", "confirmed", "dead", "annexes"),
    *("reconciliation", "lost", "applied_twice", "seconds"),
}


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HUB, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, **environment},
        check=False,
    )


# ---- the real thing --------------------------------------------------------------------------


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder in which a socket can be; below `tmp_path` its path may be too long for one."""
    with tempfile.TemporaryDirectory(dir="/tmp") as path:
        yield Path(path)


@dataclass(frozen=True)
class Kept:
    folder: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A checked demo that was kept."""
    path = tmp_path_factory.mktemp("demo") / "kept"
    return Kept(path, run("demo", "--check", "--json", "--commitments", 14, "--keep", path))


@pytest.mark.slow
def test_the_check_ends_well_and_its_last_line_says_so(kept: Kept) -> None:
    assert kept.done.returncode == 0, kept.done.stderr
    verdict = json.loads(kept.done.stdout.splitlines()[-1])
    assert set(verdict) == FIELDS
    assert (verdict["lost"], verdict["applied_twice"]) == (0, 0)
    assert verdict["ignored_duplicates"] >= 2
    assert verdict["dead"] == 2
    assert verdict["confirmed"] > 18
    agreed = verdict["reconciliation"]
    assert agreed["planted"] == agreed["found"] == agreed["cause_right"] >= 2
    assert (agreed["false"], agreed["open_after_repair"]) == (0, 0)


@pytest.mark.slow
def test_a_kept_demo_can_be_asked_like_any_hub(kept: Kept) -> None:
    settings = kept.folder / "hub.yaml"
    assert run("--config", settings, "status").returncode in (0, 1)
    dead = run("--config", settings, "delivery", "list", "--state", "dead", "--json")
    assert story.UNKNOWN_PRODUCT in dead.stdout
    number = json.loads(dead.stdout.splitlines()[0])["number"]
    assert story.UNKNOWN_PRODUCT in run("--config", settings, "trace", number).stdout
    assert run("--config", settings, "ledger", "verify").returncode == 0


@pytest.mark.slow
def test_annexes_of_a_kept_demo_are_genuine_until_a_byte_is_changed(
    kept: Kept, tmp_path: Path
) -> None:
    settings = kept.folder / "hub.yaml"
    (file, *others) = sorted((kept.folder / "annexes").glob("CM-*-r1-*.pdf"))
    assert len(others) > 5
    genuine = run("--config", settings, "document", "verify", file)
    assert (genuine.returncode, genuine.stderr) == (0, "")
    changed = tmp_path / "changed.pdf"
    content = file.read_bytes()
    changed.write_bytes(content[:-40] + bytes([content[-40] ^ 1]) + content[-39:])
    assert run("--config", settings, "document", "verify", changed).returncode == 1


@pytest.mark.slow
def test_a_second_person_had_to_look_at_what_one_put_right(kept: Kept) -> None:
    settings = kept.folder / "hub.yaml"
    listed = run("--config", settings, "ledger", "list", "--limit", 1000, "--json").stdout
    entries = [json.loads(line) for line in listed.splitlines()]
    by = {(one["kind"], one["actor"]) for one in entries}
    assert ("delivery.edited", "person:clerk") in by
    assert ("action.refused", "person:clerk") in by
    assert ("gate.released", "person:checker") in by
    released = next(one for one in entries if one["kind"] == "gate.released")
    number = run("--config", settings, "gate", "show", released["subject"]).stdout
    assert "person:checker" in number


@pytest.mark.slow
def test_the_missing_order_was_told_escalated_and_then_over(kept: Kept) -> None:
    settings = kept.folder / "hub.yaml"
    listed = run("--config", settings, "watch", "list", "--state", "cleared", "--json").stdout
    (one,) = [json.loads(line) for line in listed.splitlines()]
    assert (one["key"], one["state"], one["step"]) == (control.CONTRACT, "cleared", 2)


@pytest.mark.slow
def test_the_far_ends_of_a_kept_demo_come_back_on_their_ports(kept: Kept) -> None:
    addresses = folder.addresses(folder.read(kept.folder))
    with started("demo", "up", str(kept.folder)) as process:
        for address in addresses.values():
            effects = answer(f"{address}/_sim/effects", process)
            assert effects.json(), "what took effect before is still known"
        again = run("demo", "up", kept.folder)
        assert again.returncode == 2
        assert "running already" in again.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


@pytest.mark.slow
def test_a_second_demo_is_not_written_over_a_kept_one(kept: Kept) -> None:
    before = (kept.folder / "hub.yaml").read_text("utf-8")
    again = run("demo", "--check", "--keep", kept.folder)
    assert again.returncode == 2
    assert "hub demo up" in again.stderr
    assert (kept.folder / "hub.yaml").read_text("utf-8") == before


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_demo_that_is_broken_off_leaves_nothing_behind(
    end: signal.Signals, short_path: Path
) -> None:
    with started("demo", "--check", TMPDIR=str(short_path)) as process:
        made = wait_for(lambda: next(short_path.glob("hub-demo-*/hub.yaml"), None), process)
        ready = f"http://127.0.0.1:{folder.read(made.parent).web.port}/readyz"
        answer(ready, process)
        process.send_signal(end)
        assert process.wait(60) == 130
    assert list(short_path.iterdir()) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(ready, trust_env=False)


@pytest.mark.parametrize("given", ["odoo", "erp"])
def test_only_the_erps_own_connector_runs_the_real_product(given: str, tmp_path: Path) -> None:
    done = run("demo", "--check", "--erp", given, TMPDIR=str(tmp_path))
    assert done.returncode == 2
    assert "tryton" in done.stderr
    assert list(tmp_path.iterdir()) == []


class started:  # noqa: N801 (reads as what it does)
    """A command that runs on; killed at the end if it does not end by itself."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*HUB, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def wait_for(look: Callable[[], Any], process: subprocess.Popen[bytes]) -> Any:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"it did not come; the process ended with {process.poll()}")


def answer(url: str, process: subprocess.Popen[bytes]) -> httpx.Response:
    def get() -> httpx.Response | None:
        try:
            return httpx.get(url, trust_env=False)
        except httpx.TransportError:
            return None

    response: httpx.Response = wait_for(get, process)
    return response


# ---- the story -------------------------------------------------------------------------------


def test_the_same_seed_tells_the_same_story() -> None:
    assert story.tell(20, 7, TODAY) == story.tell(20, 7, TODAY)
    assert story.tell(20, 7, TODAY) != story.tell(20, 8, TODAY)


@pytest.mark.parametrize("count", [1, 5, 20, 150])
def test_a_story_has_as_many_commitments_as_asked_for(count: int) -> None:
    told = story.tell(count, 1, TODAY)
    assert len({one.number for one in told}) == count
    assert len({one.twist for one in told}) == min(count, len(Twist))


@pytest.mark.parametrize("seed", range(5))
def test_what_moves_a_date_or_changes_later_shares_its_order_with_nobody(seed: int) -> None:
    told = story.tell(150, seed, TODAY)
    shared = [one for one in told if one.form["order_no"].startswith("CRM-")]
    assert shared
    assert {one.twist for one in shared} == {Twist.PLAIN}
    assert {one.form["kind"] for one in shared} <= {"赠品", "价格"}
    own = [one.form["order_no"] for one in told if one not in shared]
    assert len(own) == len(set(own))


# ---- the verdict -----------------------------------------------------------------------------


def commitment(twist: Twist = Twist.PLAIN) -> Commitment:
    told = story.tell(30, 1, TODAY)
    return next(one for one in told if one.twist is twist and one.has_goods)


def row(one: Commitment, connection: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"{connection}-1", "number": one.number, "revision": 1, "connection": connection,
        "state": "delivered", "reason": None, "words": None, "confirm": "confirmed",
        "intent": "put", "action": "create", "key": one.number, "tries": 1, "waits_for": [],
        **changes,
    }  # fmt: skip


def evidence(one: Commitment, rows: list[dict[str, Any]] | None = None, **changes: Any) -> Evidence:
    """Everything as it should be, but for the changes."""
    rows = rows or [row(one, name) for name in ("erp", "wms", "crm")]
    good = Evidence(
        story=[one],
        books=Books(messages=2, stored=frozenset({"a", "b"}), deliveries=rows, documents={}),
        calls=[{"sha256": sha, "taken": True} for sha in ("a", "a", "b")],
        effects={
            "erp": [{"key": one.number, "what": "commitment_lines"}],
            "wms": [{"key": one.number, "what": "deliveryorder.create"}],
        },
        standing={},
        forms={one.number: {"hub_status": "已同步"}},
    )
    return dataclasses.replace(good, **changes)


def test_all_is_well_when_both_sides_agree() -> None:
    verdict, wrong = check.judge(evidence(commitment()), 1.0)
    assert wrong == []
    assert (verdict.accepted, verdict.ignored_duplicates, verdict.delivered) == (3, 1, 3)
    assert (verdict.lost, verdict.applied_twice) == (0, 0)


def lost() -> Iterator[Any]:
    one = commitment()
    good = evidence(one)
    books = good.books
    gone = dataclasses.replace(books, stored=frozenset({"a"}))
    yield pytest.param(evidence(one, books=gone), id="a taken webhook is not stored")
    fewer = dataclasses.replace(books, messages=1)
    yield pytest.param(evidence(one, books=fewer), id="a taken webhook has no message")
    without = {**good.effects, "wms": []}
    yield pytest.param(evidence(one, effects=without), id="the warehouse holds nothing")
    early = [row(one, name) for name in ("wms", "crm")]
    yield pytest.param(evidence(one, early), id="there is no delivery to the ERP")
    yield pytest.param(evidence(one, forms={one.number: {}}), id="the form was not told")
    revoked = commitment(Twist.REVOKED)
    yield pytest.param(evidence(revoked), id="a revoked one was not taken back")


@pytest.mark.parametrize("seen", list(lost()))
def test_what_is_missing_counts_as_lost(seen: Evidence) -> None:
    verdict, wrong = check.judge(seen, 1.0)
    assert verdict.lost == 1
    assert wrong


def test_an_effect_the_hub_did_not_mean_counts_as_applied_twice() -> None:
    one = commitment()
    effects = dict(evidence(one).effects)
    effects["erp"] = [*effects["erp"], *effects["erp"]]
    verdict, wrong = check.judge(evidence(one, effects=effects), 1.0)
    assert verdict.applied_twice == 1
    assert one.number in wrong[0]


def test_an_update_of_the_same_object_is_no_second_effect() -> None:
    one = commitment(Twist.REVISED)
    rows = [
        row(one, name, id=f"{name}-{revision}", revision=revision, action=action)
        for revision, action in ((1, "create"), (2, "update"))
        for name in ("erp", "wms", "crm")
    ]
    effects = {name: list(some) * 2 for name, some in evidence(one).effects.items()}
    verdict, wrong = check.judge(evidence(one, rows, effects=effects), 1.0)
    assert (verdict.lost, verdict.applied_twice, wrong) == (0, 0, [])


@pytest.mark.parametrize("state", ["ready", "in_doubt", "blocked", "dead"])
def test_a_delivery_that_did_not_end_is_named(state: str) -> None:
    one = commitment()
    rows = [row(one, "erp"), row(one, "wms"), row(one, "crm", state=state)]
    verdict, wrong = check.judge(evidence(one, rows), 1.0)
    assert verdict.lost == 0
    assert [line for line in wrong if one.number in line and state in line]


def test_what_the_erp_refuses_is_rightly_dead() -> None:
    one = commitment(Twist.REFUSED)
    rows = [
        row(one, "erp", state="dead", reason="rejected"),
        row(one, "wms", state="blocked"),
        row(one, "crm", state="blocked"),
    ]
    verdict, wrong = check.judge(evidence(one, rows, effects={"erp": [], "wms": []}), 1.0)
    assert (verdict.dead, verdict.lost, wrong) == (1, 0, [])


@pytest.mark.parametrize("reason", ["outcome_unknown", "poison", "mapping"])
def test_a_delivery_that_died_of_something_else_is_not_rightly_dead(reason: str) -> None:
    one = commitment(Twist.REFUSED)
    _, wrong = check.judge(evidence(one, [row(one, "erp", state="dead", reason=reason)]), 1.0)
    assert wrong


def test_a_delivery_that_nobody_approved_is_named() -> None:
    _, wrong = check.judge(evidence(commitment(Twist.AUTO_PASSED)), 1.0)
    assert any("nobody approved" in line for line in wrong)


# ---- the folder ------------------------------------------------------------------------------


def test_a_new_folder_holds_a_valid_hub_with_its_secrets_in_files(tmp_path: Path) -> None:
    made = folder.make(tmp_path / "new")
    settings = folder.read(made.parent)
    assert len({settings.web.port, *folder.addresses(settings).values()}) == 4
    for secret in (made.parent / "secrets").iterdir():
        assert secret.stat().st_mode & 0o077 == 0
        assert secret.read_text().strip() not in made.read_text("utf-8")


def test_a_folder_without_a_demo_is_refused_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="hub demo --keep"):
        folder.read(tmp_path)
