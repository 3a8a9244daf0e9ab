"""dbt, run on the server while nobody loads, and the proof of its success that publishing asks for."""

from __future__ import annotations

import os

from psycopg2.extensions import cursor as Cursor  # noqa: N812 (a class)

from extractor.config import Config
from extractor.load import LEDGER
from extractor.postgres.server import ALONE, connected
from extractor.transform import BuildOptions, Built, dbt_build

# Every incremental model that is built, by whomever, adds a line to raw.built: whether one was since, is seen by that.
PASSED = LEDGER + "create table if not exists raw.passed (builds bigint)"
REMEMBER = "insert into raw.passed select count(*) from raw.built"
HAS_PASSED = "select exists (select from raw.passed where builds = (select count(*) from raw.built))"


def build(config: Config, options: BuildOptions) -> Built:
    """Run `dbt build` and remember in the database that it passed. Raises BuildError as `dbt_build` does."""
    with connected() as connection, connection.cursor() as cursor:
        connection.autocommit = True  # no transaction of ours stays open beside those of dbt
        cursor.execute("select pg_advisory_lock(%s)", [ALONE])
        # A dbt that outlives a killed run keeps the connection, and with it the lock: the next run waits for it.
        os.set_inheritable(connection.fileno(), True)
        cursor.execute(PASSED)
        cursor.execute("delete from raw.passed")
        built = dbt_build(config, options)
        cursor.execute(REMEMBER)
    return built


def has_passed(cursor: Cursor) -> bool:
    """Whether the tables are as the last passed build left them."""
    cursor.execute(PASSED)
    cursor.execute(HAS_PASSED)
    [(passed,)] = cursor.fetchall()
    return bool(passed)
