"""Characters: what the font lacks is refused in names, shown by its number in free text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from papers import printable

from hub.documents.errors import DocumentError
from hub.documents.printable import Printable

_BREAK = "\u200b"
words = st.text(st.sampled_from("aW1-éЖ！（。中件 \n"), max_size=80)


@pytest.mark.parametrize(
    ("character", "told"),
    [
        ("\U0001f44d", "U+1F44D (THUMBS UP SIGN)"),
        ("\u202e", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("ש", "U+05E9 (HEBREW LETTER SHIN)"),
        ("\u200b", "U+200B (ZERO WIDTH SPACE)"),
        ("\n", "U+000A (?)"),
        ("\x07", "U+0007 (?)"),
        ("\ue000", "U+E000 (?)"),
    ],
    ids=["emoji", "direction", "right to left", "unseen", "new line", "control", "private"],
)
def test_a_name_with_a_character_that_cannot_be_printed_is_refused_with_its_name(
    character: str, told: str
) -> None:
    with pytest.raises(DocumentError) as raised:
        printable().require(f"王{character}磊", "customer.name")

    assert raised.value.code == "E_DOC_CHARACTER"
    assert "customer.name" in str(raised.value)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    "name",
    [
        "苏州恒远精密机械有限公司",
        "㛃𬭼𬬭䶮",
        "Müller & Söhne <GmbH>",
        "华星（江苏）",
        "Ø 12\u00a0mm",
    ],
    ids=["Chinese", "rare Chinese", "European", "brackets", "space that holds"],
)
def test_a_name_that_can_be_printed_stays_as_it_is(name: str) -> None:
    assert printable().require(name, "customer.name") == name


def test_a_font_does_not_make_what_is_not_seen_printable() -> None:
    font = Printable({ord("a"): 0.5, 0x202E: 0.0, 0x200B: 0.0})

    assert font.shown("a\u202ea\u200b") == "a〔U+202E〕a〔U+200B〕"
    with pytest.raises(DocumentError, match=r"U\+202E"):
        font.require("a\u202ea", "customer.name")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("好 \U0001f44d", "好 〔U+1F44D〕"),
        ("a\u202eb", "a〔U+202E〕b"),
        ("a\x00b", "a〔U+0000〕b"),
        ("一\r\n二\r三\n四", "一\n二\n三\n四"),
        ("a\tb", "a b"),
        ("👩\u200d🔧", "〔U+1F469〕〔U+200D〕〔U+1F527〕"),
    ],
    ids=["emoji", "direction", "NUL", "new lines", "tab", "joined emoji"],
)
def test_free_text_shows_the_number_of_what_cannot_be_printed(text: str, shown: str) -> None:
    assert printable().shown(text) == shown


@given(words, st.floats(2, 60))
def test_breaks_change_nothing_that_is_seen(text: str, room: float) -> None:
    assert printable().within(text, room).replace(_BREAK, "") == text


@given(words, st.floats(2, 60))
def test_what_has_no_break_is_never_wider_than_its_room(text: str, room: float) -> None:
    within = printable().within(text, room)

    # beside a Chinese character a line breaks by itself, but not before a closing sign
    runs = re.split(f"[ \n{_BREAK}]|(?=[中件])", within)
    assert all(printable().width(run) <= room * 1.001 for run in runs)


def test_words_that_fit_are_not_broken() -> None:
    text = "customisation of the\nsecond delivery，第二批定制"

    assert printable().within(text, 8) == text


@given(words, st.floats(2, 60))
def test_a_text_that_is_cut_fits_and_says_so(text: str, room: float) -> None:
    line = text.replace("\n", "")

    cut = printable().cut(line, room)

    assert printable().width(cut) <= room * 1.001
    assert cut == line or (cut.endswith("…") and line.startswith(cut[:-1]))
