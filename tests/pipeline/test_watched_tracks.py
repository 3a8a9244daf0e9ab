"""Without discover_tracks, only watched tracks are requested, from tracks.csv and tracks_file."""

from datetime import date

import pytest

from extractor.simulator.identifiers import spotify_id
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

DAY = date(2026, 1, 1)
A, B, C, D, E, ZERO = (spotify_id(name) for name in ("A", "B", "C", "D", "E", "zero"))
UNKNOWN = "0" * 22
WORLD = """
histories:
  list: {days: {2026-01-01: [A, B, C, {track: zero, popularity: 0}]}}
  not watched: {days: {2026-01-01: [D, E]}}
"""


@pytest.fixture(scope="module")
def published(make_shared_project: MakeProject) -> Project:
    project = make_shared_project(WORLD, discover_tracks=False, tracks_file="more tracks.txt")
    project.watch([spotify_id("list")], [A, D, UNKNOWN])
    (project.folder / "more tracks.txt").write_text(f"spotify:track:{C}\n\n{E}\n", encoding="utf-8")
    finished = project.run("daily", DAY)
    assert finished.exit_code == 3, finished.told  # one track is unknown to Spotify
    return project


def test_only_watched_tracks_are_published(published: Project) -> None:
    assert published.rows("select track_id from tracks_in_playlist order by all") == sorted([(A,), (C,)])
    assert published.rows("select track_id from track_info order by all") == sorted([(A,), (C,), (D,), (E,)])


def test_unknown_track_is_named_and_counted_as_not_read(published: Project) -> None:
    assert published.rows("select tracks_asked, tracks_answered, tracks_failed, exit_code from runs") == [(3, 2, 1, 3)]


def test_only_tracks_without_popularity_in_a_playlist_are_requested(published: Project) -> None:
    requests = [seen.path for seen in published.simulator.requests]
    (tracks,) = [path for path in requests if "/tracks?" in path]
    assert set(tracks.partition("ids=")[2].split(",")) == {D, E, UNKNOWN}
    assert len(requests) == 3  # a token, a playlist, a batch of tracks


def test_each_watched_track_has_a_popularity(published: Project) -> None:
    rows = dict(published.rows("select track_id, popularity from track_daily_popularity where date = ?", DAY))
    for track_id in (A, C, D, E):
        track = published.simulator.world.track(track_id, DAY)
        assert track
        assert rows[track_id] == track.popularity
    assert UNKNOWN not in rows


def test_invalid_tracks_file_is_refused_with_its_line(make_project: MakeProject) -> None:
    project = make_project(WORLD, tracks_file="tracks.txt")
    (project.folder / "tracks.txt").write_text(f"{A}\nno track\n", encoding="utf-8")
    finished = project.run("extract", DAY)
    assert finished.exit_code == 2
    assert "tracks.txt:2:" in finished.stderr
