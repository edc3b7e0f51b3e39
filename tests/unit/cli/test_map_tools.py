"""Trying a mapping without doing anything: `hub map preview`, `explain`, `diff` and `new`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Hub = Callable[..., Any]

DELIVERED, REFUSED = "CM-2026-000123", "CM-2026-000124"
UNMAPPED = "CM-2026-000126"
PERSONAL = ("13000000001", "样本街2号", "收货人")

PROBE = """\
mapping: probe
from: {record: commitment}
to: {connector: lowcode, operation: update_record}
key: "{number}"
when: status == "approved"
tables:
  kinds: {gift: 赠品, price: 价格}
let:
  named: {from: kind, map: kinds}
fields:
  _id: number
  hub_status: $named
  erp_number: {from: amount, as: decimal, places: 2}
  watermark: {from: customer.contact.name, allow_personal: 须知收货人, max_length: 2, cut: true}
tests:
  - name: 赠品
    given: {number: N-1, kind: gift, amount: "1.5", status: approved}
    expect: {hub_status: 赠品, erp_number: "1.50"}
  - name: 草稿不发
    given: {number: N-2, kind: gift, status: draft}
    expect_skip: true
"""
WAITING = """\
mapping: waiting
from: {record: commitment}
to: {connector: lowcode, operation: update_record}
fields:
  _id: {from: order_no, lookup: hub.order -> wms.order, else: park}
"""
DOCUMENT = {
    "number": "N-1", "kind": "gift", "status": "approved", "amount": "12.345",
    "order_no": "SO-7", "customer": {"code": "C-1", "contact": {"name": "收货人"}},
}  # fmt: skip


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with own mappings, and no hub."""
    folder = tmp_path / "alone"
    (folder / "mappings").mkdir(parents=True)
    (folder / "mappings" / "probe.yaml").write_text(PROBE, "utf-8")
    (folder / "mappings" / "waiting.yaml").write_text(WAITING, "utf-8")
    monkeypatch.chdir(folder)
    return folder


def document(folder: Path, content: Any = DOCUMENT) -> Path:
    path = folder / "document.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def delivery(hub: Hub, number: str) -> str:
    return str(json.loads(hub("delivery", "list", "--record", number, "--json").out)["id"])


def objects(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


# ---- preview ---------------------------------------------------------------------------------


def test_a_record_becomes_what_its_delivery_sent(hub: Hub, filled: Path) -> None:
    ran = hub("map", "preview", "commitment-to-wms", "--id", DELIVERED, "--json", "--personal")
    shown = hub("delivery", "show", delivery(hub, DELIVERED), "--document", "--personal")
    assert ran.code == 0
    assert json.loads(ran.out)["document"] == json.loads(shown.out)


def test_a_delivery_gives_its_record_and_what_is_known_of_it(hub: Hub, filled: Path) -> None:
    ran = hub("map", "preview", "commitment-to-wms", "--delivery", delivery(hub, DELIVERED)[-8:])
    assert ran.code == 0
    assert ran.out.startswith(f"key: {DELIVERED}\n")


def test_trying_changes_nothing_in_the_store(hub: Hub, filled: Path) -> None:
    store = filled / "hub.db"
    before = hashlib.sha256(store.read_bytes()).hexdigest()
    hub("map", "preview", "commitment-to-wms", "--id", DELIVERED)
    hub("map", "explain", "commitment-to-wms", "--id", REFUSED)
    hub("map", "diff", "--docs", "last:5")
    assert hashlib.sha256(store.read_bytes()).hexdigest() == before


@pytest.mark.parametrize("command", ["preview", "explain"])
def test_personal_data_is_not_shown_unasked(hub: Hub, filled: Path, command: str) -> None:
    ran = hub("map", command, "commitment-to-wms", "--id", DELIVERED)
    assert ran.code == 0
    assert [text for text in PERSONAL if text in ran.out] == []
    assert "receiverInfo" in ran.out


def test_personal_data_is_shown_when_asked_for(hub: Hub, filled: Path) -> None:
    ran = hub("map", "preview", "commitment-to-wms", "--id", DELIVERED, "--personal")
    assert [text for text in PERSONAL if text not in ran.out] == []


@pytest.mark.parametrize("command", ["preview", "explain"])
def test_personal_data_stays_masked_in_a_field_nobody_marked(
    hub: Hub, alone: Path, command: str
) -> None:
    ran = hub("map", command, "probe", "--doc", document(alone))
    assert ran.code == 0
    assert "watermark" in ran.out
    assert "收货" not in ran.out


def test_what_came_in_is_found_by_the_record_it_made(hub: Hub, filled: Path) -> None:
    ran = hub("map", "preview", "lowcode-to-commitment", "--id", DELIVERED, "--json")
    assert json.loads(ran.out)["document"]["number"] == DELIVERED


def test_a_message_of_another_connector_is_not_taken_for_one_of_ours(
    hub: Hub, filled: Path
) -> None:
    other = "mapping: theirs\nfrom: {connector: there, stream: commitment}\n"
    other += "to: {connector: here, operation: put}\nfields: {name: promise_text}\n"
    (filled / "mappings" / "theirs.yaml").write_text(other, "utf-8")
    failed = objects(hub("message", "list", "--state", "failed", "--json").out)[0]["id"]
    for given in (DELIVERED, failed):
        ran = hub("map", "preview", "theirs", "--id", given)
        assert (ran.code, ran.out) == (1, "")
        assert given in ran.err


def test_a_message_that_could_not_be_mapped_says_why_again(hub: Hub, filled: Path) -> None:
    failed = objects(hub("message", "list", "--state", "failed", "--json").out)[0]["id"]
    ran = hub("map", "preview", "lowcode-to-commitment", "--id", failed, "--json")
    assert ran.code == 1
    assert [(one["code"], one["target"]) for one in objects(ran.out)] == [("E201", "kind")]


def test_numbers_of_a_file_stay_exact(hub: Hub, alone: Path) -> None:
    text = json.dumps(DOCUMENT).replace('"12.345"', "12345678901234567.125")
    ran = hub("map", "preview", "probe", "--doc", document(alone, text), "--json")
    assert json.loads(ran.out)["document"]["erp_number"] == "12345678901234567.13"


def test_all_that_does_not_fit_is_told_at_once(hub: Hub, alone: Path) -> None:
    wrong = {**DOCUMENT, "kind": "vip", "amount": "much"}
    ran = hub("map", "preview", "probe", "--doc", document(alone, wrong), "--json")
    assert ran.code == 1
    assert {one["code"] for one in objects(ran.out)} == {"E201", "E202"}
    told = hub("--lang", "zh", "map", "preview", "probe", "--doc", document(alone, wrong))
    assert told.code == 1
    assert "2 处错误" in told.out
    assert "mappings/probe.yaml:13:30  E202" in told.out


def test_a_document_that_is_not_meant_is_skipped(hub: Hub, alone: Path) -> None:
    ran = hub("map", "preview", "probe", "--test", "草稿不发")
    assert (ran.code, "when: of probe does not hold" in ran.out) == (0, True)
    told = json.loads(hub("map", "preview", "probe", "--test", "草稿不发", "--json").out)
    assert (told["applies"], told["document"]) == (False, None)


@pytest.mark.parametrize("command", ["preview", "explain"])
def test_links_nobody_has_written_are_listed(hub: Hub, alone: Path, command: str) -> None:
    ran = hub("map", command, "waiting", "--doc", document(alone), "--json")
    assert ran.code == 3
    assert objects(ran.out)[-1] == {
        "connection": "wms", "kind": "order", "handle": "SO-7", "external_id": None
    }  # fmt: skip


def test_a_link_of_the_store_is_found(hub: Hub, filled: Path) -> None:
    (filled / "mappings" / "waiting.yaml").write_text(WAITING, "utf-8")
    assert hub("map", "preview", "waiting", "--id", DELIVERED).code == 3
    hub("link", "set", "wms", "order", "SO-2026-0456", "WO-1")
    ran = hub("map", "preview", "waiting", "--id", DELIVERED, "--json")
    assert json.loads(ran.out)["document"] == {"_id": "WO-1"}


def test_the_way_back_takes_what_the_way_there_made(hub: Hub, alone: Path) -> None:
    ran = hub("map", "preview", "tryton-to-bom", "--back", "--test", "带图号版本", "--json")
    assert ran.code == 0
    line = json.loads(ran.out)["document"]["inputs"][0]
    assert line["product"]["code"] == "M-001"
    assert hub("map", "preview", "probe", "--back", "--test", "赠品").code == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a": 1,\n "b": x}', ":2:7: this is no JSON"),
        ("[1]", "must be a JSON object"),
        ("", ":1:1: this is no JSON"),
        ('{"a": NaN}', ":1:7: this is no JSON"),
    ],
    ids=["broken", "list", "empty", "not a number"],
)
def test_a_file_that_holds_no_document_is_refused_with_its_place(
    hub: Hub, alone: Path, content: str, said: str
) -> None:
    ran = hub("map", "preview", "probe", "--doc", document(alone, content))
    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["prob", "--test", "赠品"], "Did you mean probe?"),
        (["probe", "--test", "赠"], "probe has no test 赠."),
        (["probe"], "one of --doc FILE"),
        (["probe", "--test", "赠品", "--doc", "x.json"], "one of --doc FILE"),
        (["probe", "--doc", "x.json"], "x.json cannot be read"),
        (["probe", "--id", "N-1"], "hub.yaml"),
    ],
    ids=["mapping", "test", "nothing", "two things", "no file", "no hub"],
)
@pytest.mark.parametrize("command", ["preview", "explain"])
def test_a_wrong_question_is_answered_with_what_is_right(
    hub: Hub, alone: Path, command: str, arguments: list[str], said: str
) -> None:
    ran = hub("map", command, *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_a_number_or_id_that_is_not_there_is_named(hub: Hub, filled: Path) -> None:
    ran = hub("map", "preview", "commitment-to-wms", "--id", "CM-2026-00012")
    assert (ran.code, DELIVERED in ran.err) == (1, True)
    ran = hub("map", "preview", "commitment-to-wms", "--delivery", "00000000")
    assert (ran.code, "no delivery 00000000" in ran.err) == (1, True)


# ---- explain ---------------------------------------------------------------------------------


def test_every_step_is_told_with_the_line_that_says_so(hub: Hub, alone: Path) -> None:
    ran = hub("map", "explain", "probe", "erp_number", "--doc", document(alone))
    assert ran.code == 0
    assert ran.out == (
        "erp_number = 12.35\n"
        '  from   amount    "12.345"   mappings/probe.yaml:13:16\n'
        "  as     decimal   12.35      mappings/probe.yaml:13:30\n"
    )


def test_a_named_value_is_told_with_the_field_that_uses_it(hub: Hub, alone: Path) -> None:
    ran = hub("map", "explain", "probe", "hub_status", "--test", "赠品", "--json")
    found = {one["target"]: one for one in objects(ran.out)}
    assert [*found] == ["hub_status", "$named"]
    steps = [(one["word"], one["about"]) for one in found["$named"]["steps"]]
    assert steps == [("from", "kind"), ("map", "table kinds")]


@pytest.mark.parametrize(
    ("field", "targets"),
    [
        ("orderLines.itemCode", ["orderLines[0].itemCode", "orderLines[1].itemCode"]),
        ("orderLines[].itemCode", ["orderLines[0].itemCode", "orderLines[1].itemCode"]),
        ("orderLines[1].itemCode", ["orderLines[1].itemCode"]),
        ("extendProps.contractNo", ["extendProps.contractNo"]),
    ],
    ids=str,
)
def test_a_field_without_an_index_is_that_of_every_item(
    hub: Hub, alone: Path, field: str, targets: list[str]
) -> None:
    ran = hub("map", "explain", "commitment-to-wms", field, "--test", "赠品加急并约定交期",
              "--json")  # fmt: skip
    assert [one["target"] for one in objects(ran.out)] == targets


def test_an_object_is_told_with_all_that_is_in_it(hub: Hub, alone: Path) -> None:
    ran = hub("map", "explain", "commitment-to-wms", "deliveryOrder.receiverInfo",
              "--test", "赠品加急并约定交期", "--json")  # fmt: skip
    targets = [one["target"] for one in objects(ran.out)]
    assert "deliveryOrder.receiverInfo.city" in targets
    assert all(target.startswith("deliveryOrder.receiverInfo.") for target in targets)


def test_a_field_no_rule_fills_is_answered_with_the_nearest(hub: Hub, alone: Path) -> None:
    ran = hub("map", "explain", "commitment-to-wms", "orderLines.planQt", "--test",
              "赠品加急并约定交期")  # fmt: skip
    assert ran.code == 2
    assert "Did you mean orderLines.planQty?" in ran.err


def test_a_refused_value_is_explained_as_far_as_it_came(hub: Hub, alone: Path) -> None:
    wrong = document(alone, {**DOCUMENT, "amount": "much"})
    ran = hub("map", "explain", "probe", "erp_number", "--doc", wrong)
    assert ran.code == 1
    assert ran.out.startswith('erp_number does not fit\n  from   amount   "much"')
    assert "E202 not-a-decimal" in ran.out


def test_a_delivery_is_explained_by_the_files_it_was_mapped_with(hub: Hub, filled: Path) -> None:
    own = (Path(__file__).parents[3] / "mappings/qimen/commitment-to-wms.yaml").read_text("utf-8")
    changed = own.replace("      itemName: name\n", "      itemName: sku\n")
    (filled / "mappings" / "wms.yaml").write_text(changed, "utf-8")
    arguments = ("map", "explain", "commitment-to-wms", "orderLines.itemName", "--json")
    by_delivery = json.loads(hub(*arguments, "--delivery", delivery(hub, DELIVERED)).out)
    assert (by_delivery["value"], by_delivery["sent"], by_delivery["same"]) == (
        '"阀门"', '"阀门"', True
    )  # fmt: skip
    assert json.loads(hub(*arguments, "--id", DELIVERED).out)["value"] == '"VALVE-50"'


def test_a_delivery_is_explained_although_the_folder_is_broken(hub: Hub, filled: Path) -> None:
    (filled / "mappings" / "broken.yaml").write_text("mapping: x\nfields: []\n", "utf-8")
    arguments = ("map", "explain", "commitment-to-wms", "orderLines.itemName")
    assert hub(*arguments, "--delivery", delivery(hub, DELIVERED)).code == 0
    assert hub(*arguments, "--id", DELIVERED).code == 2


def test_a_document_that_is_not_meant_is_explained_all_the_same(hub: Hub, alone: Path) -> None:
    ran = hub("map", "explain", "probe", "--test", "草稿不发")
    assert ran.code == 0
    assert ran.out.startswith('_id = "N-2"\n')
    assert "when: of probe does not hold" in ran.out


def test_an_edited_delivery_differs_from_what_the_mapping_makes(
    hub: Hub, filled: Path, tmp_path: Path
) -> None:
    dead = delivery(hub, REFUSED)
    content = json.loads(hub("delivery", "show", dead, "--document", "--personal").out)
    content["orderLines"][0]["planQty"] = 9
    edited = tmp_path / "edited.json"
    edited.write_text(json.dumps(content), "utf-8")
    assert hub("delivery", "edit", dead, "--file", edited).code == 0
    ran = hub("map", "explain", "commitment-to-wms", "--delivery", dead)
    assert ran.code == 0
    assert "9  (differs)" in ran.out
    assert "1 field(s) differ" in ran.out


def test_a_delivery_of_another_mapping_is_refused(hub: Hub, filled: Path) -> None:
    ran = hub("map", "explain", "commitment-to-erp", "--delivery", delivery(hub, DELIVERED))
    assert ran.code == 2
    assert "was mapped with commitment-to-wms" in ran.err


def test_what_is_decided_about_personal_data_is_listed_with_its_reason(
    hub: Hub, alone: Path
) -> None:
    ran = hub("map", "explain", "probe", "--personal", "--json")
    assert objects(ran.out) == [
        {"target": "watermark", "word": "allow_personal", "says": "须知收货人",
         "file": "mappings/probe.yaml", "line": 14, "column": 44},
    ]  # fmt: skip


def test_source_fields_no_rule_reads_are_listed(hub: Hub, alone: Path) -> None:
    ran = hub("map", "explain", "probe", "--unused", "--json")
    (found,) = objects(ran.out)
    assert (ran.code, found["code"], found["file"]) == (0, "W101", "mappings/probe.yaml")
    assert "order_no" in found["message"]
    assert "amount" not in found["message"]
    assert "W101 unmapped-source-field" in hub("map", "explain", "probe", "--unused").out


# ---- diff ------------------------------------------------------------------------------------


@pytest.fixture
def other(alone: Path) -> Path:
    """The same file in other words, and with one rule changed."""
    changed = PROBE.replace("places: 2", "places: 0").replace(
        "mapping: probe", "# 改\nmapping: probe"
    )
    path = alone / "other.yaml"
    path.write_text(changed, "utf-8")
    return path


@pytest.mark.parametrize("broken", [0, 1], ids=["old", "new"])
def test_a_file_that_cannot_be_opened_is_compared_with_nothing(
    hub: Hub, alone: Path, tmp_path: Path, broken: int
) -> None:
    sides = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for side in sides:
        side.write_text(PROBE, "utf-8")
    assert hub("map", "diff", *sides).code == 0
    sides[broken].unlink()
    # it opens, and the first read fails, whoever reads
    sides[broken].symlink_to("/proc/self/mem")
    ran = hub("map", "diff", *sides)
    assert (ran.code, ran.out) == (2, "")
    assert sides[broken].name in ran.err


def test_another_way_of_writing_is_no_difference(hub: Hub, alone: Path, tmp_path: Path) -> None:
    same = tmp_path / "same.yaml"
    quoted = PROBE.replace("{gift: 赠品,", '{gift: "赠品",')
    same.write_text(f"# 注释\n{quoted}", "utf-8")
    ran = hub("map", "diff", "mappings", same)
    assert (ran.code, ran.out) == (0, "They mean the same.\n")


def test_a_changed_rule_is_told_with_both_and_what_becomes_of_the_tests(
    hub: Hub, alone: Path, other: Path
) -> None:
    ran = hub("map", "diff", "mappings/probe.yaml", other, "--json")
    assert ran.code == 1
    (found,) = objects(ran.out)
    assert (found["name"], found["kind"], found["same_version"]) == ("probe", "changed", True)
    (change,) = found["changes"]
    assert change["name"] == "erp_number"
    assert (change["old"]["file"], change["old"]["line"]) == ("mappings/probe.yaml", 13)
    assert 'places: "2"' in change["old"]["text"]
    assert 'places: "0"' in change["new"]["text"]
    assert (found["effects"]["documents"], found["effects"]["changed"]) == (2, 1)
    (effect,) = found["effects"]["fields"]
    assert (effect["target"], effect["documents"]) == ("erp_number", 1)
    assert [(one["document"], one["old"], one["new"]) for one in effect["samples"]] == [
        ("赠品", "1.50", "2")
    ]


def test_a_difference_is_told_to_people_in_their_language(
    hub: Hub, alone: Path, other: Path
) -> None:
    ran = hub("--lang", "zh", "map", "diff", "mappings", other)
    assert ran.code == 1
    assert "~ 映射 probe" in ran.out
    assert "2 份单据中有 1 份结果不同" in ran.out


def test_recorded_records_show_what_would_come_out_otherwise(hub: Hub, filled: Path) -> None:
    own = (Path(__file__).parents[3] / "mappings/qimen/commitment-to-wms.yaml").read_text("utf-8")
    changed = own.replace("      itemName: name\n", "      itemName: sku\n")
    changed = changed.replace(
        "name: {from: customer.contact.name,", "name: {from: customer.contact.street,"
    )
    (filled / "mappings" / "wms.yaml").write_text(changed, "utf-8")
    ran = hub("map", "diff", "--docs", "last:50", "--json")
    assert ran.code == 1
    (found,) = objects(ran.out)
    effects = {one["target"]: one for one in found["effects"]["fields"]}
    assert effects["orderLines[].itemName"]["documents"] == 3
    assert {one["new"] for one in effects["orderLines[].itemName"]["samples"]} == {'"VALVE-50"'}
    (sample, *_) = effects["deliveryOrder.receiverInfo.name"]["samples"]
    assert (sample["old"], sample["new"]) == ("(personal, not shown)",) * 2
    assert [text for text in PERSONAL[:2] if text in ran.out] == []


def test_what_is_in_force_is_compared_with_the_folder(hub: Hub, filled: Path) -> None:
    assert hub("map", "diff").code == 0
    route = filled / "mappings" / "route.yaml"
    route.write_text(route.read_text("utf-8").replace("sales_supervisor", "coo"), "utf-8")
    ran = hub("map", "diff", "--json")
    assert ran.code == 1
    assert [(one["what"], one["name"]) for one in objects(ran.out)] == [
        ("route", "approved-commitment")
    ]


def test_a_bundle_is_named_by_the_beginning_of_its_address(hub: Hub, filled: Path) -> None:
    sha = json.loads(hub("trace", DELIVERED, "--json").out)["records"][0]["deliveries"][0]["bundle"]
    assert hub("map", "diff", sha[:8], filled / "mappings").code == 0


def test_own_files_are_compared_with_the_shipped_ones_of_their_name(hub: Hub, alone: Path) -> None:
    assert hub("map", "diff", "--shipped").code == 0
    own = (Path(__file__).parents[3] / "mappings/qimen/commitment-to-wms.yaml").read_text("utf-8")
    (alone / "mappings" / "wms.yaml").write_text(
        own.replace("itemName: name", "itemName: sku"), "utf-8"
    )
    ran = hub("map", "diff", "--shipped", "--json")
    assert ran.code == 1
    assert [one["name"] for one in objects(ran.out)] == ["commitment-to-wms"]


def test_a_folder_of_documents_is_tried(hub: Hub, alone: Path, other: Path) -> None:
    folder = alone / "documents"
    folder.mkdir()
    document(folder)
    ran = hub("map", "diff", "mappings", other, "--docs", folder, "--json")
    (effect,) = objects(ran.out)[0]["effects"]["fields"]
    assert [(one["old"], one["new"]) for one in effect["samples"]] == [("12.35", "12")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mappings"], "Name OLD and NEW"),
        (["--shipped", "mappings", "mappings"], "Name OLD and NEW"),
        ([], "There is no hub.yaml"),
        (["mappings", "nowhere"], "nowhere is no folder"),
        (["mappings", "mappings", "--docs", "last:0"], "last:N"),
        (["mappings", "mappings", "--docs", "mappings"], "holds no .json"),
        (["mappings", "broken.yaml"], "broken.yaml:4:1"),
    ],
    ids=["one side", "too many", "no hub", "no side", "no count", "no documents", "broken"],
)
def test_a_comparison_that_cannot_be_made_says_why(
    hub: Hub, alone: Path, arguments: list[str], said: str
) -> None:
    broken = PROBE.replace("status ==", "status =").replace("key:", "kee:")
    (alone / "broken.yaml").write_text(broken, "utf-8")
    ran = hub("map", "diff", *arguments)
    assert ran.code == 2
    assert said in ran.err


# ---- new -------------------------------------------------------------------------------------


def test_a_new_mapping_is_written_and_its_check_names_what_is_left(hub: Hub, alone: Path) -> None:
    file = alone / "mappings" / "deep" / "mine.yaml"
    file.parent.mkdir()
    ran = hub("map", "new", "mine", "--from", "record:commitment", "--to",
              "tryton.add_commitment", "--output", file)  # fmt: skip
    assert ran.code == 0
    assert "reference, commitment_no, lines[].product_code" in ran.out
    text = file.read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=../schema/mapping-1.json\n")
    checked = hub("map", "check", file, "--json")
    assert checked.code == 1
    errors = [one for one in objects(checked.out) if one["severity"] == "error"]
    assert {one["code"] for one in errors} == {"E104"}
    assert "reference, commitment_no" in errors[0]["message"]


def test_a_mapping_that_needs_nothing_more_passes_its_check(hub: Hub, alone: Path) -> None:
    file = alone / "mine.yaml"
    ran = hub("map", "new", "mine", "--from", "lowcode.commitment", "--to",
              "lowcode.update_record", "--output", file)  # fmt: skip
    assert ran.code == 0
    assert hub("map", "check", file).code == 0


def test_a_new_mapping_speaks_the_language_of_its_writer(hub: Hub, alone: Path) -> None:
    ran = hub("--lang", "zh", "map", "new", "mine", "--from", "record:order", "--to",
              "tryton.add_commitment")  # fmt: skip
    assert ran.code == 0
    assert "# reference: TODO   # 必填" in ran.out


def test_a_file_that_is_there_is_never_overwritten(hub: Hub, alone: Path) -> None:
    file = alone / "mappings" / "probe.yaml"
    ran = hub("map", "new", "mine", "--from", "record:order", "--to", "tryton.add_commitment",
              "--output", file)  # fmt: skip
    assert ran.code == 2
    assert "never overwritten" in ran.err
    assert file.read_text("utf-8") == PROBE


@pytest.mark.parametrize(
    ("name", "source", "target", "said"),
    [
        ("a/b", "record:order", "tryton.add_commitment", "no name for a mapping"),
        ("a", "record:ordr", "tryton.add_commitment", "Did you mean order?"),
        ("a", "tryto.order", "tryton.add_commitment", "Did you mean tryton?"),
        ("a", "tryton.ordr", "tryton.add_commitment", "Did you mean order?"),
        ("a", "record:order", "tryton.add_comitment", "Did you mean add_commitment?"),
        ("a", "order", "tryton.add_commitment", "--from order: write record:KIND"),
        ("a", "record:order", "table:x", "--to table:x: write record:KIND"),
    ],
    ids=["name", "kind", "connector", "stream", "operation", "no dot", "colon"],
)
def test_an_end_that_is_not_there_is_answered_with_the_nearest(
    hub: Hub, alone: Path, name: str, source: str, target: str, said: str
) -> None:
    ran = hub("map", "new", name, "--from", source, "--to", target)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
