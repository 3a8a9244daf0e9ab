"""A build on a server holds a lock, and a lost lock stops it without damage."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from extractor.config.settings import Config
from extractor.engines import dbt as transform
from extractor.engines.base import BuildOptions, Built
from extractor.engines.postgres.build import DBT_SESSION, last_build
from extractor.engines.postgres.engine import TARGET
from extractor.engines.postgres.server import ALONE, transaction
from extractor.errors import BuildError, WarehouseError
from tests.cluster import Database
from tests.extractor.killing import PROJECT

CONFIG = Config(target="postgres")
STATE = """
create schema if not exists state;
create table if not exists state.builds (
    build_number integer, up_to_load integer, is_full_refresh boolean, rebuilds_facts boolean, has_passed boolean,
    facts_format integer
)
"""
HAS_LOCK = "select pg_try_advisory_lock(%s)"
LOCK_HOLDERS = """
select pid from pg_locks
where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())
"""


class FakeDbt:
    """Replaces dbt: adds a row to state.builds as dbt does, and records how it was called."""

    def __init__(
        self, server: Database, *, passes: bool = True, meanwhile: Callable[[], object] = lambda: None
    ) -> None:
        self.options: list[BuildOptions] = []
        self._server = server
        self._passes = passes
        self._meanwhile = meanwhile

    def __call__(self, _: Config, options: BuildOptions) -> Built:
        self.options.append(options)
        self._meanwhile()
        self._server.rows(STATE)
        values = "select coalesce(max(build_number), 0) + 1, 0, %s, %s, %s, 1 from state.builds"
        refreshes = options.full_refresh
        self._server.rows(f"insert into state.builds {values}", refreshes, refreshes, self._passes)
        return Built(1, 1, 0, 1.0)


@pytest.fixture
def is_free(server: Database) -> Callable[[], bool]:
    """Return whether another connection could load now."""
    return lambda: server.rows(HAS_LOCK, ALONE) == [(True,)]


def run(dbt: Callable[[Config, BuildOptions], Built], patch: pytest.MonkeyPatch, *, full_tests: bool = False) -> Built:
    patch.setattr(transform, "dbt_build", dbt)
    return TARGET.build(CONFIG, BuildOptions(full_tests=full_tests))


def passed() -> bool:
    with transaction() as connection, connection.cursor() as cursor:
        build = last_build(cursor)
        return build is not None and build.has_passed


def test_load_is_locked_out_during_a_build(
    server: Database, is_free: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    free: list[bool] = []
    assert run(FakeDbt(server, meanwhile=lambda: free.append(is_free())), monkeypatch).models == 1
    assert free == [False]
    assert is_free()
    assert passed()


def test_failed_build_after_a_passed_one_is_not_passed(
    server: Database, is_free: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(FakeDbt(server), monkeypatch)
    with pytest.raises(BuildError, match="did not run every model and test"):
        run(FakeDbt(server, passes=False), monkeypatch)
    assert is_free()
    assert not passed()


def test_all_rows_are_tested_until_a_build_passes(server: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    failing, passing = FakeDbt(server, passes=False), FakeDbt(server)
    for dbt in (failing, failing):
        with pytest.raises(BuildError):
            run(dbt, monkeypatch)
    for _ in range(2):
        run(passing, monkeypatch)
    run(passing, monkeypatch, full_tests=True)
    assert [options.full_tests for options in failing.options + passing.options] == [True, True, True, False, True]


def test_full_tests_invalidate_the_last_build_before_they_start(
    server: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(FakeDbt(server), monkeypatch)
    seen: list[bool] = []
    run(FakeDbt(server, meanwhile=lambda: seen.append(passed())), monkeypatch, full_tests=True)
    assert seen == [False]
    assert passed()


def test_dbt_receives_the_session_that_holds_the_lock(server: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=32MB")
    seen: list[tuple[str, str, list[tuple[int]]]] = []

    def look() -> None:
        seen.append((os.environ["PGOPTIONS"], os.environ["PGAPPNAME"], server.rows(LOCK_HOLDERS)))

    run(FakeDbt(server, meanwhile=look), monkeypatch)
    [(options, name, [(pid,)])] = seen
    assert options == f"-c work_mem=32MB -c search_path=pg_catalog,pg_temp -c spotify.lock_pid={pid}"
    assert name == DBT_SESSION
    assert os.environ["PGOPTIONS"] == "-c work_mem=32MB"
    assert "PGAPPNAME" not in os.environ


def test_lost_lock_is_an_error(server: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose() -> None:
        server.rows(f"select pg_terminate_backend(pid) from ({LOCK_HOLDERS}) as holders")

    with pytest.raises(WarehouseError, match="nothing is lost"):
        run(FakeDbt(server, meanwhile=lose), monkeypatch)


def test_orphaned_dbt_sessions_are_terminated_before_the_next_build(
    server: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stray = server.connect()
    with stray.cursor() as cursor:
        cursor.execute("set application_name to %s", [DBT_SESSION])
        stray.commit()
    run(FakeDbt(server), monkeypatch)
    assert server.rows("select pid from pg_stat_activity where pid = %s", stray.info.backend_pid) == []


# Exits like a killed process, after it has started the replacement of dbt.
KILLED = """
import os, signal, subprocess
from extractor.config.settings import Config
from extractor.engines import dbt as transform
from extractor.engines.base import BuildOptions
from extractor.engines.postgres.engine import TARGET

def dbt(*_):
    dbt = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL)
    print(dbt.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

transform.dbt_build = dbt
TARGET.build(Config(), BuildOptions())
"""


def test_dbt_that_outlives_its_run_still_holds_the_lock(is_free: Callable[[], bool]) -> None:
    run = subprocess.run([sys.executable, "-c", KILLED], cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=False)
    assert run.returncode == -signal.SIGKILL
    assert not is_free()
    os.kill(int(run.stdout), signal.SIGTERM)
    assert any(is_free() for _ in range(100)), "the server does not notice at once that the client is gone"
