"""A gate file: a named condition that holds a record, one step, or a person's action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.errors import Fault
from hub.mapping.faults import Faults
from hub.mapping.route import Route
from hub.yamlfile import Node, Place


@dataclass(frozen=True, slots=True)
class Gate:
    """What must be true before something may pass."""

    name: str
    title: str
    file: str
    place: Place


def read_gate(node: Node, file: str, faults: Faults) -> Gate:
    """Return the gate of a file; when faults were added it must not be used."""
    raise NotImplementedError


def check_gates(gates: Mapping[str, Gate], routes: Mapping[str, Route], faults: Faults) -> None:
    """Add a fault for each gate a route names and nobody wrote."""


def gate_failures(gate: Gate) -> list[Fault]:
    """Return a fault for each inline test of the gate that fails."""
    return []
