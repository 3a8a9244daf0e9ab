"""Copy the published tables into a SQLite file, and their descriptions into a metadata file for Datasette.

python to_sqlite.py data/spotify.duckdb data/playlists.db

The file is written under another name and then renamed: a copy that fails leaves the one before.
"""

import json
import sqlite3
import sys
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

ROWS_AT_A_TIME = 10_000
INDEXED = ("playlist_id", "track_id", "date", "artist_id")

TABLES = """
    select table_name, comment from duckdb_tables() where schema_name = 'main'
    union all
    select view_name, comment from duckdb_views() where schema_name = 'main' and not internal
    order by 1
"""
COLUMNS = """
    select column_name, data_type, comment from duckdb_columns()
    where schema_name = 'main' and table_name = ? order by column_index
"""


def type_in_sqlite(data_type: str) -> str:
    """Return the type of a column in SQLite: dates and timestamps are text, booleans 0 and 1."""
    if data_type in ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT"):
        return "integer"
    return "real" if data_type == "DOUBLE" or data_type.startswith("DECIMAL") else "text"


def value_in_sqlite(value: object) -> object:
    """Return a value as SQLite stores it."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def copy(source: duckdb.DuckDBPyConnection, target: sqlite3.Connection) -> dict[str, object]:
    """Copy every published table; returns the metadata."""
    tables = {}
    for table, description in source.execute(TABLES).fetchall():
        columns = source.execute(COLUMNS, [table]).fetchall()
        typed = ", ".join(f'"{name}" {type_in_sqlite(data_type)}' for name, data_type, _ in columns)
        target.execute(f'create table "{table}" ({typed})')
        insert = f'insert into "{table}" values ({", ".join("?" * len(columns))})'  # noqa: S608, names of our tables
        rows = source.execute(f'from main."{table}"')
        while several := rows.fetchmany(ROWS_AT_A_TIME):
            target.executemany(insert, [list(map(value_in_sqlite, row)) for row in several])
        for name in INDEXED:
            if name in [column for column, *_ in columns]:
                target.execute(f'create index "{table} {name}" on "{table}" ("{name}")')
        tables[table] = {"description": description, "columns": {name: about for name, _, about in columns}}
    target.commit()
    return tables


def main(published: Path, into: Path) -> None:
    """Write the SQLite file, and beside it the metadata."""
    part = into.with_suffix(".part")
    part.unlink(missing_ok=True)
    with duckdb.connect(str(published), read_only=True) as source, closing(sqlite3.connect(part)) as target:
        tables = copy(source, target)
    part.replace(into)
    metadata = {"title": "Playlists and tracks", "databases": {into.stem: {"tables": tables}}}
    into.with_suffix(".json").write_text(json.dumps(metadata, indent=2), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: to_sqlite.py PUBLISHED_FILE SQLITE_FILE")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
