"""Which characters can be printed: those of the font, and nothing that cannot be seen."""

from __future__ import annotations

import bisect
import itertools
import unicodedata
from collections.abc import Iterator, Mapping

from hub.documents.errors import DocumentError
from hub.language import say

#: Kinds of characters that are not seen, or turn the direction of what follows.
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
#: Where a line may be broken; nothing is seen of it.
_BREAK = "\u200b"
#: What kerning may add to the widths of the characters.
_SLACK = 1.03


class Printable:
    """Looks texts up in a font before they are printed.

    Widths are in the size of the text: 1 is a Chinese character.
    """

    def __init__(self, widths: Mapping[int, float]) -> None:
        seen = {chr(one): width * _SLACK for one, width in widths.items() if _is_seen(chr(one))}
        self._widths = seen

    def require(self, text: str, field: str) -> str:
        """Return a name or number as it is; `DocumentError` where a character cannot be printed."""
        for character in text:
            if character not in self._widths:
                raise DocumentError(
                    "E_DOC_CHARACTER",
                    say(
                        "{field} has the character {code} ({name}), which cannot be printed. "
                        "Write it otherwise at its source, or name a font that has it in "
                        "documents.fonts of hub.yaml.",
                        field=field, code=_code(character),
                        name=unicodedata.name(character, "?"),
                    ),
                )  # fmt: skip
        return text

    def shown(self, text: str) -> str:
        """Return free text with `〔U+1F44D〕` in the place of what cannot be printed."""
        if self._widths.keys() >= set(text):
            return text
        plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
        return "".join(
            one if one in self._widths or one == "\n" else f"〔{_code(one)}〕" for one in plain
        )

    def width(self, text: str) -> float:
        """Return how wide the widest line of a text is."""
        return max(sum(self._each(one)) for one in text.split("\n"))

    def within(self, text: str, room: float) -> str:
        """Return a text that can be set in this width: what is longer without a gap has breaks.

        Lines break by themselves at spaces and beside Chinese characters, nowhere else.
        """
        if self.width(text) <= room:
            return text
        parts: list[str] = []
        run = 0.0
        for character, width in zip(text, self._each(text), strict=True):
            run += width
            if run > room:
                parts.append(_BREAK)
                run = width
            if character in " \n":
                run = 0.0
            elif _breaks(character):
                run = width
            parts.append(character)
        return "".join(parts)

    def cut(self, text: str, room: float) -> str:
        """Return a text in one line of this width, with `…` where some of it is missing."""
        if self.width(text) <= room:
            return text
        ends = itertools.accumulate(self._each(text), initial=self.width("…"))
        return f"{text[: bisect.bisect_right(list(ends), room) - 1]}…"

    def _each(self, text: str) -> Iterator[float]:
        return map(self._widths.get, text, itertools.repeat(0.0))


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in _UNSEEN


def _breaks(character: str) -> bool:
    wide = unicodedata.east_asian_width(character) in "WF"
    return wide and unicodedata.category(character) == "Lo"


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
