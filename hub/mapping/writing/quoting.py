"""Quotes in a YAML text: where they stand, putting them where YAML wants them, and writing data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import yaml

from hub.mapping.data.values import is_nothing
from hub.yamlfile import Entries, Scalar
from hub.yamlreader import parse

#: Names, paths and words, which need no quotes: neither in a line of their own nor in brackets.
_PLAIN = re.compile(r"(?:\.\.|\$)?[^\W\d][\w.()/→-]*(?: [\w.()/→-]+)*")
#: What some reader, or some word of a mapping file, takes for something else than this text.
_NOT_TEXT = frozenset("null true false yes no on off y n keep error park".split())
#: What stands in a YAML file, or in one line of it, only as an escape.
_ESCAPED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
#: Where one entry of {…} ends and the next one starts.
_NEXT_ENTRY = re.compile(r",\s*(?=[A-Za-z_][A-Za-z0-9_]*:\s)")
_FLOW = re.compile(r"(?:^\s*|[:-]\s+)\{")
_ENTRY = re.compile(r"(\s*[A-Za-z_][A-Za-z0-9_]*:\s+)(.*?)(\s*)", re.DOTALL)
_COMMENT = re.compile(r"(?:(?<=\s)|^)#[^\n\r]*", re.MULTILINE)
_QUOTED = re.compile(r"""(?<![^\s\[{,])(?P<kept>"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*')""")
#: `word: |` with the lines below that are indented further, or empty.
_BLOCK = re.compile(
    r"^(?P<indent>[ \t]*)\S.*[:-][ \t]+[|>][-+0-9]*[ \t]*(?:#.*)?\r?\n"
    r"(?P<kept>(?:(?P=indent)[ \t]+.*\r?\n?|[ \t]*\r?\n)+)",
    re.MULTILINE,
)
#: Characters of a line, and closing braces in it, beyond which no person wrote it.
_LONGEST_LINE, _MOST_BRACES = 2_000, 8


def left_alone(text: str) -> list[tuple[int, int]]:
    """Return where quotes, texts over several lines and comments stand."""
    kept: list[tuple[int, int]] = []
    read = 0
    try:
        # a tab stops the parser; a space in its place leaves all offsets as they are
        for event in yaml.parse(text.replace("\t", " "), yaml.CSafeLoader):
            start, end = event.start_mark, event.end_mark
            if start is None or end is None:
                continue
            read = max(read, start.index)
            if isinstance(event, yaml.ScalarEvent) and event.style:
                kept.append((start.index, end.index))
    except yaml.YAMLError:
        pass
    # what the parser did not reach is told by how it looks
    for shape in (_QUOTED, _BLOCK):
        kept += [one.span("kept") for one in shape.finditer(text) if one.start("kept") >= read]
    found = [one.span() for one in _COMMENT.finditer(text)]
    return kept + [span for span in found if not any(a <= span[0] < b for a, b in kept)]


def needs_quotes(words: str, *, flow: bool) -> bool:
    """Return whether YAML would not read the words as this one text."""
    line = f"{{k: {words}}}" if flow else f"k: {words}"
    root = parse(line.encode()).root
    if not isinstance(root, Entries) or len(root.pairs) != 1:
        return True
    value = root.pairs[0][1]
    return not (isinstance(value, Scalar) and value.plain and value.text == words)


def in_quotes(words: str) -> str:
    """Return a text in double quotes, in single ones where they say it more plainly."""
    if _ESCAPED.search(words):
        text = words.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{_ESCAPED.sub(_escape, text)}"'
    if '"' in words or "\\" in words:
        return "'" + words.replace("'", "''") + "'"
    return f'"{words}"'


def _escape(found: re.Match[str]) -> str:
    sign = found.group()
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(sign) or f"\\u{ord(sign):04x}"


def scalar(text: str) -> str:
    """Return a text as YAML, in quotes where any reader might take it for something else."""
    plain = _PLAIN.fullmatch(text) is not None and text.lower() not in _NOT_TEXT
    return text if plain else in_quotes(text)


def flow(value: Any) -> str:
    """Return plain data as YAML of one line; numbers in quotes, so that none is rounded."""
    match value:
        case bool():
            return "true" if value else "false"
        case Mapping():
            pairs = (f"{scalar(str(name))}: {flow(item)}" for name, item in value.items())
            return f"{{{', '.join(pairs)}}}"
        case list() | tuple():
            return f"[{', '.join(map(flow, value))}]"
        case Decimal():
            return f'"{value:f}"'
    return "null" if is_nothing(value) else scalar(str(value))


def quoted_entries(line: str) -> str | None:
    """Return the line with its texts in {…} in quotes; None where that does not make it YAML."""
    opening = _FLOW.search(line)
    if opening is None or len(line) > _LONGEST_LINE or _is_yaml(line):
        return None
    start = opening.end()
    closings = [at for at in range(start, len(line)) if line[at] == "}"]
    for closing in reversed(closings[-_MOST_BRACES:]):
        entries = [_quoted_entry(entry) for entry in _split(line[start:closing])]
        better = line[:start] + ", ".join(entries) + line[closing:]
        if better != line and _is_yaml(better):
            return better
    return None


def _split(body: str) -> list[str]:
    """Return the entries, divided where a comma comes before the next word outside quotes."""
    entries, start = [], 0
    kept = left_alone(body)
    for match in _NEXT_ENTRY.finditer(body):
        depth = body.count("{", start, match.start()) - body.count("}", start, match.start())
        if depth == 0 and not any(a <= match.start() < b for a, b in kept):
            entries.append(body[start : match.start()])
            start = match.end()
    return [*entries, body[start:]]


def _quoted_entry(entry: str) -> str:
    found = _ENTRY.fullmatch(entry)
    if found is None or _is_yaml(f"{{k: {found[2]}}}"):
        return entry
    return f"{found[1]}{in_quotes(found[2])}{found[3]}"


def _is_yaml(line: str) -> bool:
    file = parse(line.strip().encode())
    return file.root is not None and not file.faults
