"""Rewriting what the tests of a mapping file expect, in place: comments and layout stay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from hub.mapping.examples.inline import Difference, Result
from hub.mapping.writing.quoting import flow
from hub.yamlfile import Way
from hub.yamlreader import parse


def updated(text: str, results: Iterable[Result]) -> str:
    """Return the file's text with each failed comparison expecting what the mapping made.

    Only the values that differ are rewritten. A test that failed otherwise stays as it is, and
    so does a value that cannot be put where it stands.
    """
    for result in results:
        for difference in result.differences:
            text = _rewritten(text, result.test.name, difference)
    return text


def _rewritten(text: str, test: str, difference: Difference) -> str:
    content = parse(text.encode()).content
    names = [one.get("name") for one in content["tests"]]
    way: Way = ("tests", names.index(test), "expect", *difference.way)
    node: Any = yaml.compose(text, yaml.CSafeLoader)
    for step in way:
        node = _inside(node, step)
    value = flow(difference.got)
    _put(content, way, parse(f"k: {value}".encode()).content["k"])
    # a list may start right below its word, but not one in {…} or […]
    for indent in ("", "  "):
        better = text[: node.start_mark.index] + indent + value + text[_end(node) :]
        read = parse(better.encode())
        if not read.faults and read.content == content:
            return better
    return text


def _inside(node: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return node.value[step]
    return next(value for key, value in node.value if key.value == step)


def _end(node: Any) -> int:
    """Return where a node ends; a list or object over several lines where its last text does."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _put(content: Any, way: Way, value: Any) -> None:
    for step in way[:-1]:
        content = content[step]
    content[way[-1]] = value
