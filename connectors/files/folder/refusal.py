"""Why a file was not taken, in the words of whoever left it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.language import Language, told
from hub.table_file import TableFault

#: So many faults of a file are told.
MOST = 20
_LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that is wrong with a file, in both languages."""

    english: str
    chinese: str
    #: What to do about it.
    hint: str
    hint_zh: str
    #: Counted from 1; 0 where the file as a whole is meant.
    line: int = 0
    column: int = 0
    #: Name of the column.
    name: str = ""
    value: str | None = None

    def __str__(self) -> str:
        place = ", ".join(self._place("line", "column"))
        return f"{place}: {self.english}" if place else self.english

    def told(self) -> list[str]:
        """Return it in English, a line each."""
        value = [] if self.value is None else [f"  Value: {self._shown()}"]
        return [f"- {self}", *value, f"  What to do: {self.hint}"]

    def told_zh(self) -> list[str]:
        """Return it in Chinese, a line each."""
        line = [f"第 {self.line} 行"] if self.line else []
        name = f"（{self.name}）" if self.name else ""
        column = [f"第 {self.column} 列{name}"] if self.column else []
        place = "".join([*line, *column])
        value = [] if self.value is None else [f"  值：{self._shown()}"]
        text = f"{place}：{self.chinese}" if place else self.chinese
        return [f"- {text}", *value, f"  处理办法：{self.hint_zh}"]

    def _place(self, line: str, column: str) -> list[str]:
        name = f" ({self.name})" if self.name else ""
        parts = ((line, self.line, ""), (column, self.column, name))
        return [f"{word} {number}{more}" for word, number, more in parts if number]

    def _shown(self) -> str:
        text = (self.value or "").replace("\n", " ").replace("\r", " ")
        return repr(text[:_LONGEST_VALUE]) if text else '""'


def unreadable(fault: TableFault) -> Refusal:
    """Return the refusal of a file that is no table."""
    hint = fault.hint or "Correct the file."
    hint_zh = told(fault.hint, Language.ZH) if fault.hint else "请改正文件。"
    chinese = told(fault.message, Language.ZH)
    return Refusal(str(fault.message), chinese, str(hint), hint_zh, fault.line, fault.column)


def missing_column(name: str, columns: Sequence[str], line: int, *, key: bool) -> Refusal:
    """Return the refusal of a file without a column that is asked for."""
    known = ", ".join(columns)
    word = "key:" if key else "columns:"
    return Refusal(
        f"There is no column {name}; there are: {known}.",
        f"没有列 {name}；有：{known}。",
        f"Name the column so in the file, or correct {word} of the connection.",
        f"请在文件中使用该列名，或改正连接的 {word}。",
        line,
    )


def no_key(name: str, line: int, column: int) -> Refusal:
    """Return the refusal of a row that does not say which object it is about."""
    return Refusal(
        "The row does not say what it is about: this cell is empty.",
        "该行没有标明对象：此单元格为空。",
        "Fill in the cell, or remove the row.",
        "请填写该单元格，或删除该行。",
        line, column, name, "",
    )  # fmt: skip


def long_key(name: str, line: int, column: int, value: str, most: int) -> Refusal:
    """Return the refusal of a row whose key is no name."""
    return Refusal(
        f"The key has more than {most} characters.",
        f"编号超过 {most} 个字符。",
        "See that the column is the right one.",
        "请确认该列是否正确。",
        line, column, name, value,
    )  # fmt: skip


def repeated_key(name: str, line: int, column: int, value: str, first: int) -> Refusal:
    """Return the refusal of a row about an object that an earlier row is about."""
    return Refusal(
        f"Line {first} has the same key; which of the rows counts is not clear.",
        f"第 {first} 行已有相同编号，无法判断以哪一行为准。",
        "Keep one row of the object, or name more columns in key: of the connection.",
        "每个对象只保留一行，或在连接的 key: 中指定更多列。",
        line, column, name, value,
    )  # fmt: skip


def letter(name: str, refusals: Sequence[Refusal]) -> bytes:
    """Return the text that is put beside a file in quarantine."""
    shown = refusals[:MOST]
    more = len(refusals) > MOST
    lines = [f"{name} was not taken, and nothing of it was used."]
    for one in shown:
        lines += one.told()
    if more:
        lines.append(f"- Only the first {MOST} faults are shown.")
    lines += ["Correct the file and put it into inbox/ again, best under a new name.", ""]
    lines.append(f"{name} 未被接收，其中任何内容都未使用。")
    for one in shown:
        lines += one.told_zh()
    if more:
        lines.append(f"- 只列出前 {MOST} 处错误。")
    lines.append("请改正后重新放入 inbox/，最好使用新文件名。")
    return b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode()
