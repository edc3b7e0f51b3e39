"""Watch files: what is read, what is wrong in them, and how their examples come out."""

from __future__ import annotations

from typing import Any

import pytest

from hub.calendars import Span
from hub.errors import Fault, MappingError
from hub.mapping import read_bundle, run_tests
from hub.mapping.watch import Watch

WATCH = """\
watch: late-start
title: Late start
when: {record: contract, from: [crm, crm2], if: status == "signed"}
key: number
unless: {record: order, from: erp, key: contract_no, if: status != "draft", within: 2 working hours}
then:
  - {notify: [role:supervisor, person:li.na]}
  - {after: 1 working day, to: im, operation: notify, map: notice-to-im}
repeat: 3 days
calendar: NB
"""
NOTICE = """\
mapping: notice-to-im
from: {record: notice}
to: {connector: im, operation: notify}
fields: {text: text}
"""
TESTS = """\
tests:
  - name: signed on Friday afternoon
    given: {number: HT-1, status: signed}
    at: 2026-11-20 17:00
    expect: armed
    deadline: 2026-11-23 10:00
  - name: the order came
    given: {number: HT-1, status: signed}
    arrives: {contract_no: HT-1, status: open}
    expect: cleared
  - name: a draft
    given: {number: HT-1, status: draft}
    expect: nothing
"""


def watch(text: str = WATCH) -> Watch:
    files = {"own/w.yaml": text.encode(), "own/n.yaml": NOTICE.encode()}
    return next(iter(read_bundle(files).watches.values()))


def faults(text: str, notice: str = NOTICE) -> list[Fault]:
    files = {"own/w.yaml": text.encode(), "own/n.yaml": notice.encode()}
    with pytest.raises(MappingError) as caught:
        read_bundle(files)
    return list(caught.value.faults)


def test_a_watch_is_read_whole() -> None:
    found = watch()
    assert (found.name, found.title, found.calendar) == ("late-start", "Late start", "NB")
    assert (found.when.record, found.when.sources) == ("contract", ("crm", "crm2"))
    assert (found.unless.record, found.unless.sources) == ("order", ("erp",))
    assert (str(found.when.key), str(found.unless.key)) == ("number", "contract_no")
    assert (found.within, found.repeat) == (Span(2, "hours", working=True), Span(3, "days"))
    first, second = found.then
    assert (first.after, first.notify) == (None, ("role:supervisor", "person:li.na"))
    assert second.after == Span(1, "days", working=True)
    assert second.delivery is not None
    assert (second.delivery.to, second.delivery.operation) == ("im", "notify")


def test_what_is_not_written_has_its_default() -> None:
    short = "\n".join(
        ["watch: w", "when: {record: contract}",
         "unless: {record: order, key: contract_no, within: 1 day}",
         "then: [{notify: role:x}]"]
    )  # fmt: skip
    found = watch(short)
    assert (found.title, found.calendar, found.repeat) == ("w", "default", None)
    assert str(found.when.key) == "number"
    assert found.when.takes("contract", "any")


@pytest.mark.parametrize(
    ("document", "keys"),
    [
        ({"number": "HT-1", "status": "signed"}, ("HT-1",)),
        ({"number": " HT-1 ", "status": "signed"}, ("HT-1",)),
        ({"number": "HT-1", "status": "draft"}, ()),
        ({"number": "", "status": "signed"}, ()),
        ({"status": "signed"}, ()),
        ({"number": "ＨＴ－１", "status": "signed"}, ("HT-1",)),
    ],
    ids=["held", "blanks", "not held", "empty", "missing", "full width"],
)
def test_a_record_names_its_key_where_the_condition_holds(
    document: dict[str, Any], keys: tuple[str, ...]
) -> None:
    assert watch().when.keys(document) == keys


def test_long_keys_fit_the_store_and_stay_different() -> None:
    long = [watch().when.key.of({"number": 200 * "9" + ending}) for ending in "ab"]
    assert [len(key) for (key,) in long] == [200, 200]
    assert long[0] != long[1]
    assert watch().when.key.of({"number": 200 * "9"}) == (200 * "9",)


def test_a_key_through_a_list_is_every_one_of_them_once() -> None:
    found = watch(WATCH.replace("key: number", "key: order_nos"))
    document = {"status": "signed", "order_nos": ["SO-1", "SO-2", None, "SO-1"]}
    assert found.when.keys(document) == ("SO-1", "SO-2")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("watch: late-start", "wach: late-start", 1, "does not say what it is"),
        ("title:", "titel:", 2, "Did you mean title?"),
        ("record: contract", "record: contrakt", 3, "Did you mean contract?"),
        ("status == ", "statuss == ", 3, "Did you mean status?"),
        ("key: number", "key: [number]", 4, "one field"),
        ("key: number", "key: nummer", 4, "Did you mean number?"),
        ("key: number", "key: $delivery.key", 4, "only once the route has decided"),
        ("key: number", "key: customer.contact.phone", 4, "personal"),
        ("key: contract_no, ", "", 1, "needs key:"),
        ("key: contract_no", "key: contract_nr", 5, "Did you mean contract_no?"),
        (", within: 2 working hours", "", 5, "needs within:"),
        ("2 working hours", "2 busy hours", 5, "2 working hours"),
        ("role:supervisor", "supervisor", 7, "role:NAME"),
        ("[role:supervisor, person:li.na]", "[]", 7, "names nobody"),
        ("{notify: [role:supervisor, person:li.na]}", "{after: 1 day}", 7, "needs notify:"),
        ("to: im, ", "to: im, notify: role:x, ", 8, "not both"),
        (", map: notice-to-im", "", 8, "map: is missing"),
        ("map: notice-to-im", "map: notice-to-in", 8, "Did you mean notice-to-im?"),
        ("operation: notify", "operation: tell", 8, "makes no documents for tell"),
        ("repeat: 3 days", "repeat: daily", 9, "3 days"),
        ("late-start", "w" * 101, 1, "100 characters"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_what_to_do(
    old: str, new: str, line: int, words: str
) -> None:
    found = faults(WATCH.replace(old, new, 1))
    told = [(one.line, f"{one.message} {one.hint}") for one in found]
    assert [one for one in told if one[0] == line and words in one[1]], told


def test_a_mapping_of_another_record_does_not_tell() -> None:
    of_orders = NOTICE.replace("record: notice", "record: order")
    found = faults(WATCH, of_orders.replace("text: text", "text: number"))
    assert [str(one.message) for one in found] == [
        "notice-to-im does not map from the record notice."
    ]


def test_a_file_without_most_of_its_words_says_all_of_them() -> None:
    found = faults("watch: w")
    assert [one.code for one in found] == ["E105", "E105", "E105"]


# ---- examples --------------------------------------------------------------------------------


def failures(tests: str) -> list[str]:
    files = {"own/w.yaml": (WATCH + tests).encode(), "own/n.yaml": NOTICE.encode()}
    return [str(one.message) for one in run_tests(read_bundle(files))]


def test_examples_that_say_what_happens_pass() -> None:
    assert failures(TESTS) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("expect: cleared", "expect: armed", "expected armed, got cleared"),
        ("expect: nothing", "expect: armed", "expected armed, got nothing"),
        ("contract_no: HT-1", "contract_no: HT-2", "expected cleared, got armed"),
        ("2026-11-23 10:00", "2026-11-23 11:00", "got 2026-11-23 10:00"),
    ],
)
def test_an_example_that_says_something_else_fails(old: str, new: str, words: str) -> None:
    (failed,) = failures(TESTS.replace(old, new, 1))
    assert words in failed


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("expect: nothing", "expect: noting", "Did you mean nothing?"),
        ("    deadline: 2026-11-23 10:00\n", "", "go together"),
        ("2026-11-23 10:00", "Monday", "2026-11-20 17:00"),
        ("name: a draft", "name: the order came", "two tests named"),
        ("given: {number: HT-1, status: draft}", "given: HT-1", "fields with values"),
    ],
)
def test_an_example_that_cannot_be_read_is_a_fault(old: str, new: str, words: str) -> None:
    told = [f"{one.message} {one.hint}" for one in faults(WATCH + TESTS.replace(old, new, 1))]
    assert [one for one in told if words in one], told
