"""A custom endpoint as in docs/custom-endpoints.md: an endpoint in config.yaml, a mapping and a model."""

import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from extractor.simulator.objects import artist_object
from extractor.simulator.world import Artist, PlaylistState, Track
from tests.cluster import Database
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import Finished, Project, add_artists, copy_project, from_the_docs, plain_environment

pytestmark = pytest.mark.slow

DAYS = (date(2026, 1, 1), date(2026, 1, 2))
WORLD = "{tracks: 60, playlists: {churning: {size: 30, churn: 0.5}}}"


class Extended:
    """A project first without artists and with an existing warehouse; then with artists, for two days."""

    def __init__(self, make_project: MakeProject, copy: Path) -> None:
        self.copy = copy_project(copy)
        self.project = project = make_project(WORLD)
        assert self.run("load").exit_code == 0
        add_artists(copy)
        project.configure(**yaml.safe_load(from_the_docs("config.yaml")), follow_after_leaving_days=0)
        self.days = [(self.daily(day), self.artists()) for day in DAYS]

    def run(self, command: str, *options: str) -> Finished:
        return self.project.run(command, None, *options, program=self.copy / "run.sh")

    def daily(self, day: date) -> Finished:
        return self.project.run("daily", day, program=self.copy / "run.sh")

    def artists(self) -> dict[str, tuple[Any, ...]]:
        rows = self.project.rows("select artist_id, artist_name, genres, followers from artist_info")
        return {artist_id: tuple(rest) for artist_id, *rest in rows}


@pytest.fixture(scope="module")
def extended(make_shared_project: MakeProject, tmp_path_factory: pytest.TempPathFactory) -> Extended:
    return Extended(make_shared_project, tmp_path_factory.mktemp("copy"))


def artists_in_lists(project: Project, day: date) -> dict[str, Artist]:
    world = project.simulator.world
    lists = [world.playlist(playlist_id, day) for playlist_id in world.playlist_ids]
    entries = [entry for each in lists if isinstance(each, PlaylistState) for entry in each.entries]
    tracks = [entry.content for entry in entries if entry and isinstance(entry.content, Track)]
    return {artist.id: artist for track in tracks for artist in track.artists}


def as_told(artist: Artist, day: date) -> tuple[Any, ...]:
    told = artist_object(artist, day)
    return told["name"], ", ".join(told["genres"]) or None, told["followers"]["total"]


def test_artist_has_its_latest_row_and_is_kept_after_its_tracks_are_gone(extended: Extended) -> None:
    expected: dict[str, tuple[Any, ...]] = {}
    for day, (finished, artists) in zip(DAYS, extended.days, strict=True):
        assert finished.exit_code == 0, finished.told
        expected |= {key: as_told(artist, day) for key, artist in artists_in_lists(extended.project, day).items()}
        assert artists == expected
    first, second = (artists_in_lists(extended.project, day).keys() for day in DAYS)
    assert first - second
    assert first & second


def test_run_reports_the_custom_endpoint(extended: Extended) -> None:
    (finished, artists), _ = extended.days
    assert f"{len(artists)} of {len(artists)} artists" in finished.stdout


def test_custom_endpoint_works_on_postgres(extended: Extended, server: Database) -> None:
    for command in ("load", "build", "publish"):
        finished = extended.run(command, "--target", "postgres")
        assert finished.exit_code == 0, finished.told
    rows = server.rows("select artist_id, artist_name, genres, followers from spotify.artist_info")
    assert {artist_id: tuple(told) for artist_id, *told in rows} == extended.artists()


def test_purge_and_full_refresh_keep_custom_endpoint_rows(extended: Extended) -> None:
    before, project = extended.artists(), extended.project
    assert "raw answers and 2 landing files" in extended.run("purge", "--keep-days", "1").stdout
    with duckdb.connect() as connection:
        connection.execute(f"attach '{project.warehouse.with_name('raw.duckdb')}' as landed (read_only)")
        assert connection.execute("select count(*) from landed.raw.answered_objects").fetchall() == [(0,)]
    assert extended.run("publish").exit_code == 0
    assert extended.artists() == before
    command = [".venv/bin/dbt", "build", "--full-refresh", "--select", "artist_info", "--target-path"]
    files = {"SPOTIFY_WAREHOUSE": project.warehouse, "SPOTIFY_RAW": project.warehouse.with_name("raw.duckdb")}
    environment = plain_environment() | {name: str(path) for name, path in files.items()}
    refreshed = subprocess.run(
        [*command, str(project.folder)], cwd=extended.copy, env=environment, capture_output=True, text=True, check=False
    )
    assert refreshed.returncode == 0, refreshed.stdout
    assert "facts are kept" in refreshed.stdout
    assert "--forget-purged" in refreshed.stdout
    finished = extended.run("build")
    assert finished.exit_code == 0, finished.told
    assert extended.run("publish").exit_code == 0
    assert extended.artists() == before
