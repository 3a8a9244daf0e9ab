"""Compact the warehouse now and then: sorted rows take a fraction of the space, and deleted ones leave room.

Each day appends unsorted rows. Once the rows appended since the last compaction outnumber the sorted ones, the table is
rewritten in order. So each row is rewritten only a few times, however long the history gets. The room that a large
build leaves in the file would be copied with every publication, so the file is rewritten once most of it is free.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from extractor.engines.duckdb.copying import check_room
from extractor.engines.duckdb.files import (
    ORIGINAL,
    created_from,
    named,
    number_of,
    opened,
    quoted,
    rows_of,
    successor,
    verify,
)

LEAST_ROWS = 5_000
"""Below this number of rows, compaction saves too little to pay off."""

LEAST_FREE = 4 << 20
"""Below this number of free bytes, rewriting the file saves too little to pay off."""

BYTES = """
select block_size * used_blocks, block_size * free_blocks from pragma_database_size()
where database_name = current_database()
"""

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


def shrink(warehouse: Path, *, memory_limit: str | None = None, least_free: int = LEAST_FREE) -> bool:
    """Rewrite the file without its free room if that is more than what is used; return whether it was.

    Raises WarehouseError, with everything unchanged, if the disk is full or the new file is not complete.
    """
    with opened(warehouse, memory_limit=memory_limit) as connection:
        connection.execute("checkpoint")
        [(used, free)] = connection.execute(BYTES).fetchall()
        expected = rows_of(connection)
    if free < max(used, least_free):
        return False
    with successor(warehouse, stat.S_IMODE(warehouse.stat().st_mode)) as beside:
        check_room(beside, used)
        with created_from(beside, warehouse, memory_limit) as connection:
            [(name,)] = connection.execute("select current_database()").fetchall()
            connection.execute(f"copy from database {ORIGINAL} to {named(name)}")
        verify(beside, expected, memory_limit)
    return True
