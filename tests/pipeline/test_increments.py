"""Laws 1 to 3: loading day by day, at once, rebuilt, in any order or repeatedly gives the same tables."""

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import MARTS, Finished, Project

pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD = (date(2026, 1, number) for number in (1, 2, 3))
WORLD = """
first_day: 2026-01-01
days: 3
tracks: 400
playlists:
  churning: {size: 40, churn: 0.3, returns: 0.5, pool: [0, 90]}
  long: {size: 130, churn: 0.01, pool: [100, 260]}
  still: {size: 110, pool: [250, 390]}
  editorial: {owner: spotify, size: 110, churn: 0.2, claims_rewritten: true, stuck_snapshot: true, pool: [0, 200]}
  zeros: {size: 20, churn: 0.2, list_popularity_zero: 0.5, pool: [300, 400]}
histories:
  outage: {days: {2026-01-01: [A, B], 2026-01-02: {status: 404}, 2026-01-03: [B, C]}}
  late: {days: {2026-01-01: {entries: [A], status: 403}, 2026-01-02: same}}
  masked: {days: {2026-01-01: [A, B], 2026-01-02: [{null: A}, B], 2026-01-03: [A]}}
  emptied: {days: {2026-01-01: [A, A, B], 2026-01-02: [], 2026-01-03: [B]}}
  renamed: {days: {2026-01-01: [A], 2026-01-02: {name: another}}}
"""
Marts = dict[str, list[tuple[Any, ...]]]


class DayByDay:
    """Three days, each by `./run.sh daily`, the last one twice; and the same landing files loaded in other ways."""

    def __init__(self, make_project: MakeProject) -> None:
        self.make_project = make_project
        self.project = make_project(WORLD)
        self.daily = [self.project.run("daily", day) for day in (FIRST, SECOND, THIRD)]
        self.marts = everything(self.project)
        asked_before = len(self.project.simulator.requests)
        landing = self.project.folder / "landing as it was"
        shutil.copytree(self.project.landing, landing)
        self.again = self.project.run("daily", THIRD)
        self.marts_again = everything(self.project)
        self.asked_again = [seen.path for seen in self.project.simulator.requests[asked_before:]]
        self.refreshed = self.project.run("build", None, "--full-refresh")
        assert self.project.run("publish").exit_code == 0
        self.marts_refreshed = everything(self.project)
        self.ways = {
            "at once": self._loaded(landing, [(FIRST, SECOND, THIRD)]),
            "last day first, middle day late": self._loaded(landing, [(THIRD, FIRST), (SECOND,)]),
        }

    def _loaded(self, landing: Path, order: Sequence[Sequence[date]]) -> Marts:
        """Return the tables after days arrived in this order, file by file, with a build after each."""
        project = self.make_project(WORLD)
        shutil.copytree(landing / "watched", project.landing / "watched")
        for days in order:
            for day in days:
                shutil.copytree(landing / day.isoformat(), project.landing / day.isoformat())
                assert project.run("load").exit_code == 0
            finished = project.run("build")
            assert finished.exit_code == 0, finished.told
        assert project.run("publish").exit_code == 0
        return everything(project)


def everything(project: Project) -> Marts:
    """Return every mart with all columns."""
    return {mart: project.rows(f"select * from {mart} order by all") for mart in MARTS}


@pytest.fixture(scope="module")
def day_by_day(make_shared_project: MakeProject) -> DayByDay:
    return DayByDay(make_shared_project)


def test_days_with_unreadable_playlists_exit_3(day_by_day: DayByDay) -> None:
    assert [finished.exit_code for finished in day_by_day.daily] == [3, 3, 0], [each.told for each in day_by_day.daily]


def test_history_covers_enough_cases_to_compare(day_by_day: DayByDay) -> None:
    rows = day_by_day.project.rows
    assert [mart for mart, found in day_by_day.marts.items() if not found] == ["chart_positions"]  # of imports only
    outcomes = {outcome for (outcome,) in rows("select distinct outcome from playlist_days")}
    assert outcomes == {"complete", "unchanged", "unavailable"}
    assert rows("select count(*) > 50 from tracks_in_playlist where first_absent is not null") == [(True,)]
    assert rows("select count(*) > 3 from tracks_in_playlist where stay_number > 1") == [(True,)]
    assert rows("select count(*) > 0 from track_info_history where valid_to is not null") == [(True,)]


@pytest.mark.parametrize("mart", MARTS)
@pytest.mark.parametrize("way", ["at once", "last day first, middle day late"])
def test_load_order_does_not_change_the_rows(day_by_day: DayByDay, way: str, mart: str) -> None:
    assert day_by_day.ways[way][mart] == day_by_day.marts[mart]


@pytest.mark.parametrize("mart", MARTS)
def test_full_refresh_gives_the_same_rows(day_by_day: DayByDay, mart: str) -> None:
    assert day_by_day.refreshed.exit_code == 0, day_by_day.refreshed.told
    refreshed, again = day_by_day.marts_refreshed[mart], day_by_day.marts_again[mart]
    if mart == "runs":  # includes the idle run, which alone did not cause a build
        assert [row for row in refreshed if row in again] == again
        assert len(refreshed) == len(again) + 1
    else:
        assert refreshed == again


@pytest.mark.parametrize("mart", MARTS)
def test_rerun_of_a_day_changes_no_rows(day_by_day: DayByDay, mart: str) -> None:
    assert day_by_day.marts_again[mart] == day_by_day.marts[mart]


def test_rerun_of_a_day_repeats_no_answered_request(day_by_day: DayByDay) -> None:
    assert day_by_day.again.exit_code == 0, day_by_day.again.told
    assert day_by_day.asked_again == ["/api/token"]


def test_rerun_of_a_day_requests_what_could_not_be_read(make_project: MakeProject) -> None:
    project = make_project(WORLD)
    project.extract(FIRST)
    asked = len(project.simulator.requests)
    refused = [seen.path for seen in project.simulator.requests if seen.status == 403]
    again: Finished = project.run("extract", FIRST)
    assert again.exit_code == 3
    assert [seen.path for seen in project.simulator.requests[asked:]] == ["/api/token", *refused]
