"""What is installed from the wheel works away from the source tree."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from hub.mapping.shipped import shipped_folder

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def _run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from the source tree."""
    out = tmp_path_factory.mktemp("dist")
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT)
    _run(sys.executable, *build, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a fresh environment that has the wheel and our dependencies only.

    The dependencies are those installed here, lent by a .pth file; .pth files *there*, such as
    that of an editable install, are not read, so the source tree stays out of reach.
    """
    home = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    _run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index"),
        *("--quiet", "--disable-pip-version-check", wheel),
        cwd=home,
    )
    purelib = _ask(home, "import sysconfig; print(sysconfig.get_path('purelib'))")
    (Path(purelib) / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return home


def _ask(home: Path, code: str) -> str:
    return _run(home / "bin" / "python", "-c", code, cwd=home)


@pytest.mark.parametrize("package", ["hub", "connectors", "hub.testing.example"])
def test_the_packages_come_from_the_wheel(elsewhere: Path, package: str) -> None:
    found = _ask(elsewhere, f"import {package} as found; print(found.__file__)")
    assert Path(found).is_relative_to(elsewhere)


def test_the_shipped_mappings_come_along(elsewhere: Path) -> None:
    code = "from hub.mapping.shipped import shipped_folder as f; print(f())"
    folder = Path(_ask(elsewhere, code))
    assert folder.is_relative_to(elsewhere)
    assert folder.parts[-2:] == ("hub", "_mappings")
    assert _files(folder) == _files(ROOT / "mappings") != set()


def test_in_the_source_tree_the_mappings_are_those_one_edits() -> None:
    assert shipped_folder() == ROOT / "mappings"
    assert shipped_folder().is_dir()


def _files(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_the_command_starts(elsewhere: Path) -> None:
    assert "hub" in _run(elsewhere / "bin" / "hub", "--help", cwd=elsewhere, HUB_LANG="en")


def test_every_connector_is_registered_and_can_be_imported(elsewhere: Path) -> None:
    code = (
        "from importlib.metadata import entry_points\n"
        "for point in entry_points(group='hub.connectors'):\n"
        "    print(point.name, point.load().spec.name)"
    )
    pairs = [line.split() for line in _ask(elsewhere, code).splitlines()]
    assert pairs
    assert all(registered == named for registered, named in pairs)


def test_a_new_connector_can_be_written(elsewhere: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from hub.testing.skeleton import write_skeleton\n"
        "print(write_skeleton('acme', 'erp', Path('made')).test)"
    )
    assert (elsewhere / _ask(elsewhere, code)).is_file()


def test_an_annex_can_be_printed(elsewhere: Path) -> None:
    code = (
        f"import sys; sys.path.append({str(ROOT / 'tests/unit/documents')!r})\n"
        "import hub.documents.annex as made, papers\n"
        "one = papers.printed(papers.content())\n"
        "print(made.__file__, one.pages, one.pdf[:5].decode())"
    )
    where, pages, head = _ask(elsewhere, code).split()
    assert Path(where).is_relative_to(elsewhere)
    assert (int(pages) > 0, head) == (True, "%PDF-")


@pytest.mark.parametrize("folder", ["hub/documents/templates", "hub/web/verify/templates"])
def test_templates_of_documents_come_along(wheel: Path, folder: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    there = {f"{folder}/{name}" for name in _files(ROOT / folder)}
    assert there != set()
    assert there <= names


def test_the_wheel_holds_the_licence_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {
        "hub",
        "connectors",
        "accord_hub",
    }
