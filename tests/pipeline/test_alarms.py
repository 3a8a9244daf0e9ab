"""A data quality alarm, where an operator sees it: in the run, in status, and in the summary for on_failure."""

import json
from datetime import date

import pytest

from tests.pipeline.conftest import MakeProject

pytestmark = pytest.mark.slow

DAYS = (date(2026, 1, 1), date(2026, 1, 2))
WORLD = """
tracks: 60
playlists:
  emptied: {name: Spring Tide, size: 20, pool: [0, 30], events: {2026-01-02: {emptied: true}}}
  gone: {name: Gone, size: 10, pool: [30, 60], events: {2026-01-02: {status: 404}}}
"""
ALARM = "Spring Tide: 0 tracks, 20 when it was last read completely"


def test_playlist_that_lost_its_tracks_is_in_the_run_status_and_summary(make_project: MakeProject) -> None:
    project = make_project(WORLD, on_failure=["sh", "-c", "cat > heard.json"])
    first, second = (project.run("daily", day) for day in DAYS)
    assert (first.exit_code, second.exit_code) == (0, 3)
    assert ALARM not in first.told
    assert f"warning: {ALARM}" in second.stderr
    assert ALARM in json.loads((project.folder / "heard.json").read_text("utf-8"))["text"]
    assert f"data         {ALARM}" in project.run("status", DAYS[1]).stdout
    assert project.rows("select size from playlist_days where date = ? and outcome = 'complete'", DAYS[1]) == [(0,)]


def test_limit_that_is_null_raises_no_alarm(make_project: MakeProject) -> None:
    project = make_project(WORLD, alarms={"shrinks_percent": None})
    told = [project.run("daily", day).told for day in DAYS]
    assert "when it was last read completely" not in "".join(told)
