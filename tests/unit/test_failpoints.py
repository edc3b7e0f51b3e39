"""Places at which a test can stop the hub."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hub
from hub import failpoints
from hub.errors import ConfigError
from hub.failpoints import POINTS, FailPoint, arm, fail_at, failing


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, where it may kill itself."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


PASSES = """
from hub.failpoints import arm, fail_at
arm({"HUB_FAIL": "%s"})
for n in range(5):
    fail_at("delivery.claimed")
    fail_at("delivery.sent")
    print(n, flush=True)
"""


def test_unset_nothing_happens() -> None:
    arm({})
    for point in POINTS:
        fail_at(point)


def test_the_process_is_killed_at_the_pass_named() -> None:
    done = run(PASSES % "delivery.sent:3")
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == ["0", "1"]


def test_a_pass_that_is_never_reached_kills_nothing() -> None:
    done = run(PASSES % "delivery.sent:6")
    assert done.returncode == 0
    assert len(done.stdout.split()) == 5


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("delivery.snet:1", "no place 'delivery.snet'; it knows: ask.answered"),
        (":1", "no place ''"),
        ("delivery.sent", "write delivery.sent:n"),
        ("delivery.sent:0", "write delivery.sent:n"),
        ("delivery.sent:-1", "write delivery.sent:n"),
        ("delivery.sent:x", "write delivery.sent:n"),
        ("delivery.sent:²", "write delivery.sent:n"),
    ],
)
def test_a_wrong_wish_is_a_config_error(wanted: str, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        arm({"HUB_FAIL": wanted})


def test_inside_a_test_the_pass_raises_once() -> None:
    with failing("plan.committed", 2):
        fail_at("plan.committed")
        fail_at("plan.before_commit")
        with pytest.raises(FailPoint, match=r"plan\.committed"):
            fail_at("plan.committed")
        fail_at("plan.committed")
    fail_at("plan.committed")


def test_two_places_can_fail_in_one_test() -> None:
    with failing("plan.committed"), failing("delivery.sent"):
        for point in ("delivery.sent", "plan.committed"):
            with pytest.raises(FailPoint):
                fail_at(point)


def test_a_fail_point_passes_a_handler_of_all_errors() -> None:
    assert not issubclass(FailPoint, Exception)


def test_an_unknown_place_in_a_test_is_refused() -> None:
    with pytest.raises(ValueError, match="no place 'nowhere'"), failing("nowhere"):
        pass


def places_in_the_code() -> Iterator[str]:
    for file in Path(hub.__file__).parent.rglob("*.py"):
        if file != Path(failpoints.__file__):
            yield from re.findall(r"""\bfail_at\(\s*["']([^"']*)["']""", file.read_text("utf-8"))


def test_every_place_in_the_code_is_known() -> None:
    assert set(places_in_the_code()) <= POINTS
