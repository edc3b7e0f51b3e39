"""The beginning of a mapping file: what the names of two documents say about each other.

Fields of the same name are filled in, near names are offered in comments, and what the target
needs but nothing fills is left as a comment marked TODO: `hub map check` then names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hub.errors import MappingError
from hub.language import say
from hub.mapping.bundle import read_bundle
from hub.mapping.data.shape import Shape
from hub.mapping.field_mapping import End
from hub.mapping.writing import sample
from hub.mapping.writing.alike import Leaf, level_of
from hub.mapping.writing.drafts import Ends, Tell, Writer, fills, wrapped
from hub.mapping.writing.quoting import scalar
from hub.records import Record

_STEP = "  "
#: Between ends that nobody described, so that what is left to do is no fault.
_TRIAL = (
    "mapping: trial",
    "from: {connector: any, stream: any}",
    "to: {connector: any, operation: any}",
    "fields:",
)


@dataclass(frozen=True, slots=True)
class Scaffold:
    """A mapping file to go on with."""

    text: str
    #: Target paths that must be filled and are not.
    todo: tuple[str, ...]


def scaffold(name: str, ends: Ends, schema: str, tell: Tell = str) -> Scaffold:
    """Return a mapping file; `schema` is where editors find the JSON Schema of mapping files."""
    own = frozenset(Record.model_fields) if isinstance(ends.source, str) else frozenset()
    root = level_of(ends.source_shape, own=own)
    target = ends.target_shape or Shape("object")
    first = Writer(tell, ends)
    first.fields(target, root, _STEP)
    # the second time it is known which source fields have found their place
    writer = Writer(tell, ends, offered=set(first.used))
    rules = writer.fields(target, root, _STEP)
    handle = _handle(ends)
    used = writer.used if handle is None else {(handle,): "text", **writer.used}
    head = [
        f"# yaml-language-server: $schema={schema}",
        "format: 1",
        f"mapping: {scalar(name)}",
        "version: 1",
        f"title: {scalar(f'{_named(ends.source)} → {_named(ends.target)}')}",
        f"from: {_end(ends.source, 'stream')}",
        f"to: {_end(ends.target, 'operation')}",
        *_key(ends, handle, tell),
        # comments alone would leave the word without a value
        "fields:" if fills(rules) else "fields: {}",
        *rules,
    ]
    head += _ignored(ends.source_shape, used)
    tests = _tests(rules, sample.document(used), tell)
    return Scaffold("\n".join([*head, *tests, ""]), tuple(writer.todo))


# ---- the other words of the file -------------------------------------------------------------


def _named(end: End) -> str:
    return ".".join(end) if isinstance(end, tuple) else end


def _end(end: End, other: str) -> str:
    if isinstance(end, tuple):
        return f"{{connector: {end[0]}, {other}: {scalar(end[1])}}}"
    return f"{{record: {end}}}"


def _handle(ends: Ends) -> str | None:
    """Return the field that names the object at the far end: its number, else one always there."""
    if not isinstance(ends.target, tuple) or ends.source_shape is None:
        return None
    fields = ends.source_shape.fields
    names = [name for name, shape in fields.items() if shape.single and shape.required]
    return "number" if "number" in names else next(iter(names), None)


def _key(ends: Ends, handle: str | None, tell: Tell) -> list[str]:
    if not isinstance(ends.target, tuple):
        return []
    if handle is None:
        open_ = tell(say("TODO the handle of the object at the far end"))
        return [f'# key: "{{…}}"   # {open_}']
    return [f'key: "{{{handle}}}"']


def _ignored(source: Shape | None, used: dict[tuple[str, ...], str]) -> list[str]:
    read = {tuple(name for name in way if name != "[]") for way in used}
    paths = [] if source is None else list(_unread(source, (), read))
    return wrapped("ignore: [", paths, "", end="]") if paths else []


def _unread(shape: Shape, way: tuple[str, ...], read: set[tuple[str, ...]]) -> Iterator[str]:
    for name, inner in shape.fields.items():
        here = (*way, name)
        if here in read or '"' in name:
            continue
        if any(one[: len(here)] == here for one in read):
            yield from _unread(inner, here, read)
        else:
            yield scalar(Leaf(here, inner).path)


def _tests(rules: list[str], given: dict[str, Any], tell: Tell) -> list[str]:
    """Return a test whose expected document is what the rules make of a sample today."""
    try:
        mapping = read_bundle(
            {"own/trial.yaml": "\n".join([*_TRIAL, *rules, ""]).encode()}
        ).mappings
        expect = mapping["trial"].apply(given)
    except MappingError:
        return []
    if not given:
        return []
    return [
        "tests:",
        f"{_STEP}- name: {scalar(tell(say('a sample with every field that is read')))}",
        *sample.yaml("given", given, _STEP * 2),
        *sample.yaml("expect", expect, _STEP * 2),
    ]
