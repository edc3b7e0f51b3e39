"""Takes a changed people.yaml over while the hub runs; a broken one changes nobody's rights."""

from __future__ import annotations

from hub import logs
from hub.flow.parts import Flow

log = logs.get_logger(__name__)


def look(flow: Flow) -> None:
    """Put people.yaml in force if it changed; costs one look at the file's time and size.

    Where it is wrong the last good one stays, and `flow.people_file.faults` says why.
    """
    file = flow.people_file
    if file is None:
        return
    before = file.faults
    found = file.changed(flow.people)
    if found is not None:
        flow.people = found
        log.info("people.changed", persons=len(found.persons))
    elif file.faults and file.faults != before:
        log.error("people.broken", faults=[str(fault) for fault in file.faults])
