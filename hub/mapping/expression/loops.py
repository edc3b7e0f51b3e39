"""Sums and counts in their quick form: one generated loop, without a frame for each item."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hub.mapping.data.values import EXACT
from hub.mapping.running.quick import Code, Constant, code, code_of, function_of, generated
from hub.mapping.running.run import MAX_LIST, Produce

_HEAD = """\
    found = {read}(frame)
    if type(found) is not list or len(found) > {most}:
        return {slow}(frame)
    total = {zero}
    for item in found:
        if type(item) is not dict:
            return {slow}(frame)
"""
_SUM = """\
        value = {body}
        if type(value) is not Decimal:
            return {slow}(frame)
        total = {add}(total, value)
"""
_COUNT = "        total += 1\n"
_END = "    frame.run.walk(len(found))\n    return total\n"


def loop(
    name: str, read: Produce, kept: Produce | None, body: Produce | None
) -> Callable[[Produce], Produce] | None:
    """Return what makes the loop of `sum` or `count`; None where it needs more than the item.

    It is given the function that takes every unusual list: one with other items than plain
    objects, or numbers with a currency.
    """
    keep = None if kept is None else code_of(kept)
    what = None if body is None else code_of(body)
    if (keep is not None and not keep.local) or (what is not None and not what.local):
        return None
    if name != "count" and (name != "sum" or what is None):
        return None

    def make(slow: Produce) -> Produce:
        zero = Constant(0) if what is None else Constant(Decimal(0))
        head = code(
            _HEAD, read=Constant(read), most=Constant(MAX_LIST), slow=Constant(slow), zero=zero
        )
        lines = [head, *_kept(keep), *_added(what, slow), Code((_END,), 0)]
        return generated(slow, lines, function_of)

    return make


def _kept(keep: Code | None) -> list[Code]:
    return (
        [] if keep is None else [code("        if not {keep}:\n            continue\n", keep=keep)]
    )


def _added(what: Code | None, slow: Produce) -> list[Code]:
    if what is None:
        return [Code((_COUNT,), 0)]
    return [code(_SUM, body=what, slow=Constant(slow), add=Constant(EXACT.add))]
