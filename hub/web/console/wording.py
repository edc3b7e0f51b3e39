"""Sentences kept as data, told in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.language import Language, told
from hub.store import bundles


def reasons(kept: Sequence[Any], language: Language) -> list[str]:
    """Return the reasons of a gate."""
    return [_reason(one, language) for one in kept]


def _reason(kept: Any, language: Language) -> str:
    if isinstance(kept, Mapping) and "en" in kept:
        said = kept.get(language.value) or kept["en"]
        fields = kept.get("fields") or ()
        return f"{said} ({', '.join(map(str, fields))})" if fields else str(said)
    return told(bundles.sentence_of_data(kept), language)
