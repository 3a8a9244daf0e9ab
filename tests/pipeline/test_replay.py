"""Laws 1 and 5 on 138 recorded days, compared with plain loops."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from extractor.simulator.replay import ReplayWorld
from tests.cluster import Cluster
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import MARTS, REPO, Project
from tests.pipeline.oracle import tracks_in_playlist
from tests.pipeline.recording import Recording
from tests.published import read_table

FOLDER = Path(os.environ.get("SHARED_DIR") or REPO.parent / "shared") / "real"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recorded days in {FOLDER}; SHARED_DIR says where"),
]


@dataclass(frozen=True)
class Replay:
    """The recording, and the project into which it was replayed day by day."""

    recording: Recording
    project: Project


@pytest.fixture(scope="module")
def replay(make_shared_project: MakeProject) -> Replay:
    """Replay all days: one extraction a day, then one load, build and publish."""
    recording = Recording(FOLDER)
    project = make_shared_project(ReplayWorld(FOLDER), tolerate_unavailable_days=None)
    for day in recording.days:
        assert project.extract(day).exit_code == 3  # on each day some playlist is missing
    project.publish()
    return Replay(recording, project)


@pytest.fixture
def recording(replay: Replay) -> Recording:
    return replay.recording


@pytest.fixture
def replayed(replay: Replay) -> Project:
    return replay.project


def test_replayed_stays_match_the_oracle(replayed: Project, recording: Recording) -> None:
    expected = tracks_in_playlist(recording.for_oracle())
    assert len(expected) > 2000
    assert replayed.stays() == expected


def test_playlist_days_has_every_playlist_and_day(replayed: Project, recording: Recording) -> None:
    columns = "playlist_id, date, outcome, entries, unavailable_entries, snapshot_id"
    assert replayed.rows(f"select {columns} from playlist_days order by all") == recording.calendar()


def test_each_popularity_is_the_api_value_of_that_day(replayed: Project, recording: Recording) -> None:
    published = {
        (day, track_id): value
        for day, track_id, value in replayed.rows("select date, track_id, popularity from track_daily_popularity")
    }
    for day, said, asked in recording.seen_popularities():
        answers = recording.answer(day)
        for track_id in said.keys() | asked:
            allowed = {answers[track_id]} if track_id in asked and track_id in answers else said.get(track_id, {None})
            assert published.pop((day, track_id), None) in allowed, (day, track_id, allowed)
    assert published == {}, "a popularity that was never reported"


def test_playlists_have_the_last_read_and_its_time(replayed: Project, recording: Recording) -> None:
    expected = []
    for playlist_id in recording.lists:
        versions = [
            (read.day, read.outcome, read.version) for read in recording.reads if read.playlist_id == playlist_id
        ]
        names = [version.name for _, _, version in versions if version]
        complete = [day for day, outcome, _ in versions if outcome == "complete"]
        owner = "spotify" if playlist_id.startswith("37i9") else "user"
        expected.append((playlist_id, names[-1], names[-1].strip(), owner, True, complete[0], complete[-1]))
    columns = "playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date"
    assert replayed.rows(f"select {columns} from playlists order by all") == expected


def test_each_run_counts_its_requests_and_responses(replayed: Project, recording: Recording) -> None:
    read = Counter(read.day for read in recording.reads if read.version)
    asked = {day: len(tracks) for day, _, tracks in recording.seen_popularities()}
    expected = [(day, 47, read[day], 47 - read[day], asked[day], asked[day], 0, 3) for day in recording.days]
    columns = (
        "date, playlists_asked, playlists_answered, playlists_failed, tracks_asked, tracks_answered, tracks_failed"
    )
    assert replayed.rows(f"select {columns}, exit_code from runs order by date") == expected


def test_postgres_has_the_same_rows_as_duckdb(replayed: Project, cluster: Cluster) -> None:
    database = cluster.database("replay")
    replayed.publish_on(database)
    with duckdb.connect(str(replayed.database), read_only=True) as connection:
        wanted = {mart: read_table(connection.cursor(), mart) for mart in MARTS}
    assert database.published(MARTS) == wanted
