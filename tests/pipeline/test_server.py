"""Many machines and one server: concurrent extracts, loads and builds do not change the tables."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Event

import duckdb
import pytest
import yaml

from extractor.config.settings import Config, read_config
from extractor.engines.postgres.load import load
from extractor.errors import PARTLY_READ
from tests.cluster import Database
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import MARTS, OBSERVED, PATIENCE, Project, of_day
from tests.published import Row, Table, read_table

pytestmark = pytest.mark.slow

DAY = date(2026, 1, 1)
WORKERS = 4
LISTS = 12
PLAYLISTS = ", ".join(f"list {number}: {{size: {15 + 9 * number}, pool: [0, 400]}}" for number in range(LISTS))
WORLD = f"tracks: 400, playlists: {{{PLAYLISTS}}}"
FAULTS = (
    "{path: /v1/playlists, after: 5, times: 3, status: 500}",
    "{path: /v1/playlists, after: 11, times: 1, drop: true}",
    "{path: /v1/playlists, after: 15, times: 1, status: 429, headers: {Retry-After: 2}}",
    "{path: /v1/playlists, after: 17, times: 1, truncate: 90}",
    "{path: /v1/tracks, times: 1, status: 503, body: ''}",
)


def test_four_concurrent_workers_and_loaders_give_the_rows_of_one(make_project: MakeProject, server: Database) -> None:
    alone = make_project(f"{{{WORLD}}}")
    assert alone.extract(DAY).exit_code == 0
    alone.publish()
    together = make_project(f"{{{WORLD}, faults: [{', '.join(FAULTS)}]}}")
    at_once(together)
    assert server.rows("select count(distinct worker) from raw.answers") == [(WORKERS,)]
    assert server.rows("select count(*) > count(distinct name) from raw.landing_files") == [(True,)], "a file in pieces"
    together.publish("postgres")
    with duckdb.connect(str(alone.database), read_only=True) as connection:
        wanted = {mart: read_table(connection.cursor(), mart) for mart in MARTS}
    actual = server.published(MARTS)
    assert len(wanted["tracks_in_playlist"].rows) > 500
    for mart in MARTS:
        if mart != "runs":
            assert seen(actual[mart], mart) == seen(wanted[mart], mart), mart


LOSE_LOCK = """
select pg_terminate_backend(pid) from pg_locks
where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
"""


def test_build_that_loses_its_lock_stops_and_no_day_is_missing(make_project: MakeProject, server: Database) -> None:
    project = make_project("{tracks: 60, playlists: {a: {size: 20, pool: [0, 40]}, b: {size: 20, pool: [20, 60]}}}")
    to_server = (None, "--target", "postgres")
    project.extract(DAY)
    assert project.run("load", *to_server).exit_code == 0
    project.extract(DAY + timedelta(days=1))
    with ThreadPoolExecutor(1) as pool:
        building = pool.submit(project.run, "build", *to_server)
        wait_until(lambda: server.rows("select to_regclass('state.builds') is not null") == [(True,)])
        assert server.rows(LOSE_LOCK) == [(True,)]
        assert project.run("load", *to_server).exit_code == 0, "nothing keeps it out"
        built = building.result()
    assert (built.exit_code, "this build has lost its lock" in built.told) == (1, True), built.told
    assert server.rows("select up_to_load, has_passed from state.builds") == [(1, False)]
    assert project.run("publish", *to_server).exit_code == 1
    project.publish("postgres")
    project.publish()
    with duckdb.connect(str(project.database), read_only=True) as connection:
        wanted = {mart: read_table(connection.cursor(), mart) for mart in MARTS}
    assert len(wanted["runs"].rows) == 2
    assert server.published(MARTS) == wanted


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait until a condition that another process causes is true."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def at_once(project: Project) -> None:
    """Let four workers extract the day until complete, while four others load."""
    done = Event()
    with ThreadPoolExecutor(2 * WORKERS) as pool:
        loaders = [pool.submit(load_until, done, read_config(project.config)) for _ in range(WORKERS)]
        workers = [pool.submit(work, project, number) for number in range(1, WORKERS + 1)]
        try:
            for worker in workers:
                worker.result()
        finally:
            done.set()
        for loader in loaders:
            loader.result()


def work(project: Project, number: int) -> None:
    """Run a worker: the real command with its own configuration."""
    config = yaml.safe_load(project.config.read_text()) | {"batch_number": number, "batch_size": LISTS // WORKERS}
    own = project.folder / f"worker {number}.yaml"
    own.write_text(yaml.safe_dump(config))
    while True:
        process = project.start("extract", *of_day("extract", DAY), config=str(own))
        _, told = process.communicate(timeout=120)
        if process.returncode == 0:
            return
        assert process.returncode == PARTLY_READ, told


def load_until(done: Event, config: Config) -> None:
    """Load repeatedly, and once more after all workers are done."""
    last = False
    while not last:
        last = done.wait(0.2)
        load(config)


def seen(table: Table, mart: str) -> list[Row]:
    """Return rows without the columns that hold times of requests."""
    places = [place for place, name in enumerate(table.columns) if name not in OBSERVED.get(mart, ())]
    return sorted((tuple(row[place] for place in places) for row in table.rows), key=repr)
