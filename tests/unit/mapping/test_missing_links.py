"""A link that is missing is named by the command that writes it."""

from __future__ import annotations

import pytest

from hub.mapping import LinksMissing, MappingFault, MissingLink, Namespace, read_bundle
from hub.mapping.running.lookups import GivenLookUps, NoLookUps

HEAD = """
format: 1
mapping: one
version: 1
title: looks something up
from: {connector: crm, stream: promise}
to: {connector: erp, operation: put}
fields:
"""
ERP, CRM, HUB = (Namespace(name, "customer") for name in ("erp", "crm", "hub"))


def words(rule: str, value: str) -> str:
    """Return what the mapping says of a value nobody has linked."""
    mapping = read_bundle({"one.yaml": f"{HEAD}  a: {rule}\n".encode()}).mappings["one"]
    with pytest.raises((MappingFault, LinksMissing)) as found:
        mapping.apply({"b": value})
    return str(found.value)


@pytest.mark.parametrize(
    ("lookup", "command"),
    [
        ("erp.customer -> hub.customer", "hub link set erp customer OUR_HANDLE C-1"),
        ("hub.customer -> erp.customer", "hub link set erp customer C-1 ID"),
        ("crm.customer -> erp.customer", "hub link set erp customer C-1 ID"),
    ],
)
def test_the_fault_names_the_command_with_what_is_known_in_its_place(
    lookup: str, command: str
) -> None:
    assert f"has no link: {command}, or say else: park" in words(
        f"{{from: b, lookup: {lookup}}}", "C-1"
    )


def test_what_is_parked_is_named_in_the_same_order() -> None:
    rule = "{from: b, lookup: erp.customer -> hub.customer, else: park}"
    assert words(rule, "77") == "waits for the link of: erp customer OUR_HANDLE 77"


def test_a_personal_value_is_not_told_by_the_command() -> None:
    rule = "{from: customer.contact.phone, lookup: erp.customer -> hub.customer, redact: hash}"
    head = HEAD.replace("{connector: crm, stream: promise}", "{record: commitment}")
    mapping = read_bundle({"one.yaml": f"{head}  a: {rule}\n".encode()}).mappings["one"]
    with pytest.raises(MappingFault) as found:
        mapping.apply({"customer": {"contact": {"phone": "13000000001"}}})
    assert "13000000001" not in str(found.value)
    assert "hub link set erp customer OUR_HANDLE VALUE" in str(found.value)


@pytest.mark.parametrize(
    ("name", "word"),
    [("C 1", "'C 1'"), ("$(id)", "'$(id)'"), ("a\nb", r"'a\nb'"), ("a\x00b", r"'a\x00b'")],
)
def test_a_name_with_a_trick_is_one_word_of_the_command(name: str, word: str) -> None:
    assert MissingLink("erp", "customer", name).command == f"hub link set erp customer {word} ID"


def test_a_very_long_name_is_cut() -> None:
    assert len(MissingLink("erp", "customer", "x" * 5000).command) < 400


@pytest.mark.parametrize("lookups", [NoLookUps(), GivenLookUps({})], ids=["none", "given"])
def test_who_has_no_answer_says_which_of_the_two_names_is_missing(
    lookups: NoLookUps | GivenLookUps,
) -> None:
    assert lookups.link(ERP, HUB, "77") == MissingLink("erp", "customer", "77", theirs=True)
    assert lookups.link(HUB, ERP, "C-1") == MissingLink("erp", "customer", "C-1")
