"""A configured project in a folder of its own, the real commands on it, and what they publish."""

import csv
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import duckdb
import pytest
import yaml

from extractor.cli.commands import main
from extractor.clock import Clock
from extractor.config.settings import Config, read_config
from extractor.engines.dbt import run_dbt
from extractor.extract.day import RunContext
from extractor.extract.run import Extraction, extract
from extractor.simulator.server import Simulator
from extractor.spotify.credentials import Credentials
from tests.cluster import Database
from tests.forked import run_command
from tests.pipeline.oracle import Stay

PATIENCE = 120
"""Seconds after which a command is not awaited any more."""

OF_A_DAY = ("daily", "extract", "status", "purge")
"""Commands that take --date."""


def of_day(command: str, day: date) -> tuple[str, ...]:
    """Return the options with which a command works on a simulated day."""
    insist = ("--insist",) if command in ("daily", "extract") else ()
    return ("--date", day.isoformat(), *insist) if command in OF_A_DAY else ()


SERVER = ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE")
REPO = Path(__file__).resolve().parents[2]
FOLDERS = ("analyses", "extractor", "functions", "imports", "macros", "models", "requirements", "tests/dbt")
FILES = ("dbt_project.yml", "profiles.yml", "run.sh")
"""What a copy of the project needs to make tables of its own."""

MARTS = (
    "tracks_in_playlist",
    "playlist_changes",
    "tracklists",
    "track_info",
    "track_info_history",
    "track_artists",
    "artists",
    "albums",
    "track_daily_popularity",
    "chart_positions",
    "playlist_days",
    "playlists",
    "playlist_history",
    "tracks_in_playlists",
    "runs",
)
OBSERVED = {"track_daily_popularity": ("observed_at",), "runs": ("run_id", "started_at", "ended_at", "waited_seconds")}
"""Columns with times of observation: they differ between two ways to the same tables."""


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    exit_code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def told(self) -> str:
        return self.stdout + self.stderr


@dataclass(frozen=True)
class Project:
    """A folder with a config.yaml, seeds and, after commands ran, landing, warehouse and published database."""

    folder: Path
    simulator: Simulator

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def database(self) -> Path:
        return self.folder / "spotify.duckdb"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def configure(self, **options: Any) -> None:
        """Write config.yaml: the simulator, all paths in this folder, and extra settings of the test."""
        api = {"base_url": self.simulator.base_url, "token_url": self.simulator.token_url}
        paths = {"landing": "landing", "warehouse": "warehouse.duckdb", "database": "spotify.duckdb", "seeds": "seeds"}
        content = {**paths, **options, "api": {**api, **options.get("api", {})}}
        self.config.write_text(yaml.safe_dump(content), encoding="utf-8")

    def watch(self, playlists: Iterable[str], tracks: Iterable[str] = ()) -> None:
        """Write the seeds."""
        world = self.simulator.world
        (self.folder / "seeds").mkdir(parents=True, exist_ok=True)
        labelled = [(playlist_id, world.label(playlist_id)) for playlist_id in playlists]
        for kind, rows in (("playlist", labelled), ("track", [(track_id, "") for track_id in tracks])):
            with (self.folder / "seeds" / f"{kind}s.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([(f"{kind}_id", "label"), *rows])

    def run(self, command: str, day: date | None = None, *options: str, **how: Any) -> Finished:
        """Run `./run.sh COMMAND` with credentials, for a day to which the simulator is set.

        By default, only the command behind ./run.sh is run.
        """
        if day:
            self.simulator.day = day
            options = (*of_day(command, day), *options)
        if command in ("daily", "build") and "program" not in how and not (self.folder / "dbt").exists():
            lend_parsed(self.folder)
        started = time.monotonic()
        if how:
            process = self.start(command, *options, **how)
            stdout, stderr = process.communicate(timeout=PATIENCE)
            return Finished(process.returncode, stdout, stderr, time.monotonic() - started)
        arguments = [command, "--config", str(self.config), *options]
        environment = plain_environment() | dict(self.simulator.credentials)
        done = run_command(arguments, environment, REPO, PATIENCE)
        return Finished(done.returncode, done.stdout, done.stderr, time.monotonic() - started)

    def start(
        self,
        command: str,
        *options: str,
        program: Path = REPO / "run.sh",
        config: str | None = None,
        cwd: Path = REPO,
        environment: Mapping[str, str] | None = None,
        wrapped_in: Sequence[str] = (),
    ) -> "subprocess.Popen[str]":
        """Start `./run.sh COMMAND`, perhaps by way of another program, and don't wait for it."""
        return subprocess.Popen(
            [*wrapped_in, str(program), command, "--config", config or str(self.config), *options],
            cwd=cwd,
            env=plain_environment() | dict(self.simulator.credentials if environment is None else environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def extract(self, day: date) -> Extraction:
        """Extract a day in this process, which saves the start of a process and all waiting of retries."""
        self.simulator.day = day
        credentials = Credentials.from_environment(self.simulator.credentials)
        return extract(RunContext(read_config(self.config), day, impatient_clock()), credentials, Random(1))

    def publish(self, target: str = "duckdb") -> None:
        """Load, build and publish what has landed: the real commands, without starting a Python process for each."""
        if not (self.folder / "dbt").exists():
            lend_parsed(self.folder)
        for command in ("load", "build", "publish"):
            assert main([command, "--config", str(self.config), "--target", target]) == 0, command

    def publish_on(self, database: Database) -> None:
        """Load, build and publish on a server."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in database.environment.items():
                patch.setenv(name, value)
            self.publish("postgres")

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Query the published file."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql, parameters).fetchall()

    def stays(self) -> list[Stay]:
        return sorted(Stay(*row) for row in self.rows(f"select {', '.join(Stay._fields)} from tracks_in_playlist"))

    def marts(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every mart, sorted, without the columns that hold times of requests."""
        contents = {}
        for mart in MARTS:
            less = f"exclude ({', '.join(OBSERVED[mart])})" if mart in OBSERVED else ""
            contents[mart] = self.rows(f"select * {less} from {mart} order by all")
        return contents


@cache
def _parsed() -> bytes:
    """Return dbt's cached parse of the project, for daily builds of a warehouse of this name."""
    with TemporaryDirectory() as folder:
        target, warehouse = Path(folder) / "dbt", Path(folder) / "warehouse.duckdb"
        done = run_dbt(Config(warehouse=warehouse), target, "parse")
        assert done == 0
        return (target / "partial_parse.msgpack").read_bytes()


def lend_parsed(folder: Path) -> None:
    """Copy dbt's cached parse to where a project's first build looks for it; parsing takes seconds."""
    target = folder / "dbt"
    target.mkdir(parents=True, exist_ok=True)
    (target / "partial_parse.msgpack").write_bytes(_parsed())


def copy_project(folder: Path) -> Path:
    """Return a copy of the project's code for a test that changes it; it shares the virtual environment."""
    for name in FOLDERS:
        shutil.copytree(REPO / name, folder / name)
    for name in FILES:
        shutil.copy(REPO / name, folder / name)
    (folder / ".venv").symlink_to(REPO / ".venv")
    return folder


def from_the_docs(name: str) -> str:
    """Return a file shown in docs/custom-endpoints.md: a block that begins with its name in a comment."""
    page = (REPO / "docs" / "custom-endpoints.md").read_text("utf-8")
    (text,) = re.findall(rf"```\w+\n(?:#|--) {re.escape(name)}\n(.*?)```", page, re.DOTALL)
    return str(text)


def add_artists(project: Path) -> None:
    """Give a copy of the project the model of an additional endpoint that the documentation shows."""
    for name in ("models/marts/artist_info.yml", "models/marts/artist_info.sql"):
        (project / name).write_text(from_the_docs(name))


def plain_environment() -> dict[str, str]:
    """Return the environment of a command without credentials: PATH and server variables, nothing that interferes."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", *SERVER) if name in os.environ}


def impatient_clock() -> Clock:
    """Return a clock whose sleep returns at once but advances its time."""
    slept, lock = [0.0], Lock()

    def sleep(seconds: float) -> None:
        with lock:
            slept[0] += seconds

    return Clock(
        now=lambda: datetime.now(UTC) + timedelta(seconds=slept[0]),
        monotonic=lambda: time.monotonic() + slept[0],
        sleep=sleep,
    )
