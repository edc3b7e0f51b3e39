"""Expressions: exact, bounded, and the same as Python's Decimal arithmetic."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.mapping.expression.evaluate import condition, expression
from hub.mapping.expression.expressions import parse_expression, parse_path
from hub.mapping.expression.lexer import ExpressionError, tokens
from hub.mapping.faults import Absent, Faults, Stop
from hub.mapping.rule.site import Site
from hub.mapping.running.run import Frame, Run, Scope
from hub.yamlfile import Place, Scalar

DOCUMENT: dict[str, Any] = {
    "amount": "100.10",
    "count": 3,
    "rate": Decimal("0.13"),
    "flag": True,
    "status": "approved",
    "nothing": None,
    "empty": "",
    "none": [],
    "day": date(2026, 6, 1),
    "at": datetime(2026, 6, 1, 1, tzinfo=UTC),
    "tags": ["a", "b"],
    "字段": "值",
    "odd name": {"x": "1"},
    "lines": [
        {"sku": "A", "qty": "2", "price": "1.5", "gift": False, "parts": [{"n": 1}]},
        {"sku": "B", "qty": "1", "price": "9.99", "gift": True, "parts": [{"n": 2}, {"n": 3}]},
    ],
}


def evaluate(source: str, document: Any = DOCUMENT) -> Any:
    faults = Faults()
    site = Site(faults, (None,))
    compiled = expression(Scalar(source, Place("e", 1, 1)), site)
    assert compiled is not None, faults.found
    return compiled(Frame(document, Run(Scope(), {})))


def holds(source: str, document: Any = DOCUMENT) -> bool:
    site = Site(Faults(), (None,))
    compiled = condition(Scalar(source, Place("e", 1, 1)), site)
    assert compiled is not None, site.faults.found
    return compiled(Frame(document, Run(Scope(), {})))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("2 - 3 - 4", "-5"),
        ("-2 * -3", "6"),
        ("round(1 / 3, 4)", "0.3333"),
        ("round(amount / 1.13 * rate, 2)", "11.52"),
        ("round(2.5)", "3"),
        ("round(-2.5, 0)", "-3"),
        ("round(0.125, 2)", "0.13"),
        ("amount * count", "300.30"),
        ("12345678901234567890.12 + 0", "12345678901234567890.12"),
        ("sum(lines: qty * price)", "12.99"),
        ("sum(lines where not gift: qty * price)", "3.0"),
        ("sum(lines.qty)", "3"),
        ("sum(none)", "0"),
        ("min(lines: price)", "1.5"),
        ("max(lines: price)", "9.99"),
        ("count(lines)", "2"),
        ("count(lines where gift)", "1"),
        ("count(missing)", "0"),
        ("len(status)", "8"),
        ("len(lines)", "2"),
        ("sum(lines: count(parts))", "3"),
        ("sum(lines: ..count)", "6"),
        ("sum(lines.parts: n)", "6"),
    ],
)
def test_numbers_are_exact(source: str, expected: str) -> None:
    assert Decimal(evaluate(source)) == Decimal(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("upper(status)", "APPROVED"),
        ("lower('ABC')", "abc"),
        ("trim('  a ')", "a"),
        ("left(status, 3)", "app"),
        ("right(status, 2)", "ed"),
        ("right(status, 0)", ""),
        ("right(status, 99)", "approved"),
        ("join(lines: sku, ', ')", "A, B"),
        ("join(lines where gift: sku, ', ')", "B"),
        ("join(tags, '/')", "a/b"),
        ("字段", "值"),
        ('"odd name".x', "1"),
        ("lines[first].sku", "A"),
        ("lines[last].sku", "B"),
    ],
)
def test_texts_come_out_as_written(source: str, expected: str) -> None:
    assert evaluate(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "true or false and false",
        "not false and true",
        "not (true and false)",
        "1 < 2 and 2 >= 2",
        "count == '3'",
        "amount == 100.1",
        "amount > 99",
        "status == 'approved'",
        "status != 'draft'",
        "status in ['draft', 'approved']",
        "status not in ['draft']",
        "'B' in lines.sku",
        "3 in lines.parts.n",
        "amount is set",
        "missing is not set",
        "nothing is not set",
        "empty is set",
        "none is set",
        "empty == ''",
        "nothing == missing",
        "missing != 'x'",
        "any(lines: gift)",
        "not all(lines: gift)",
        "all(none: gift)",
        "not any(missing: gift)",
        "day >= '2026-06-01'",
        "at < '2026-06-01T09:00:01+08:00'",
        "flag == true",
        "flag",
        "not nothing",
        "not missing",
        "len('18') == 2",
    ],
)
def test_conditions_hold(source: str) -> None:
    assert holds(source)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("missing + 1", "E203"),
        ("nothing * 2", "E203"),
        ("empty + 1", "E202"),
        ("none + 1", "E202"),
        ("status + 1", "E202"),
        ("flag + 1", "E202"),
        ("round(1 / 0, 2)", "E209"),
        ("min(none)", "E203"),
        ("sum(missing)", "E203"),
        ("sum(status)", "E205"),
        ("missing < 1", "E203"),
        ("status < 'b'", "E210"),
        ("flag == 'true'", "E210"),
        ("lines == 1", "E211"),
        ("status in amount", "E205"),
        ("day < at", "E210"),
        ("upper(missing)", "E203"),
        ("upper(lines)", "E205"),
        ("left(status, 1.5)", "E208"),
        ("round(1, 99)", "E209"),
        ("status.x == 1", "E211"),
        ("lines.sku == 'A'", "E205"),
        ("sum(lines: sku)", "E202"),
    ],
)
def test_what_cannot_be_worked_out_stops(source: str, code: str) -> None:
    with pytest.raises(Stop) as caught:
        evaluate(source)
    assert caught.value.code == code


@pytest.mark.parametrize("source", ["status", "amount", "empty", "'true'", "1"])
def test_only_a_boolean_is_a_condition(source: str) -> None:
    with pytest.raises(Stop) as caught:
        holds(source)
    assert caught.value.code == "E207"


def test_a_missing_operand_is_told_apart_from_a_wrong_one() -> None:
    with pytest.raises(Absent):
        evaluate("missing + 1")


def test_numbers_without_proportion_stop() -> None:
    with pytest.raises(Stop) as caught:
        evaluate("x * x * x * x * x", {"x": "9" * 40})
    assert caught.value.code == "E209"
    with pytest.raises(Stop):
        evaluate("x + 1", {"x": Decimal("1E+999999")})


@pytest.mark.parametrize(
    ("source", "column", "code"),
    [
        ("amount （ 1", 7, "E003"),
        ("status ＝ 'x'", 7, "E003"),
        ("status = 'x'", 7, "E107"),
        ("1 / 2", 2, "E107"),
        ("amount +", 8, "E107"),
        ("(1 + 2", 6, "E107"),
        ("1 < 2 < 3", 6, "E107"),
        ("summe(lines)", 0, "E107"),
        ("round(1, 2, 3)", 0, "E107"),
        ("lines[0].sku", 6, "E107"),
        ("'open", 0, "E107"),
        ("a ; b", 2, "E107"),
        ("any(lines)", 0, "E107"),
        ("5 is set", 2, "E107"),
        ("a.and", 2, "E107"),
        ("", 0, "E107"),
        ("__import__('os')", 0, "E107"),
        ("(" * 30 + "1" + ")" * 30, 20, "E107"),
        ("1 + " * 200 + "1", 500, "E107"),
    ],
)
def test_a_wrong_expression_is_refused_with_its_column(source: str, column: int, code: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_expression(source)
    assert (caught.value.at, caught.value.code) == (column, code)


@pytest.mark.parametrize(
    "path",
    ["a", "a.b.c", "$links.erp", "$results.erp.external_id", "..a", "....a.b", "$x", "a[last].b"],
)
def test_a_path_prints_as_it_was_written(path: str) -> None:
    assert str(parse_path(path)) == path


def test_an_expression_with_too_many_operators_is_split_with_let() -> None:
    for sign in ("+", "*", " - "):
        assert parse_expression(sign.join(["a"] * 101))
    with pytest.raises(ExpressionError) as caught:
        parse_expression("+".join(["a"] * 250))
    error = caught.value
    assert (error.code, error.at, error.width) == ("E107", 201, 1)
    assert error.message == "too long: more than 100 operators; split it with let"


def test_a_walk_over_too_many_items_stops() -> None:
    rows = [{"n": 1}] * 2_000
    with pytest.raises(Stop) as caught:
        evaluate("sum(rows: sum(..rows: n))", {"rows": rows})
    assert caught.value.code == "E213"


NUMBERS = st.decimals(
    min_value=0, max_value=10**6, places=3, allow_nan=False, allow_infinity=False
).map(lambda number: f"{number:f}")


def _binary(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner)
    return st.one_of(
        pair.map(lambda part: f"{part[0]} {part[1]} {part[2]}"),
        pair.map(lambda part: f"({part[0]} {part[1]} {part[2]})"),
        inner.map(lambda part: f"-({part})"),
    )


ARITHMETIC = st.recursive(NUMBERS, _binary, max_leaves=8)


@given(ARITHMETIC)
def test_precedence_is_that_of_pythons_decimal_arithmetic(source: str) -> None:
    wide = Context(prec=400)
    named: dict[str, Any] = {}
    python = ""
    for token in tokens(source)[:-1]:
        if token.kind == "number":
            name = f"n{len(named)}"
            named[name] = Wide(Decimal(token.text), wide)
            python += name
        else:
            python += token.text
    expected = eval(python, {}, named)
    assert evaluate(source) == expected.value


class Wide:
    """A Decimal whose arithmetic never rounds."""

    def __init__(self, value: Decimal, context: Context) -> None:
        self.value = value
        self.context = context

    def __add__(self, other: Wide) -> Wide:
        return Wide(self.context.add(self.value, other.value), self.context)

    def __sub__(self, other: Wide) -> Wide:
        return Wide(self.context.subtract(self.value, other.value), self.context)

    def __mul__(self, other: Wide) -> Wide:
        return Wide(self.context.multiply(self.value, other.value), self.context)

    def __neg__(self) -> Wide:
        return Wide(self.context.minus(self.value), self.context)


PIECES = st.lists(
    st.one_of(
        NUMBERS,
        st.sampled_from(["name", "字段", "_id", "'text'", '"odd name"', "and", "is", "set"]),
        st.sampled_from(["==", "<=", "..", ".", "(", ")", "[", "]", "$", "*", "/", ":", ","]),
    ),
    max_size=20,
)


@given(PIECES)
def test_tokens_are_the_pieces_the_text_was_made_of(pieces: list[str]) -> None:
    source = " ".join(pieces)
    found = tokens(source)[:-1]
    assert [token.text for token in found] == pieces
    assert all(source[token.at : token.at + len(token.text)] == token.text for token in found)


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_an_error_with_a_column(source: str) -> None:
    at = 0
    try:
        parse_expression(source)
    except ExpressionError as error:
        at = error.at
    assert 0 <= at <= len(source)
