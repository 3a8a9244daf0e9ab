"""Replay of recorded days."""

import os
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from extractor.simulator.failures import Failure
from extractor.simulator.replay import RecordingError, ReplayWorld
from extractor.simulator.world import Entry, LocalFile, PseudoEpisode, Track
from tests.simulator.questions import opened
from tests.simulator.reader import Serve
from tests.simulator.recording import write_recording

A, B, C, UNREAD, TALK = (letter * 22 for letter in "ABCUT")
MINE, THEIRS = "M" * 22, "37i9" + "S" * 18
FIRST, SECOND, FOURTH = (date(2024, 1, number) for number in (1, 2, 4))
ADDED = "2023-05-06T07:08:09Z"


def entry(blob: str, position: int, track_id: str, popularity: int) -> tuple[object, ...]:
    return (
        blob,
        position,
        track_id,
        f"spotify:track:{track_id}",
        "track",
        False,
        ADDED,
        "Name",
        "Someone",
        popularity,
    )


@pytest.fixture
def world(tmp_path: Path) -> ReplayWorld:
    tables: dict[str, list[tuple[object, ...]]] = {
        "snapshots": [(FIRST, MINE, "v1"), (FIRST, THEIRS, "s1"), (SECOND, MINE, "v1"), (FOURTH, MINE, "v2")],
        "playlist_versions": [
            ("v1", MINE, "Old", "snap-1", True, False, 5),
            ("v2", MINE, "New", "snap-2", False, True, 1),
            ("s1", THEIRS, "Editorial", "snap-s", True, False, 1),
        ],
        "items": [
            entry("v1", 1, B, 0),
            entry("v1", 0, A, 50),
            ("v1", 2, None, None, None, False, ADDED, None, None, None),
            ("v1", 3, None, "spotify:local:x:y:z:90", "track", True, ADDED, "z", "x", 0),
            ("v1", 4, TALK, f"spotify:episode:{TALK}", "episode", False, ADDED, "Talk", "", 0),
            entry("v2", 0, A, 52),
            entry("s1", 0, B, 31),
            entry("s1", 1, C, 7),
        ],
        "tracks": [
            (A, "Alpha", "One, Two", "a" * 22, "Album", "2004", 123_456, True, "ZZSIM0400001"),
            (B, "Beta", "Three", "b" * 22, "Other", "2010-05", 200_000, False, None),
            (UNREAD, "Unread", "Four", "u" * 22, "Else", None, 100_000, False, None),
            (TALK, "Talk", "", "t" * 22, "Show", None, 100_000, False, None),
        ],
    }
    return ReplayWorld(write_recording(tmp_path, tables))


def test_recorded_read_is_served_on_its_day_only(world: ReplayWorld) -> None:
    assert world.days == (FIRST, SECOND, FOURTH)
    assert set(world.playlist_ids) == {MINE, THEIRS}
    assert [opened(world, MINE, day).name for day in world.days] == ["Old", "Old", "New"]
    assert world.playlist(MINE, date(2024, 1, 3)) == Failure.usual(404)
    assert world.playlist(THEIRS, SECOND) == Failure.usual(404)
    assert world.playlist("x" * 22, FIRST) == Failure.usual(404)


def test_recorded_playlist_metadata_is_served(world: ReplayWorld) -> None:
    new = opened(world, MINE, FOURTH)
    assert (new.snapshot_id, new.public, new.collaborative) == ("snap-2", False, True)
    assert [opened(world, playlist_id, FIRST).owner.id for playlist_id in (MINE, THEIRS)] == ["curator", "spotify"]
    assert world.label(MINE) == "New"


def test_entries_have_their_kind_and_order(world: ReplayWorld) -> None:
    entries = [each for each in opened(world, MINE, FIRST).entries if each]
    contents = [each.content for each in entries]
    assert [type(content) for content in contents] == [Track, Track, type(None), LocalFile, PseudoEpisode]
    assert entries[2] == Entry(ADDED, None)
    alpha, local = contents[0], contents[3]
    assert isinstance(alpha, Track)
    assert (alpha.id, alpha.popularity, [artist.name for artist in alpha.artists]) == (A, 50, ["One", "Two"])
    assert (alpha.album.name, alpha.album.release_date, alpha.explicit) == ("Album", "2004", True)
    assert isinstance(local, LocalFile)
    assert local.uri == "spotify:local:x:y:z:90"


def test_track_missing_from_the_recording_is_taken_from_its_entry(world: ReplayWorld) -> None:
    content = [each.content for each in opened(world, THEIRS, FIRST).entries if each][1]
    assert isinstance(content, Track)
    assert (content.id, content.name, content.popularity) == (C, "Name", 7)


@pytest.mark.parametrize(
    ("track_id", "day", "popularity"),
    [
        (A, FIRST, 50),
        (A, FOURTH, 52),
        (A, date(2024, 1, 3), 50),
        (A, FIRST - timedelta(days=1), 0),
        (B, FIRST, 31),
        (B, SECOND, 0),
        (UNREAD, FOURTH, 0),
    ],
)
def test_popularity_is_the_latest_recorded_value(world: ReplayWorld, track_id: str, day: date, popularity: int) -> None:
    track = world.track(track_id, day)
    assert track is not None
    assert track.popularity == popularity


def test_episodes_and_unknown_ids_are_not_tracks(world: ReplayWorld) -> None:
    assert [world.track(track_id, FIRST) for track_id in (TALK, "x" * 22)] == [None, None]


def test_playlists_use_the_field_spelling_of_the_time(world: ReplayWorld, serve: Serve) -> None:
    reader = serve(world)
    playlist = reader.json(f"playlists/{MINE}")
    assert "items" not in playlist
    kinds = [each["track"] and each["track"]["type"] for each in playlist["tracks"]["items"]]
    assert kinds == ["track", "track", None, "track", "episode"]
    assert [track and track["popularity"] for track in reader.json(f"tracks?ids={A},{TALK}")["tracks"]] == [50, None]


def test_folder_without_a_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=str(tmp_path)):
        ReplayWorld(tmp_path)
    with pytest.raises(RecordingError, match="holds no reads"):
        ReplayWorld(write_recording(tmp_path, {}))


def real_folder() -> Path:
    """Return the folder of recorded days, which is not part of this repository."""
    shared = os.environ.get("SHARED_DIR") or Path(__file__).resolve().parents[3] / "shared"
    folder = Path(shared) / "real"
    if not folder.is_dir():
        pytest.skip(f"no recorded days at {folder}")
    return folder


def test_recorded_days_are_served_completely(serve: Serve) -> None:
    folder = real_folder()
    world = ReplayWorld(folder)
    with duckdb.connect() as connection:
        expected = connection.execute(
            "select snapshot_date, playlist_id, v.name, snapshot_id, list(track_id order by position),"
            " list(added_at order by position) from read_parquet(?) s join read_parquet(?) v using (blob, playlist_id)"
            " join read_parquet(?) i using (blob) group by all",
            [str(folder / f"{name}.parquet") for name in ("snapshots", "playlist_versions", "items")],
        ).fetchall()
    assert len(expected) > 0
    for day, playlist_id, name, snapshot_id, track_ids, claims in expected:
        state = opened(world, playlist_id, day)
        assert (state.name, state.snapshot_id) == (name, snapshot_id)
        contents = [each.content if each else None for each in state.entries]
        ids = [None if each is None or isinstance(each, LocalFile) else each.id for each in contents]
        assert ids == track_ids
        assert [each.added_at for each in state.entries if each] == claims
    reader = serve(world)
    reader.simulator.day = last_day = world.days[-1]
    names = {playlist_id: name for day, playlist_id, name, *_ in expected if day == last_day}
    assert {playlist_id: reader.json(f"playlists/{playlist_id}")["name"] for playlist_id in names} == names
    assert names
