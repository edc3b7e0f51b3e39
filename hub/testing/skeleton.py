"""What `hub connector new` writes: a connector that works, to be changed into another one.

The files are those of `hub.testing.example` with the names replaced, so what an author
starts from is what the hub's own tests run. Inside the hub's source tree the connector is
put among its siblings; anywhere else it becomes a distribution of its own.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.errors import ConfigError

KINDS = ("crm", "erp", "wms", "finance", "im", "credit", "rates", "files")

_EXAMPLE = Path(__file__).with_name("example")
_COPIED = frozenset({".py", ".yaml", ".json", ".md"})

#: Beyond it the lines of the example no longer fit.
_LONGEST_NAME = 24

_TEST = '''\
"""The contract suite, and what only {title} needs."""

from __future__ import annotations

from {package}.contract import {title}Contract


class Test{title}({title}Contract):
    """{title}'s far end is its simulator."""
'''

_PROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "accord-hub-{name}"
version = "0.1.0"
description = "Connector of Accord Hub for {title}"
requires-python = ">=3.11"
dependencies = ["accord-hub"]

[project.entry-points."hub.connectors"]
{entry_point}

[dependency-groups]
dev = ["pytest>=8.4", "pytest-asyncio>=1.0"]

[tool.hatch.build.targets.wheel]
packages = ["{package}"]

[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = "--import-mode=importlib"
pythonpath = ["."]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
"""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A connector that was written."""

    #: Every file, in the order of their paths.
    files: tuple[Path, ...]
    #: The test file: `pytest` on it passes.
    test: Path
    #: The line under `[project.entry-points."hub.connectors"]` that registers the connector.
    entry_point: str
    #: The `pyproject.toml` has that line already.
    registered: bool


def write_skeleton(name: str, kind: str, root: Path) -> Skeleton:
    """Write a new connector below `root` and return what was written.

    In the hub's own source tree: `connectors/<kind>/<name>/` and a test in `tests/connectors`;
    the entry-point line is left to the author. Elsewhere: a distribution `<name>/` with package
    `hub_<name>`, its tests and its `pyproject.toml`. Raises `ConfigError` when the name or
    the kind will not do, or when something of that name is there; then nothing is written.
    """
    _check(name, kind)
    inside = (root / "connectors" / "__init__.py").is_file()
    package = f"connectors.{kind}.{name}" if inside else f"hub_{name}"
    home = root if inside else root / name
    title = "".join(part.capitalize() for part in name.split("_"))
    entry_point = f'{name} = "{package}.connector:{title}Connector"'
    texts = dict(_rendered(name, title, package, home / package.replace(".", "/")))
    tests = home / "tests" / ("connectors" if inside else "")
    test = tests / f"test_{name}.py"
    texts[test] = _TEST.format(title=title, package=package)
    if inside:
        texts.update(_kind_package(root / "connectors" / kind, kind))
    else:
        texts[home / "pyproject.toml"] = _PROJECT.format(
            name=name.replace("_", "-"), title=title, entry_point=entry_point, package=package
        )
    _write(texts)
    return Skeleton(tuple(sorted(texts)), test, entry_point, registered=not inside)


def _check(name: str, kind: str) -> None:
    if kind not in KINDS:
        raise ConfigError(f"{kind!r} is no kind of connector; choose one of: {', '.join(KINDS)}")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or len(name) > _LONGEST_NAME:
        raise ConfigError(
            f"a connector cannot be named {name!r}: use up to {_LONGEST_NAME} small letters,"
            " digits and single underscores, starting with a letter, such as `acme_erp`"
        )
    if keyword.iskeyword(name):
        raise ConfigError(f"a connector cannot be named {name!r}: Python keeps that word")


def _rendered(name: str, title: str, package: str, folder: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted(_EXAMPLE.rglob("*")):
        if file.suffix in _COPIED:
            text = file.read_text("utf-8").replace("hub.testing.example", package)
            text = text.replace("EXAMPLE", name.upper()).replace("Example", title)
            # Part of a host or header: no underscore there.
            text = re.sub(r"(?<=[.-])example(?=[.-])", name.replace("_", "-"), text)
            text = re.sub(r"\bexample\b", name, text)
            yield folder / file.relative_to(_EXAMPLE), text


def _kind_package(folder: Path, kind: str) -> Iterator[tuple[Path, str]]:
    if not (folder / "__init__.py").is_file():
        yield folder / "__init__.py", f'"""Connectors of the kind {kind}."""\n'


def _write(texts: dict[Path, str]) -> None:
    there = sorted(str(file) for file in texts if file.exists())
    if there:
        raise ConfigError(f"{there[0]} is there already; choose another name or remove it")
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
