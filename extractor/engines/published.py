"""Read what is published: its tables, and facts about it for `status`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

import duckdb

from extractor.config.settings import Config
from extractor.engines.duckdb.files import opened
from extractor.errors import QueryError, WarehouseError
from extractor.landing.runs import Run

RUNS = """
select *, has_bulk_tracks as bulk_tracks, has_popularity as popularity
from runs
where kind = 'read'
order by started_at desc
limit 50
"""


class Cursor(Protocol):
    """The part of a database cursor that reading needs."""

    @property
    def description(self) -> Any: ...
    def execute(self, sql: str, /) -> object: ...
    def fetchall(self) -> list[Any]: ...


@contextmanager
def reading(config: Config) -> Iterator[Cursor]:
    """Yield a cursor on the tables of the published file. Raises WarehouseError, also for errors inside the block."""
    with opened(config.database, read_only=True, memory_limit=config.memory) as connection:
        yield connection.cursor()


def id_of(cursor: duckdb.DuckDBPyConnection, kind: str, name: str) -> str:
    """Return the id of the playlist, track or artist (`kind`) of a name. Raises QueryError if there is not just one."""
    try:
        [(found,)] = cursor.execute(f"select {kind}_id_of(?)", [name]).fetchall()
    except duckdb.InvalidInputException as error:
        raise QueryError(str(error).removeprefix("Invalid Input Error: ")) from error
    return str(found)


def literal(day: date) -> str:
    """Return a day as an SQL literal."""
    return f"date '{day.isoformat()}'"


def records_of(cursor: Cursor, sql: str) -> list[dict[str, Any]]:
    """Return the rows of a query by column."""
    cursor.execute(sql)
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


@dataclass
class PublishedReport:
    """Facts about what is published: when it was published, its last day, its last runs, names of playlists."""

    where: str
    at: datetime | None = None
    through: date | None = None
    runs: list[Run] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, config: Config) -> PublishedReport:
        """Return the facts of the published file."""
        database = config.database
        report = cls(str(database))
        if not database.exists():
            return report
        try:
            report.at = datetime.fromtimestamp(database.stat().st_mtime, UTC)
            with opened(database, read_only=True) as connection:
                report.take_in(connection.cursor())
        except (WarehouseError, OSError) as error:
            report.problems.append(str(error))
        return report

    def take_in(self, cursor: Cursor) -> None:
        """Read the published tables."""
        cursor.execute("select max(date) from playlist_days")
        ((self.through,),) = cursor.fetchall()
        cursor.execute("select playlist_id, coalesce(playlist_name, '') from playlists")
        self.names = dict(cursor.fetchall())
        cursor.execute(RUNS)
        columns = [column[0] for column in cursor.description or ()]
        for row in cursor.fetchall():
            known = dict(zip(columns, row, strict=True))
            known["started_at"] = known["started_at"].replace(tzinfo=UTC)
            self.runs.append(Run.of(known))
