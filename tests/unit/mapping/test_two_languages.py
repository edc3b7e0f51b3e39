"""Every sentence about a file or a document is told in English and in Chinese."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hub
from hub.chinese import CHINESE
from hub.connector import FieldSpec
from hub.errors import Fault
from hub.language import Language, Message, say, told, told_fault
from hub.mapping import MappingFault, RuleFault, read_bundle, run_tests

PACKAGE = Path(hub.__file__).parent
#: Where faults of mapping files and documents are made.
CHECKED = [
    *(PACKAGE / name for name in ("language.py", "nearest.py", "yamlfile.py", "yamlreader.py")),
    PACKAGE / "people_file.py",
    *(
        PACKAGE / "service" / f"{name}.py"
        for name in ("arguments", "authority", "documents", "erase", "identity", "persons")
    ),
    *sorted((PACKAGE / "mapping").rglob("*.py")),
    *(PACKAGE / "service" / f"{name}.py" for name in ("actions", "alerting", "reasons", "todo")),
    PACKAGE / "flow" / "alert_words.py",
    *(PACKAGE / "flow" / f"{name}.py" for name in ("checks", "observe", "replay", "schedules")),
    *(PACKAGE / "flow" / f"{name}.py" for name in ("sources", "watch", "watch_words")),
    *(PACKAGE / name for name in ("calendars.py", "registry.py", "service/watching.py")),
    *sorted((PACKAGE / "documents").glob("*.py")),
    PACKAGE / "documents" / "reading" / "refusals.py",
    *(PACKAGE / "flow" / f"{name}.py" for name in ("documents", "papers", "checking", "bind")),
    *(PACKAGE / name for name in ("flow/document_checks.py", "service/annexes.py")),
    *sorted((PACKAGE / "reconcile").rglob("*.py")),
    *sorted((PACKAGE / "compare").glob("*.py")),
    *sorted((PACKAGE / "table_file").glob("*.py")),
    PACKAGE / "service" / "reconciling.py",
]


def ids(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call))


def said(path: Path) -> list[ast.expr]:
    """Return the templates given to `say`."""
    named = [call for call in calls(path) if isinstance(call.func, ast.Name) and call.args]
    return [call.args[0] for call in named if call.func.id == "say"]  # type: ignore[attr-defined]


def templates(path: Path) -> list[str]:
    return [node.value for node in said(path) if isinstance(node, ast.Constant)]


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("path", CHECKED, ids=ids)
def test_every_sentence_has_its_chinese_with_the_same_values(path: Path) -> None:
    missing = [template for template in templates(path) if template not in CHINESE]
    assert missing == []
    assert [
        template
        for template in templates(path)
        if placeholders(template) != placeholders(CHINESE[template])
    ] == []


@pytest.mark.parametrize("path", CHECKED, ids=ids)
def test_every_template_is_a_constant(path: Path) -> None:
    assert [node.lineno for node in said(path) if not isinstance(node, ast.Constant)] == []


def test_every_chinese_sentence_is_said_somewhere() -> None:
    used = {template for path in PACKAGE.rglob("*.py") for template in templates(path)}
    assert sorted(set(CHINESE) - used) == []


def test_chinese_stands_wherever_there_are_words_of_english() -> None:
    # a template of values and signs alone is the same in both
    worded = [one for one in CHINESE if re.search("[A-Za-z]{2}", re.sub(r"\{[^{}]*\}", "", one))]
    assert [one for one in worded if not holds_chinese(CHINESE[one])] == []


#: Name of what is called → which argument is the sentence.
_SENTENCES = {
    "ConfigError": 0,
    "Refused": 0,
    "Stop": 1,
    "Absent": 1,
    "ExpressionError": 0,
    "Fault": 1,
    "add": 2,
    "fault": 1,
    "refuse": 1,
}
_WORDS = ("subject", "hint", "message")


def sentences(call: ast.Call) -> Iterator[ast.expr]:
    """Yield what a call hands on as a sentence for a person."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    at = _SENTENCES.get(name)
    if at is not None and len(call.args) > at:
        yield call.args[at]
        yield from (word.value for word in call.keywords if word.arg in _WORDS)


def is_bare(node: ast.expr) -> bool:
    """Return whether an expression is text that no other language is known of."""
    if isinstance(node, ast.IfExp):
        return is_bare(node.body) or is_bare(node.orelse)
    if isinstance(node, ast.BinOp):
        return True
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != ""
    )


@pytest.mark.parametrize("path", CHECKED, ids=ids)
def test_no_fault_is_made_of_bare_text(path: Path) -> None:
    found = [node for call in calls(path) for node in sentences(call) if is_bare(node)]
    assert [f"{node.lineno}: {ast.unparse(node)}" for node in found] == []


# ---- what a person reads ---------------------------------------------------------------------


def test_no_blank_is_left_between_two_chinese_sentences() -> None:
    table = say("the table")
    whole = say("{subject} {text}", subject=table, text=say("waits for a link"))
    assert told(table, Language.ZH) == "该表"
    assert told(whole, Language.ZH) == "该表等待对照"
    assert told(say("{one} or {other}", one=table, other=table), Language.ZH) == "该表或该表"


def test_a_blank_beside_other_letters_or_in_a_value_stays() -> None:
    link = say("waits for a link")
    path = say("{path}", path="customer.name")
    assert told(say("{subject} {text}", subject=path, text=link), Language.ZH) == (
        "customer.name 等待对照"
    )
    named = say("{subject} {text}", subject="退货 换货", text=link)
    assert told(named, Language.ZH) == "退货 换货等待对照"


def holds_chinese(text: str) -> bool:
    return re.search("[\u4e00-\u9fff]", text) is not None


def check_told(fault: Fault) -> None:
    """Check that a fault is told in both languages, with every value in its place."""
    chinese = told(fault.message, Language.ZH)
    assert holds_chinese(chinese), chinese
    assert holds_chinese(told(fault.hint, Language.ZH)) or not fault.hint
    assert isinstance(fault.message, Message)
    for name in fault.message.values:
        assert f"{{{name}}}" not in chinese
    assert told_fault(fault, Language.EN) == str(fault)
    assert told_fault(fault, Language.ZH).startswith(f"{fault.where}  {fault.code} ")


WRONG = """\
mapping: probe
from: {record: comitment}
to: {connector: here, operation: put}
tables:
  uom: {盒: [box]}
let:
  links: a
key: same
fields:
  a: {frm: x}
  b: {}
  c: [x, y]
  d: {from: x, map: oum}
  e: x-y
  f: {calc: x ＋ y}
  g: {from: x, as: date, format: yyyy}
  h: {from: x, cut: true}
  i: ..x
  j: $net
  k: {each: y, fields: {z: z}, default: 1}
  l: {text: "{x"}
  m: {text: "{x y}"}
  n: {calc: summ(lines)}
  o: {value: a, from: b}
tests:
  - {name: one}
"""


def test_every_fault_of_a_file_is_told_in_both_languages(file_faults: Any) -> None:
    found = file_faults(probe=WRONG)
    assert len({fault.line for fault in found}) == 20
    for fault in found:
        check_told(fault)


def test_a_file_that_is_no_yaml_is_told_in_both_languages(file_faults: Any) -> None:
    for text in ("a: {b: c, d}}", "a: \tb", "a: 1\na: 2", "a: &b 1", "a：1\nb: 2", b"a: \xff", ""):
        for fault in file_faults(probe=text):
            check_told(fault)


def test_every_fault_of_a_document_is_told_in_both_languages(run_faults: Any) -> None:
    fields = """
        a: {from: a, map: {b: c}}
        b: {from: b, as: decimal}
        c: {from: c, required: true}
        d: d
        e: {from: e, as: date}
        f: {from: f, as: boolean}
        g: {calc: g > 1}
        h: {from: h, max_length: 2}
        i: {each: i, fields: {y: y}}
        j: {text: "{j}"}
        k: {when: k, then: x}
        l: {calc: "round(l / zero, 2)"}
    """
    document = {
        **{"a": "vip", "b": "1,2", "d": [1], "e": "soon", "f": "yes", "g": "x", "h": "long"},
        **{"i": ["x"], "k": "yes", "l": "1", "zero": "0"},
    }
    found = run_faults(fields, document)
    assert len(found) == 12
    for fault in found:
        check_told(fault)


def test_a_failed_test_is_told_in_both_languages() -> None:
    text = """\
mapping: probe
from: {connector: there, stream: things}
to: {connector: here, operation: put}
fields: {x: {from: a, as: decimal}}
tests:
  - {name: differs, given: {a: "1"}, expect: {x: "2"}}
  - {name: stops, given: {a: b}, expect: {x: "2"}}
  - {name: passes, given: {a: "1"}, expect_error: {code: E202}}
  - {name: another, given: {a: b}, expect_error: {code: E201, field: x}}
"""
    found = run_tests(read_bundle({"own/probe.yaml": text.encode()}))
    assert [fault.line for fault in found] == [6, 7, 8, 9]
    for fault in found:
        check_told(fault)
    assert '"b" 不是数字' in told(found[1].message, Language.ZH)


def test_a_sentence_inside_a_sentence_is_told_in_the_same_language(file_faults: Any) -> None:
    text = WRONG.replace("map: oum", "map: um")
    (fault,) = [one for one in file_faults(probe=text) if one.line == 13]
    assert str(fault) == "own/probe.yaml:13:21  E109 There is no table um. Did you mean uom?"
    assert told_fault(fault, Language.ZH) == (
        "own/probe.yaml:13:21  E109 没有表 um。是否应为 uom？"
    )


def test_values_stand_as_they_are_whatever_they_look_like(run_faults: Any) -> None:
    (fault,) = run_faults("x: {from: a, as: decimal}", {"a": "{b} 不是"})
    assert 'a = "{b} 不是" is no number' in told_fault(fault, Language.EN)
    assert 'a = "{b} 不是" 不是数字' in told_fault(fault, Language.ZH)


def test_what_nobody_translated_stays_english() -> None:
    assert told(say("Nobody wrote {what}.", what="this"), Language.ZH) == "Nobody wrote this."


# ---- the parts of a fault --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "width"),
    [
        pytest.param("customer.nmae", "nmae", id="a-segment"),
        pytest.param("$net", "$net", id="a-let"),
        pytest.param('{from: "customer.nmae"}', '"customer.nmae"', id="a-quoted-text"),
        pytest.param("{calc: 1 + custmer.name}", "custmer", id="a-path-in-an-expression"),
        pytest.param("{calc: 1 + summ(lines)}", "summ", id="a-function"),
        pytest.param("{calc: number ＋ 1}", "＋", id="a-full-width-sign"),
        pytest.param("{calc: number = 1}", "=", id="a-sign"),
        pytest.param('{text: "中文 {numbr}"}', "numbr", id="a-path-in-a-text"),
        pytest.param('{text: "中文 {number"}', "{", id="a-brace"),
        pytest.param("{frm: number}", "frm", id="a-word"),
    ],
)
def test_a_fault_ends_where_what_is_wrong_ends(file_faults: Any, rule: str, width: str) -> None:
    text = (
        "mapping: probe\nfrom: {record: commitment}\n"
        f"to: {{connector: here, operation: put}}\nfields:\n  x: {rule}\n"
    )
    (fault, *_) = [one for one in file_faults(probe=text) if one.line == 5]
    line = text.splitlines()[4]
    assert line[fault.column - 1 : fault.end_column - 1] == width


def test_a_fault_of_more_than_one_line_has_no_end(file_faults: Any) -> None:
    (fault,) = file_faults(
        probe="mapping: probe\nfrom: {record: commitment}\nto: {connector: a, operation: b}\n"
        "fields:\n  x: [a,\n    b]\n"
    )
    assert (fault.line, fault.column, fault.end_column) == (5, 6, 0)


def test_what_to_do_about_a_fault_stands_apart_from_what_is_wrong(check_faults: Any) -> None:
    (fault,) = check_faults("x: {frm: a}")
    assert fault.message == "A rule has no word 'frm'."
    assert fault.hint == "Did you mean from?"
    assert str(fault).endswith("E102 A rule has no word 'frm'. Did you mean from?")


RULES = [
    pytest.param("x: {from: a.b, as: decimal}", "a.b", '"1,2"', id="a-path"),
    pytest.param("x: {from: gone, required: true}", "gone", "(missing)", id="nothing"),
    pytest.param(
        "x: {each: lines, fields: {y: {from: q, as: integer}}}",
        *("lines[1].q", "(a list of 2)"),
        id="an-item",
    ),
    pytest.param("x: {calc: 'sum(lines: q)'}", "lines[1].q", "(a list of 2)", id="a-sum"),
    pytest.param('x: {text: "{lines}"}', "lines", "(a list of 2)", id="a-text"),
    pytest.param("x: {each: words, fields: {y: z}}", "words[0]", '"one"', id="no-object"),
    pytest.param("x: {calc: a.b + 1, as: decimal}", "a.b", '"1,2"', id="the-nearest"),
    pytest.param("x: {value: many, as: integer}", "", '"many"', id="a-constant"),
    pytest.param("x: {calc: a > 1}", "", "", id="a-comparison"),
]


@pytest.mark.parametrize(("rule", "source", "value"), RULES)
def test_a_fault_of_a_document_names_its_source_and_value(
    run_faults: Any, rule: str, source: str, value: str
) -> None:
    document = {"a": {"b": "1,2"}, "lines": [{"q": 1}, {"q": [1, 2]}], "words": ["one"]}
    (fault,) = run_faults(rule, document)
    assert isinstance(fault, RuleFault)
    assert (fault.source, fault.value) == (source, value)


def test_a_personal_value_is_shown_in_no_part_of_a_fault() -> None:
    text = """\
mapping: probe
from: {connector: there, stream: people}
to: {connector: here, operation: put}
fields:
  x: {from: phone, as: decimal, allow_personal: the carrier calls}
  y: {from: mail, required: true, allow_personal: the carrier writes}
"""
    fields = {"phone": FieldSpec(personal="phone"), "mail": FieldSpec(personal="email")}
    known = {("there", "people"): fields}
    bundle = read_bundle({"own/p.yaml": text.encode()}, lambda *names: known.get(names))
    with pytest.raises(MappingFault) as caught:
        bundle.mappings["probe"].apply({"phone": "138-0013-8000"})
    one, other = caught.value.faults
    assert isinstance(one, RuleFault)
    assert isinstance(other, RuleFault)
    assert (one.source, one.value) == ("phone", "(personal, not shown)")
    assert told(one.value, Language.ZH) == "（个人信息，不显示）"
    assert (other.source, other.value) == ("mail", "(missing)")
    assert not any("138-0013" in told_fault(one, language) for language in Language)
