"""Files that are left in a folder come in whole, once, and never half."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
import xlsxwriter

from connectors.files.folder.disk import numbered
from connectors.files.folder.incoming import PAGE
from hub import ConnectorError, Outcome, Page
from tests.connectors.folder_files import LATER, Killed, MortalDisk, Site, events_of, ids


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def rows(*keys: str) -> str:
    return "no,qty\n" + "".join(f"{key},1\n" for key in keys)


async def test_rows_come_in_with_file_line_and_key(site: Site) -> None:
    site.drop("a.csv", "no,数量\nA,1\n\nB,\n")
    page = await site.connector().poll("row", None)
    sha = page.events[0].external_id.partition(":")[0]
    assert len(sha) > 32
    assert [event.external_id for event in page.events] == [f"{sha}:2", f"{sha}:4"]
    assert page.events[0].object_id == "A"
    assert page.events[0].item == {"no": "A", "数量": "1", "_file": "a.csv", "_line": 2}
    assert page.events[1].item["数量"] is None


async def test_files_come_oldest_first_and_go_to_the_archive(site: Site) -> None:
    site.drop("z.csv", rows("1", "2"))
    site.drop("a.csv", rows("3"))
    assert ids(await events_of(site.connector())) == ["1", "2", "3"]
    assert site.archived == ["a.csv", "z.csv"]
    assert site.names("inbox") == []


async def test_a_file_is_archived_only_after_its_cursor_was_stored(site: Site) -> None:
    site.drop("a.csv", rows("1"))
    page = await site.connector().poll("row", None)
    assert site.names("inbox") == ["a.csv"]
    again = await site.connector().poll("row", None)
    assert again.events == page.events
    await site.connector().poll("row", page.cursor)
    assert site.archived == ["a.csv"]


async def test_a_long_file_comes_in_pages_that_go_on_after_a_restart(site: Site) -> None:
    keys = [f"K{number}" for number in range(2 * PAGE + 1)]
    site.drop("a.csv", rows(*keys))
    seen, cursor, sizes = [], None, []
    for _ in range(3):
        page = await site.connector().poll("row", cursor)
        seen, cursor = [*seen, *ids(list(page.events))], page.cursor
        sizes.append((len(page.events), page.more))
    assert seen == keys
    assert sizes == [(PAGE, True), (PAGE, True), (1, False)]


async def test_a_file_begun_is_finished_before_an_older_one_that_came_later(site: Site) -> None:
    keys = [f"K{number}" for number in range(PAGE + 1)]
    path = site.drop("b.csv", rows(*keys))
    connector = site.connector()
    page = await connector.poll("row", None)
    site.drop("a.csv", rows("early"))
    os.utime(site.root / "inbox" / "a.csv", (1, 1))
    page = await connector.poll("row", page.cursor)
    assert ids(list(page.events)) == [keys[-1]]
    assert page.more
    assert path.exists()
    assert ids(list((await connector.poll("row", page.cursor)).events)) == ["early"]


async def test_a_file_that_brings_back_an_older_state_is_news(site: Site) -> None:
    for name, state in (("a.csv", "open"), ("b.csv", "closed"), ("c.csv", "open")):
        site.drop(name, f"no,state\n1,{state}\n")
    found = await events_of(site.connector())
    assert [event.item["state"] for event in found] == ["open", "closed", "open"]
    assert len({event.external_id for event in found}) == 3


async def test_a_file_of_the_same_name_overwrites_nothing_in_the_archive(site: Site) -> None:
    site.drop("a.csv", rows("1"))
    await events_of(site.connector())
    site.drop("a.csv", rows("2"))
    await events_of(site.connector())
    assert site.archived == ["a.csv", "a~2.csv"]
    assert numbered("a.csv", 3) == "a~3.csv"


async def test_a_file_that_was_begun_and_has_gone_harms_nobody(site: Site) -> None:
    path = site.drop("a.csv", rows(*map(str, range(PAGE + 1))))
    page = await site.connector().poll("row", None)
    path.unlink()
    site.drop("b.csv", rows("next"))
    assert ids(list((await site.connector().poll("row", page.cursor)).events)) == ["next"]


async def test_a_file_that_was_replaced_while_it_was_read_is_another_file(site: Site) -> None:
    site.drop("a.csv", rows(*map(str, range(PAGE + 1))))
    connector = site.connector()
    page = await connector.poll("row", None)
    site.drop("a.csv", rows("new"))
    again = await connector.poll("row", page.cursor)
    assert ids(list(again.events)) == ["new"]


# ---- which files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [".a.csv", "~$a.csv", "a.csv.tmp", "a.csv.part", "a.csv.filepart", "a.txt", "why.xlsx"]
)
async def test_what_is_not_meant_or_not_ready_is_left_alone(site: Site, name: str) -> None:
    site.drop(name, rows("1"))
    (site.root / "inbox" / "folder.csv").mkdir()
    assert await events_of(site.connector()) == []
    assert site.names("inbox") == sorted([name, "folder.csv"])


async def test_a_link_is_no_file(site: Site, tmp_path: Path) -> None:
    secret = site.drop("secret.csv", rows("1"), "elsewhere")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.csv").symlink_to(secret)
    assert await events_of(site.connector()) == []


async def test_upper_and_lower_case_of_a_pattern_are_alike(site: Site) -> None:
    site.drop("ORDERS-1.CSV", rows("1"))
    assert ids(await events_of(site.connector(pattern="orders-*.csv"))) == ["1"]


async def test_a_file_that_was_just_written_waits(site: Site) -> None:
    site.drop("a.csv", rows("1"))
    connector = site.connector(settled_after="10s")
    page = await connector.poll("row", None)
    assert page.events == ()
    assert not page.more
    site.clock.advance(LATER)
    assert ids(list((await connector.poll("row", page.cursor)).events)) == ["1"]


async def test_a_file_that_was_seen_to_grow_waits_until_it_stays(site: Site) -> None:
    connector = site.connector(settled_after="10s")
    for keys in (["1"], ["1", "2"], ["1", "2", "3"]):
        site.drop("a.csv", rows(*keys))
        site.clock.advance(timedelta(hours=1))
        assert (await connector.poll("row", None)).events == () or keys == ["1"]
    site.clock.advance(LATER)
    assert ids(list((await connector.poll("row", None)).events)) == ["1", "2", "3"]


async def test_a_file_from_the_future_waits_no_longer_than_others(site: Site) -> None:
    path = site.drop("a.csv", rows("1"))
    os.utime(path, (4_000_000_000, 4_000_000_000))
    connector = site.connector(settled_after="10s")
    assert (await connector.poll("row", None)).events == ()
    site.clock.advance(LATER)
    assert ids(list((await connector.poll("row", None)).events)) == ["1"]


async def test_files_from_before_a_day_are_left_alone(site: Site) -> None:
    site.drop("old.csv", rows("1"))
    os.utime(site.root / "inbox" / "old.csv", (1, 1))
    site.drop("new.csv", rows("2"))
    assert ids(await events_of(site.connector(), "2026-01-01T00:00:00+08:00")) == ["2"]
    assert site.names("inbox") == ["old.csv"]


async def test_a_cursor_nobody_can_read_is_told(site: Site) -> None:
    with pytest.raises(ConnectorError) as caught:
        await site.connector().poll("row", "{broken")
    assert caught.value.outcome is Outcome.MISCONFIGURED


async def test_a_cursor_cannot_reach_out_of_the_inbox(site: Site) -> None:
    path = site.drop("x.csv", rows("1"), "elsewhere")
    page = await site.connector().poll("row", None)
    site.drop("x.csv", rows("1"))
    page = await site.connector().poll("row", None)
    assert page.cursor.count("x.csv") == 1
    await site.connector().poll("row", page.cursor.replace("x.csv", "../elsewhere/x.csv"))
    assert path.exists()


# ---- quarantine -------------------------------------------------------------------------------


async def test_one_bad_row_sends_the_whole_file_to_quarantine_with_the_reason(site: Site) -> None:
    site.drop("a.csv", "no,qty\nA,1\n\n ,2\n")
    site.drop("b.csv", rows("B"))
    assert ids(await events_of(site.connector())) == ["B"]
    assert site.names("quarantine") == ["a.csv", "a.csv.why.txt"]
    why = (site.root / "quarantine" / "a.csv.why.txt").read_bytes()
    assert why.startswith(b"\xef\xbb\xbf")
    assert why.count(b"\r\n") == why.count(b"\n")
    text = why.decode("utf-8-sig")
    assert "line 4, column 1 (no): The row does not say what it is about" in text
    assert "第 4 行第 1 列（no）：该行没有标明对象" in text
    assert "What to do: Fill in the cell" in text
    assert "处理办法：请填写该单元格" in text


async def test_a_key_that_stands_in_several_rows_is_told_with_all_its_lines(site: Site) -> None:
    site.drop("a.csv", "no,qty\nA,1\nB,2\nA,3\nC,4\nA,5\nC,6\n")
    connector = site.connector()
    with pytest.raises(ConnectorError, match=r"not taken: a\.csv"):
        await connector.poll("row", None)
    text = (site.root / "quarantine" / "a.csv.why.txt").read_text("utf-8-sig")
    told = [line for line in text.splitlines() if line.startswith("- line")]
    assert told == [
        f"- line {line}, column 1 (no): Line {first} has the same key; which of the rows counts is"
        " not clear." for line, first in ((4, 2), (6, 2), (7, 5))
    ]  # fmt: skip
    assert "第 7 行第 1 列（no）：第 5 行已有相同编号" in text
    assert "Value: 'C'" in text


async def test_a_list_shows_rows_with_one_key_each_by_its_line(site: Site) -> None:
    site.drop("a.csv", rows("A", "B", "A"))
    page = await site.connector().list("row", None)
    assert [one.object_id for one in page.events] == ["a.csv:2", "a.csv:3", "a.csv:4"]


async def test_several_columns_are_one_key_together(site: Site) -> None:
    site.drop("a.csv", "no,line,qty\nA,1,5\nA,2,5\n")
    assert ids(await events_of(site.connector(key=["no", "line"]))) == ["A/1", "A/2"]


@pytest.mark.parametrize(
    ("content", "english", "chinese"),
    [
        (b"", "The table is empty", "空"),
        (b"qty,price\n1,2\n", "There is no column no; there are: qty, price", "没有列 no"),
        (b"no,price\n1,2\n", "There is no column qty; there are: no, price", "没有列 qty"),
        (b'no,qty\n"A,1\n', "line 2: The row cannot be read", "无法读取"),
        (b"no,qty\nA,1,2\n", "line 2, column 3: The row has 3 cells", "表头"),
        (b"no,qty\nA\0,1\n", "zero byte", "零字节"),
        (b"no,qty\n" + b"A" * 201 + b",1\n", "more than 200 characters", "超过 200 个字符"),
    ],
)
async def test_what_is_wrong_with_a_file_is_told_in_both_languages(
    site: Site, content: bytes, english: str, chinese: str
) -> None:
    site.drop("a.csv", content)
    assert await events_of(site.connector(columns=["qty"])) == []
    text = (site.root / "quarantine" / "a.csv.why.txt").read_text("utf-8-sig")
    assert english in text
    assert chinese in text


async def test_the_poll_tells_once_that_a_file_was_refused_and_holds_nothing_up(
    site: Site,
) -> None:
    site.drop("a.csv", "no,qty\n,1\n")
    site.drop("b.csv", rows("B"))
    connector = site.connector()
    page = await connector.poll("row", None)
    assert ids(list(page.events)) == ["B"]
    with pytest.raises(ConnectorError, match=r"not taken: a\.csv") as caught:
        await connector.poll("row", page.cursor)
    assert caught.value.outcome is Outcome.REJECTED
    assert (await connector.poll("row", page.cursor)).events == ()
    assert site.archived == ["b.csv"]


async def test_many_faults_are_told_up_to_a_number(site: Site) -> None:
    site.drop("a.csv", "no,qty\n" + ",1\n" * 30)
    await events_of(site.connector())
    text = (site.root / "quarantine" / "a.csv.why.txt").read_text("utf-8-sig")
    assert text.count("does not say") == 20
    assert "Only the first 20 faults" in text


async def test_a_second_bad_file_of_a_name_has_its_own_reason(site: Site) -> None:
    for _ in range(2):
        site.drop("a.csv", b"")
        await events_of(site.connector())
    assert site.names("quarantine") == ["a.csv", "a.csv.why.txt", "a~2.csv", "a~2.csv.why.txt"]


async def test_a_corrected_file_of_the_same_name_is_taken(site: Site) -> None:
    site.drop("a.csv", "no,qty\n,1\n")
    connector = site.connector()
    await events_of(connector)
    site.drop("a.csv", rows("A"))
    assert ids(await events_of(connector)) == ["A"]


# ---- keys, cells, workbooks -------------------------------------------------------------------


async def test_a_workbook_comes_in_with_exact_numbers_and_days(site: Site) -> None:
    path = site.root / "inbox" / "a.xlsx"
    path.parent.mkdir()
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("订单")
    page.write_row(0, 0, ["no", "day", "qty"])
    page.write_number(1, 0, 1001)
    page.write_datetime(1, 1, date(2026, 7, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
    page.write_number(1, 2, 2.5)
    book.close()
    connector = site.connector(pattern="*.xlsx", key=["no", "day"], sheet="订单")
    (event,) = await events_of(connector)
    assert event.object_id == "1001/2026-07-01"
    assert event.item["day"] == "2026-07-01"
    assert str(event.item["qty"]) == "2.5"


async def test_hostile_cells_and_names_are_texts(site: Site) -> None:
    name = "=cmd;<script>.csv"
    site.drop(name, 'no,x\n"=HYPERLINK(""http://x"")",<script>\n')
    (event,) = await events_of(site.connector())
    assert event.item["no"] == '=HYPERLINK("http://x")'
    assert event.item["_file"] == name
    assert site.archived == [name]


# ---- everything there is ----------------------------------------------------------------------


def keys_of(page: Page) -> list[str]:
    return [event.item["no"] for event in page.events]


async def test_the_newest_file_is_listed_whole_and_nothing_moves(site: Site) -> None:
    site.drop("old.csv", rows("1"))
    site.drop("new.csv", rows("2", "3"))
    connector = site.connector()
    page = await connector.list("row", None)
    assert keys_of(page) == ["2", "3"]
    assert not page.more
    assert await connector.count("row") == 2
    assert site.names("inbox") == ["new.csv", "old.csv"]


async def test_without_a_file_in_the_inbox_the_newest_of_the_archive_is_listed(site: Site) -> None:
    site.drop("a.csv", rows("1"), "archive/2026-05")
    site.drop("a.csv", rows("2"), "archive/2026-06")
    site.drop("a~2.csv", rows("3"), "archive/2026-06")
    assert keys_of(await site.connector(pattern="a.csv").list("row", None)) == ["3"]


async def test_a_listed_file_may_go_to_the_archive_between_two_pages(site: Site) -> None:
    keys = [f"K{number}" for number in range(PAGE + 2)]
    site.drop("a.csv", rows(*keys))
    page = await site.connector().list("row", None)
    assert page.more
    await events_of(site.connector())
    assert site.archived == ["a.csv"]
    rest = await site.connector().list("row", page.cursor)
    assert [*keys_of(page), *keys_of(rest)] == keys
    assert await site.connector().count("row") == len(keys)


async def test_two_rows_of_one_key_are_listed_as_two_with_their_lines(site: Site) -> None:
    site.drop("a.csv", rows("1", "2", "1"))
    page = await site.connector().list("row", None)
    assert keys_of(page) == ["1", "2", "1"]
    assert ids(list(page.events)) == ["a.csv:2", "a.csv:3", "a.csv:4"]


async def test_a_list_of_nothing_is_no_empty_list(site: Site) -> None:
    with pytest.raises(ConnectorError, match="no file") as caught:
        await site.connector().list("row", None)
    assert caught.value.outcome is Outcome.UNAVAILABLE_NOT_APPLIED


async def test_a_listed_file_that_was_taken_away_is_to_be_read_again(site: Site) -> None:
    path = site.drop("a.csv", rows(*map(str, range(PAGE + 1))))
    page = await site.connector().list("row", None)
    path.unlink()
    with pytest.raises(ConnectorError, match="read again") as caught:
        await site.connector().list("row", page.cursor)
    assert caught.value.outcome is Outcome.CONFLICT


async def test_a_listed_file_that_is_wrong_is_told_and_stays(site: Site) -> None:
    site.drop("a.csv", "no,qty\n,1\n")
    with pytest.raises(ConnectorError, match="line 2") as caught:
        await site.connector().list("row", None)
    assert caught.value.outcome is Outcome.REJECTED
    assert site.names("inbox") == ["a.csv"]


# ---- killed anywhere --------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(1, 26))
async def test_killed_at_any_step_nothing_is_lost_and_nothing_comes_twice(
    site: Site, at: int
) -> None:
    site.drop("a.csv", rows("1", "2"))
    site.drop("bad.csv", "no,qty\n,1\n")
    site.drop("c.csv", rows("3"))
    stored: dict[str, str | None] = {}
    cursor: str | None = None
    connector = site.connector(MortalDisk(at))
    for _ in range(12):
        try:
            page = await connector.poll("row", cursor)
        except Killed:
            connector = site.connector()
            continue
        except ConnectorError:  # a file was refused
            continue
        new = {event.external_id: event.object_id for event in page.events}
        assert not set(new) & set(stored)
        stored |= new
        cursor = page.cursor
    assert sorted(map(str, stored.values())) == ["1", "2", "3"]
    assert site.archived == ["a.csv", "c.csv"]
    assert [one for one in site.names("quarantine") if not one.startswith(".")] == [
        "bad.csv", "bad.csv.why.txt",
    ]  # fmt: skip
    assert site.names("inbox") == []


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    site = Site(tmp_path / "gone")
    for call in (site.connector().poll("row", None), site.connector().check()):
        with pytest.raises(ConnectorError, match="gone") as caught:
            await call
        assert caught.value.outcome is Outcome.MISCONFIGURED


async def test_the_check_says_what_waits_and_what_was_refused(site: Site) -> None:
    site.drop("a.csv", rows("1"))
    site.drop("b.csv", b"")
    await events_of(site.connector())
    line = await site.connector().check()
    assert line.endswith("0 files in inbox/, 1 refused in quarantine/")
