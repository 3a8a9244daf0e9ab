"""Replace raw.duckdb by a verified copy without some rows: deleting rows would not free their space."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import duckdb

from extractor.config.settings import Config
from extractor.engines.duckdb.files import (
    ORIGINAL,
    created_from,
    logs_of,
    named,
    number_of,
    successor,
    tables_of,
    verify,
)
from extractor.errors import WarehouseError

Rows = dict[str, int]
"""Number of rows by table, which is a quoted name."""


@contextmanager
def raw_without(
    config: Config, gone: Mapping[str, str], prepare: Callable[[duckdb.DuckDBPyConnection], None] = lambda _: None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Rows]]:
    """Yield a connection to the copy, and the rows that it must have; it replaces raw.duckdb after the block.

    `gone` maps a table to the condition of the rows to leave out; `prepare` creates what the conditions need. A block
    that adds rows must count them. Raises WarehouseError if the copy can't be made or verified; raw.duckdb is unchanged
    then.
    """
    if logs := logs_of(config.raw):
        raise WarehouseError(f"{logs[0]}: {config.raw.name} can't be checkpointed; nothing was changed")
    with successor(config.raw, stat.S_IMODE(config.raw.stat().st_mode)) as beside:
        with created_from(beside, config.raw, config.memory) as connection:
            prepare(connection)
            rows = _copy_what_stays(connection, gone)
            yield connection, rows
        verify(beside, rows, config.memory)


def _copy_what_stays(connection: duckdb.DuckDBPyConnection, gone: Mapping[str, str]) -> Rows:
    [(database,)] = connection.execute("select current_database()").fetchall()
    connection.execute(f"copy from database {ORIGINAL} to {named(database)} (schema)")
    rows = {}
    for table, qualified in tables_of(connection).items():
        stays = f"({gone.get(table, 'false')}) is not true"  # the condition may be null
        rows[table] = number_of(connection, f"from {ORIGINAL}.{table} select count(*) where {stays}")
        connection.execute(f"insert into {qualified} from {ORIGINAL}.{table} where {stays}")
    return rows
