"""What a new published file takes over from the one before: the rows of tracklists, most of all that is published.

A version of a list never changes once it has a first day and a content, so only new and vanished versions are written.
Which versions a file has is noted in it, in a schema of its own, by the hash of their content.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from extractor.errors import WarehouseError
from extractor.warehouse import attach, opened, remove

VERSIONS = "select playlist_id, first_day, content_hash from {warehouse}.intermediate.int_read_spans"

TABLES = """
select table_name from duckdb_tables()
where database_name = current_database() and schema_name = 'main' and table_name <> 'tracklists'
"""
COMMENTS = """
comment on table publication.tracklist_versions is
    'Which versions of lists are in tracklists: how the next publication knows what it may take over.';
comment on column publication.tracklist_versions.playlist_id is 'Spotify id of the list.';
comment on column publication.tracklist_versions.first_day is 'UTC day of the first read with this version.';
comment on column publication.tracklist_versions.content_hash is 'Equal for equal contents: order, items and claims.';
"""
MACROS = "select function_name, function_type from duckdb_functions() where not internal and schema_name = 'main'"

SAME_COLUMNS = ("select * from main.tracklists", "select * from {warehouse}.main.tracklists")

DELETE = """
delete from main.tracklists
where (playlist_id, first_day) in (
    select (playlist_id, first_day) from (from publication.tracklist_versions except from versions)
)
"""
INSERT = """
insert into main.tracklists
select * from {warehouse}.main.tracklists
where (playlist_id, first_day) in (
    select (playlist_id, first_day) from (from versions except from publication.tracklist_versions)
)
"""


def take_over(published: Path, beside: Path, warehouse: Path) -> bool:
    """Make `beside` a copy of the published file with nothing but its tracklists; False where that can't be done."""
    try:
        shutil.copyfile(published, beside)
        with opened(beside) as connection:
            name = attach(connection, warehouse)
            connection.execute("from publication.tracklist_versions limit 0")
            present, wanted = (
                connection.execute("describe " + columns.format(warehouse=name)).fetchall() for columns in SAME_COLUMNS
            )
            if present != wanted:
                raise WarehouseError("the columns have changed")
            for (table,) in connection.execute(TABLES).fetchall():
                connection.execute(f'drop table main."{table}"')
            for macro, kind in connection.execute(MACROS).fetchall():
                connection.execute(f'drop {"macro table" if kind == "table_macro" else "macro"} main."{macro}"')
    except (OSError, WarehouseError):
        with suppress(OSError):
            remove(beside)
        return False
    return True


def bring_up_to_date(connection: duckdb.DuckDBPyConnection, warehouse: str) -> None:
    """Give the tracklists that were taken over the versions that the attached warehouse has, and no others."""
    connection.execute("create temp table versions as " + VERSIONS.format(warehouse=warehouse))
    connection.execute(DELETE)
    connection.execute(INSERT.format(warehouse=warehouse))


def note_versions(connection: duckdb.DuckDBPyConnection, warehouse: str) -> None:
    """Note which versions the file has, for the next one to take over."""
    connection.execute("create schema if not exists publication")
    versions = VERSIONS.format(warehouse=warehouse)
    connection.execute(f"create or replace table publication.tracklist_versions as {versions}")
    connection.execute(COMMENTS)
