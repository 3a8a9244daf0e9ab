"""Reads what an engine has published in a form comparable across engines; knows how engines differ."""

import json
from dataclasses import dataclass
from typing import Any

from extractor.engines.published import Cursor

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """The rows of a mart, sorted."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(cursor: Cursor, name: str) -> Table:
    """Read a published mart."""
    cursor.execute(f"select * from {name}")
    columns = tuple(column[0] for column in cursor.description or ())
    rows = (tuple(map(_plain, columns, row)) for row in cursor.fetchall())
    return Table(columns, tuple(sorted(rows, key=repr)))


def _plain(column: str, value: Any) -> Any:
    """Normalize JSON text: sorted keys, no spaces."""
    if column == "requests" and value is not None:
        return json.dumps(json.loads(value), separators=(",", ":"), sort_keys=True)
    return value
