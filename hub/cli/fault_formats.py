"""Faults of mapping files: for a person, for programs, for the annotations and reports of CI."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.cli.output import clean
from hub.language import Language, told

if TYPE_CHECKING:
    from hub.errors import Fault


class Format(enum.StrEnum):
    """How faults are printed."""

    HUMAN = "human"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"


@dataclass(frozen=True, slots=True)
class Case:
    """One inline test that ran, for reports that name those that pass too."""

    file: str
    name: str
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of `hub map` found in the files."""

    faults: tuple[Fault, ...]
    cases: tuple[Case, ...] = ()
    #: Every file that was looked at.
    files: tuple[str, ...] = ()
    #: Whether warnings count as faults.
    strict: bool = False

    def wrong(self) -> tuple[Fault, ...]:
        """Return what makes the files unusable, failed tests included."""
        return tuple(one for one in self.all() if self.strict or not is_warning(one))

    def all(self) -> tuple[Fault, ...]:
        """Return everything there is to tell, by file and place."""
        found = (*self.faults, *(fault for case in self.cases for fault in case.faults))
        return tuple(sorted(found, key=lambda one: (one.file, one.line, one.column)))


#: File → its text, None where there is none to show.
Source = Callable[[str], str | None]


def is_warning(fault: Fault) -> bool:
    """Return whether the files can be used all the same."""
    return fault.code.startswith("W")


def name_of(fault: Fault) -> str:
    """Return the name of a fault's code; empty for one that is not of the mapping language."""
    from hub.mapping.faults import CODES

    return CODES.get(fault.code, "")


def _title(fault: Fault) -> str:
    return f"{fault.code} {name_of(fault)}".rstrip()


def as_object(fault: Fault, language: Language) -> dict[str, Any]:
    """Return a fault as JSON says it."""
    return {
        "code": fault.code,
        "name": name_of(fault),
        "file": fault.file,
        "line": fault.line,
        "column": fault.column,
        "end_column": fault.end_column,
        "target": getattr(fault, "target", ""),
        "source_path": getattr(fault, "source", ""),
        "source_value": told(getattr(fault, "value", ""), language),
        "message": told(fault.message, language),
        "hint": told(fault.hint, language).strip(),
        "severity": "warning" if is_warning(fault) else "error",
    }


# ---- for a person ----------------------------------------------------------------------------

#: YAML's line breaks: faults count lines by them.
_BREAK = re.compile("\r\n|[\n\r\u0085\u2028\u2029]")
#: Columns of a line that are shown, and how many of them stand before the fault of a longer one.
_LONGEST, _BEFORE = 160, 60


def frame(fault: Fault, text: str | None, language: Language) -> Iterator[str]:
    """Yield a fault with its line and the one before, the place marked; then what to do."""
    yield f"{fault.where}  {_title(fault)}".lstrip()
    message = told(fault.message, language)
    lines = _BREAK.split(text) if text is not None else []
    indent = "   "
    if 0 < fault.line <= len(lines):
        start = _cut(lines[fault.line - 1], fault.column)
        for number in range(max(fault.line - 1, 1), fault.line + 1):
            yield f"{number:>5} | {_shown(lines[number - 1], start)}".rstrip()
        marks = _marks(lines[fault.line - 1], start, fault)
        yield f"{'':>5} | {marks}{message}"
        indent = f"{'':>5}   "
    else:
        yield indent + message
    hint = told(fault.hint, language).strip()
    if hint:
        yield indent + hint


def _cut(line: str, column: int) -> int:
    """Return how many characters of a line to leave out at its start."""
    fits = len(line) <= _LONGEST or column <= _LONGEST - _BEFORE
    return 0 if fits else column - 1 - _BEFORE


def _shown(line: str, start: int) -> str:
    piece = line[start : start + _LONGEST]
    before, after = "…" if start else "", "…" if start + _LONGEST < len(line) else ""
    return before + clean(piece.replace("\t", " ")) + after


def _marks(line: str, start: int, fault: Fault) -> str:
    """Return the spaces and carets that stand below what is meant."""
    if not fault.column:
        return ""
    at = fault.column - 1
    end = min(max(fault.end_column - 1, fault.column), start + _LONGEST)
    space = width(_shown(line[:at], start)) if at > start else 0
    return " " * space + "^" * max(width(clean(line[at:end])), 1) + " "


def width(words: str) -> int:
    """Return the columns of a terminal that words take: a Chinese character takes two."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in words
    )


# ---- for GitHub ------------------------------------------------------------------------------


def annotation(fault: Fault, language: Language) -> str:
    """Return a fault as a command of GitHub's workflow log, which marks the line in a review."""
    places: dict[str, str | int] = {
        "file": fault.file, "line": fault.line, "col": fault.column,
        "endColumn": fault.end_column, "title": _title(fault),
    }  # fmt: skip
    words = f"{told(fault.message, language)} {told(fault.hint, language).strip()}".rstrip()
    return workflow("warning" if is_warning(fault) else "error", places, words)


def workflow(kind: str, places: Mapping[str, str | int], words: str) -> str:
    """Return a workflow command; what is empty or 0 of the places is left out."""
    given = ",".join(f"{name}={_escaped(str(it), ':,')}" for name, it in places.items() if it)
    return f"::{kind} {given}::{_escaped(words)}"


def _escaped(words: str, also: str = "") -> str:
    for sign in "%\r\n" + also:
        words = words.replace(sign, f"%{ord(sign):02X}")
    return words


# ---- for JUnit -------------------------------------------------------------------------------

#: What XML cannot say at all.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report, language: Language, source: Source) -> str:
    """Return a report in JUnit's XML: a suite for each file, a case for each fault and test."""
    from xml.etree import ElementTree as ET

    root = ET.Element("testsuites", name="hub map")
    for file, cases in _suites(report).items():
        failed = sum(bool(_wrong(case, report)) for case in cases)
        counts = {"tests": str(len(cases)), "failures": str(failed), "errors": "0"}
        suite = ET.SubElement(root, "testsuite", {"name": _xml(file), **counts})
        for case in cases:
            one = ET.SubElement(suite, "testcase", name=_xml(case.name), classname=_xml(file))
            for fault in case.faults:
                words = "\n".join(frame(fault, source(fault.file), language))
                if fault in _wrong(case, report):
                    message = _xml(told(fault.message, language))
                    inner = ET.SubElement(one, "failure", message=message, type=_title(fault))
                else:
                    inner = ET.SubElement(one, "system-out")
                inner.text = _xml(words)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}'


def _suites(report: Report) -> Mapping[str, Sequence[Case]]:
    """Return the cases of each file; one that all is well where a file has none."""
    suites: dict[str, list[Case]] = {file: [] for file in report.files}
    for fault in report.faults:
        name = f"{_title(fault)} {fault.line}:{fault.column}"
        suites.setdefault(fault.file, []).append(Case(fault.file, name, (fault,)))
    for case in report.cases:
        suites.setdefault(case.file, []).append(case)
    return {file: cases or [Case(file, "check")] for file, cases in sorted(suites.items())}


def _wrong(case: Case, report: Report) -> list[Fault]:
    return [one for one in case.faults if report.strict or not is_warning(one)]


def _xml(words: str) -> str:
    return _NOT_XML.sub("", words)
