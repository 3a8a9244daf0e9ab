"""Run dbt on the server, holding the advisory lock of loads, builds and publications."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.extensions import cursor as Cursor  # noqa: N812 (a class)

from extractor.config.settings import Config
from extractor.engines.base import DISTRUST, LAST_BUILD, Build, BuildOptions, Built
from extractor.engines.dbt import ENVIRONMENT, build_in_pieces
from extractor.engines.postgres.server import ALONE, SEARCH_PATH, connected, place
from extractor.errors import WarehouseError

DBT_SESSION = "spotify build"
"""The application_name of the database sessions of a build's dbt."""

IS_BUILT = "select to_regclass('state.builds') is not null"

# The connection holds the lock for hours, idle.
NO_TIMEOUTS = """
select set_config(name, '0', false) from pg_settings
where name in ('idle_session_timeout', 'idle_in_transaction_session_timeout', 'statement_timeout', 'lock_timeout')
"""
END_STRAYS = """
select pg_terminate_backend(pid) from pg_stat_activity
where application_name = %s and datname = current_database() and usename = current_user
"""
STRAYS_END_WITHIN_SECONDS = 30


def build(config: Config, options: BuildOptions) -> Built:
    """Run `dbt build`. Raises BuildError if it fails, or did not record the build as passed.

    If the connection that holds the lock is lost, each of dbt's sessions refuses its next statement, and the build
    fails.
    """
    with connected() as connection, connection.cursor() as cursor:
        connection.autocommit = True  # no transaction of this connection stays open beside those of dbt
        cursor.execute(NO_TIMEOUTS)
        cursor.execute("select pg_advisory_lock(%s)", [ALONE])
        # A dbt that outlives a killed run keeps the connection and its lock: the next run waits for it.
        os.set_inheritable(connection.fileno(), True)
        _end_strays(cursor)
        before = last_build(cursor)
        if options.full_tests and before and before.has_passed:
            cursor.execute(DISTRUST)
        with _dbt_knows_of_the_lock(connection.info.backend_pid):
            return build_in_pieces(config, options, _last_load(cursor), lambda: last_build(cursor))


def last_build(cursor: Cursor) -> Build | None:
    """Return the last build, whether it passed or not; None before the first."""
    cursor.execute(IS_BUILT)
    if cursor.fetchall() == [(False,)]:
        return None
    cursor.execute(LAST_BUILD)
    found = cursor.fetchall()
    return Build(*found[0]) if found else None


def _last_load(cursor: Cursor) -> int:
    cursor.execute("select to_regclass('raw.landing_files') is not null")
    if cursor.fetchall() == [(False,)]:
        return 0
    cursor.execute("select coalesce(max(load_number), 0) from raw.landing_files")
    [(number,)] = cursor.fetchall()
    return int(number)


@contextmanager
def _dbt_knows_of_the_lock(pid: int) -> Iterator[None]:
    """Inside the block, dbt's sessions check that the session with this pid still holds its lock.

    See macros/adapters/lock.sql. Passed in libpq's variables, as dbt's profile can't hold a value that changes with
    each run.
    """
    before = {name: os.environ.get(name) for name in ("PGOPTIONS", "PGAPPNAME")}
    options = before["PGOPTIONS"] or ENVIRONMENT["postgres"]["PGOPTIONS"]
    options = f"{options} -c search_path={SEARCH_PATH} -c spotify.lock_pid={pid}"
    os.environ |= {"PGOPTIONS": options, "PGAPPNAME": DBT_SESSION}
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            os.environ |= {name: value} if value is not None else {}


def _end_strays(cursor: Cursor) -> None:
    """End the sessions of a dbt whose run has lost the lock. Raises WarehouseError if the server does not end them."""
    for _ in range(10 * STRAYS_END_WITHIN_SECONDS):
        cursor.execute(END_STRAYS, [DBT_SESSION])
        if not cursor.fetchall():
            return
        time.sleep(0.1)
    raise WarehouseError(f"PostgreSQL at {place()}: another build is still running there; run the same command again")
