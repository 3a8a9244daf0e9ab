"""The published result of a day with all kinds of transient faults."""

from datetime import date

import pytest

from extractor.simulator.identifiers import spotify_id
from tests.pipeline.conftest import MakeProject

pytestmark = pytest.mark.slow

DAY = date(2026, 1, 1)
FAULTS = {
    "expired": "status: 401",
    "hurried": "status: 429, headers: {Retry-After: 1}",
    "banned": "status: 429, headers: {Retry-After: 48925}",
    "broken": "status: 500",
    "gateway": "status: 502, body: <html>, headers: {content-type: text/html}",
    "unavailable": "status: 503, body: ''",
    "empty": "body: {}",
    "cut": "truncate: 200",
    "reset": "drop: true",
    "gone": "status: 404",
}
LISTS = ", ".join(f"{name}: {{days: {{2026-01-01: [A, {{'null': N}}, {name}]}}, pad_to: 120}}" for name in FAULTS)
RULES = ", ".join(
    f'{{path: "/v1/playlists/{spotify_id(name)}", after: {1 if name != "gone" else 0}, times: 1, {fault}}}'
    for name, fault in FAULTS.items()
)


def test_day_with_faults_publishes_the_tables_of_a_day_without(make_project: MakeProject) -> None:
    project = make_project(f"{{tracks: 0, histories: {{{LISTS}}}, faults: [{RULES}]}}", api={"max_in_flight": 1})
    codes: list[int] = []
    while not codes or codes[-1]:
        codes.append(project.extract(DAY).exit_code)
        (project.landing / "not_before.json").unlink(missing_ok=True)  # as if that time had been reached
        assert len(codes) < 4
    assert 75 in codes
    project.publish()
    assert project.rows("select outcome, entries, unavailable_entries, count(*) from playlist_days group by all") == [
        ("complete", 120, 1, len(FAULTS))
    ]
    in_list = "select track_id from tracks_in_playlist where playlist_id = ? and is_current and added_at = ?"
    for name in FAULTS:
        tracks = {track_id for (track_id,) in project.rows(in_list, spotify_id(name), DAY)}
        assert len(tracks) == 119
        assert {spotify_id("A"), spotify_id(name)} <= tracks
    # A and one unique track in each playlist, and the 117 others.
    assert project.rows("select count(*), count(distinct date) from track_daily_popularity") == [
        (1 + len(FAULTS) * 118, 1)
    ]
