"""JSON Schema of mapping and route files, for editors; made from the vocabulary.

The hub's own checker words the faults. The schema is what an editor completes and underlines
with, so it takes whatever the checker takes: a text may look like a number to an editor.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from hub.mapping.data.shape import TYPES
from hub.mapping.writing import vocabulary
from hub.mapping.writing.vocabulary import documents, gates, reconciliations, routes, watches
from hub.mapping.writing.vocabulary.files import DECLARED
from hub.mapping.writing.vocabulary.terms import (
    AnyOf,
    Choice,
    ListOf,
    Named,
    Object,
    Part,
    Simple,
    Takes,
    Term,
    Whole,
)

Schema: TypeAlias = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_PATH: Schema = {"type": "string", "minLength": 1}
_LINK = r"^([^\s.]+\.[^\s.]+ *<?-> *[^\s.]+\.[^\s.]+|[^\s.:]+: *-> *\S+)$"
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"


def json_schema() -> Schema:
    """Return the schema of a mapping file."""
    return {
        "$schema": _DRAFT,
        "title": "Accord Hub: mapping file · 守诺中枢：映射文件",
        **_object(vocabulary.FILES, "file"),
        "$defs": {
            "rule": _rule(),
            "rules": {"type": "object", "additionalProperties": _ref("rule")},
            "test": _test(),
            "declared-fields": _declared_fields(),
            **{f"rule-{name}": _of_source(name) for name in vocabulary.SOURCE_WORDS},
            **_words(vocabulary.RULES, "word"),
            **_words(vocabulary.FILES, "file"),
            **_words(vocabulary.TESTS, "test"),
        },
    }


def route_schema() -> Schema:
    """Return the schema of a route file."""
    option = {**_TEXT, "description": "a choice of the operation\n\n操作自己的选项"}
    step = {
        **_object(routes.STEPS, "step"),
        "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
        "additionalProperties": option,
    }
    return {
        "$schema": _DRAFT,
        "title": "Accord Hub: route · 守诺中枢：路由",
        **_object(routes.ROUTES, "route"),
        "$defs": {
            "steps": {"type": "array", "minItems": 1, "items": step},
            **_words(routes.ROUTES, "route"),
            **_words(routes.STEPS, "step"),
        },
    }


def gate_schema() -> Schema:
    """Return the schema of a gate file."""
    return {
        "$schema": _DRAFT,
        "title": "Accord Hub: gate · 守诺中枢：关卡",
        **_object(gates.GATES, "gate"),
        "$defs": {**_words(gates.GATES, "gate")},
    }


def watch_schema() -> Schema:
    """Return the schema of a watch file."""
    return {
        "$schema": _DRAFT,
        "title": "Accord Hub: watch · 守诺中枢：监视",
        **_object(watches.WATCHES, "watch"),
        "$defs": {**_words(watches.WATCHES, "watch")},
    }


def document_schema() -> Schema:
    """Return the schema of a document file."""
    return {
        "$schema": _DRAFT,
        "title": "Accord Hub: document · 守诺中枢：文书",
        **_object(documents.DOCUMENTS, "document"),
        "$defs": {**_words(documents.DOCUMENTS, "document")},
    }


def reconciliation_schema() -> Schema:
    """Return the schema of a reconciliation file."""
    # rules here read one value and stand beside words of their own, so any words are theirs
    rule = {"anyOf": [_PATH, {"type": "object"}]}
    return {
        "$schema": _DRAFT,
        "title": "Accord Hub: reconciliation · 守诺中枢：对账",
        **_object(reconciliations.RECONCILIATIONS, "reconciliation"),
        "$defs": {
            "rule": rule, **_words(reconciliations.RECONCILIATIONS, "reconciliation"),
        },
    }  # fmt: skip


#: File name → what makes it; the files ship in the folder `schema` beside the mappings.
SHIPPED: Mapping[str, Callable[[], Schema]] = {
    "mapping-1.json": json_schema,
    "route-1.json": route_schema,
    "gate-1.json": gate_schema,
    "watch-1.json": watch_schema,
    "document-1.json": document_schema,
    "reconciliation-1.json": reconciliation_schema,
}


def text(schema: Schema) -> str:
    """Return the schema as its file has it."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


# ---- rules -----------------------------------------------------------------------------------


def _rule() -> Schema:
    variants = [_ref(f"rule-{name}") for name in vocabulary.SOURCE_WORDS]
    return {"oneOf": [_PATH, {"type": "object", "oneOf": variants, **_together()}]}


def _of_source(name: str) -> Schema:
    """Return the schema of rules with this source: only the words that go with it."""
    # beside each stand words about the list and all words about an item
    allowed = vocabulary.RULE_WORDS if name == "each" else _allowed(name)
    needed = [term.word for term in vocabulary.RULES if name in term.beside and term.required]
    schema: Schema = {
        "required": [name, *needed],
        "properties": {word: _ref(f"word-{word}") for word in allowed},
        "additionalProperties": False,
    }
    if name == "each":
        others = [{"required": [other]} for other in _other_sources("each")]
        schema["oneOf"] = [*others, {"not": {"anyOf": others}}]
    return schema


def _other_sources(name: str) -> list[str]:
    return [other for other in vocabulary.SOURCE_WORDS if other != name]


def _allowed(name: str) -> Sequence[str]:
    """Return the words that go with a source: neither refused, nor without all they need."""
    source = next(term for term in vocabulary.RULES if term.word == name)
    refused = {*source.refuses, *_other_sources(name)}
    refused |= {term.word for term in vocabulary.RULES if name in term.refuses}
    left = {term.word for term in vocabulary.RULES} - refused

    def fits(term: Term) -> bool:
        return not (owners := vocabulary.owners(term.word)) or bool(left.intersection(owners))

    return [term.word for term in vocabulary.RULES if term.word in left and fits(term)]


def _together() -> Schema:
    """Return which words of a rule need others, and which refuse each other."""
    needs: dict[str, Schema] = {}
    for term in vocabulary.RULES:
        if term.types:
            needs[term.word] = _as_one_of(term.types)
        elif term.beside:
            needs[term.word] = {"anyOf": [{"required": [owner]} for owner in term.beside]}
    # fields beside each is about an item, what it refuses may be about the list
    refusals = [
        {"not": {"required": sorted((term.word, other))}}
        for term in vocabulary.RULES
        if term.word != "fields"
        for other in term.refuses
    ]
    required = [
        {"if": _as_one_of(term.types), "then": {"required": [term.word]}}
        for term in vocabulary.RULES
        if term.types and term.required
    ]
    return {"dependentSchemas": needs, "allOf": [*refusals, *required]}


def _as_one_of(types: Iterable[str]) -> Schema:
    return {"required": ["as"], "properties": {"as": {"enum": list(types)}}}


# ---- files and tests -------------------------------------------------------------------------


def _test() -> Schema:
    either = [{"oneOf": [{"required": [word]} for word in one]} for one in vocabulary.ONE_OF]
    beside = {term.word: list(term.beside) for term in vocabulary.TESTS if term.beside}
    schema = _object(vocabulary.TESTS, "test")
    return {**schema, "dependentRequired": beside, "allOf": either}


def _declared_fields() -> Schema:
    """Return the schema of fields that a file declares: of each the type, or more about it."""
    one = {"anyOf": [_taken(Choice(TYPES)), _taken(DECLARED)]}
    return {"type": "object", "additionalProperties": one}


def _object(terms: Sequence[Term], prefix: str) -> Schema:
    return {
        "type": "object",
        "required": [term.word for term in terms if term.required],
        "properties": {term.word: _ref(f"{prefix}-{term.word}") for term in terms},
        "additionalProperties": False,
    }


def _words(terms: Iterable[Term], prefix: str) -> Mapping[str, Schema]:
    return {f"{prefix}-{term.word}": _described(term) for term in terms}


# ---- what may stand after a word -------------------------------------------------------------


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _described(one: Term | Part) -> Schema:
    return {"description": f"{one.title}\n\n{one.title_zh}", **_taken(one.takes)}


def _taken(takes: Takes) -> Schema:
    match takes:
        case Simple():
            return _SIMPLE[takes]
        case Whole(most=most, least=least):
            number = {"type": "integer", "minimum": least, "maximum": most}
            return {"anyOf": [number, {"type": "string", "pattern": "^[0-9]+$"}]}
        case Choice(values=values):
            return {"enum": [*values, *(int(value) for value in values if value.isdigit())]}
        case ListOf(item=item, least=least):
            return {"type": "array", "items": _taken(item), "minItems": least}
        case Named(item=item):
            return {"type": "object", "additionalProperties": _taken(item)}
        case AnyOf(options=options):
            return {"anyOf": [_taken(option) for option in options]}
        case Object(parts=parts, others=others):
            return {
                "type": "object",
                "required": [part.word for part in parts if part.required],
                "properties": {part.word: _described(part) for part in parts},
                "additionalProperties": False if others is None else _taken(others),
            }


_SIMPLE: Mapping[Simple, Schema] = {
    Simple.PATH: _PATH,
    Simple.PATHS: {"anyOf": [_PATH, {"type": "array", "items": _PATH}]},
    Simple.EXPRESSION: _TEXT,
    Simple.TEXT: _TEXT,
    Simple.TEMPLATE: _TEXT,
    Simple.TEXTS: {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
    Simple.BOOLEAN: {"type": "boolean"},
    Simple.NUMBER: {"anyOf": [{"type": "number"}, {"type": "string", "pattern": _NUMBER}]},
    Simple.CONSTANT: {"type": ["string", "number", "boolean", "null"]},
    Simple.LINK: {"type": "string", "pattern": _LINK},
    Simple.RULE: _ref("rule"),
    Simple.RULES: _ref("rules"),
    Simple.FIELDS: _ref("declared-fields"),
    Simple.TEST: _ref("test"),
    Simple.STEPS: _ref("steps"),
    Simple.DOCUMENT: {"type": "object"},
}
