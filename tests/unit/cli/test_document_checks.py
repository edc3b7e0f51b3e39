"""`hub check` where documents are issued: what keeps them from being so is told at its place."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

ISSUER = "documents: {issuer: {name: 样本制造有限公司}}\n"


@pytest.fixture
def issuing(empty: Path) -> Path:
    """The settings file of a hub whose route has a document."""
    route = empty.parent / "mappings" / "route.yaml"
    plain = route.read_text("utf-8")
    route.write_text(plain.replace("require:", "document: commitment-annex\nrequire:"), "utf-8")
    return empty


def check(hub: Any, config: Path, settings: str, *options: str, tenant: str = "TEST") -> Any:
    """Check a hub with these settings besides."""
    text = config.read_text("utf-8").replace("tenant: TEST", f"tenant: {tenant}")
    config.write_text(text + settings, "utf-8")
    return hub("--config", config, *options, "check")


def test_a_hub_that_can_issue_documents_is_fine(issuing: Path, hub: Any) -> None:
    ran = check(hub, issuing, ISSUER)
    assert (ran.code, ran.err, "in the name of" in ran.out) == (0, "", False)


def test_without_an_issuer_whose_name_they_carry_is_told(issuing: Path, hub: Any) -> None:
    ran = check(hub, issuing, "")
    assert ran.code == 0
    assert "Documents of approved-commitment are issued in the name of TEST" in ran.out


@pytest.mark.parametrize(
    ("settings", "tenant", "way", "says"),
    [
        ("", "ACME1", "1:1", "2 to 4 letters"),
        ("documents: {old_keys: [gone.key]}\n", "TEST", "documents", "gone.key"),
        ("documents: {fonts: [nowhere.otf]}\n", "TEST", "documents", "nowhere.otf"),
    ],
    ids=["letters", "old key", "font"],
)
def test_what_keeps_documents_from_being_issued_is_a_fault_of_the_settings(
    issuing: Path, hub: Any, settings: str, tenant: str, way: str, says: str
) -> None:
    ran = check(hub, issuing, settings, tenant=tenant)
    line = len(issuing.read_text("utf-8").splitlines())
    place = way if way != "documents" else f"{line}:"
    assert ran.code == 2
    (fault,) = [one for one in ran.err.splitlines() if "E510" in one]
    assert f"hub.yaml:{place}" in fault
    assert says in fault


@pytest.mark.parametrize("library", ["typst", "zxingcpp", "pypdfium2", "PIL", "fontTools"])
def test_a_missing_library_is_told_with_what_installs_it(
    issuing: Path, hub: Any, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    # an import of what stands there as None fails as if it were not installed
    monkeypatch.setitem(sys.modules, library, None)
    ran = check(hub, issuing, ISSUER)
    assert ran.code == 2
    assert f'{library}: pip install "accord-hub[documents]"' in ran.err


def test_where_no_route_has_a_document_nothing_of_it_is_asked_for(
    empty: Path, hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    ran = check(hub, empty, "", tenant="ACME1")
    assert (ran.code, ran.err) == (0, "")
    assert "in the name of" not in ran.out


def test_a_route_that_sleeps_asks_for_nothing(issuing: Path, hub: Any) -> None:
    route = issuing.parent / "mappings" / "route.yaml"
    route.write_text(route.read_text("utf-8").replace("from: crm", "from: others"), "utf-8")
    assert check(hub, issuing, "", tenant="ACME1").code == 0


def test_faults_of_documents_come_as_data_too(issuing: Path, hub: Any) -> None:
    text = issuing.read_text("utf-8").replace("tenant: TEST", "tenant: ACME1")
    issuing.write_text(text, "utf-8")
    ran = hub("--config", issuing, "check", "--json")
    codes = [json.loads(line)["code"] for line in ran.out.splitlines()]
    assert (ran.code, set(codes)) == (2, {"E510"})
