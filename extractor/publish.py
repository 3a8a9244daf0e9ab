"""The published database: the marts and the answers (table macros), in a fresh file, put in place by one rename."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import duckdb

from extractor.config import Config
from extractor.errors import BuildError, WarehouseError
from extractor.takeover import bring_up_to_date, hash_days, note_days, put_in_place, take_over
from extractor.transform import PROJECT, has_passed
from extractor.warehouse import attach, opened, quoted, remove

MARTS = """
select table_name as name, comment from duckdb_tables() where database_name = ? and schema_name = 'main'
union all
select view_name, comment from duckdb_views()
where database_name = ? and schema_name = 'main' and not internal
"""
COLUMNS = """
select column_name, comment from duckdb_columns()
where database_name = ? and schema_name = 'main' and table_name = ? and comment is not null
"""


@dataclass(frozen=True)
class Published:
    """What analysts open, as it is now: a file, or what a server has."""

    database: Path | str
    bytes: int

    def __str__(self) -> str:
        return f"published {self.database} ({megabytes(self.bytes)})"


ANSWERS = (
    "playlist_id_of",
    "track_id_of",
    "stays",
    "tracks_during",
    "playlists_of",
    "playlists_of_isrc",
    "tracklist_on",
    "popularity_of",
    "popularity_around_stays",
    "coverage",
)
"""The macros of the folder answers/, each after those that it calls."""


def publish(config: Config, *, anew: bool = False) -> Published:
    """Copy the marts into a new file and rename it over the published one; readers keep what they have open.

    Unless it is made `anew`, large tables are taken over from the file before, and brought up to date.

    Raises BuildError unless the warehouse is as a passed build left it, WarehouseError if a file can't be written.
    """
    if not has_passed(config):
        raise BuildError(
            f"{config.warehouse}: changed since the last build that passed its tests, or never built; "
            "run `./run.sh build` first. Nothing is published"
        )
    beside = config.database.with_name(f".{config.database.name}.new")
    remove(beside)
    taken = set() if anew else take_over(config.database, beside, config.warehouse)
    with opened(beside) as connection:
        warehouse = attach(connection, config.warehouse)
        hash_days(connection, warehouse)
        for table, comment in connection.execute(MARTS, [config.warehouse.stem] * 2).fetchall():
            if table in taken:
                bring_up_to_date(connection, warehouse, table)
            else:
                connection.execute(f'create table main."{table}" as from {warehouse}.main."{table}"')
            columns = connection.execute(COLUMNS, [config.warehouse.stem, table]).fetchall()
            _comment(connection, table, comment, columns)
        note_days(connection)
        for name in ANSWERS:
            define(connection, PROJECT / "answers" / f"{name}.sql")
    try:
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        put_in_place(beside, config.database)
    except OSError as error:
        raise WarehouseError(f"{config.database}: can't be replaced: {error.strerror}") from error
    return Published(config.database, config.database.stat().st_size)


def megabytes(size: int) -> str:
    """A size for a person."""
    return f"{size / 1e6:.1f} MB"


def _comment(
    connection: duckdb.DuckDBPyConnection, table: str, comment: str | None, columns: list[tuple[str, str]]
) -> None:
    if comment:
        connection.execute(f'comment on table main."{table}" is {quoted(comment.strip())}')
    for column, meaning in columns:
        connection.execute(f'comment on column main."{table}"."{column}" is {quoted(meaning.strip())}')


def define(connection: duckdb.DuckDBPyConnection, answer: Path) -> None:
    """Create the macro that a file defines, with the comment that the file begins with."""
    definition = answer.read_text("utf-8")
    connection.execute(definition)
    comment = comment_of(definition)
    kind = "macro table" if ") as table\n" in definition else "macro"
    connection.execute(f'comment on {kind} main."{answer.stem}" is {quoted(comment)}')


def comment_of(definition: str) -> str:
    """The lines of comment that a definition begins with, as one."""
    comment = takewhile(lambda line: line.startswith("-- "), definition.splitlines())
    return " ".join(line.removeprefix("-- ") for line in comment)
