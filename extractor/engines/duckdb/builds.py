"""The builds that dbt recorded: which loads each processed, and whether it passed."""

from __future__ import annotations

from pathlib import Path

import duckdb

from extractor.engines.base import DISTRUST, LAST_BUILD, Build
from extractor.engines.duckdb.files import opened
from extractor.errors import WarehouseError

# In raw.duckdb, the database and its schema have the same name.
LAST_LOAD = "select coalesce(max(load_number), 0) from raw.raw.landing_files"

# A run that had nothing to request lands only its start and its end; those wait for the next build, unless the run
# watches other playlists or tracks than the run before.
HAS_NEWS = """
with starts as (
    select load_number, observed_at, body ->> 'watched' as watched
    from raw.raw.answers
    where endpoint = 'runs' and (body ->> 'event') = 'start'
)

select
    exists (from raw.raw.answers where load_number > $up_to_load and endpoint <> 'runs')
    or exists (
        from starts
        where
            load_number > $up_to_load
            and watched is distinct from (
                select arg_max(watched, observed_at) from starts where load_number <= $up_to_load
            )
    )
"""


AWAITS_REFRESH = """
select max(build_number) >= coalesce((select max(build_number) from state.builds where has_passed), 0)
from state.withdrawn
"""


def last_build(connection: duckdb.DuckDBPyConnection) -> Build | None:
    """Return the last build of an open database, whether it passed or not; None before the first."""
    try:
        found = connection.execute(LAST_BUILD).fetchall()
    except duckdb.CatalogException:
        return None
    return Build(*found[0]) if found else None


def last_build_of(path: Path) -> Build | None:
    """Return the last build of a database file; None before the first. Raises WarehouseError if it can't be opened."""
    if not path.exists():
        return None
    with opened(path, read_only=True) as connection:
        return last_build(connection)


def distrust_last_build(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the next build test all rows."""
    connection.execute(DISTRUST)


def expect_refresh(connection: duckdb.DuckDBPyConnection, why: str) -> None:
    """Make the next build a full refresh, because facts were withdrawn."""
    connection.execute("create schema if not exists state")
    connection.execute("create table if not exists state.withdrawn (build_number integer, what varchar)")
    last = last_build(connection)
    connection.execute("insert into state.withdrawn values (?, ?)", [last.build_number if last else 0, why])


def awaits_refresh(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether facts were withdrawn since the last build that passed."""
    try:
        [(awaits,)] = connection.execute(AWAITS_REFRESH).fetchall()
    except duckdb.CatalogException:
        return False
    return bool(awaits)


def last_load(raw: Path) -> int:
    """Return the number of the last load; 0 before the first. Raises WarehouseError if the file can't be opened."""
    if not raw.exists():
        return 0
    with opened(raw, read_only=True) as connection:
        try:
            [(number,)] = connection.execute(LAST_LOAD).fetchall()
        except duckdb.CatalogException as error:
            raise WarehouseError(f"{raw}: not made by ./run.sh load; move it away and load again") from error
    return int(number)


def has_news(raw: Path, build: Build) -> bool:
    """Return whether a load since the last build would change a table other than `runs`."""
    with opened(raw, read_only=True) as connection:
        [(news,)] = connection.execute(HAS_NEWS, {"up_to_load": build.up_to_load}).fetchall()
    return bool(news)
