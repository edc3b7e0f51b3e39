"""datacompy's side of `reconcile`: the authority with each other side, in pandas' floats.

    reconcile_datacompy.py FOLDER

Needs the tables of `reconcile_canonical.py`. `load` reads them and drops what an object was before;
`compare` is the pairs and counting what they show. It knows pairs only, and no duplicates: a second
object of a key is a row the other side lacks, two sides without the authority are not compared.
So its findings are counted, and have no digest.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import datacompy
import pandas as pd
from reconcile_canonical import COLUMNS, TEXTS, TOLERANCES
from reconcile_data import names
from reconcile_steps import Steps


def read(folder: Path, side: str) -> pd.DataFrame:
    """Return the rows of a side, each object as it stood last."""
    frame = pd.read_csv(
        folder / f"{side}.csv", header=None, names=COLUMNS, keep_default_na=False, na_values=[""],
        dtype={name: "str" if name in TEXTS else "float64" for name in COLUMNS},
    )  # fmt: skip
    frame = frame.sort_values(["modified", "ordinal"]).drop_duplicates(["key", "id"], keep="last")
    return frame.drop(columns=["ordinal", "id", "modified"])


def findings(expected: pd.DataFrame, actual: pd.DataFrame) -> int:
    """Return how many rows one of two sides lacks, and how many values differ."""
    found: Any = datacompy.PandasCompare(
        expected, actual, join_columns=["key"], abs_tol={**TOLERANCES, "default": 0}, rel_tol=0
    )
    unequal = sum(column["unequal_cnt"] for column in found.column_stats)
    return len(found.df1_unq_rows) + len(found.df2_unq_rows) + int(unequal)


def main(folder: Path) -> None:
    """Measure the steps."""
    sides, steps = names(folder), Steps()
    with steps("load"):
        frames = [read(folder, side) for side in sides]
    with steps("compare"):
        count = sum(findings(frames[0], other) for other in frames[1:])
    note = f"datacompy {datacompy.__version__}, pairs of sides, floats; counts only, no digest"
    print(steps.line(count, "", note))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
