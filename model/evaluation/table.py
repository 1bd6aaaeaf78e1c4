"""The table: one row a measure, one column a dancer, and what a row must reach."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from model.metrics.statistics import Mean

TRUTH = "recorded"


@dataclass(frozen=True)
class Cell:
    """A value between its bounds (95 %, bootstrap over songs or takes), from n values; its chance level, and p."""

    value: float
    low: float = math.nan
    high: float = math.nan
    n: int = 0
    chance: float = math.nan
    p: float = math.nan

    @staticmethod
    def of(mean: Mean, chance: float = math.nan, p: float = math.nan) -> "Cell":
        """From a mean."""
        return Cell(mean.value, mean.low, mean.high, mean.n, chance, p)


Column = dict[str, Cell]
Test = Callable[[Cell, Cell | None], bool]  # the dancer's, the recorded dances'


@dataclass(frozen=True)
class Row:
    """How a measure is shown: unit, digits, what it must reach (words and test) and what it says."""

    name: str
    unit: str = ""
    digits: int = 3
    must: str = ""
    test: Test | None = None
    about: str = ""


def text(families: dict[str, tuple[Row, ...]], columns: dict[str, Column]) -> str:
    """For a terminal; + reaches what it must, - does not."""
    names = list(columns)
    width = max(26, *(len(name) + 2 for name in names))
    lines = [f"{'':<42}" + "".join(f"{name:>{width}}" for name in names) + f"{'chance':>10}  must"]
    for family, rows in families.items():
        shown = [row for row in rows if any(row.name in column for column in columns.values())]
        if not shown:
            continue
        lines.append(f"-- {family}")
        for row in shown:
            cells = [columns[name].get(row.name) for name in names]
            said = "".join(
                f"{_cell(cell, row.digits) + _mark(row, columns, n):>{width}}"
                for cell, n in zip(cells, names, strict=True)
            )
            told = f"{row.name}{', ' + row.unit if row.unit else ''}"
            lines.append(f"{told:<42}{said}{_number(chance_of(cells), row.digits):>10}  {row.must}".rstrip())
    return "\n".join(lines)


def verdict(row: Row, column: Column, truth: Column | None) -> bool | None:
    """Whether a dancer reaches what it must; None where nothing is asked or nothing was measured."""
    cell = column.get(row.name)
    if row.test is None or cell is None or math.isnan(cell.value):
        return None
    return row.test(cell, (truth or {}).get(row.name))


def chance_of(cells: list[Cell | None]) -> float:
    """The chance level shown beside a row: the last dancer's that has one."""
    known = [cell.chance for cell in cells if cell and not math.isnan(cell.chance)]
    return known[-1] if known else math.nan


def as_json(families: dict[str, tuple[Row, ...]], columns: dict[str, Column]) -> dict[str, Any]:
    """Everything, ready for JSON; numbers that are not there are None."""
    truth = columns.get(TRUTH)
    return {
        row.name: {
            "family": family,
            "unit": row.unit,
            "must": row.must,
            "about": row.about,
            "dancers": {
                name: _clean(asdict(column[row.name])) | {"passes": verdict(row, column, truth)}
                for name, column in columns.items()
                if row.name in column
            },
        }
        for family, rows in families.items()
        for row in rows
        if any(row.name in column for column in columns.values())
    }


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}


def _cell(cell: Cell | None, digits: int) -> str:
    if cell is None:
        return ""
    bounds = "" if math.isnan(cell.low) else f" [{_number(cell.low, digits)} {_number(cell.high, digits)}]"
    return _number(cell.value, digits) + bounds


def _mark(row: Row, columns: dict[str, Column], name: str) -> str:
    """How a dancer's cell ends: + reaches what it must, - does not."""
    reached = None if name == TRUTH else verdict(row, columns[name], columns.get(TRUTH))
    return {True: " +", False: " -", None: "  "}[reached]


def _number(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"
