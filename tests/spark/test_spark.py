"""Spark has the same rows as DuckDB, including builds with late files and the rest of a torn file."""

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

import duckdb
import pytest
from dbt.cli.main import dbtRunner
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from extractor.engines import dbt as transform
from extractor.landing.writer import LandingWriter
from tests.conformance.answers import JsonObject
from tests.conformance.history import day_number
from tests.conformance.notation import read_folder
from tests.conformance.runs import runs_of
from tests.conformance.ways import Marts, Store, at_once
from tests.conformance.writing import write
from tests.pipeline.harness import MARTS, add_artists, copy_project
from tests.published import Table

pytestmark = [pytest.mark.spark, pytest.mark.slow]
pytestmark.append(pytest.mark.filterwarnings("default"))  # warnings of Spark and dbt are not from this project

HISTORIES = Path(__file__).parent.parent / "conformance" / "histories"
JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")

# A playlist, and a track that returned to it.
ASKED_ABOUT = """
select playlist_id, track_id, coalesce(isrc, 'X'), min(stays.first_seen), max(last_seen)
from tracks_in_playlist as stays
inner join track_info using (track_id)
group by all
order by count(*) desc, playlist_id, track_id
limit 1
"""


@dataclass(frozen=True)
class Engines:
    """The published rows of both engines from the same landing files; artists only in Spark."""

    duckdb: Marts
    spark: Marts
    artists: Table
    session: SparkSession
    database: Path


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
    with dbt_in_this_process(project):
        store.run("load", "load", "build", "publish")
        [artists] = store.marts(["artist_info"]).values()
        session = SparkSession.builder.getOrCreate()
        yield Engines(expected, store.marts(), artists, session, folder / "duckdb" / "spotify.duckdb")


def land_artists(store: Store, number: int, answered: list[JsonObject | None]) -> None:
    """Land a response of the documented endpoint for some of A, B, C, and one shorter than its request."""
    day = day_number(number)
    with LandingWriter(store.landing, day, f"artists{number}", 1) as landing:
        for asked in ("ABC"[: len(answered)], "ABCD"):
            body = {"artists": answered}
            landing.write("artists", {"ids": [*asked], "items": "artists"}, body, instant(day), status=200)


def instant(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@contextmanager
def dbt_in_this_process(project: Path) -> Iterator[None]:
    """Run dbt in this process, so that the Spark session of the first run is reused."""
    # For a run of a minute, optimizing compilation does not pay off.
    java = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"}

    def run(command: Sequence[str], env: Mapping[str, str], cwd: Path, **_: Any) -> "subprocess.CompletedProcess[str]":
        with patch.dict(os.environ, {**env, **java}), chdir(cwd):
            succeeded = dbtRunner().invoke([*command[1:]]).success
        return subprocess.CompletedProcess(command, 0 if succeeded else 1)

    with patch.object(transform, "PROJECT", project), patch.object(transform, "subprocess") as replaced:
        replaced.run = run
        yield


@pytest.mark.parametrize("mart", MARTS)
def test_spark_has_the_same_rows_as_duckdb(engines: Engines, mart: str) -> None:
    assert engines.spark[mart] == engines.duckdb[mart]


@pytest.mark.parametrize(
    "question",
    [
        "select playlist_id_of('spotify:playlist:{playlist}'), track_id_of('https://open.spotify.com/track/{track}?si=x')",
        "select * from stays()",
        "select * from stays(gap_days => 2)",
        "select * from tracks_during('{playlist}', date '{first}', date '{last}')",
        "select * from tracks_during('spotify:playlist:{playlist}', date '{first}', date '{first}', gap_days => 1)",
        "select * from playlists_of('{track}')",
        "select * from playlists_of('https://open.spotify.com/track/{track}?si=x', gap_days => 1)",
        "select * from playlists_of_isrc('{isrc}')",
        "select * from tracklist_on('{playlist}', date '{first}')",
        "select * from tracklist_on('{playlist}', date '2030-01-01')",
        "select * from popularity_of('{track}')",
        "select * from popularity_around_stays()",
        "select * from popularity_around_stays(window_days => 3)",
        "select * from coverage('{playlist}', date '{first}', date '2026-03-01')",
    ],
)
def test_every_function_returns_the_same_in_spark_as_in_duckdb(engines: Engines, question: str) -> None:
    with duckdb.connect(str(engines.database), read_only=True) as connection:
        [names] = connection.execute(ASKED_ABOUT).fetchall()
        asked = question.format(**dict(zip(("playlist", "track", "isrc", "first", "last"), names, strict=True)))
        expected = connection.execute(asked).fetchall()
    engines.session.sql("use spotify")
    assert sorted(map(tuple, engines.session.sql(asked).collect()), key=repr) == sorted(expected, key=repr)


def test_invalid_id_is_an_error_in_spark(engines: Engines) -> None:
    with pytest.raises(PySparkException, match="nonsense is no Spotify track id, URI or link"):
        engines.session.sql("select spotify.track_id_of('nonsense')").collect()


def test_custom_endpoint_has_its_latest_rows_in_spark(engines: Engines) -> None:
    first, second = (instant(day_number(number)).replace(tzinfo=None) for number in (1, 2))
    assert engines.artists.columns == ("artist_id", "artist_name", "genres", "followers", "observed_at")
    assert engines.artists.rows == (
        ("A", "as it is", None, 3, second),
        ("B", None, None, None, first),
        ("C", None, None, None, second),
    )
