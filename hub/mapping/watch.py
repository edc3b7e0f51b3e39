"""A watch file: A happened and B did not within a time, so somebody is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.errors import Fault
from hub.mapping.faults import Faults
from hub.mapping.field_mapping import FieldMapping
from hub.yamlfile import Node, Place


@dataclass(frozen=True, slots=True)
class Watch:
    """What is waited for, how long, and who hears that it did not come."""

    name: str
    title: str
    file: str
    place: Place


def read_watch(node: Node, file: str, faults: Faults) -> Watch:
    """Return the watch of a file; when faults were added it must not be used."""
    raise NotImplementedError


def check_watches(
    watches: Mapping[str, Watch], mappings: Mapping[str, FieldMapping], faults: Faults
) -> None:
    """Add a fault for each mapping a watch names and nobody wrote."""


def watch_failures(watch: Watch) -> list[Fault]:
    """Return a fault for each inline test of the watch that fails."""
    return []
