"""The shipped mapping to the warehouse against the same mapping written by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from figures import Figure, missing, ratio
from sides import say
from wms_by_hand import commitment_to_wms

from hub.mapping import load_bundle
from hub.mapping.shipped import shipped_folder

NAME = "mapping/vs-by-hand"
GOAL = ">= 0.4"
RUNS = 7
TIMES = 3_000


def figures(wanted: Callable[[str], bool]) -> Iterator[Figure]:
    """Map the largest of the mapping's own tests, both ways in turn."""
    if not wanted(NAME):
        return
    say("mapping: commitment-to-wms")
    mapping = load_bundle(shipped_folder()).mappings["commitment-to-wms"]
    example = max(
        (one for one in mapping.tests if one.expect), key=lambda one: len(str(one.expect))
    )
    given, scope = example.given, example.scope

    def by_file() -> object:
        return mapping.apply(given, scope)

    def by_hand() -> object:
        return commitment_to_wms(given, scope.results, scope.delivery)

    if by_file() != by_hand():
        reason = "wms_by_hand.py no longer makes the document the mapping file makes"
        yield missing(NAME, "ratio", GOAL, reason)
        return
    pairs = [(_rate(by_file), _rate(by_hand)) for _ in range(RUNS)]
    ours, theirs = zip(*pairs, strict=True)
    yield ratio(NAME, GOAL, ours, theirs, "documents a second of CPU time, commitment with 2 lines")


def _rate(apply: Callable[[], object]) -> float:
    started = time.process_time()
    for _ in range(TIMES):
        apply()
    return TIMES / (time.process_time() - started)
