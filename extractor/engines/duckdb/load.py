"""Load landing files into raw.duckdb, in one transaction. Idempotent: the ledger prevents loading a line twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from extractor.config.settings import Config
from extractor.engines.base import Loaded
from extractor.engines.duckdb.files import naming_errors, opened, quoted
from extractor.engines.loading import Store, load_news
from extractor.engines.news import find_news, ledger_of
from extractor.engines.raw_tables import create_statements, known_files
from extractor.errors import WarehouseError
from extractor.files import sync

FORMAT = 1

USE = "use raw.raw"
"""The database has the same name as its schema, which SQL could not distinguish in `raw.answers`."""

TYPES = {"large json": "json using compression zstd"}


def load(config: Config) -> Loaded:
    """Load what is new in the landing folder: new files, and the new lines of files that have grown.

    Raises LandingError naming file and line if a file contains anything but envelopes of one run: nothing of that file
    is loaded, the other files are. Raises WarehouseError if the tables can't be written; they are unchanged then.
    """
    with prepared(config) as connection:
        ledger = ledger_of(connection.execute(known_files()).fetchall())
        news = find_news(config.landing, ledger)
        loaded = load_news(_store(connection), news, ledger)
        connection.execute("checkpoint")
    with naming_errors(config.raw):
        sync(config.raw)
    news.raise_problems()
    return loaded


def create(config: Config) -> None:
    """Create an empty raw.duckdb if there is none. Raises WarehouseError, as `load` does."""
    with prepared(config):
        pass


@contextmanager
def prepared(config: Config) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to raw.duckdb, created if missing. Raises WarehouseError if it is of another version."""
    if not config.raw.exists():
        _refuse_earlier(config.warehouse)
    with opened(config.raw) as connection:
        set_up(connection, config)
        if not connection.execute("from duckdb_tables() where not internal").fetchall():
            with _transaction(connection):
                connection.execute(f"create schema raw.raw; {USE}; create table format as select {FORMAT} as version")
                for statement in create_statements(TYPES):
                    connection.execute(statement)
        elif _version(connection) != FORMAT:
            raise _of_another_version(config.raw)
        connection.execute(USE)
        yield connection


def set_up(connection: duckdb.DuckDBPyConnection, config: Config) -> None:
    """Configure a connection to read pieces of landing files. Two threads would gain little and double the memory."""
    connection.execute("set threads = 1")
    connection.execute("set preserve_insertion_order = false")
    connection.execute(f"set memory_limit = {quoted(config.memory)}")


def _version(connection: duckdb.DuckDBPyConnection) -> int | None:
    try:
        [(version,)] = connection.execute("select version from raw.raw.format").fetchall()
    except duckdb.CatalogException:
        return None
    return int(version)


def _refuse_earlier(warehouse: Path) -> None:
    """Raise WarehouseError if the warehouse contains raw answers, as it did before version 1."""
    if warehouse.exists() and warehouse.stat().st_size > 0:
        with opened(warehouse, read_only=True) as connection:
            if connection.execute("from duckdb_tables() where schema_name = 'raw'").fetchall():
                raise _of_another_version(warehouse)


def _of_another_version(path: Path) -> WarehouseError:
    return WarehouseError(
        f"{path}: written by another version of this program. Move it away and run the same command again: the tables "
        "are rebuilt from the landing files"
    )


def _store(connection: duckdb.DuckDBPyConnection) -> Store:
    def insert(table: str, rows: str) -> None:
        connection.execute(f"insert into {table} {rows}")

    return Store(connection, insert, lambda: _transaction(connection))


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # the first error is the one to report
            connection.rollback()
        raise
    connection.commit()
