"""Spark has the rows that DuckDB has, also where a build brings late files and the rest of a torn one."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

from extractor import transform
from extractor.landing import Landing
from extractor.memory import DayMemory
from tests.conformance.answers import JsonObject
from tests.conformance.history import day_number
from tests.conformance.notation import read_folder
from tests.conformance.runs import runs_of
from tests.conformance.ways import Marts, Store, at_once
from tests.conformance.writing import write
from tests.pipeline.harness import MARTS, add_artists, copy_project
from tests.published import Table

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("default")]  # what Spark and dbt do is not ours

HISTORIES = Path(__file__).parent.parent / "conformance" / "histories"
JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")


@dataclass(frozen=True)
class Engines:
    """What is published by each engine of the same landing files; artists by Spark alone."""

    duckdb: Marts
    spark: Marts
    artists: Table
    session: SparkSession


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    if not JAVA:
        (pytest.fail if "CI" in os.environ else pytest.skip)("Spark needs Java 17 or 21: install one")
    folder = tmp_path_factory.mktemp("spark")
    files = [write(run, folder / "source") for run in runs_of(read_folder(HISTORIES))]
    expected = at_once(Store(folder / "source", folder / "duckdb"), files)
    shuffled = Random("Spark").sample(files, len(files))
    torn, *first = shuffled[: len(files) // 2]
    store = Store(folder / "source", folder / "spark", target="spark")
    project = copy_project(folder / "project")
    add_artists(project)
    store.receive(first)
    store.receive_half(torn)
    land_artists(store, 1, [{"id": "A", "name": "as it was", "genres": ["rock", "art, pop"]}, {"id": "B"}])
    with dbt_in_this_process(project):
        store.run("load", "build")
    store.receive(files)
    land_artists(store, 2, [{"id": "of A", "name": "as it is", "followers": {"total": 3}}, None, {"id": "C"}])
    with dbt_in_this_process(project, "--exclude-resource-type", "test"):
        store.run("load", "load", "build")
    with dbt_in_this_process(project):
        store.run("publish")
        [artists] = store.marts(["artists"]).values()
        yield Engines(expected, store.marts(), artists, SparkSession.builder.getOrCreate())


def land_artists(store: Store, number: int, answered: list[JsonObject | None]) -> None:
    """Land an answer of the endpoint that the README adds, to a question for as many of A, B, C, and one cut short."""
    day = day_number(number)
    with Landing(store.landing, day, f"artists{number}", 1, DayMemory()) as landing:
        for asked in ("ABC"[: len(answered)], "ABCD"):
            body = {"artists": answered}
            landing.write("artists", {"ids": [*asked], "items": "artists"}, body, instant(day), status=200)


def instant(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@contextmanager
def dbt_in_this_process(project: Path, *options: str) -> Iterator[None]:
    """Run dbt where we are: the Spark of the first run goes on, instead of a new one for each."""
    # For a minute's work it is not worth while to compile much.
    java = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}

    def run(command: Sequence[str], env: Mapping[str, str], cwd: Path, **_: Any) -> "subprocess.CompletedProcess[str]":
        with patch.dict(os.environ, {**env, **java}), chdir(cwd):
            succeeded = dbtRunner().invoke([*command[1:], *options]).success
        return subprocess.CompletedProcess(command, 0 if succeeded else 1)

    with patch.object(transform, "PROJECT", project), patch.object(transform, "subprocess") as replaced:
        replaced.run = run
        yield


@pytest.mark.parametrize("mart", MARTS)
def test_spark_has_the_rows_of_duckdb(engines: Engines, mart: str) -> None:
    assert engines.spark[mart] == engines.duckdb[mart]


def test_both_questions_can_be_asked_in_spark(engines: Engines) -> None:
    table = engines.duckdb["tracks_in_playlist"]
    stays = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    playlist, track, day = (stays[0][column] for column in ("playlist_id", "track_id", "last_seen"))

    during = f"tracks_during('spotify:playlist:{playlist}', date '{day}', date '{day}')"
    there = [stay for stay in stays if stay["playlist_id"] == playlist and stay["added_at"] <= day <= stay["last_seen"]]
    assert ask(engines, "track_id", during) == {(stay["track_id"], stay["stay_number"]) for stay in there}

    playlists = f"playlists_of('https://open.spotify.com/track/{track}?si=x')"
    of_track = [stay for stay in stays if stay["track_id"] == track]
    assert ask(engines, "playlist_id", playlists) == {(stay["playlist_id"], stay["stay_number"]) for stay in of_track}


def test_an_endpoint_of_ones_own_has_its_latest_answers_in_spark(engines: Engines) -> None:
    first, second = (instant(day_number(number)).replace(tzinfo=None) for number in (1, 2))
    assert engines.artists.columns == ("artist_id", "name", "genres", "followers", "observed_at")
    assert engines.artists.rows == (
        ("A", "as it is", None, 3, second),
        ("B", None, None, None, first),
        ("C", None, None, None, second),
    )


def ask(engines: Engines, column: str, question: str) -> set[tuple[Any, ...]]:
    return {
        tuple(row) for row in engines.session.sql(f"select {column}, stay_number from spotify.{question}").collect()
    }
