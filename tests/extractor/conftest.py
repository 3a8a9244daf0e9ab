"""Fixtures: a simulator, a landing folder, and a clock that advances only in sleep()."""

import gzip
import json
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import pytest
import yaml

from extractor.cli.commands import main
from extractor.clock import Clock
from extractor.config.settings import Api, Config
from extractor.engines.duckdb.files import STORAGE
from extractor.extract.day import RunContext
from extractor.extract.run import Extraction, extract
from extractor.project import PROJECT
from extractor.simulator.api import WebApi
from extractor.simulator.faults import Fault
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.messages import Request
from extractor.simulator.server import Simulator
from extractor.simulator.tokens import CLIENT_ID, CLIENT_SECRET
from extractor.simulator.world import World
from extractor.spotify.credentials import Credentials

DAY = date(2026, 1, 1)
NEXT_DAY = date(2026, 1, 2)
CREDENTIALS = Credentials(CLIENT_ID, CLIENT_SECRET)
TWO_LISTS = "{tracks: 0, histories: {l1: {days: {2026-01-01: [A]}}, l2: {days: {2026-01-01: [B]}}}}"
QUOTA: dict[str, Any] = {"status": 429, "headers": {"Retry-After": "9000"}}


class FakeTime:
    """A clock whose sleep returns at once; durations are recorded in `sleeps`."""

    def __init__(self) -> None:
        self.start = datetime(2026, 1, 2, 6, tzinfo=UTC)
        self.passed = 0.0
        self.sleeps: list[float] = []
        self._lock = Lock()
        self.clock = Clock(now=self.now, monotonic=lambda: self.passed, sleep=self.sleep)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.sleeps.append(seconds)
            self.passed += seconds


class Bench:
    """An extractor in its own folder, configured for a simulator."""

    def __init__(self, folder: Path, simulator: Simulator, time: FakeTime) -> None:
        self.simulator = simulator
        self.time = time
        api = Api(base_url=simulator.base_url, token_url=simulator.token_url, max_in_flight=1)
        self.config = Config(
            api=api,
            seeds=folder / "seeds",
            landing=folder / "landing",
            warehouse=folder / "warehouse.duckdb",
            database=folder / "spotify.duckdb",
        )
        self.watch(*simulator.world.playlist_ids)

    def watch(self, *playlists: str, tracks: tuple[str, ...] = ()) -> None:
        """Write the seeds."""
        self.config.seeds.mkdir(exist_ok=True)
        for kind, ids in (("playlist", playlists), ("track", tracks)):
            rows = "".join(f"{each},\n" for each in ids)
            (self.config.seeds / f"{kind}s.csv").write_text(f"{kind}_id,label\n{rows}")

    def set(self, **changes: Any) -> None:
        """Change the configuration: keys of `api`, or top-level ones."""
        api = {key: value for key, value in changes.items() if hasattr(self.config.api, key)}
        others = {key: value for key, value in changes.items() if key not in api}
        self.config = replace(self.config, api=replace(self.config.api, **api), **others)

    def extract(self, day: date = DAY) -> Extraction:
        """Extract a day; the simulator is set to the same day."""
        self.simulator.day = day
        return extract(RunContext(self.config, day, self.time.clock), CREDENTIALS, random.Random(0))

    def landed(self, endpoint: str | None = None, day: date = DAY) -> list[dict[str, Any]]:
        """Return the envelopes of a day, in the order of files and lines."""
        lines = [
            line
            for path in sorted((self.config.landing / day.isoformat()).glob("*.ndjson.gz"), key=_written)
            for line in gzip.decompress(path.read_bytes()).splitlines()
        ]
        envelopes: list[dict[str, Any]] = [json.loads(line) for line in lines]
        return [each for each in envelopes if endpoint in (None, each["endpoint"])]

    def reads(self, day: date = DAY) -> list[dict[str, Any]]:
        """Return the outcomes of the reads of a day, in order."""
        return [each["body"] for each in self.landed("playlist_reads", day)]

    def asked_tracks(self, day: date = DAY) -> list[str]:
        """Return the tracks that were requested by id."""
        return [track_id for each in self.landed("tracks", day) for track_id in each["asked"]["ids"]]


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns


MakeBench = Callable[..., Bench]


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def serve() -> Iterator[Callable[..., Simulator]]:
    """Return a function that serves a world, or a scenario given as text, with faults, until the test ends."""
    with ExitStack() as stack:

        def start(world: World | str, *faults: Fault) -> Simulator:
            made = GeneratedWorld.from_text(world) if isinstance(world, str) else world
            return stack.enter_context(Simulator(made, faults=faults))

        yield start


@pytest.fixture
def bench(serve: Callable[..., Simulator], time: FakeTime, tmp_path: Path) -> MakeBench:
    """Return a function that makes a Bench for a world, or a scenario given as text, with faults."""

    def make(world: World | str, *faults: Fault) -> Bench:
        return Bench(tmp_path, serve(world, *faults), time)

    return make


@dataclass(frozen=True)
class Run:
    """Runs commands with a configuration, against a simulator."""

    simulator: Simulator
    config: Path
    clock: Clock

    def __call__(self, *arguments: str) -> int:
        return main([*arguments, "--config", str(self.config)], self.clock)


@pytest.fixture
def run(
    serve: Callable[..., Simulator], time: FakeTime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Run]:
    """Return a function that serves TWO_LISTS with faults and returns a Run."""

    def make(*faults: Fault, clock: Clock | None = None) -> Run:
        simulator = serve(TWO_LISTS, *faults)
        for name, value in simulator.credentials.items():
            monkeypatch.setenv(name, value)
        path = tmp_path / "config.yaml"
        api = f"{{base_url: '{simulator.base_url}', token_url: '{simulator.token_url}', max_in_flight: 1}}"
        path.write_text(f"{{api: {api}, landing: landing, warehouse: data/w.duckdb, database: data/s.duckdb}}")
        (tmp_path / "seeds").mkdir(exist_ok=True)
        rows = "\n".join(simulator.world.playlist_ids)
        (tmp_path / "seeds" / "playlists.csv").write_text(f"playlist_id\n{rows}\n")
        return Run(simulator, path, clock or time.clock)

    return make


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """Return standard error, which must not contain a traceback."""
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def usual_body(world: World | str, target: str, day: date = DAY) -> Any:
    """Return a world's response to a path below /v1, for a test to change and serve as a fault."""
    made = GeneratedWorld.from_text(world) if isinstance(world, str) else world
    return json.loads(WebApi(made, "http://elsewhere.invalid/v1").answer(Request("GET", f"/v1/{target}"), day).body)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "data" / "warehouse.duckdb"


# Takes the place of dbt, which takes seconds (tests/pipeline runs it): puts a made-up warehouse in the place of the
# given one, with a row that says which loads it has read, and passes or fails as the environment says.
DBT = """#!{python}
import json, os, shutil, sys
from pathlib import Path

import duckdb

arguments = sys.argv[1:]
folder = Path(arguments[arguments.index("--target-path") + 1])
folder.mkdir(parents=True, exist_ok=True)
(folder / "environment.txt").write_text("".join(f"{{name}}={{value}}\\n" for name, value in os.environ.items()))
(folder / "arguments.txt").write_text(" ".join(arguments))
(folder / "static_index.html").write_text("a page\\n")
(folder / "manifest.json").write_text('{{"nodes": {{}}}}')
results = [{{"unique_id": "test.p.t", "status": "pass"}}]
(folder / "run_results.json").write_text(json.dumps({{"elapsed_time": 1, "results": results}}))
code = int(os.environ.get("FAKE_EXIT", 0))
if "build" in arguments:
    with duckdb.connect(os.environ["SPOTIFY_RAW"], read_only=True) as raw:
        try:
            [(load,)] = raw.execute("select coalesce(max(load_number), 0) from raw.raw.landing_files").fetchall()
        except duckdb.CatalogException:
            load = 0
    rows = []
    with duckdb.connect(os.environ["SPOTIFY_WAREHOUSE"]) as warehouse:
        if warehouse.execute("from duckdb_tables() where table_name = 'builds'").fetchall():
            rows = warehouse.execute("from state.builds order by build_number").fetchall()
    shutil.copy(os.environ["MADE_UP"], os.environ["SPOTIFY_WAREHOUSE"])
    refreshes, has_passed = "--full-refresh" in arguments, not code and "FAKE_DOUBT" not in os.environ
    rows += [(len(rows) + 1, load, refreshes, refreshes, has_passed, 1)]
    with duckdb.connect(os.environ["SPOTIFY_WAREHOUSE"]) as warehouse:
        warehouse.executemany("insert into state.builds values (?, ?, ?, ?, ?, ?)", rows)
sys.exit(code)
"""

WAREHOUSE = """
alter table main.tracks_in_playlist add column n integer;
insert into main.tracks_in_playlist (n) values ({n});
insert into main.playlists (playlist_name) values ('it''s');
comment on table main.playlists is 'what''s "watched"';
comment on column main.playlists.playlist_name is 'the owner''s';
create schema intermediate;
create table intermediate.hidden as select 1 as x;
create view main.seen as select x from intermediate.hidden;
create schema working;
create table working.of_one_build as select 1 as x;
create schema staging;
create view staging.stg_tracks as select x from working.of_one_build;
create schema state;
create table state.builds (
    build_number integer, up_to_load integer, is_full_refresh boolean, rebuilds_facts boolean, has_passed boolean,
    facts_format integer
);
"""


def empty_marts() -> Iterator[str]:
    """Yield statements that create empty marts according to their contracts: the published functions read them."""
    contracts = yaml.safe_load((PROJECT / "models" / "marts" / "_marts__models.yml").read_text(encoding="utf-8"))
    for mart in contracts["models"]:
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in mart["columns"])
        yield f"create table main.{mart['name']} ({columns});"


@pytest.fixture(scope="session")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Make two warehouses such as two builds leave."""
    folder = tmp_path_factory.mktemp("warehouses")
    for number in (1, 2):
        with duckdb.connect(str(folder / f"{number}.duckdb"), config=STORAGE) as connection:
            connection.execute("".join(empty_marts()) + WAREHOUSE.format(n=number))
    return [folder / "1.duckdb", folder / "2.duckdb"]


@pytest.fixture
def fake_dbt(tmp_path: Path, warehouses: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace dbt, which is looked for beside Python, by a program."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "dbt").write_text(DBT.format(python=sys.executable))
    (folder / "dbt").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("MADE_UP", str(warehouses[0]))
