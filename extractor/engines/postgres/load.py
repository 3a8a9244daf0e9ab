"""Load landing files into `raw` of a PostgreSQL database, by COPY, in one transaction. Loads wait for each other.

DuckDB, in this process, splits the answers, as it does for its own tables.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg2
from psycopg2.errors import ProgramLimitExceeded, StatementTooComplex
from psycopg2.extensions import cursor as Cursor  # noqa: N812 (a class, though its name is not one's)

from extractor.config.settings import Config
from extractor.engines.base import Loaded
from extractor.engines.duckdb.files import quoted
from extractor.engines.duckdb.load import FORMAT, set_up
from extractor.engines.loading import Store, load_news
from extractor.engines.news import find_news, ledger_of
from extractor.engines.postgres.server import ALONE, place, transaction
from extractor.engines.raw_tables import ANSWER_TABLES, RAW_TABLES, create_statements, known_files
from extractor.errors import LandingError, WarehouseError

# Collation "C" sorts text by its bytes: the rows must not depend on the locale of a database.
TYPES = {"varchar": 'varchar collate "C"', "json": "jsonb", "large json": "jsonb"}

# Matches NUL, the one character that PostgreSQL can't store, as a JSON escape whose backslash is not itself escaped.
# Replaced twice, because matches of adjacent escapes overlap.
NUL = r"((?:^|[^\\])(?:\\\\)*)\\u0000"
VALUES = {
    "json": f"regexp_replace(regexp_replace({{0}}::varchar, '{NUL}', '\\1\ufffd', 'g'), '{NUL}', '\\1\ufffd', 'g')",
    "varchar": "replace({0}, chr(0), '\ufffd')",
}
"""Expressions that convert values of a type for COPY; other types need no conversion."""

REFUSED = (psycopg2.DataError, ProgramLimitExceeded, StatementTooComplex)
"""The server's SQLSTATEs for a value that it can't store."""


def load(config: Config) -> Loaded:
    """Load what is new in the landing folder. Raises the errors of `load` of DuckDB.

    A NUL character in an answer becomes U+FFFD, the replacement character; the landing file keeps it.
    """
    with transaction() as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [ALONE])
        _create_tables(cursor)
        cursor.execute(known_files("raw."))
        ledger = ledger_of(cursor.fetchall())
        news = find_news(config.landing, ledger)
        with _store(cursor, config) as store:
            loaded = load_news(store, news, ledger)
    news.raise_problems()
    return loaded


def _create_tables(cursor: Cursor) -> None:
    cursor.execute("select to_regclass('raw.format') is not null, to_regclass('raw.landing_files') is not null")
    [(is_known, is_there)] = cursor.fetchall()
    if is_known:
        cursor.execute("select version from raw.format")
        if cursor.fetchall() == [(FORMAT,)]:
            return
    if is_known or is_there:
        raise WarehouseError(
            f"schema raw of {place()}: written by another version of this program. Move it away, or name another "
            "database in PGDATABASE, and run the same command again: the tables are rebuilt from the landing files"
        )
    cursor.execute(f"create schema if not exists raw; create table raw.format as select {FORMAT} as version")
    for statement in create_statements(TYPES, "raw."):
        cursor.execute(statement)
    for table in ANSWER_TABLES:
        cursor.execute(f"create index {table}_load_number on raw.{table} using brin (load_number)")


@contextmanager
def _store(cursor: Cursor, config: Config) -> Iterator[Store]:
    try:
        with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"temp_directory": folder}) as reader:
            set_up(reader, config)
            rows = Path(folder) / "rows.csv"
            yield Store(
                reader, lambda table, select: _copy(cursor, reader, table, select, rows), lambda: _attempt(cursor)
            )
    except (duckdb.Error, OSError) as error:
        raise WarehouseError(f"the landing files can't be split for PostgreSQL: {error}") from error


def _copy(cursor: Cursor, reader: duckdb.DuckDBPyConnection, table: str, select: str, rows: Path) -> None:
    """Insert the rows of a select on the reader, by way of a file: they are as large as a piece of a day."""
    columns = RAW_TABLES[table]
    values = ", ".join(VALUES.get(kind.removeprefix("large "), "{0}").format(name) for name, kind in columns.items())
    names = ", ".join(columns)
    selected = f"select {values} from ({select}) as rows({names})"  # noqa: S608 (our own)
    reader.execute(f"copy ({selected}) to {quoted(str(rows))} (format csv, header false)")
    try:
        with rows.open("rb") as lines:
            cursor.copy_expert(f"copy raw.{table} from stdin (format csv)", lines)
    except REFUSED as error:
        raise LandingError(" ".join(str(error).split())) from error


@contextmanager
def _attempt(cursor: Cursor) -> Iterator[None]:
    cursor.execute("savepoint attempt")
    try:
        yield
    except Exception:
        cursor.execute("rollback to savepoint attempt")
        raise
