"""Open DuckDB files, with errors that say what to do, and replace a file atomically by a verified new one."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from extractor.errors import ConfigError, WarehouseError
from extractor.files import sync

Setting = str | bool | int | float | list[str]

STORAGE: dict[str, Setting] = {"storage_compatibility_version": "v1.4.0"}
"""Storage version of new files. Since this version a WAL records which state of a database it belongs to. Otherwise,
the WAL of a session that has the last published file open would be replayed into the next file of that name."""

LOGS = (".wal", ".wal.checkpoint", ".wal.recovery")
"""Suffixes of the files in which DuckDB keeps changes that are not in the database file yet."""

ORIGINAL = "original"
"""Name of the attached database that another is created from."""

SCHEMAS = ("landed", "raw", "main", "intermediate", "staging", "working", "state", "system", "temp")
"""Names that a database file must not have: SQL could not distinguish the database from a schema."""

TABLES = """
select database_name, schema_name, table_name from duckdb_tables()
where database_name = current_database() and not temporary
"""
# This query reads every block: count(column) and max(column) would be answered from statistics, and a filter would skip
# the long values of rows that it excludes.
READ = "from {table} select count(*), any_value(columns(*))"


def check_paths(warehouse: Path, raw: Path, database: Path, handed_over: Path) -> None:
    """Raise ConfigError if two of the databases are the same file, or if a name is that of a schema."""
    names = {"warehouse": warehouse, "database": database}
    if is_same(warehouse, database):
        raise ConfigError(f"database: {database}: must not be the same file as the warehouse, whose copy it is")
    for key, path in names.items():
        if is_same(path, raw):
            raise ConfigError(f"{key}: {path}: is the file of raw answers, beside the warehouse; choose another name")
        if is_same(path, handed_over):
            raise ConfigError(f"{key}: {path}: is the record of on_change, beside the database; choose another name")
        if path.stem in SCHEMAS:
            raise ConfigError(f"{key}: {path}: can't be called {path.name}: a schema is called {path.stem}")


def is_same(one: Path, other: Path) -> bool:
    """Return whether two paths name the same file or folder, also through links."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    return one.exists() and other.exists() and one.samefile(other)


def is_within(path: Path, folder: Path) -> bool:
    """Return whether a path is a folder or in it, also through links."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


@contextmanager
def opened(
    path: Path, *, read_only: bool = False, memory_limit: str | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to a DuckDB file, and close it. Raises WarehouseError, also for errors inside the block."""
    settings: dict[str, Setting] = {"memory_limit": memory_limit} if memory_limit else {}
    with naming_errors(path):
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
            _create(path)
        with duckdb.connect(str(path), read_only=read_only, config=settings) as connection:
            yield connection


@contextmanager
def created_from(path: Path, original: Path, memory_limit: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to a new database, with `original` attached; checkpoint it if the block succeeds."""
    settings = STORAGE | ({"memory_limit": memory_limit} if memory_limit else {})
    with duckdb.connect(str(path), config=settings) as connection:
        attach(connection, original, ORIGINAL)
        yield connection
        connection.execute("checkpoint")


@contextmanager
def naming_errors(path: Path) -> Iterator[None]:
    """Raise errors of DuckDB and of the operating system as WarehouseError, with the path."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        if "Conflicting lock" in str(error):
            raise WarehouseError(
                f"{path}: open in another process, and DuckDB lets only one write. Close it there (analysts open the "
                "published database instead) and run the same command again; nothing is lost"
            ) from error
        raise WarehouseError(f"{path}: {error}") from error


def _create(path: Path) -> None:
    """Create an empty database atomically: DuckDB writes a new file in steps, and a kill could leave half of it."""
    if path.exists() and path.stat().st_size > 0:
        return
    beside = path.with_name(f".{path.name}.new")
    remove(beside)
    duckdb.connect(str(beside), config=STORAGE).close()
    beside.replace(path)


@contextmanager
def successor(path: Path, mode: int) -> Iterator[Path]:
    """Yield the path of a new database beside `path`. It replaces `path` if the block succeeds, else it is removed.

    Raises WarehouseError, also for DuckDB errors inside the block; until the new file is in place, the old one is
    unchanged.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        with naming_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            remove(beside)
            yield beside
            _put_in_place(beside, path, mode)
    finally:
        with suppress(OSError):
            remove(beside)


def _put_in_place(beside: Path, path: Path, mode: int) -> None:
    if logs := logs_of(beside):
        raise WarehouseError(f"{logs[0]}: could not be fully written to {beside.name}")
    beside.chmod(mode)
    sync(beside)
    if path.is_dir():
        raise WarehouseError(f"{path}: can't be replaced: it is a folder")
    # A WAL that another session left would be replayed into the new file.
    for log in logs_of(path):
        log.unlink()
    beside.replace(path)
    sync(path.parent)


def logs_of(path: Path) -> list[Path]:
    """Return the WAL and checkpoint files of a database: changes of a session that are not in the database file yet."""
    logs = (path.with_name(f"{path.name}{end}") for end in LOGS)
    return [log for log in logs if log.exists()]


def remove(path: Path) -> None:
    """Remove a database that a killed process left, with its WAL and temporary files."""
    for leftover in (path, *logs_of(path)):
        leftover.unlink(missing_ok=True)
    shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)


def tables_of(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return all tables of an open database as quoted names: with schema, and with database and schema."""
    found = [tuple(map(named, names)) for names in connection.execute(TABLES).fetchall()]
    return {f"{schema}.{table}": f"{database}.{schema}.{table}" for database, schema, table in found}


def rows_of(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the number of rows of each table."""
    tables = tables_of(connection).items()
    return {table: number_of(connection, f"from {qualified} select count(*)") for table, qualified in tables}


def read_to_end(path: Path, memory_limit: str | None = None) -> dict[str, int]:
    """Read all columns of every table of a database; return the number of rows of each table.

    DuckDB verifies the checksum of each block that it reads. Raises WarehouseError if one is wrong.
    """
    with opened(path, read_only=True, memory_limit=memory_limit) as connection:
        tables = tables_of(connection).items()
        return {table: number_of(connection, READ.format(table=qualified)) for table, qualified in tables}


def verify(path: Path, expected: dict[str, int], memory_limit: str | None = None) -> None:
    """Read a database to its end. Raises WarehouseError if its tables or their numbers of rows are not as expected."""
    found = read_to_end(path, memory_limit)
    if found != expected:
        differing = sorted(table for table, _ in found.items() ^ expected.items())
        raise WarehouseError(f"{path}: the copy is not complete: {', '.join(differing)}; nothing was replaced")


def number_of(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return the number in the first column of a one-row result."""
    [row] = connection.execute(query).fetchall()
    return int(row[0])


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach a database read-only."""
    connection.execute(f"attach {quoted(str(path))} as {named(name)} (read_only)")


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def path_text(path: Path) -> str:
    """Return a path for a reader of DuckDB as an SQL literal, in which no character is a wildcard."""
    return quoted(re.sub(r"[\[*?]", r"[\g<0>]", str(path)))


def named(text: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + text.replace('"', '""') + '"'
