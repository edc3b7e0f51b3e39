"""Mappings against the same mappings by hand and in other languages; faults, checking, memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import mapping_job as job
from figures import Figure, measured, missing, ratio
from mapping_peers import PEERS
from sides import run, say
from wms_by_hand import commitment_to_wms

from hub.mapping import MappingFault, load_bundle, read_bundle, run_tests
from hub.mapping.shipped import shipped_folder

Call: TypeAlias = Callable[[], object]

RUNS = 7
#: Seconds of CPU time one side takes in one run.
SLICE = 0.1
DOCUMENTS = 100_000
SHIPPED = "commitment-to-wms"

_RATES = "documents a second of CPU time"
_COSTS = "milliseconds of CPU time a document"


def figures(wanted: Callable[[str], bool]) -> Iterator[Figure]:
    """Measure what was asked for, one figure after the other."""
    for name, measure in _MEASURES.items():
        if wanted(name):
            say(name)
            yield measure(name)


# ---- rates -----------------------------------------------------------------------------------


def _job(name: str) -> Figure:
    """The 79 values of the job."""
    by_file, by_hand = _job_sides()
    return _against_hand(name, ">= 0.4", by_file, by_hand, "commitment with 5 lines, 79 values")


def _job_sides() -> tuple[Call, Call]:
    document = job.good()
    return partial(job.mapping().apply, document), partial(job.by_hand, document)


def _shipped(name: str) -> Figure:
    """The largest of the shipped mapping's own tests."""
    mapping = load_bundle(shipped_folder()).mappings[SHIPPED]
    example = max(
        (one for one in mapping.tests if one.expect), key=lambda one: len(str(one.expect))
    )
    given, scope = example.given, example.scope
    by_hand = partial(commitment_to_wms, given, scope.results, scope.delivery, scope.document)
    by_file = partial(mapping.apply, given, scope)
    return _against_hand(name, ">= 0.4", by_file, by_hand, f"{SHIPPED} with 2 lines")


def _against_hand(name: str, goal: str, by_file: Call, by_hand: Call, what: str) -> Figure:
    if unlike := _unlike(by_file(), by_hand()):
        return missing(name, "ratio", goal, f"not the document by hand: {unlike}")
    ours, theirs = _in_turn(_rate, by_file, by_hand)
    return ratio(name, goal, ours, theirs, f"{_RATES}: {what}")


def _explain(name: str) -> Figure:
    """The job with a note of every step."""
    goal = ">= 0.2"
    explain, document = job.mapping().explain, job.good()
    if unlike := _unlike(explain(document).document, job.by_hand(document)):
        return missing(name, "ratio", goal, f"not the document by hand: {unlike}")
    ours, theirs = _in_turn(_rate, partial(explain, document), partial(job.by_hand, document))
    return ratio(name, goal, ours, theirs, f"{_RATES}: the job, every step noted")


def _peer(peer: str, name: str) -> Figure:
    """The job in another language; its goal is what the hub reaches in the same runs."""
    document = job.good()
    by_file, by_hand = _job_sides()
    try:
        apply = PEERS[peer]()
    except ImportError as error:
        return missing(name, "ratio", "", f"not installed: {error.name}")
    if unlike := _unlike(apply(document), by_hand()):
        return missing(name, "ratio", "", f"wrong: {unlike}")
    theirs, by_program, ours = _in_turn(_rate, partial(apply, document), by_hand, by_file)
    own = ratio(name, "", ours, by_program).value
    return ratio(name, f"<= {own}", theirs, by_program, f"{_RATES}; the hub's mapping: {own}")


def _unlike(found: Any, wanted: Any) -> str:
    """Return the first value that does not go out as wanted; empty where all do."""
    have, want = _values(found), _values(wanted)
    for path in {**want, **have}:
        one, other = have.get(path, "missing"), want.get(path, "missing")
        if one != other:
            return f"{path} is {one}, not {other}"
    return ""


def _values(value: Any, path: str = "") -> dict[str, str]:
    """Return path → value as it goes out, for every single value of a document."""
    if isinstance(value, dict):
        inner = [(f"{path}.{name}".lstrip("."), part) for name, part in value.items()]
    elif isinstance(value, list):
        inner = [(f"{path}[{index}]", part) for index, part in enumerate(value)]
    else:
        return {path: job.written(value)}
    return {name: text for place, part in inner for name, text in _values(part, place).items()}


# ---- faults ----------------------------------------------------------------------------------


def _faulty(document: dict[str, Any], faults: int, goal: str, name: str) -> Figure:
    """What a document with faults costs beside a good one."""
    apply = job.mapping().apply
    found = _faults_of(apply, document)
    if found != faults:
        return missing(name, "ratio", goal, f"the document has {found} faults, not {faults}")
    refused, accepted = _in_turn(
        _cost, partial(_faults_of, apply, document), partial(apply, job.good())
    )
    return ratio(name, goal, refused, accepted, f"{_COSTS}, refused and accepted")


def _faults_of(apply: Callable[[dict[str, Any]], object], document: dict[str, Any]) -> int:
    try:
        apply(document)
    except MappingFault as fault:
        return len(fault.faults)
    return 0


# ---- files and memory ------------------------------------------------------------------------


def _check_job(name: str) -> Figure:
    """Reading and checking the job's file."""
    lines = len(job.FILE.read_text("utf-8").splitlines())
    return _check(name, "<= 50", lambda: {f"own/{job.FILE.name}": job.FILE.read_bytes()}, lines)


def _check_shipped(name: str) -> Figure:
    """Reading and checking the shipped file, and running its tests."""
    path = next(shipped_folder().rglob(f"{SHIPPED}.yaml"))
    lines = len(path.read_text("utf-8").splitlines())
    return _check(name, "", lambda: {f"shipped/{path.name}": path.read_bytes()}, lines)


def _check(name: str, goal: str, read: Callable[[], Mapping[str, bytes]], lines: int) -> Figure:
    def check() -> None:
        bundle = read_bundle(read())
        if run_tests(bundle):
            raise RuntimeError(f"{name}: the file's own tests fail")

    check()
    tests = sum(len(mapping.tests) for mapping in read_bundle(read()).mappings.values())
    (costs,) = _in_turn(_cost, check)
    return measured(name, "ms", costs, goal, f"CPU time; {lines} lines with {tests} tests")


def _memory(name: str) -> Figure:
    """One of fifty loaded mappings."""
    runs = [run("mapping_memory.py", 0)["loaded"] for _ in range(RUNS)]
    return measured(name, "MB", runs, "<= 2", "one of 50 mappings loaded at once")


def _growth(name: str) -> Figure:
    """A long-running process."""
    grown = run("mapping_memory.py", DOCUMENTS)["grown"]
    return measured(name, "MB", [grown], "<= 1", f"after {DOCUMENTS:,} documents")


# ---- measuring -------------------------------------------------------------------------------


def _in_turn(measure: Callable[[Call, int], float], *sides: Call) -> list[Sequence[float]]:
    """Return a value of each side for every run; a busy moment of the machine hits all of them."""
    times = [_times(side) for side in sides]
    runs = [[measure(*pair) for pair in zip(sides, times, strict=True)] for _ in range(RUNS)]
    return list(zip(*runs, strict=True))


def _times(call: Call) -> int:
    """Return how many calls fill a slice."""
    times, took = 1, 0.0
    while took < SLICE / 10:
        times *= 2
        took = _seconds(call, times)
    return max(1, int(times * SLICE / took))


def _rate(call: Call, times: int) -> float:
    """Return calls a second of CPU time."""
    return times / _seconds(call, times)


def _cost(call: Call, times: int) -> float:
    """Return milliseconds of CPU time a call."""
    return _seconds(call, times) / times * 1000


def _seconds(call: Call, times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        call()
    return time.process_time() - started


_MEASURES: Mapping[str, Callable[[str], Figure]] = {
    "mapping/vs-by-hand": _job,
    "mapping/shipped-vs-by-hand": _shipped,
    "mapping/explain-vs-by-hand": _explain,
    "mapping/faulty-vs-good": partial(_faulty, job.with_one_fault(), 1, "<= 5"),
    "mapping/20-faults-vs-good": partial(_faulty, job.with_twenty_faults(), 20, ""),
    "mapping/check-60-lines": _check_job,
    "mapping/check-shipped": _check_shipped,
    "mapping/memory": _memory,
    "mapping/memory-growth": _growth,
    **{f"mapping/{peer}-vs-by-hand": partial(_peer, peer) for peer in PEERS},
}
