"""Read what is published on the server: its tables, and facts about it for `status`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from extractor.config.settings import Config
from extractor.engines.postgres.server import place, transaction
from extractor.engines.published import Cursor, PublishedReport
from extractor.errors import WarehouseError


@contextmanager
def reading(_: Config) -> Iterator[Cursor]:
    """Yield a cursor on the published schema. Raises WarehouseError, also for errors inside the block."""
    with transaction() as connection, connection.cursor() as cursor:
        cursor.execute("set transaction read only; set search_path to spotify")
        yield cursor


def report(_: Config) -> PublishedReport:
    """Return the facts of the published schema; if the server can't be reached, its message is the problem."""
    found = PublishedReport(f"schema spotify of {place()}")
    try:
        with transaction() as connection, connection.cursor() as cursor:
            cursor.execute("select to_regclass('state.published') is not null")
            if cursor.fetchall() == [(True,)]:
                cursor.execute("select published_at from state.published")
                ((found.at,),) = cursor.fetchall()
                cursor.execute("set search_path to spotify")
                found.take_in(cursor)
    except WarehouseError as error:
        found.problems.append(str(error))
    return found
