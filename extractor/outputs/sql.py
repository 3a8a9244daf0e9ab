"""Run a query on the published tables, and write its rows as a table, CSV or JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import duckdb

from extractor.config.settings import Config
from extractor.engines.duckdb.files import opened
from extractor.errors import QueryError, visible
from extractor.files import printing
from extractor.outputs.missing import check_published

RESULT_FORMATS = ("table", "csv", "json")

ROWS_OF_A_TABLE = 1000
"""Rows that the table format shows; CSV and JSON have all rows."""

FETCHED_AT_ONCE = 1000


def run_sql(config: Config, query: str, result_format: str, out: TextIO) -> None:
    """Run SQL on the published file, opened read-only, and write the rows of its last statement to `out`.

    Raises WarehouseError if nothing is published, QueryError if DuckDB refuses the query, OutputError if `out` is full.
    """
    check_published(config.database)
    with opened(config.database, read_only=True, memory_limit=config.memory) as connection:
        try:
            cursor = connection.execute(query)
            columns = [column[0] for column in cursor.description or ()]
            with printing(out):
                _write(columns, _rows(cursor), result_format, out)
        except duckdb.Error as error:
            raise QueryError(str(error)) from error


def query_of(text: str | None, given: TextIO) -> str:
    """Return the SQL of an argument: its text, the content of a .sql file, or of `given` if it is None or `-`."""
    if text is None or text == "-":
        if given.isatty():
            raise QueryError('give a query: ./run.sh sql "from playlists", a file, or standard input')
        return given.read()
    if text.endswith(".sql"):
        try:
            return Path(text).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise QueryError(f"{text}: can't be read: {error}") from error
    return text


def format_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return rows as lines of text in aligned columns below a header; null is empty, control characters are escaped."""
    cells = [list(columns), *(["" if value is None else str(value) for value in row] for row in rows)]
    cells = [[visible(cell.replace("\n", " ")) for cell in line] for line in cells]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["─" * width for width in widths])
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(FETCHED_AT_ONCE):
        yield from rows


def _write(columns: list[str], rows: Iterator[tuple[Any, ...]], result_format: str, out: TextIO) -> None:
    if result_format == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    elif result_format == "json":
        for row in rows:
            named = dict(zip(columns, row, strict=True))
            out.write(json.dumps(named, ensure_ascii=False, default=_text) + "\n")
    else:
        shown = list(islice(rows, ROWS_OF_A_TABLE))
        out.write("\n".join(format_table(columns, shown)) + "\n")
        more = sum(1 for _ in rows)
        if more:
            out.write(f"… {more:,} more rows: --format csv writes all of them\n")


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
