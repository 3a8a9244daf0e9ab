"""Published rows of the histories in histories.yaml, compared with handwritten rows and with the oracle."""

from datetime import date

import pytest

from extractor.simulator.identifiers import spotify_id
from tests.pipeline.conftest import CASES, WORLD
from tests.pipeline.harness import Project
from tests.pipeline.histories import RUNS, Case, january, reads_of
from tests.pipeline.oracle import tracks_in_playlist

pytestmark = pytest.mark.slow

NAMED = {spotify_id(name) for name in "ABCDEFG"}
each_case = pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])


@each_case
def test_oracle_matches_the_handwritten_rows(case: Case) -> None:
    rows = tracks_in_playlist(reads_of(case, WORLD))
    assert [row for row in rows if row.track_id in NAMED] == sorted(case.rows)


@each_case
def test_stays_match_the_oracle(published_histories: Project, case: Case) -> None:
    stays = [row for row in published_histories.stays() if row.playlist_id == case.playlist_id]
    assert stays == tracks_in_playlist(reads_of(case, WORLD))


@each_case
def test_playlist_days_has_the_outcome_of_each_day(published_histories: Project, case: Case) -> None:
    calendar = "select date, outcome from playlist_days where playlist_id = ? order by date"
    assert published_histories.rows(calendar, case.playlist_id) == case.calendar


@each_case
def test_unusable_day_has_a_reason(published_histories: Project, case: Case) -> None:
    without = "select date, outcome from playlist_days where playlist_id = ? and reason is null order by date"
    proven = [(day, outcome) for day, outcome in case.calendar if outcome in ("complete", "unchanged", "not_run")]
    assert published_histories.rows(without, case.playlist_id) == proven


@each_case
def test_playlists_has_the_latest_state_of_each_playlist(published_histories: Project, case: Case) -> None:
    known = (
        "select playlist_name, label, is_watched, first_complete_date, last_complete_date "
        "from playlists where playlist_id = ?"
    )
    complete: list[date | None] = [day for day, outcome in case.calendar if outcome == "complete"]
    first, last = (complete[0], complete[-1]) if complete else (None, None)
    label = WORLD.label(case.playlist_id)
    assert published_histories.rows(known, case.playlist_id) == [
        (case.name, label, case.is_watched(RUNS[-1]), first, last)
    ]


def test_every_run_appears_once(published_histories: Project) -> None:
    assert published_histories.rows("select date from runs order by date") == [(january(number),) for number in RUNS]
