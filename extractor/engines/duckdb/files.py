"""DuckDB files: opening them, with errors that say what to do, and replacing one by a proven successor."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from extractor.errors import ConfigError, WarehouseError

Setting = str | bool | int | float | list[str]

STORAGE: dict[str, Setting] = {"storage_compatibility_version": "v1.4.0"}
"""Of new files. From this version on a log says which state of a database it belongs to. Without that, what a session
writes that has the last published file open would be read into the next one, by its name."""

LOGS = (".wal", ".wal.checkpoint", ".wal.recovery")
"""Ends of the names of files in which DuckDB keeps what a database file does not have yet."""

SCHEMAS = ("landed", "raw", "main", "intermediate", "staging", "working", "state", "system", "temp")
"""Names that a database file must not have: SQL could not distinguish the database from a schema."""

TABLES = """
select database_name, schema_name, table_name from duckdb_tables()
where database_name = current_database() and not temporary
"""
# What reads every block: statistics answer count(column) or max(column), and of rows that a filter refuses long values
# are not read.
READ = "from {table} select count(*), any_value(columns(*))"


def check_paths(warehouse: Path, raw: Path, database: Path) -> None:
    """Raise ConfigError if two of the databases are one file, or if a name is that of a schema."""
    names = {"warehouse": warehouse, "database": database}
    if _is_same(warehouse, database):
        raise ConfigError(f"database: {database}: must be another file than the warehouse, which it is a copy of")
    for key, path in names.items():
        if _is_same(path, raw):
            raise ConfigError(f"{key}: {path}: is the file of raw answers, beside the warehouse; give it another name")
        if path.stem in SCHEMAS:
            raise ConfigError(f"{key}: {path}: {path.name} can't be its name: a schema is called {path.stem}")


def _is_same(one: Path, other: Path) -> bool:
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    return one.exists() and other.exists() and one.samefile(other)


@contextmanager
def opened(
    path: Path, *, read_only: bool = False, memory_limit: str | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a DuckDB file, closed at the end. Raises WarehouseError, for faults inside the block too."""
    settings: dict[str, Setting] = {"memory_limit": memory_limit} if memory_limit else {}
    with _own_errors(path):
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
            _create(path)
        with duckdb.connect(str(path), read_only=read_only, config=settings) as connection:
            yield connection


@contextmanager
def _own_errors(path: Path) -> Iterator[None]:
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
    """An empty database, put in place whole: DuckDB writes a new file in pieces, and a kill would leave half of one."""
    if path.exists() and path.stat().st_size > 0:
        return
    beside = path.with_name(f".{path.name}.new")
    remove(beside)
    duckdb.connect(str(beside), config=STORAGE).close()
    beside.replace(path)


@contextmanager
def successor(path: Path, mode: int) -> Iterator[Path]:
    """Yield the path of a new database beside `path`. It replaces the one there if the block succeeds, else is removed.

    Raises WarehouseError, for faults inside the block too; until the new file is in place, the old one is as it was.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        with _own_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            remove(beside)
            yield beside
            _put_in_place(beside, path, mode)
    finally:
        with suppress(OSError):
            remove(beside)


def _put_in_place(beside: Path, path: Path, mode: int) -> None:
    if logs := logs_of(beside):
        raise WarehouseError(f"{logs[0]}: not all of it could be written to {beside.name}")
    beside.chmod(mode)
    _sync(beside)
    if path.is_dir():
        raise WarehouseError(f"{path}: can't be replaced: it is a folder")
    # A log that another session has left would be read into the new file.
    for log in logs_of(path):
        log.unlink()
    beside.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def logs_of(path: Path) -> list[Path]:
    """The files beside a database in which a session has left what the database file does not have."""
    logs = (path.with_name(f"{path.name}{end}") for end in LOGS)
    return [log for log in logs if log.exists()]


def remove(path: Path) -> None:
    """Remove a database that a kill may have left, with its logs and its temporary files."""
    for leftover in (path, *logs_of(path)):
        leftover.unlink(missing_ok=True)
    shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)


def tables_of(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """All tables of an open database, as SQL writes them: with the schema, and with database and schema."""
    found = [tuple(map(named, names)) for names in connection.execute(TABLES).fetchall()]
    return {f"{schema}.{table}": f"{database}.{schema}.{table}" for database, schema, table in found}


def rows_of(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The number of rows of each table."""
    tables = tables_of(connection).items()
    return {table: number_of(connection, f"from {qualified} select count(*)") for table, qualified in tables}


def read_to_end(path: Path, memory_limit: str | None = None) -> dict[str, int]:
    """Read all columns of every table of a database; returns the number of rows of each table.

    DuckDB verifies the checksum of each block that it reads. Raises WarehouseError if one is wrong.
    """
    with opened(path, read_only=True, memory_limit=memory_limit) as connection:
        tables = tables_of(connection).items()
        return {table: number_of(connection, READ.format(table=qualified)) for table, qualified in tables}


def number_of(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The number that the one row of a result begins with."""
    [row] = connection.execute(query).fetchall()
    return int(row[0])


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach a database to read from it."""
    connection.execute(f"attach {quoted(str(path))} as {named(name)} (read_only)")


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def named(text: str) -> str:
    """A name as SQL writes it."""
    return '"' + text.replace('"', '""') + '"'
