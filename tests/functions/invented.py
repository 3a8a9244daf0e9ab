"""Histories that differ from the published one in what it has too little of, for both engines."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractor.engines.functions import FUNCTIONS, define
from tests.cluster import Database
from tests.functions.conftest import Ask, asking, copy_marts
from tests.functions.published import Published

Statement = tuple[str, Iterable[tuple[Any, ...]]]
ENGINES = ("duckdb", "postgres")


def invent(history: Path, file: Path, change: Callable[[duckdb.DuckDBPyConnection], None]) -> Published:
    """Write the published tables to a new file, with the functions, and change them. Returns the rows."""
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"attach '{history}' as history (read_only)")
        names = "select distinct table_name from information_schema.columns where table_catalog = 'history'"
        for (name,) in connection.execute(f"{names} and table_schema = 'main'").fetchall():
            connection.execute(f"create table {name} as from history.main.{name}")
        connection.execute("detach history")
        for function in FUNCTIONS:
            define(connection, function)
        change(connection)
    return Published.of(file)


@contextmanager
def asking_file(file: Path) -> Iterator[Ask]:
    """Return a function that runs queries of a file."""
    with duckdb.connect(str(file), read_only=True) as connection:
        yield lambda sql, *parameters: connection.execute(sql, parameters).fetchall()


@contextmanager
def asking_engine(engine: str, file: Path, database: Callable[[], Database]) -> Iterator[Ask]:
    """Return a function that runs queries of a file, or of a database with its tables."""
    with ExitStack() as stack:
        if engine == "duckdb":
            yield stack.enter_context(asking_file(file))
        else:
            yield asking(stack, database())


def copied(request: pytest.FixtureRequest, file: Path) -> Database:
    """Return a new database with the tables and functions of a file."""
    database: Database = request.getfixturevalue("cluster").database(file.stem)
    copy_marts(file, database)
    return database


def assert_near(rows: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    """Compare rows in order; numbers may differ by what rounding to four digits makes of them."""
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        assert row == pytest.approx(wanted, abs=6e-5)
