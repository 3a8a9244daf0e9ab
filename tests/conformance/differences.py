"""Differences between two tables, reported with the names of the histories."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from tests.conformance.history import History
from tests.conformance.runs import id_of
from tests.published import Table

NO_HISTORY = "(of no history)"
ROWS_SHOWN = 12
Name = tuple[str, str]


class Names:
    """Map ids to their history and their name there."""

    def __init__(self, histories: Sequence[History]) -> None:
        self._names: dict[str, Name] = {}
        for history in histories:
            tracks = {entry.name for read in history.reads for entry in read.entries or () if entry.name}
            tracks |= {asked.track for asked in history.asked} | set(history.known or ())
            for name in (*history.lists, *tracks):
                self._names[id_of(history, name)] = (history.name, name)

    def by_history(self, table: Table) -> dict[str, list[tuple[Any, ...]]]:
        """Return the rows of a table by history, in the order of the table, with names instead of ids."""
        rows: dict[str, list[tuple[Any, ...]]] = {}
        for row in table.rows:
            known = [self._names[value] for value in row if isinstance(value, str) and value in self._names]
            history = known[0][0] if known else NO_HISTORY
            named = tuple(self._names[value][1] if value in self._names else value for value in row)
            rows.setdefault(history, []).append(named)
        return rows


def told(
    actual: Mapping[str, Sequence[tuple[Any, ...]]], expected: Mapping[str, Sequence[tuple[Any, ...]]]
) -> dict[str, str]:
    """Describe the missing and unexpected rows of each history that differs."""
    differences = {}
    for history in sorted(actual.keys() | expected.keys()):
        there, wanted = Counter(actual.get(history, ())), Counter(expected.get(history, ()))
        if there != wanted:
            lines = [f"  missing  {_row(row)}" for row in (wanted - there).elements()]
            lines += [f"  surplus  {_row(row)}" for row in (there - wanted).elements()]
            more = [f"  … and {len(lines) - ROWS_SHOWN} more"] if len(lines) > ROWS_SHOWN else []
            differences[history] = "\n".join(lines[:ROWS_SHOWN] + more)
    return differences


def text(differences: Mapping[str, str], shown: int = 5) -> str:
    """Return the differences as an assertion message."""
    lines = [f"{len(differences)} histories differ: {', '.join(list(differences)[:50])}"]
    lines += [f"{history}:\n{difference}" for history, difference in list(differences.items())[:shown]]
    return "\n".join(lines)


def _row(row: Iterable[Any]) -> str:
    return ", ".join(value.isoformat() if isinstance(value, date) else str(value) for value in row)
