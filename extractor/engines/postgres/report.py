"""Facts about what is published on the server, for `status`."""

from __future__ import annotations

from extractor.config.settings import Config
from extractor.engines.postgres.server import place, transaction
from extractor.engines.published import PublishedReport
from extractor.errors import WarehouseError


def report(config: Config) -> PublishedReport:
    """Return the facts of the published schema; if the server can't be reached, its message is the problem."""
    found = PublishedReport(f"schema spotify of {place()}")
    try:
        with transaction() as connection, connection.cursor() as cursor:
            cursor.execute("select to_regclass('state.published') is not null")
            if cursor.fetchall() == [(True,)]:
                cursor.execute("select published_at from state.published")
                ((found.at,),) = cursor.fetchall()
                cursor.execute("set search_path to spotify")
                found.take_in(cursor, config.alarms)
    except WarehouseError as error:
        found.problems.append(str(error))
    return found
