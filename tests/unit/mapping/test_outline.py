"""Which rules a mapping file has, and what they say of personal data."""

from __future__ import annotations

import textwrap

from hub.mapping.outline import decisions, filled
from hub.yamlfile import Entries, Node, words_of
from hub.yamlreader import parse


def root(text: str) -> Node:
    found = parse(textwrap.dedent(text).encode()).root
    assert found is not None
    return found


EVERYWHERE = root(
    """\
    fields:
      d: {from: name, allow_personal: plain}
      a: {when: c is set, then: {fields: {z: {from: name, allow_personal: then}}}}
      b:
        choose:
          - {when: c is set, then: {fields: {z: {from: name, allow_personal: choose}}}}
        else: {fields: {z: {from: name, redact: name}}}
      l:
        each: l
        when: c is set
        then: {fields: {y: {from: d, redact: phone}}}
      t: {text: "{p}", parts: {p: {from: name, redact: hash}, fields: {from: x, redact: drop}}}
      m: {from: x, as: quantity, unit: {from: name, allow_personal: unit}}
      k: {value: x, back: {who: {fields: {name: {from: k, allow_personal: back}}}}}
    let:
      o: {fields: {n: {from: name, allow_personal: let}}}
    """
)


def test_every_field_of_a_file_is_named_with_what_it_says_of_personal_data() -> None:
    node = root(
        """\
        let:
          who: {from: a, redact: name}
        fields:
          x: {when: b, then: {from: c, allow_personal: why}, else: '-'}
          l:
            each: l
            fields:
              y: {from: d, redact: phone}
        """
    )
    assert [one.target for one in filled(node)] == ["$who", "x", "l", "l[].y"]
    assert [(one.target, one.word, one.says) for one in decisions(node)] == [
        ("$who", "redact", "name"), ("x", "allow_personal", "why"), ("l[].y", "redact", "phone"),
    ]  # fmt: skip


def test_a_decision_is_found_wherever_a_rule_may_stand() -> None:
    assert [(one.target, one.says) for one in decisions(EVERYWHERE)] == [
        ("d", "plain"), ("a.z", "then"), ("b.z", "choose"), ("b.z", "name"), ("l[].y", "phone"),
        ("t", "hash"), ("t", "drop"), ("m", "unit"), ("k", "back"), ("$o.n", "let"),
    ]  # fmt: skip


def test_an_entry_of_a_table_decides_nothing() -> None:
    node = root("fields: {a: {from: b, map: {redact: x, allow_personal: y}}}")
    assert decisions(node) == ()


def test_a_field_made_of_fields_is_told_from_one_with_a_rule_of_its_own() -> None:
    assert [one.target for one in filled(EVERYWHERE) if one.whole] == ["$o", "a", "b", "l"]
    assert {one.target for one in filled(EVERYWHERE) if one.branch} == {"a.z", "b.z", "l[].y"}


def test_the_words_of_a_node_are_those_of_an_object_and_none_of_anything_else() -> None:
    node = root("{a: b, c: {d: e}}")
    assert isinstance(node, Entries)
    assert [*node.words] == ["a", "c"]
    assert [*words_of(node.words["c"])] == ["d"]
    assert [*words_of(node.words["a"]), *words_of(root("[a]")), *words_of(None)] == []
