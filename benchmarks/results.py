"""The result of a measure, as a line of the table and as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Result:
    """A line of the table. `met` is None if there is no target; `numbers` are for the JSON and for analysis."""

    measure: str
    result: str
    target: str = ""
    met: bool | None = None
    numbers: dict[str, Any] = field(default_factory=dict)


def ratio(measure: str, value: float, most: float, told: str, **numbers: Any) -> Result:
    """Return a result that is a ratio with a limit; `told` says what was compared."""
    numbers = {"ratio": round(value, 3)} | numbers
    return Result(measure, f"{value:.2f}x  {told}", f"≤ {most:g}x", value <= most, numbers)


def table(results: Sequence[Result]) -> str:
    """Return the results as text, columns aligned."""
    met = {True: "yes", False: "NO", None: ""}
    rows = [("measure", "result", "target", "met")]
    rows += [(each.measure, each.result, each.target, met[each.met]) for each in results]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ("─" * widths[0], "─" * widths[1], "─" * widths[2], "─" * widths[3]))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
