"""Landing files into `raw` of a PostgreSQL database, by COPY, in one transaction. Loaders wait for each other.

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

# Text is in the order of its bytes: the rows must not depend on the language of a database.
TYPES = {"varchar": 'varchar collate "C"', "json": "jsonb", "large json": "jsonb"}

# The one character that PostgreSQL can't hold, as JSON writes it: the backslash before it is not itself escaped. Twice,
# because what stands before one may be another.
NUL = r"((?:^|[^\\])(?:\\\\)*)\\u0000"
VALUES = {
    "json": f"regexp_replace(regexp_replace({{0}}::varchar, '{NUL}', '\\1\ufffd', 'g'), '{NUL}', '\\1\ufffd', 'g')",
    "varchar": "replace({0}, chr(0), '\ufffd')",
}
"""How a value of a type is written for COPY, where it is not written as it is."""

REFUSED = (psycopg2.DataError, ProgramLimitExceeded, StatementTooComplex)
"""What the server says of a value that it can't hold."""


def load(config: Config) -> Loaded:
    """Load what is new in the landing folder, as extractor.load does. Raises what that raises.

    A NUL character in an answer becomes U+FFFD, the mark of a character that is none; the landing file keeps it.
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
            f"schema raw of {place()}: made by another version of this program. Move it away, or name another database "
            "in PGDATABASE, and run the same command again: the tables are rebuilt from the landing files"
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
    """Insert what is selected from the reader; on its way it is on disk, as it is as large as a piece of a day."""
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
