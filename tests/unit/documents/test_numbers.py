"""A watermark number is told as it is typed, and never taken for another one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.documents.number import BadNumber, Number, check_digits, draw, numbers_in, parse, prefix_of
from hub.errors import ConfigError
from hub.language import Language, told
from hub.settings import Documents, Settings

#: 98 - 1733261148372059186400 % 97 is 10, reckoned with `bc`: H is 17, X is 33.
PRINTED = "HX-2611-4837-2059-1864-10"
KNOWN = Number("HX261148372059186410")
SHANGHAI = ZoneInfo("Asia/Shanghai")

prefixes = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=4)
digits = st.text("0123456789", min_size=16, max_size=16)
numbers = st.builds(lambda p, d: Number(f"{p}{d}{check_digits(p, d)}"), prefixes, digits)


def refused(text: str) -> str | None:
    """Return the code a text is refused with; None where it is taken."""
    try:
        parse(text)
    except BadNumber as error:
        return error.code
    return None


# ---- form ------------------------------------------------------------------------------------


def test_the_check_digits_are_those_reckoned_by_hand() -> None:
    assert check_digits("HX", "2611483720591864") == "10"
    assert str(KNOWN) == PRINTED
    assert KNOWN.prefix == "HX"
    assert KNOWN.with_copy(2) == f"{PRINTED}/C2"


@given(numbers)
def test_a_number_is_read_as_it_is_printed(number: Number) -> None:
    assert parse(str(number)) == (number, None)
    assert re.fullmatch(r"[A-Z]{2,4}(-\d{4}){4}-\d\d", str(number))


@given(numbers, st.integers(1, 99_999))
def test_the_copy_behind_a_number_is_read_with_it(number: Number, copy: int) -> None:
    assert parse(number.with_copy(copy)) == (number, copy)


@given(
    numbers,
    st.sampled_from(["", " ", "-", "—", "\u2011", "－", "\u3000", "\u00a0", "\u200b", " - "]),
)
def test_a_number_may_be_typed_with_any_gaps_in_any_width(number: Number, gap: str) -> None:
    typed = gap.join(re.findall("[A-Z]+|[0-9]{1,4}", number.text))
    wide = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in typed)
    for text in (typed, typed.lower(), wide, wide.lower(), f"  {typed}\n"):
        assert parse(text) == (number, None)


@pytest.mark.parametrize(
    "ending", ["/C2", "/c2", "-C2", "-c2", " / C2", "／Ｃ２", " C2", "/C 2"], ids=repr
)
def test_a_copy_may_be_typed_in_these_ways(ending: str) -> None:
    assert parse(PRINTED + ending) == (KNOWN, 2)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "HX", f"x {PRINTED}", f"{PRINTED} x", f"{PRINTED}{' ' * 80}x", f"-{PRINTED}",
        f"{PRINTED}-", f"{PRINTED}.", f"{PRINTED}/", f"{PRINTED}/C0", f"{PRINTED}/C",
        f"{PRINTED}/C1/C2", f"{PRINTED}/C123456", f"{PRINTED}1", PRINTED[:-1], PRINTED[1:],
        f"H X{PRINTED[2:]}", f"HXYZ{PRINTED}", PRINTED.replace("HX", "ß"),
        PRINTED.replace("X", "\u0425"), PRINTED.replace("4837", "४८३७"), f"{PRINTED}\n{PRINTED}",
        "A" * 100_000, PRINTED.replace("X", "\u0131"), KNOWN.text.replace("4837", "४८३७"),
    ],
    ids=lambda text: repr(text[:30]),
)  # fmt: skip
def test_what_is_not_shaped_like_a_number_is_refused(text: str) -> None:
    assert refused(text) == "shape"


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    assert refused(text) in (None, "shape", "check")


def test_a_refusal_says_what_to_do_in_both_languages() -> None:
    with pytest.raises(BadNumber, match="a digit was mistyped") as mistyped:
        parse(f"{PRINTED[:-1]}1")
    assert "校验位不符" in told(mistyped.value.args[0], Language.ZH)
    with pytest.raises(BadNumber, match="such as HX-2611") as shapeless:
        parse("\u202e" + "9" * 500)
    assert "\u202e" not in str(shapeless.value)
    assert len(str(shapeless.value)) < 200


# ---- slips of whoever types ------------------------------------------------------------------


@given(numbers)
def test_every_single_wrong_digit_is_refused(number: Number) -> None:
    at = len(number.prefix)
    for place in range(at, len(number.text)):
        for other in "0123456789":
            changed = number.text[:place] + other + number.text[place + 1 :]
            assert (refused(changed) == "check") is (changed != number.text)


@given(numbers, st.data())
def test_every_single_wrong_letter_is_refused(number: Number, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(number.prefix) - 1))
    for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        changed = number.text[:place] + other + number.text[place + 1 :]
        assert (refused(changed) == "check") is (changed != number.text)


@given(numbers)
@pytest.mark.parametrize("apart", [1, 2], ids=["adjacent", "jump"])
def test_every_swap_of_two_digits_is_refused(apart: int, number: Number) -> None:
    for place in range(len(number.prefix), len(number.text) - apart):
        swapped = list(number.text)
        swapped[place], swapped[place + apart] = swapped[place + apart], swapped[place]
        changed = "".join(swapped)
        assert (refused(changed) == "check") is (changed != number.text)


@given(numbers, st.permutations(range(4)))
def test_two_exchanged_groups_are_refused_unless_they_differ_by_a_multiple_of_97(
    number: Number, order: list[int]
) -> None:
    one, other = order[:2]
    groups = str(number).split("-")
    difference = int(groups[1 + one]) - int(groups[1 + other])
    groups[1 + one], groups[1 + other] = groups[1 + other], groups[1 + one]
    assert refused("-".join(groups)) == (None if difference % 97 == 0 else "check")


@given(numbers, st.integers(0, 17), st.booleans())
def test_a_digit_lost_or_doubled_is_refused(number: Number, place: int, lost: bool) -> None:
    at = len(number.prefix) + place
    rest = number.text[at + 1 :] if lost else number.text[at:]
    assert refused(number.text[:at] + rest if lost else number.text[: at + 1] + rest) == "shape"


# ---- drawing ---------------------------------------------------------------------------------


def test_a_drawn_number_carries_the_month_where_it_is_printed() -> None:
    last_evening_of_november = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)
    assert str(draw("HX", last_evening_of_november, SHANGHAI)).startswith("HX-2612-")
    assert str(draw("HX", last_evening_of_november, ZoneInfo("UTC"))).startswith("HX-2611-")


@given(prefixes)
def test_every_drawn_number_is_well_formed(prefix: str) -> None:
    number = draw(prefix, datetime(2026, 11, 24, tzinfo=UTC), SHANGHAI)
    assert parse(number.text) == (number, None)
    assert number.prefix == prefix


def test_drawn_numbers_differ_in_all_their_random_digits() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    drawn = [draw("HX", at, SHANGHAI).text for _ in range(500)]
    assert len(set(drawn)) == 500
    assert all(len({one[place] for one in drawn}) == 10 for place in range(6, 18))


# ---- prefix ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tenant", "prefix", "expected"),
    [("HX", None, "HX"), ("DEMO", None, "DEMO"), ("ACME2026", "AC", "AC"), ("HX", "HXS", "HXS")],
)
def test_numbers_begin_with_the_prefix_or_else_the_tenant(
    tenant: str, prefix: str | None, expected: str
) -> None:
    assert prefix_of(Settings(tenant=tenant, documents=Documents(prefix=prefix))) == expected


@pytest.mark.parametrize("tenant", ["A", "HX2", "ACMES"])
def test_a_tenant_that_is_no_prefix_is_told_with_what_to_write(tenant: str) -> None:
    with pytest.raises(ConfigError, match=rf"tenant {tenant} is not.*documents: {{prefix: HX}}"):
        prefix_of(Settings(tenant=tenant, keys=Path("hub.key")))


# ---- numbers in a text -----------------------------------------------------------------------


def test_numbers_in_a_long_text_are_found_once_each_in_their_order() -> None:
    second = draw("ZZ", datetime(2026, 1, 2, tzinfo=UTC), SHANGHAI)
    typeset = PRINTED.replace("-", "\u2011")
    text = f"编号{second}/C1，合同 {typeset}\n{KNOWN.text} {PRINTED} {second}"
    assert numbers_in(text) == [second, KNOWN]


@pytest.mark.parametrize(
    "text",
    [
        "", f"{PRINTED[:-1]}1", f"{PRINTED}0", f"A1{PRINTED}", PRINTED.replace("-", " "),
        "4111-1111-1111-1111-11", "HX-2611\n-4837-2059-1864-10", "1" * 100_000,
    ],
    ids=lambda text: repr(text[:30]),
)  # fmt: skip
def test_what_is_no_number_is_not_found_in_a_text(text: str) -> None:
    assert numbers_in(text) == []
