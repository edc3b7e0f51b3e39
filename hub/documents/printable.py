"""Which characters can be printed: those of the font, and nothing that cannot be seen."""

from __future__ import annotations

import unicodedata
from collections.abc import Set

from hub.documents.errors import DocumentError
from hub.language import say

#: Kinds of characters that are not seen, or turn the direction of what follows.
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
#: Characters in a row that are not broken, before a place to break them is given.
_LONG = 18
#: Where a line may be broken; nothing is seen of it.
_BREAK = "\u200b"


class Printable:
    """Looks texts up in a font before they are printed."""

    def __init__(self, characters: Set[int]) -> None:
        self._characters = characters

    def require(self, text: str, field: str) -> str:
        """Return a name or number as it is; `DocumentError` where a character cannot be printed."""
        for character in text:
            if not self._has(character):
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
        plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
        return "".join(
            one if one == "\n" or self._has(one) else f"〔{_code(one)}〕" for one in plain
        )

    def _has(self, character: str) -> bool:
        seen = unicodedata.category(character) not in _UNSEEN
        return seen and ord(character) in self._characters


def breakable(text: str) -> str:
    """Return a text in which long words without a gap may be broken."""
    parts, run = [], 0
    for character in text:
        run = run + 1 if character.isascii() and not character.isspace() else 0
        parts.append(character)
        if run == _LONG:
            parts.append(_BREAK)
            run = 0
    return "".join(parts)


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
