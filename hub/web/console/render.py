"""Turns what is known into pages: one Jinja environment, escaping everything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from hub.flow import alert_words
from hub.language import Language
from hub.service.visible import clean
from hub.web.console import texts, words

_HERE = Path(__file__).parent
#: Where the pages of the docs are read.
DOCS = "https://github.com/accord-hub/accord-hub/blob/main/"
#: Name → media type of the files a browser may load; nothing else is served.
STATIC: Mapping[str, str] = {"console.css": "text/css", "icon.svg": "image/svg+xml"}
#: Characters of an id that people tell one from another by.
_ENDING = 8
_SHORT = 160


@cache
def static(name: str) -> tuple[bytes, str]:
    """Return a file a browser loads and the mark of its content; `KeyError` where there is none."""
    STATIC[name]
    content = (_HERE / "static" / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]


@cache
def environment() -> Environment:
    """Return the templates; what they name and nobody gives is an error."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        finalize=_finalized, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "moment": moment, "iso": iso, "pretty": pretty, "ending": ending, "short": short,
        "value": value, "tone": lambda name: words.TONES.get(str(name), "plain"),
    }  # fmt: skip
    made.globals |= {
        "asset": lambda name: f"/static/{name}?{static(name)[1]}",
        "page_of": lambda reason: DOCS + alert_words.page_of_dead(reason),
        "known": texts.TEXTS,
    }
    return made


def page(name: str, language: Language, /, **given: Any) -> str:
    """Return a page in a language."""

    def t(key: str, /, **values: object) -> str:
        return texts.text(language, key, **values)

    def word(group: str, name: object) -> str:
        return words.word(language, group, str(name))

    template = environment().get_template(f"{name}.html")
    return template.render(t=t, word=word, language=language.value, **given)


# ---- values ----------------------------------------------------------------------------------


def _finalized(given: Any) -> Any:
    """Return what is put into a page; control characters in a text must not act there."""
    if isinstance(given, Markup) or not isinstance(given, str):
        return "" if given is None else given
    return clean(str(given))


@pass_context
def moment(context: Context, given: datetime) -> str:
    """Return a time in the company's zone; the foot of the page says which that is."""
    return given.astimezone(context["zone"]).strftime("%Y-%m-%d %H:%M:%S")


def iso(given: datetime) -> str:
    """Return a time for programs."""
    return given.isoformat(timespec="seconds")


def pretty(document: Any) -> str:
    """Return a document as JSON for a person to read."""
    return json.dumps(document, ensure_ascii=False, indent=2, default=str)


def ending(given: str) -> str:
    """Return the end of an id, as people tell one from another and commands take it."""
    return given[-_ENDING:]


def short(given: object) -> str:
    """Return the beginning of a long text."""
    said = str(given)
    return said if len(said) <= _SHORT else f"{said[:_SHORT]} …"


def value(given: Any) -> str:
    """Return a fact as a person reads it."""
    match given:
        case list() if all(isinstance(one, str) for one in given):
            return ", ".join(given)
        case dict() | list() | tuple():
            return json.dumps(given, ensure_ascii=False, default=str)
    return str(given)
