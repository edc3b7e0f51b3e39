"""Signatures, XML and the meaning of replies, without any network."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import connectors.wms.qimen as package
from connectors.wms.qimen.order import create_request, differences, whole
from connectors.wms.qimen.profile import Kind, read_profile
from connectors.wms.qimen.replies import read_answer
from connectors.wms.qimen.signing import sign, verify
from connectors.wms.qimen.wire import MAX_DEPTH, WireError, parse, write
from hub import ConfigError, ConnectorError, Outcome

SAMPLES = Path(next(iter(package.__path__))) / "samples"
VECTORS = json.loads((SAMPLES / "sign_vectors.json").read_text("utf-8"))
INDEX = json.loads((SAMPLES / "INDEX.json").read_text("utf-8"))
PROFILE = read_profile({})
NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


def named(vectors: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(vector, id=vector["name"]) for vector in vectors]


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


# ---- signatures


@pytest.mark.parametrize("vector", named(VECTORS["qimen"]))
def test_the_published_vectors_are_signed_alike(vector: dict[str, Any]) -> None:
    pairs = list(vector["query_params"].items())
    assert sign(vector["secret"], pairs, vector["body"].encode()) == vector["sign"]


@pytest.mark.parametrize("vector", named(VECTORS["qimen_inbound_verification"]))
def test_inbound_calls_are_accepted_and_refused_as_listed(vector: dict[str, Any]) -> None:
    pairs = [*vector["params"].items(), ("sign", vector["sign"])]
    accepted = verify(vector["secret"], pairs, vector["body"].encode())
    assert accepted == (vector["expect"] == "accept")


@given(st.dictionaries(NAMES, NAMES, min_size=1, max_size=6), st.randoms(), st.binary(max_size=40))
def test_the_order_of_parameters_does_not_change_the_sign(
    params: dict[str, str], random: Any, body: bytes
) -> None:
    pairs = list(params.items())
    shuffled = random.sample(pairs, len(pairs))
    assert sign("s", pairs, body) == sign("s", shuffled, body)


@pytest.mark.parametrize("wrap", ["both", "tail", "hmac_md5"])
@given(params=st.dictionaries(NAMES, NAMES, max_size=6), body=st.binary(max_size=40))
def test_what_was_signed_is_verified_and_one_more_byte_is_not(
    wrap: Any, params: dict[str, str], body: bytes
) -> None:
    params.pop("sign", None)
    pairs = [*params.items(), ("sign", sign("s", params.items(), body, wrap))]
    assert verify("s", pairs, body, wrap)
    assert not verify("s", pairs, body + b" ", wrap)


@pytest.mark.parametrize("dropped", [False, True], ids=["signed bare name", "dropped it"])
def test_an_empty_parameter_is_accepted_in_both_readings(dropped: bool) -> None:
    sent = [("method", "m"), ("session", "")]
    signed = sent[:1] if dropped else sent
    assert verify("s", [*sent, ("sign", sign("s", signed, b""))], b"")


def test_a_parameter_given_twice_is_never_accepted() -> None:
    pairs = [("method", "a"), ("method", "b")]
    assert not verify("s", [*pairs, ("sign", sign("s", pairs, b""))], b"")


# ---- XML


@pytest.mark.parametrize(
    "name", [name for name, told in INDEX.items() if "error" not in told], ids=str
)
def test_every_good_sample_can_be_read(name: str) -> None:
    root, content = parse(sample(name))
    assert root == ("request" if "confirm" in name or "request" in name else "response")
    assert content


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("deliveryorder_confirm_malformed.xml", "no well-formed XML"),
        ("deliveryorder_confirm_xxe.xml", "document type or an entity"),
    ],
)
def test_bad_samples_are_refused(name: str, said: str) -> None:
    with pytest.raises(WireError, match=said):
        parse(sample(name))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{}", id="json"),
        pytest.param(b"\xff\xfe\x00", id="bytes"),
        pytest.param(b'<?xml version="1.0" encoding="GBK"?><request>\xb3\xd0</request>', id="gbk"),
        pytest.param(b'<?xml version="1.0" encoding="nope"?><request/>', id="no-such-encoding"),
        pytest.param(b"<a>" * 100_000, id="deep"),
        pytest.param(b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), id="just-too-deep"),
        pytest.param(b'<!DOCTYPE a [<!ENTITY b "b">]><request>&b;</request>', id="internal-entity"),
    ],
)
def test_hostile_bytes_are_a_wire_error(body: bytes) -> None:
    with pytest.raises(WireError):
        parse(body)


@given(st.binary(max_size=200))
def test_random_bytes_are_read_or_a_wire_error(body: bytes) -> None:
    try:
        parse(body)
    except WireError:
        return


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_is_a_list_whatever_its_length(count: int) -> None:
    lines = "<orderLine><itemCode>A</itemCode></orderLine>" * count
    _, content = parse(f"<request><orderLines>{lines}</orderLines></request>".encode())
    assert content == {"orderLines": [{"itemCode": "A"}] * count}


READABLE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1
).filter(lambda text: text == text.strip())


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), READABLE, min_size=1))
def test_text_comes_back_as_it_was_written(content: dict[str, str]) -> None:
    assert parse(write("request", content)) == ("request", content)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\"quoted\" & 'so' <b>", "\"quoted\" & 'so' <b>"),
        ("阀门😀", "阀门😀"),
        ("bell\x07null\x00end", "bell null end"),
        ("lone\ud800surrogate", "lone surrogate"),
        ("]]>", "]]>"),
        ("two\r\nlines", "two\r\nlines"),
    ],
    ids=["quotes", "emoji", "control", "surrogate", "cdata-end", "line-ends"],
)
def test_names_with_odd_characters_survive(written: str, read: str) -> None:
    assert parse(write("request", {"itemName": written}))[1] == {"itemName": read}


@pytest.mark.parametrize(
    "content",
    [{"a b": "x"}, {"a": 1.5}, {"a": True}, {"a": ["x"]}, {"a": Decimal("NaN")}],
    ids=["name", "float", "bool", "unknown-list", "nan"],
)
def test_what_has_no_xml_form_is_a_wire_error(content: dict[str, Any]) -> None:
    with pytest.raises(WireError, match="a"):
        write("request", content)


def test_the_request_of_the_sample_is_written_in_the_order_of_the_sample() -> None:
    _, content = parse(sample("deliveryorder_create_request.xml"))
    shuffled = {
        "extendProps": content["extendProps"],
        "orderLines": [dict(reversed(line.items())) for line in content["orderLines"]],
        "deliveryOrder": dict(reversed(content["deliveryOrder"].items())),
    }
    request = create_request(shuffled, "CM-2026-000123-1", PROFILE, {}, "OWN01")
    written = write("request", request, PROFILE.element_order)
    packed = b"".join(
        line.strip() for line in sample("deliveryorder_create_request.xml").splitlines()
    )
    assert written.replace(b"?>\n", b"?>") == packed


# ---- replies


def reply(code: str, words: str = "") -> bytes:
    return write("response", {"flag": "failure", "code": code, "message": words})


def gateway(code: str, sub_code: str = "") -> bytes:
    return write("error_response", {"code": code, "msg": "x", "sub_code": sub_code})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (sample("deliveryorder_create_response_success.xml"), None),
        (sample("inventory_query_response.xml"), None),
        (sample("response_failure_duplicate.xml"), Kind.DUPLICATE),
        (sample("response_failure_sign.xml"), Outcome.NOT_AUTHORIZED),
        (reply("X77", "出库单已存在"), Kind.DUPLICATE),
        (reply("X78", "库存不足"), Outcome.REJECTED),
        (gateway("7"), Outcome.RATE_LIMITED),
        (gateway("15", "isp.remote-service-timeout"), Outcome.UNKNOWN),
        (gateway("25"), Outcome.NOT_AUTHORIZED),
        (gateway("26"), Outcome.NOT_AUTHORIZED),
        (gateway("27"), Outcome.NOT_AUTHORIZED),
        (gateway("29"), Outcome.NOT_AUTHORIZED),
        (gateway("40"), Outcome.REJECTED),
        (gateway("41"), Outcome.REJECTED),
        (gateway("900", "isp.unknown-error"), Outcome.UNKNOWN),
        (gateway("901", "isv.bad-thing"), Outcome.REJECTED),
        (gateway("902"), Outcome.UNKNOWN),
        (b"<response><code>0</code></response>", Outcome.UNKNOWN),
        (b"<response><flag>maybe</flag></response>", Outcome.UNKNOWN),
        (b"<other><flag>success</flag></other>", Outcome.UNKNOWN),
        (b"<html><body>Bad gateway</body></html>", Outcome.UNKNOWN),
        (b"<response><flag>succ", Outcome.UNKNOWN),
        (b"", Outcome.UNKNOWN),
    ],
    ids=[
        "created", "stock", "S003", "sign", "words-exist", "words-other", "7", "15", "25", "26",
        "27", "29", "40", "41", "isp", "isv", "other-code", "no-flag", "odd-flag", "other-root",
        "html", "half", "nothing",
    ],
)  # fmt: skip
def test_a_reply_to_a_write_means(body: bytes, expected: object) -> None:
    assert read_answer(200, body, PROFILE, write=True).meaning == expected


@pytest.mark.parametrize(
    ("status", "on_write", "on_read"),
    [
        (500, Outcome.UNKNOWN, Outcome.UNAVAILABLE_NOT_APPLIED),
        (503, Outcome.UNKNOWN, Outcome.UNAVAILABLE_NOT_APPLIED),
        (401, Outcome.NOT_AUTHORIZED, Outcome.NOT_AUTHORIZED),
        (404, Outcome.MISCONFIGURED, Outcome.MISCONFIGURED),
        (429, Outcome.RATE_LIMITED, Outcome.RATE_LIMITED),
    ],
)
def test_a_status_decides_before_the_body(status: int, on_write: Outcome, on_read: Outcome) -> None:
    body = sample("deliveryorder_create_response_success.xml")
    assert read_answer(status, body, PROFILE, write=True).meaning == on_write
    assert read_answer(status, body, PROFILE, write=False).meaning == on_read


def test_a_connection_can_teach_a_code_without_code() -> None:
    profile = read_profile({"codes": {"B0021": "duplicate"}})
    assert read_answer(200, reply("B0021"), profile, write=True).meaning is Kind.DUPLICATE
    assert read_answer(200, reply("S003"), profile, write=True).meaning is Kind.DUPLICATE


def test_a_wrong_word_in_the_profile_is_named() -> None:
    with pytest.raises(ConfigError, match=r"profile\.codes\.B0021"):
        read_profile({"codes": {"B0021": "duplicat"}})


# ---- the order


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (3, 3), ("3", 3), (Decimal("3.00"), 3), ("3.0", 3), (Decimal("1E+2"), 100),
        ("1.5", None), (Decimal("0.5"), None), ("３", None), ("1_0", None), ("", None),
        (None, None), (True, None), ("-1", None), (1.0, None),
    ],
    ids=repr,
)  # fmt: skip
def test_only_whole_quantities_are_whole(given: object, expected: int | None) -> None:
    assert whole(given) == expected


def line(number: str, item: str, quantity: object) -> dict[str, Any]:
    return {"orderLineNo": number, "itemCode": item, "planQty": quantity}


OURS = [line("1", "VALVE-50", 10), line("G1", "VALVE-50", 1)]


@pytest.mark.parametrize(
    ("theirs", "same"),
    [
        ([line("1", "VALVE-50", "10"), line("G1", "VALVE-50", "1")], True),
        ([line("G1", "VALVE-50", "1"), line("1", "VALVE-50", "10")], True),
        ([line("1", "VALVE-50", "4"), line("1", "VALVE-50", "6"), *OURS[1:]], True),
        ([line("", "VALVE-50", "11")], True),
        ([line("1", "VALVE-50", "11")], False),
        ([line("1", "VALVE-50", "10")], False),
        ([line("1", "VALVE-50", "10"), line("G1", "SEAL-KIT", "1")], False),
        ([line("1", "VALVE-50", ""), line("G1", "VALVE-50", "1")], False),
        ([], False),
    ],
    ids=[
        "same", "reordered", "split-by-batch", "no-line-numbers", "merged", "gift-missing",
        "other-item", "no-quantity", "no-lines",
    ],
)  # fmt: skip
def test_lines_are_compared_by_number_item_and_quantity(
    theirs: list[dict[str, Any]], same: bool
) -> None:
    assert (differences(OURS, theirs) == []) == same


def test_lines_are_compared_by_item_where_only_the_warehouse_numbers_them() -> None:
    ours = [{"itemCode": "VALVE-50", "planQty": 1}, {"itemCode": "VALVE-50", "planQty": 2}]
    assert differences(ours, [line("1", "VALVE-50", "1"), line("2", "VALVE-50", "2")]) == []
    assert differences(ours, [line("1", "VALVE-50", "1")]) == ["VALVE-50: ours 3, theirs 1"]


def order(**changes: Any) -> dict[str, Any]:
    _, content = parse(sample("deliveryorder_create_request.xml"))
    content["deliveryOrder"] |= changes
    return content


def test_a_long_remark_is_cut_and_keeps_the_watermark_first() -> None:
    remark = "x" * 600 + " WM:7F3K-9Q2M-XA41 y"
    request = create_request(order(remark=remark), "CM-1-1", PROFILE, {}, "OWN01")
    kept = request["deliveryOrder"]["remark"]
    assert len(kept) == 500
    assert kept.startswith("WM:7F3K-9Q2M-XA41 ")


@pytest.mark.parametrize(
    ("remark", "sent"),
    [
        ("WM:7F3K-9Q2M-XA41", "WM:7F3K-9Q2M-XA41"),
        ("WM:7F3K-9Q2M-XA41，加急", "WM:7F3K-9Q2M-XA41，加急"),
        ("加急；WM:7F3K-9Q2M-XA41", "WM:7F3K-9Q2M-XA41 加急；"),
        ("加急 WM:7F3K-9Q2M-XA41 送货", "WM:7F3K-9Q2M-XA41 加急 送货"),
        ("型号DWM:12", "型号DWM:12"),
        ("加急", "加急"),
    ],
    ids=["alone", "first", "behind Chinese", "between", "part of a word", "none"],
)
def test_the_watermark_stands_first_also_in_a_short_remark(remark: str, sent: str) -> None:
    request = create_request(order(remark=remark), "CM-1-1", PROFILE, {}, "OWN01")
    assert request["deliveryOrder"]["remark"] == sent


def test_chinese_behind_a_watermark_is_cut_as_any_text() -> None:
    remark = "WM:7F3K-9Q2M-XA41，" + "请在发货前电话联系收货人并核对数量" * 40
    request = create_request(order(remark=remark), "CM-1-1", PROFILE, {}, "OWN01")
    assert request["deliveryOrder"]["remark"] == remark[:500]


def test_every_fault_is_said_at_once_without_personal_values() -> None:
    document = order(remark="WM:" + "9" * 600, receiverInfo={"name": "王小明", "mobile": ""})
    document["orderLines"] = [line("1", "A", "1.5"), line("1", "B", "0")]
    document["deliveryOrder"]["receiverInfo"]["detailAddress"] = "样本街" * 100
    with pytest.raises(ConnectorError) as caught:
        create_request(document, "CM_1", PROFILE, {}, "OWN01")
    told = str(caught.value)
    for part in (
        "'CM_1' must be", "receiverInfo.mobile is missing", "receiverInfo.detailAddress has 300",
        "orderLines[1].planQty 1.5", "orderLines[2].planQty 0", "2 lines have the number 1",
        "watermark alone", "orderLines[1].actualPrice is missing",
    ):  # fmt: skip
        assert part in told
    assert caught.value.outcome is Outcome.REJECTED
    assert "王小明" not in told
    assert "样本街" not in told
