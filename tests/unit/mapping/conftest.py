"""Small mappings from text: tests write the YAML an administrator would."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from hub.errors import Fault, MappingError
from hub.mapping import FieldMapping, MappingFault, Scope, read_bundle

HEAD = """\
mapping: probe
from: {connector: there, stream: things}
to: {connector: here, operation: put}
"""

Read = Callable[..., FieldMapping]
Apply = Callable[..., dict[str, Any]]
FaultsOf = Callable[..., list[Fault]]


def _text(fields: str, before: str = "") -> bytes:
    body = textwrap.indent(textwrap.dedent(fields).strip(), "  ")
    return f"{HEAD}{textwrap.dedent(before)}\nfields:\n{body}\n".encode()


@pytest.fixture
def read() -> Read:
    """Return a mapping with these fields; `before` holds other words of the file."""

    def run(fields: str, before: str = "") -> FieldMapping:
        return read_bundle({"own/probe.yaml": _text(fields, before)}).mappings["probe"]

    return run


@pytest.fixture
def apply(read: Read) -> Apply:
    """Map a document with these fields."""

    def run(
        fields: str, document: Mapping[str, Any], before: str = "", scope: Scope | None = None
    ) -> dict[str, Any]:
        return read(fields, before).apply(document, scope or Scope())

    return run


@pytest.fixture
def run_faults(read: Read) -> FaultsOf:
    """Return the faults of mapping a document."""

    def run(fields: str, document: Mapping[str, Any], before: str = "") -> list[Fault]:
        with pytest.raises(MappingFault) as caught:
            read(fields, before).apply(document)
        return list(caught.value.faults)

    return run


@pytest.fixture
def check_faults() -> FaultsOf:
    """Return the faults of loading these fields."""

    def run(fields: str, before: str = "") -> list[Fault]:
        with pytest.raises(MappingError) as caught:
            read_bundle({"own/probe.yaml": _text(fields, before)})
        return list(caught.value.faults)

    return run


@pytest.fixture
def file_faults() -> FaultsOf:
    """Return the faults of loading whole files, given as text or bytes by name."""

    def run(**files: str | bytes) -> list[Fault]:
        data = {
            f"own/{name}.yaml": text if isinstance(text, bytes) else text.encode()
            for name, text in files.items()
        }
        with pytest.raises(MappingError) as caught:
            read_bundle(data)
        return list(caught.value.faults)

    return run
