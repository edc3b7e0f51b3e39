"""Tokens of the expression language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.language import Message, say
from hub.yamlfile import FULL_WIDTH, full_width_message

MAX_CHARACTERS = 500


class ExpressionError(Exception):
    """An expression cannot be read; `at` counts characters from 0, `width` how many are meant."""

    def __init__(self, message: Message, at: int, width: int = 0, *, code: str = "E107") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.width = width
        self.code = code


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression."""

    #: `number`, `string`, `name`, `sign`, or `end` after the last one.
    kind: str
    #: As it stands in the expression, quotes included.
    text: str
    at: int

    @property
    def value(self) -> str:
        """Return the text without its quotes."""
        return self.text[1:-1] if self.kind == "string" else self.text


_TOKEN = re.compile(
    r"""(?P<space>[ \n\r]+)
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<string>"[^"]*"|'[^']*')
      | (?P<name>[^\W\d]\w*)
      | (?P<sign>==|!=|<=|>=|\.\.|[-+*/<>()\[\].,:$])""",
    re.VERBOSE,
)


def tokens(source: str) -> list[Token]:
    """Return the tokens, ending with one of kind `end`; `ExpressionError` with the column."""
    if len(source) > MAX_CHARACTERS:
        message = say("longer than {most} characters", most=MAX_CHARACTERS)
        raise ExpressionError(message, MAX_CHARACTERS)
    found: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise _unreadable(source, at)
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match.group(), at))
        at = match.end()
    found.append(Token("end", "", len(source)))
    return found


def _unreadable(source: str, at: int) -> ExpressionError:
    character = source[at]
    if character in FULL_WIDTH:
        return ExpressionError(full_width_message(character), at, 1, code="E003")
    if character in "\"'":
        message = say("the quote {sign} is not closed", sign=character)
        return ExpressionError(message, at, len(source) - at)
    if character == "=":
        return ExpressionError(say("a single =; write == to compare"), at, 1)
    message = say("the character {sign!r} has no meaning here", sign=character)
    return ExpressionError(message, at, 1)
