"""Repairs of a mapping file that are safe: what else the writer may have meant is left alone.

    full-width punctuation   in words and expressions, never in quotes, comments and texts
    tabs                     become spaces
    texts with { } [ ] ,     inside {…} get the quotes YAML wants

Text in, text out; line ends and everything that is not repaired stay as they are.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise

from hub.errors import Fault
from hub.mapping.writing.quoting import in_quotes, left_alone, needs_quotes, quoted_entries
from hub.yamlfile import FULL_WIDTH, Entries, Items, Node, Scalar
from hub.yamlreader import parse

#: YAML's line breaks: where a fault's line is counted.
_BREAK = re.compile("\r\n|[\n\r\u0085\u2028\u2029]")
#: What YAML itself is built of, where an input method typed it.
_STRUCTURE = {
    "：": ": ", "，": ", ", "［": "[", "］": "]", "｛": "{", "｝": "}", "＃": "#", "－": "- ",
}  # fmt: skip
_SIGNS = {sign: plain for sign, plain in FULL_WIDTH.items() if len(plain) == 1} | {
    "：": ": ", "，": ", ", "、": ", ", "\u3000": " ",
}  # fmt: skip
_OPENING = {"“": "”", "‘": "’", "＂": "＂", '"': '"', "'": "'"}
_INDENT = "  "
#: A word of the language with the colon of an input method behind it.
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*：")
#: Passes over a file, each of which takes away at least one fault.
_MOST_PASSES = 200


def fixed(text: str, faults: Iterable[Fault]) -> str:
    """Return the text without those of its faults that can be repaired safely.

    A syntax error hides what is behind it: what the YAML reader finds after a repair is repaired
    too. Faults that only a check of the rules finds must be given, and come in rounds.
    """
    given = _repaired(text, faults)
    for _ in range(_MOST_PASSES):
        better = _repaired(given, parse(given.encode()).faults)
        if better == given:
            break
        given = better
    return given


def _repaired(text: str, faults: Iterable[Fault]) -> str:
    """Return the text after one pass: each place is repaired once, the last one first."""
    source = _Source(text)
    edits: dict[int, tuple[int, str]] = {}
    for fault in faults:
        for start, end, words in source.edits(fault):
            edits.setdefault(start, (end, words))
    ordered = sorted((start, end, words) for start, (end, words) in edits.items())
    apart = [one for one, other in pairwise(ordered) if one[1] <= other[0]] + ordered[-1:]
    for start, end, words in reversed(apart):
        text = text[:start] + words + text[end:]
    return text


_Edit = tuple[int, int, str]


class _Source:
    """A text with what can be told about its places."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in _BREAK.finditer(text))]
        self.root = parse(text.encode()).root
        self.kept = left_alone(text)

    def edits(self, fault: Fault) -> Iterator[_Edit]:
        """Yield what repairs a fault: start, end and the new words."""
        if not 0 < fault.line <= len(self.starts):
            return
        at = self.starts[fault.line - 1] + max(fault.column - 1, 0)
        sign = self.text[at : at + 1]
        if fault.code == "E004" and sign == "\t":
            yield from self.tabs(fault.line)
        elif fault.code == "E003" and sign in FULL_WIDTH and not self.iskept(at):
            yield from self.sign(at)
        elif fault.code == "E001":
            yield from self.quotes(fault.line)
        elif fault.code in {"E105", "E106"}:
            yield from self.word(at, fault.line)

    def iskept(self, at: int) -> bool:
        return any(start <= at < end for start, end in self.kept)

    def line(self, number: int) -> tuple[int, str]:
        """Return the offset of a line and its text without the break."""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return start, self.text[start:end].rstrip("\r\n\u0085\u2028\u2029")

    def tabs(self, number: int) -> Iterator[_Edit]:
        start, line = self.line(number)
        indent = len(line) - len(line.lstrip())
        for at, sign in enumerate(line):
            if sign == "\t" and not self.iskept(start + at):
                yield start + at, start + at + 1, _INDENT if at < indent else " "

    def word(self, at: int, number: int) -> Iterator[_Edit]:
        """Yield what makes a word with its value of a text where words are needed."""
        start, line = self.line(number)
        found = _WORD.match(self.text, at)
        if found and not self.iskept(at) and not line[: at - start].strip(" -"):
            colon = found.end() - 1
            yield colon, colon + 1, _before(self.text[colon + 1 : colon + 2], _STRUCTURE["："])

    def sign(self, at: int) -> Iterator[_Edit]:
        if self.root is None:
            yield from self.structure(at)
            return
        for scalar, value, flow in self.scalars(self.root):
            start = self.offset(scalar)
            end = start + len(scalar.text)
            if not start <= at < end or self.text[start:end] != scalar.text:
                continue
            if value is not None:
                yield start, end, _key(scalar.text, value)
            else:
                yield start, end, _expression(scalar.text, at - start, flow=flow)

    def structure(self, at: int) -> Iterator[_Edit]:
        """Yield what repairs a sign where the parser stopped: YAML's own, or part of a text."""
        number = bisect_right(self.starts, at)
        start, line = self.line(number)
        sign, before, after = self.text[at], line[: at - start], line[at - start + 1 :]
        if sign in _STRUCTURE and _builds(sign, before, after):
            yield at, at + 1, _before(after[:1], _STRUCTURE[sign])
        else:
            yield from self.quotes(number + 1)

    def scalars(
        self, node: Node, *, flow: bool = False
    ) -> Iterator[tuple[Scalar, Node | None, bool]]:
        """Yield each text, a word together with its value, and whether it stands inside {…}."""
        if isinstance(node, Scalar):
            yield node, None, flow
            return
        flow = flow or self.text[self.offset(node)] in "{["
        for item in node.nodes if isinstance(node, Items) else ():
            yield from self.scalars(item, flow=flow)
        for key, value in node.pairs if isinstance(node, Entries) else ():
            yield key, value, flow
            yield from self.scalars(value, flow=flow)

    def offset(self, node: Node) -> int:
        return self.starts[node.place.line - 1] + node.place.column - 1

    def quotes(self, number: int) -> Iterator[_Edit]:
        # a brace that is not closed is noticed in the line after it
        for one in (number, number - 1):
            if not 0 < one <= len(self.starts):
                continue
            start, line = self.line(one)
            better = quoted_entries(line)
            if better is not None:
                yield start, start + len(line), better
                return


# ---- full-width signs ------------------------------------------------------------------------


def _key(words: str, value: Node) -> str:
    """Return a word of the file: its colon made one, or in quotes, where the sign is meant."""
    empty = isinstance(value, Scalar) and value.plain and not value.text
    if _WORD.match(words) or (empty and "：" in words):
        return _replaced(words, 0, _STRUCTURE).rstrip()
    if len(words) > 2 and _OPENING.get(words[0]) == words[-1]:
        return in_quotes(words[1:-1])
    return in_quotes(words)


def _expression(words: str, at: int, *, flow: bool) -> str:
    """Return an expression or path with the signs from a place on in ASCII.

    In a text only those up to the closing brace: what stands around the braces is meant.
    """
    end = len(words)
    if "{" in words[:at] and "}" in words[at:]:
        end = words.index("}", at)
    better = _replaced(words[:end], at, _SIGNS) + words[end:]
    return in_quotes(better) if needs_quotes(better, flow=flow) else better


def _replaced(words: str, at: int, signs: dict[str, str]) -> str:
    """Replace signs outside quotes; a quote of an input method becomes one and is closed."""
    made, closing = words[:at], ""
    for place in range(at, len(words)):
        sign = words[place]
        following = words[place + 1 : place + 2]
        if closing:
            done = sign in {closing, signs.get(closing, closing)}
            made += signs.get(sign, sign) if done else sign
            closing = "" if done else closing
        else:
            closing = _OPENING.get(sign, "")
            made += _before(following, signs[sign]) if sign in signs else sign
    return made


def _builds(sign: str, before: str, after: str) -> bool:
    """Return whether YAML needs the sign here: behind a word, between entries, around them."""
    match sign:
        case "：":
            return re.search(r"(?:^|[{,，｛]|-)\s*[\w\"']+\s*$", before) is not None
        case "，":
            return re.match(r"\s*[\w\"']+\s*[:：]", after) is not None
        case "［" | "｛":
            return re.search(r"(?:^|[:：,，\[{［｛-])\s*$", before) is not None
        case "］" | "｝":
            return re.match(r"\s*(?:$|[,，\]}］｝#＃])", after) is not None
    return not before.strip()


def _before(following: str, plain: str) -> str:
    """Return the sign without its space where a space or the line's end comes anyway."""
    return plain.rstrip() or " " if not following or following.isspace() else plain
