"""Spark has the rows that DuckDB has, also where a build brings late files and the rest of a torn one."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

from extractor import transform
from tests.conformance.notation import read_folder
from tests.conformance.runs import runs_of
from tests.conformance.ways import Marts, Store, at_once
from tests.conformance.writing import write
from tests.pipeline.harness import MARTS

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("default")]  # what Spark and dbt do is not ours

HISTORIES = Path(__file__).parent.parent / "conformance" / "histories"
JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")


@dataclass(frozen=True)
class Engines:
    """What is published by each engine of the same landing files."""

    duckdb: Marts
    spark: Marts
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
    store.receive(first)
    store.receive_half(torn)
    with dbt_in_this_process():
        store.run("load", "build")
    store.receive(files)
    with dbt_in_this_process("--exclude-resource-type", "test"):
        store.run("load", "load", "build")
    with dbt_in_this_process():
        store.run("publish")
        yield Engines(expected, store.marts(), SparkSession.builder.getOrCreate())


@contextmanager
def dbt_in_this_process(*options: str) -> Iterator[None]:
    """Run dbt where we are: the Spark of the first run goes on, instead of a new one for each."""
    # For a minute's work it is not worth while to compile much.
    java = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}

    def run(command: Sequence[str], env: Mapping[str, str], cwd: Path, **_: Any) -> "subprocess.CompletedProcess[str]":
        with patch.dict(os.environ, {**env, **java}), chdir(cwd):
            succeeded = dbtRunner().invoke([*command[1:], *options]).success
        return subprocess.CompletedProcess(command, 0 if succeeded else 1)

    with patch.object(transform, "subprocess") as replaced:
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


def ask(engines: Engines, column: str, question: str) -> set[tuple[Any, ...]]:
    return {
        tuple(row) for row in engines.session.sql(f"select {column}, stay_number from spotify.{question}").collect()
    }
