"""Reads an export of another system: a CSV file, or a sheet of an XLSX workbook, as a table.

Exports are not kept by hand like the small tables beside mapping files (`hub.sheet`): they are
large, numbers have formats, titles stand above the header and totals below the last row. What is
guessed or left out is told (`Table.notes`); what cannot be read is refused with its place, before
a row is given. Nothing in a file is ever worked out: `=cmd()` is text.
"""

from __future__ import annotations

from hub.table_file.cells import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, Cell, TableChanged, TableFault
from hub.table_file.table import Table, TableRow, open_table

__all__ = [
    "MAX_BYTES",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "Cell",
    "Table",
    "TableChanged",
    "TableFault",
    "TableRow",
    "open_table",
]
