"""What a new published file takes over: of its large tables, every day whose rows are the same.

By which day a table is told apart is chosen so that what is over and done with stays under one day for ever. Whether a
day's rows are the same is told by a hash of them, or of what they are made of where that is less. A file notes the
hashes of what it has, in a schema of its own.

The file published before the present one is kept as a spare, and brought up to date: so nothing is copied that did not
change. Where it is missing, or somebody still reads it, a copy of the present one does as well.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from extractor.errors import WarehouseError
from extractor.warehouse import attach, opened, remove

DAYS = {
    "playlist_changes": "date",
    "playlist_days": "date",
    "track_daily_popularity": "date",
    "track_info": "updated_at",
    "track_info_history": "valid_from",
    "tracklists": "first_day",
    "tracks_in_playlist": "first_absent",
}
"""The tables, each with the column that holds the day that its rows go by; null is a day like any other."""

MADE_OF = {
    "playlist_changes": """
        select day as date, changes.*, info.isrc
        from {warehouse}.intermediate.int_arrivals_and_departures as changes
        inner join {warehouse}.main.track_info as info on changes.track_id = info.track_id
    """,
    "tracklists": "select playlist_id, first_day, content_hash from {warehouse}.intermediate.int_read_spans",
}
"""What tells a table's rows, where making the rows costs more."""

# A view's text is hashed, too: other SQL makes other rows of the same things.
HASHES = """
select '{table}' as table_name, made_of.{day} as day, sum(hash(made_of)) + hash(({definition})) as rows_hash
from ({made_of}) as made_of
group by made_of.{day}
"""
DEFINITION = "select any_value(sql) from duckdb_views() where database_name = '{database}' and view_name = '{table}'"
STALE = """
select distinct day
from ((from new_days except from publication.days) union all (from publication.days except from new_days))
where table_name = ?
"""
# A range reaches through views and joins to what is stored, and skips all that lies outside of it; a list does not.
DATED = "({day} between date '{first}' and date '{last}' and {day} in ({dates}))"
DELETE = "delete from main.{table} where {stale}"
INSERT = "insert into main.{table} from {warehouse}.main.{table} where {stale}"
OBJECTS = """
select 'table', table_name from duckdb_tables() where database_name = current_database() and schema_name = 'main'
union all
select if(function_type = 'table_macro', 'macro table', 'macro'), function_name
from duckdb_functions() where not internal and schema_name = 'main'
"""
COMMENTS = """
comment on table publication.days is 'Which rows this file has: how the next publication knows what it may take over.';
comment on column publication.days.table_name is 'Table whose rows are meant.';
comment on column publication.days.day is 'Day that they go by.';
comment on column publication.days.rows_hash is 'Equal for equal rows.';
"""


def spare_of(published: Path) -> Path:
    """Where the file published before the present one is kept."""
    return published.with_name(f".{published.name}.spare")


def take_over(published: Path, beside: Path, warehouse: Path) -> set[str]:
    """Make `beside` of an earlier file, less all that may not be taken over; returns the tables that it has."""
    for bring in (_move_spare, shutil.copyfile):
        try:
            bring(published, beside)
            return _reduce(beside, warehouse)
        except (OSError, WarehouseError):
            with suppress(OSError):
                remove(beside)
    return set()


def put_in_place(beside: Path, published: Path) -> None:
    """Rename the new file over the published one, which becomes the spare. Raises OSError, and leaves both whole."""
    spare = spare_of(published)
    spare.unlink(missing_ok=True)
    with suppress(OSError):  # nothing published yet, or a file system without links
        os.link(published, spare)
    beside.replace(published)


def _move_spare(published: Path, beside: Path) -> None:
    spare = spare_of(published)
    # Killed between link and rename, both are one file, and readers have it.
    if published.exists() and spare.samefile(published):
        spare.unlink()
    spare.replace(beside)


def _reduce(beside: Path, warehouse: Path) -> set[str]:
    with opened(beside) as connection:
        name = attach(connection, warehouse)
        connection.execute("from publication.days limit 0")
        present = connection.execute(OBJECTS).fetchall()
        taken = {each for _, each in present if each in DAYS and _has_columns_of(connection, each, name)}
        for kind, each in present:
            if each not in taken:
                connection.execute(f'drop {kind} main."{each}"')
    return taken


def hash_days(connection: duckdb.DuckDBPyConnection, warehouse: str) -> None:
    """Hash, day by day, what the attached warehouse has."""
    database = warehouse.strip('"')
    days = []
    for table, day in DAYS.items():
        made_of = MADE_OF.get(table, f"from {warehouse}.main.{table}").format(warehouse=warehouse)
        definition = DEFINITION.format(database=database, table=table)
        days.append(HASHES.format(table=table, day=day, made_of=made_of, definition=definition))
    connection.execute("create temp table new_days as " + "union all".join(days))


def bring_up_to_date(connection: duckdb.DuckDBPyConnection, warehouse: str, table: str) -> None:
    """Give a table that was taken over the rows that the attached warehouse has, and no others."""
    days = {day for (day,) in connection.execute(STALE, [table]).fetchall()}
    conditions = [f"{DAYS[table]} is null"] if None in days else []
    if dates := sorted(days - {None}):
        conditions.append(
            DATED.format(
                day=DAYS[table], first=dates[0], last=dates[-1], dates=", ".join(f"date '{each}'" for each in dates)
            )
        )
    if conditions:
        for statement in (DELETE, INSERT):
            connection.execute(statement.format(table=table, warehouse=warehouse, stale=" or ".join(conditions)))


def note_days(connection: duckdb.DuckDBPyConnection) -> None:
    """Note the hashes of what the file has, for the next one to take over."""
    connection.execute("create schema if not exists publication")
    connection.execute("create or replace table publication.days as from new_days")
    connection.execute(COMMENTS)


def _has_columns_of(connection: duckdb.DuckDBPyConnection, table: str, warehouse: str) -> bool:
    mine, theirs = (
        connection.execute(f"describe {schema}.{table}").fetchall() for schema in ("main", f"{warehouse}.main")
    )
    return mine == theirs
