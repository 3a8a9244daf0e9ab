"""The popularity of a track goes on after it has left all watched playlists, for as long as configured."""

from datetime import date

import pytest

from extractor.simulator.identifiers import spotify_id
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

FIRST, *_, LAST = DAYS = [date(2026, 1, number) for number in range(1, 6)]
LEAVES, STAYS, MOVES, RETURNS = (spotify_id(name) for name in ("leaves", "stays", "moves", "returns"))
WORLD = """
first_day: 2026-01-01
tracks: 0
histories:
  one: {days: {2026-01-01: [leaves, stays, moves, returns], 2026-01-02: [stays], 2026-01-04: [stays, returns]}}
  two: {days: {2026-01-01: [], 2026-01-02: [moves]}}
"""


@pytest.fixture(scope="module")
def published(make_shared_project: MakeProject) -> Project:
    project = make_shared_project(WORLD, follow_after_leaving_days=1)
    for day in DAYS:
        finished = project.run("daily", day)
        assert finished.exit_code == 0, finished.told
    return project


def test_popularity_after_leaving_is_published_as_the_simulator_has_it(published: Project) -> None:
    followed = {LEAVES: DAYS[:3], STAYS: DAYS, MOVES: DAYS, RETURNS: DAYS}
    expected = []
    for track_id, days in followed.items():
        tracks = {day: published.simulator.world.track(track_id, day) for day in days}
        expected += [(track_id, day, track.popularity) for day, track in tracks.items() if track]
    assert len(expected) == 3 + 3 * len(DAYS)
    rows = published.rows("select track_id, date, popularity from track_daily_popularity order by all")
    assert rows == sorted(expected)


def test_stays_are_as_if_nothing_had_been_requested_after_them(published: Project) -> None:
    rows = published.rows("select first_seen, first_absent from tracks_in_playlist where track_id = ?", LEAVES)
    assert rows == [(FIRST, DAYS[1])]


def test_two_tracks_that_have_left_share_a_request(published: Project) -> None:
    asked = [seen.path.partition("ids=")[2] for seen in published.simulator.requests if "/tracks?" in seen.path]
    assert [set(each.split(",")) for each in asked] == [{LEAVES, RETURNS}] * 2
