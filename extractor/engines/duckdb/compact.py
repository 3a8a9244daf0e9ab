"""Rows of large tables, put in order now and then: in order, they take a fraction of the room.

Days append rows as they come. Once the rows appended since the last time outnumber those in order, all are rewritten:
each row is rewritten a few times in its life, however long the history.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from extractor.engines.duckdb.copying import check_room
from extractor.engines.duckdb.files import named, number_of, opened, quoted

LEAST_ROWS = 5_000
"""Below this number, order saves too little to be worth the work."""

COMPACTED = "create table if not exists state.compacted (table_name varchar, ordered_rows bigint)"
ORDERED_ROWS = "select coalesce(max(ordered_rows), 0) from state.compacted where table_name = {name}"
# Emptied and filled again, a table keeps its constraints and comments.
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
    """A table, and the columns that put it in order."""

    schema: str
    name: str
    columns: tuple[str, ...]

    @property
    def qualified(self) -> str:
        return f"{named(self.schema)}.{named(self.name)}"


def compactable(manifest: Path) -> list[Compactable]:
    """The tables whose properties have `meta.compact_by`, in what dbt knows of the project."""
    nodes = json.loads(manifest.read_bytes())["nodes"].values()
    metas = [(node, node["config"].get("meta", {}).get("compact_by")) for node in nodes if "config" in node]
    return [Compactable(node["schema"], node["name"], tuple(columns)) for node, columns in metas if columns]


def compact(
    warehouse: Path, tables: list[Compactable], *, memory_limit: str | None = None, least_rows: int = LEAST_ROWS
) -> list[str]:
    """Rewrite in order what needs it; returns the names of the tables that were rewritten.

    All is as it was if there is no room or a statement fails: raises WarehouseError.
    """
    if not tables:
        return []
    with opened(warehouse, memory_limit=memory_limit) as connection:
        connection.execute(COMPACTED)
        due = [table for table in tables if _is_due(connection, table, least_rows)]
        for table in due:
            # twice: in order, and until the checkpoint beside what is replaced
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
