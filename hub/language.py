"""Sentences for a person: English where they are written, Chinese looked up when they are read.

A `Message` is its English sentence, so whoever knows nothing of languages prints it. It also
keeps its template and values; `told` finds the template's Chinese in `hub.chinese`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Self

from hub.errors import Fault


class Language(enum.StrEnum):
    """A language people are told things in."""

    EN = "en"
    ZH = "zh"


class Message(str):
    """An English sentence that knows how to be another language's. Immutable, equal by its text."""

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any]) -> Self:
        """Return the sentence of a template with its `{name}`s filled."""
        made = super().__new__(cls, template.format_map(values))
        made.template = template
        made.values = values
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.template, self.values


def say(template: str, /, **values: Any) -> Message:
    """Return a sentence; values may be sentences themselves. Braces are written `{{` and `}}`."""
    return Message(template, values)


def sentence_of(fault: Fault) -> Message:
    """Return a fault as one sentence: its place, its code, what is wrong and what to do."""
    message: str = fault.message
    if fault.hint:
        message = say("{message} {hint}", message=message, hint=fault.hint)
    if not fault.where:
        return say("{code} {message}", code=fault.code, message=message)
    return say("{place}  {code} {message}", place=fault.where, code=fault.code, message=message)


def told_fault(fault: Fault, language: Language) -> str:
    """Return a fault with its place in a language; in English it is `str(fault)`."""
    return told(sentence_of(fault), language)


def told(sentence: str, language: Language) -> str:
    """Return a sentence in a language; what nobody translated stays as it is."""
    if language is Language.EN or not isinstance(sentence, Message):
        return str(sentence)
    from hub.chinese import CHINESE

    values = {
        name: told(value, language) if isinstance(value, Message) else value
        for name, value in sentence.values.items()
    }
    return CHINESE.get(sentence.template, sentence.template).format_map(values)
