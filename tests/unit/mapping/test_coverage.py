"""What the tests of a mapping file touch."""

from __future__ import annotations

import textwrap

from hub.mapping import read_bundle
from hub.mapping.examples.coverage import coverage
from hub.yamlreader import parse

HEAD = """\
mapping: m
from: {connector: a, stream: b}
to: {connector: c, operation: d}
"""


def untouched(text: str) -> list[tuple[str, str, int]]:
    data = (HEAD + textwrap.dedent(text)).encode()
    mapping = read_bundle({"own/m.yaml": data}).mappings["m"]
    root = parse(data).root
    assert root is not None
    return [
        (part.kind, part.name, part.place.line - HEAD.count("\n"))
        for part in coverage(mapping, root)
        if not part.touched
    ]


def test_a_rule_that_never_gave_anything_is_untouched() -> None:
    text = """\
        let:
          used: {calc: n + 1}
          unused: {from: gone}
        fields:
          a: title
          b: {from: gone, map: {x: y}}
          c: {value: X}
          d: $used
          e: {from: $unused, default: ""}
          lines:
            each: lines
            fields:
              sku: sku
              note: {from: note}
          never:
            when: title == "other"
            then: {fields: {deep: title}}
        tests:
          - name: t
            given: {title: a, n: 1, lines: [{sku: A}, {sku: B}]}
            expect: {a: a}
        """
    assert untouched(text) == [
        ("rule", "$unused", 3), ("rule", "b", 6), ("entry", "map: x", 6),
        ("rule", "lines[].note", 14), ("rule", "never.deep", 17),
    ]  # fmt: skip


def test_a_table_entry_no_test_met_is_untouched() -> None:
    text = """\
        tables:
          uom: {个: EA, 套: ST, "1": X, true: Y, 米: MTR}
          other: {a: b}
        fields:
          lines:
            each: lines
            fields:
              unit: {from: unit, map: uom, else: keep}
              kind: {from: kind, map: {p: P, q: Q}}
        tests:
          - name: t
            given:
              lines:
                - {unit: 个, kind: p}
                - {unit: "1", kind: p}
                - {unit: true, kind: p}
                - {unit: 盒, kind: p}
            expect: {}
        """
    assert untouched(text) == [
        ("entry", "uom: 套", 2), ("entry", "uom: 米", 2), ("entry", "other: a", 3),
        ("entry", "map: q", 9),
    ]  # fmt: skip


def test_a_test_that_expects_a_fault_touches_what_it_reads() -> None:
    text = """\
        fields:
          a: {from: n, as: decimal}
        tests:
          - name: t
            given: {n: x}
            expect_error: {code: E202}
        """
    assert untouched(text) == []


def test_without_tests_nothing_is_touched() -> None:
    assert untouched("fields: {a: b, c: {from: d, map: {x: y}}}\n") == [
        ("rule", "a", 1), ("rule", "c", 1), ("entry", "map: x", 1),
    ]  # fmt: skip


def test_a_document_that_is_skipped_touches_nothing() -> None:
    text = """\
        when: a == "1"
        fields: {a: a}
        tests:
          - name: t
            given: {a: "2"}
            expect_skip: true
        """
    assert untouched(text) == [("rule", "a", 2)]
