"""Chinese of the sentences about tables read from CSV files and workbooks."""

from __future__ import annotations

from collections.abc import Mapping

TABLES: Mapping[str, str] = {
    "A character is not {encoding}.": "有字符不属于 {encoding} 编码。",
    "From line {line} on, cells are merged over several rows: their value stands in the first of "
    "them only.": "自第 {line} 行起有跨行合并的单元格：其值只算在第一行。",
    "Name the column in the header, or remove what stands beside the table.": (
        "请在表头为该列命名，或删去表格旁边的内容。"
    ),
    "No line names the columns: texts, at least two of them, above the data.": (
        "没有列名所在的行：数据之上应有至少两个文字列名。"
    ),
    "Open the workbook, mend the cell or enter its value, and save it again.": (
        "请打开工作簿，修正该单元格或直接填入数值，再保存。"
    ),
    "Read as GB18030.": "按 GB18030 编码读取。",
    "Read: sheet {sheet}. Not read: {others}.": "读取工作表 {sheet}；未读取：{others}。",
    "Remove what stands outside the table, or save it as CSV UTF-8.": (
        "请删去表格以外的内容，或另存为 CSV UTF-8。"
    ),
    "Say which line names the columns: header: LINE, or --header LINE.": (
        "请指明表头在第几行：header: 行号，或 --header 行号。"
    ),
    "The cell holds a formula, and no value was saved with it.": (
        "单元格是公式，但文件中没有保存其结果。"
    ),
    "The cell shows {error}.": "单元格显示 {error}。",
    "The column {column} holds formulas; their values are as they were saved.": (
        "列 {column} 含公式；取其保存时的结果。"
    ),
    "The column {column} holds numbers of more than 15 digits, which spreadsheets round.": (
        "列 {column} 含超过 15 位的数字，电子表格会舍入。"
    ),
    "The file has changed since it was opened.": "文件在打开之后又有变动。",
    "The sheet is used down to {cell}: that is more than {most} cells.": (
        "工作表一直用到 {cell}：超过 {most} 个单元格。"
    ),
    "There are no rows below the header.": "表头之下没有数据行。",
    "There is no sheet {sheet}; there are: {known}.": "没有工作表 {sheet}；有：{known}。",
    "There is nothing in line {line}, where the header should be.": (
        "第 {line} 行应为表头，却没有内容。"
    ),
    "Try it again once nobody writes it.": "请等文件写完后再试。",
    "{cell}: {message}": "{cell}：{message}",
    "Left out above the header: {lines} line(s).": "表头之上略去 {lines} 行。",
    "The header has two lines; they are joined with /.": "表头有两行，已用 / 合并。",
    "Left out, as it repeats the header: line {lines}.": "略去重复的表头：第 {lines} 行。",
    "Left out, as it holds totals: line {lines}.": "略去合计行：第 {lines} 行。",
    "Column {at} has no name; it is called {name}.": "第 {at} 列没有名称，称为 {name}。",
    "Two columns are named {title}; the one at {at} is called {name}.": (
        "有两列名为 {title}；第 {at} 列称为 {name}。"
    ),
}
