"""Compact large tables by sorting their rows now and then: sorted rows take a fraction of the space.

Each day appends unsorted rows. Once the rows appended since the last compaction outnumber the sorted ones, the table is
rewritten in order. So each row is rewritten only a few times, however long the history gets.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from extractor.engines.duckdb.copying import check_room
from extractor.engines.duckdb.files import named, number_of, opened, quoted

LEAST_ROWS = 5_000
"""Below this number of rows, compaction saves too little to pay off."""

COMPACTED = "create table if not exists state.compacted (table_name varchar, ordered_rows bigint)"
ORDERED_ROWS = "select coalesce(max(ordered_rows), 0) from state.compacted where table_name = {name}"
# Deleting and inserting rows, rather than replacing the table, keeps its constraints and comments.
REWRITE = """
create temp table in_order as from {table} order by {columns};
delete from {table};
insert into {table} from in_order;
drop table in_order;
delete from state.compacted where table_name = {name};
insert into state.compacted select {name}, count(*) from {table};
"""


@dataclass(frozen=True)
class Compactable:
    """A table and its sort columns."""

    schema: str
    name: str
    columns: tuple[str, ...]

    @property
    def qualified(self) -> str:
        return f"{named(self.schema)}.{named(self.name)}"


def compactable(models: Iterable[dict[str, Any]]) -> list[Compactable]:
    """Return the tables of dbt's models whose properties have `meta.compact_by`."""
    columns = [(model, model["config"].get("meta", {}).get("compact_by")) for model in models]
    return [Compactable(model["schema"], model["name"], tuple(order)) for model, order in columns if order]


def compact(
    warehouse: Path, tables: list[Compactable], *, memory_limit: str | None = None, least_rows: int = LEAST_ROWS
) -> list[str]:
    """Compact the tables that need it; return their names.

    Raises WarehouseError, with everything unchanged, if the disk is full or a statement fails.
    """
    if not tables:
        return []
    with opened(warehouse, memory_limit=memory_limit) as connection:
        connection.execute(COMPACTED)
        due = [table for table in tables if _is_due(connection, table, least_rows)]
        for table in due:
            # twice: the sorted copy, and the new blocks beside the old ones until the checkpoint
            check_room(warehouse, 2 * warehouse.stat().st_size)
            connection.begin()
            connection.execute(
                REWRITE.format(table=table.qualified, columns=", ".join(table.columns), name=quoted(table.name))
            )
            connection.commit()
            connection.execute("checkpoint")
    return [table.name for table in due]


def _is_due(connection: duckdb.DuckDBPyConnection, table: Compactable, least_rows: int) -> bool:
    rows = number_of(connection, f"select count(*) from {table.qualified}")  # noqa: S608 (our own)
    ordered = number_of(connection, ORDERED_ROWS.format(name=quoted(table.name)))
    return rows - ordered > max(ordered, least_rows)
