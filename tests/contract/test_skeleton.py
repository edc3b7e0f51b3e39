"""`hub connector new` writes a connector that works before its author has changed a line."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConfigError
from hub.testing.skeleton import KINDS, Skeleton, write_skeleton

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture
def source_tree(tmp_path: Path) -> Path:
    """Return the root of a source tree of the hub."""
    root = tmp_path / "tree"
    (root / "connectors").mkdir(parents=True)
    (root / "connectors" / "__init__.py").write_text('"""Connectors."""\n', "utf-8")
    (root / "hub").symlink_to(PROJECT.parent / "hub")
    (root / "pyproject.toml").write_text(PROJECT.read_text("utf-8"), "utf-8")
    return root


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": ""}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _relative(skeleton: Skeleton, root: Path) -> set[str]:
    return {file.relative_to(root).as_posix() for file in skeleton.files}


def test_inside_the_source_tree_it_is_put_among_its_siblings(source_tree: Path) -> None:
    skeleton = write_skeleton("acme_mes", "erp", source_tree)
    expected = {
        "connectors/erp/__init__.py",
        "connectors/erp/acme_mes/__init__.py",
        "connectors/erp/acme_mes/connector.py",
        "connectors/erp/acme_mes/simulator.py",
        "connectors/erp/acme_mes/profile.yaml",
        "connectors/erp/acme_mes/README.md",
        "connectors/erp/acme_mes/samples/webhook_order_changed.json",
        "tests/connectors/test_acme_mes.py",
    }
    assert expected <= _relative(skeleton, source_tree)
    assert skeleton.entry_point == 'acme_mes = "connectors.erp.acme_mes.connector:AcmeMesConnector"'
    assert not skeleton.registered


def test_elsewhere_it_is_a_distribution_that_registers_itself(tmp_path: Path) -> None:
    skeleton = write_skeleton("acme_mes", "erp", tmp_path)
    home = tmp_path / "acme_mes"
    project = tomllib.loads((home / "pyproject.toml").read_text("utf-8"))
    registered = project["project"]["entry-points"]["hub.connectors"]
    assert registered == {"acme_mes": "hub_acme_mes.connector:AcmeMesConnector"}
    assert skeleton.registered
    assert skeleton.test == home / "tests" / "test_acme_mes.py"


@pytest.mark.parametrize("inside", [True, False], ids=["source tree", "elsewhere"])
def test_its_own_tests_pass(source_tree: Path, tmp_path: Path, inside: bool) -> None:
    root = source_tree if inside else tmp_path / "outside"
    skeleton = write_skeleton("u8", "erp", root)
    home = root if inside else root / "u8"
    done = _run(home, "pytest", "-p", "no:cacheprovider", str(skeleton.test))
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.parametrize("name", ["u8", "acme", "abcdefghijklmnopqrstuvwx"])
def test_what_it_writes_is_formatted_and_linted(source_tree: Path, name: str) -> None:
    write_skeleton(name, "finance", source_tree)
    for check in (("check",), ("format", "--check")):
        done = _run(source_tree, "ruff", *check, "--no-cache", "connectors", "tests")
        assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_of_the_example_is_left(source_tree: Path) -> None:
    for file in write_skeleton("acme", "wms", source_tree).files:
        assert "example" not in file.read_text("utf-8").lower(), file.name


@pytest.mark.parametrize(
    ("name", "kind", "complaint"),
    [
        ("Acme", "erp", "small letters"),
        ("1c", "erp", "small letters"),
        ("acme-erp", "erp", "small letters"),
        ("acme__erp", "erp", "small letters"),
        ("../acme", "erp", "small letters"),
        ("a" * 25, "erp", "small letters"),
        ("金蝶", "erp", "small letters"),
        ("class", "erp", "Python keeps"),
        ("acme", "mes", "choose one of: crm, erp"),
    ],
)
def test_a_name_that_will_not_do_is_refused(
    tmp_path: Path, name: str, kind: str, complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        write_skeleton(name, kind, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(source_tree: Path) -> None:
    first = write_skeleton("acme", "erp", source_tree)
    before = {file: file.read_bytes() for file in first.files}
    with pytest.raises(ConfigError, match="is there already"):
        write_skeleton("acme", "erp", source_tree)
    assert {file: file.read_bytes() for file in first.files} == before


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_folder(source_tree: Path, kind: str) -> None:
    skeleton = write_skeleton("acme", kind, source_tree)
    assert f"connectors/{kind}/acme/connector.py" in _relative(skeleton, source_tree)


@given(name=st.text(max_size=12))
def test_no_name_leads_out_of_the_folder(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    root = tmp_path_factory.mktemp("any")
    try:
        skeleton = write_skeleton(name, "erp", root)
    except ConfigError:
        return
    assert all(file.resolve().is_relative_to(root.resolve()) for file in skeleton.files)
