"""Publish the database: a verified copy of the warehouse file, with functions, put in place by one rename."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from extractor.config.settings import Config
from extractor.engines.base import Build, Published, check_passed
from extractor.engines.duckdb.builds import awaits_refresh, has_news, last_build_of
from extractor.engines.duckdb.copying import copy_file
from extractor.engines.duckdb.files import logs_of, named, opened, rows_of, successor, verify
from extractor.engines.functions import FUNCTIONS, define
from extractor.errors import ExtractorError, WarehouseError

READ_ONLY = 0o444
OF_ONE_BUILD = ("staging", "working")
"""Schemas of the warehouse that only dbt needs, while it builds."""

VIEWS = """
select view_name from duckdb_views()
where database_name = current_database() and schema_name = 'main' and not internal
"""
MACROS = """
select function_name, len(parameters), function_type = 'table_macro' from duckdb_functions()
where database_name = current_database() and schema_name = 'main' and not internal
"""


@dataclass(frozen=True)
class _Source:
    """The warehouse: its last build, which passed, and the number of rows of each published table."""

    build: Build
    rows: dict[str, int]


def publish(config: Config) -> Published:
    """Replace the published database by a copy of the warehouse; readers keep the file that they have open.

    Raises BuildError unless the last build passed, WarehouseError if the copy can't be made or verified. The published
    file is unchanged then.
    """
    source = _checkpointed(config)
    target = Path(os.path.realpath(config.database))
    with successor(target, READ_ONLY) as copy:
        copy_file(config.warehouse, copy)
        with opened(copy, memory_limit=config.memory) as connection:
            _make_publishable(connection)
        _prove(copy, source.rows, config.memory)
    if last_build_of(target) != source.build:
        raise WarehouseError(f"{target}: replaced by another program meanwhile; run `./run.sh publish` again")
    with suppress(OSError):  # on failure, the next daily run publishes again
        _stamp(config).write_text(_identity(target))
    return Published(config.database, target.stat().st_size)


def is_published(config: Config) -> bool:
    """Return whether the published file is unchanged and of the last build, and no load came since."""
    target = Path(os.path.realpath(config.database))
    try:
        if logs_of(target) or _stamp(config).read_text() != _identity(target):
            return False
        build = last_build_of(config.warehouse)
        if build is None or not build.has_passed or has_news(config.raw, build):
            return False
        with opened(config.warehouse, read_only=True) as connection:
            if awaits_refresh(connection):
                return False
        return last_build_of(target) == build
    except (ExtractorError, OSError):
        return False


def _checkpointed(config: Config) -> _Source:
    """Checkpoint the warehouse, so that its file is complete. Raises BuildError unless the last build passed."""
    build = check_passed(last_build_of(config.warehouse), config.target, config.warehouse, "Nothing was published")
    with opened(config.warehouse, memory_limit=config.memory) as connection:
        connection.execute("checkpoint")
        rows = {table: number for table, number in rows_of(connection).items() if not _is_of_one_build(table)}
    if logs := logs_of(config.warehouse):
        raise WarehouseError(f"{logs[0]}: the warehouse can't be checkpointed; the published file is unchanged")
    return _Source(build, rows)


def _is_of_one_build(table: str) -> bool:
    return table.startswith(tuple(f"{named(schema)}." for schema in OF_ONE_BUILD))


def _make_publishable(connection: duckdb.DuckDBPyConnection) -> None:
    for schema in OF_ONE_BUILD:
        connection.execute(f"drop schema if exists {schema} cascade")
    for name in FUNCTIONS:
        define(connection, name)
    # DuckDB does not report a failure of the checkpoint on close.
    connection.execute("checkpoint")


def _prove(copy: Path, expected: dict[str, int], memory_limit: str | None) -> None:
    """Raise WarehouseError unless each table is readable and has as many rows, and views and functions work."""
    verify(copy, expected, memory_limit)
    with opened(copy, read_only=True) as connection:
        for (view,) in connection.execute(VIEWS).fetchall():
            connection.execute(f"explain from main.{named(view)}")
        for function, parameters, is_table in connection.execute(MACROS).fetchall():
            call = f"main.{named(function)}({', '.join(['null'] * parameters)})"
            connection.execute(f"explain {'from' if is_table else 'select'} {call}")


def _stamp(config: Config) -> Path:
    """Return the file that records which file was published, so that an edited or restored one is detected."""
    return config.warehouse.with_name(f"{config.warehouse.name}.published")


def _identity(path: Path) -> str:
    state = path.stat()
    return f"{state.st_dev} {state.st_ino} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}"
