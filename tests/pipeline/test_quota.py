"""Law 7: a run that can't read everything publishes what it has, reports what is missing, and can be resumed."""

import re
from datetime import date

import pytest

from extractor.cli.commands import main
from extractor.simulator.identifiers import spotify_id
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import Project, impatient_clock, of_day

pytestmark = pytest.mark.slow

DAY = date(2026, 1, 1)
LISTS = ("one", "two", "three", "four")
HISTORIES = "histories: {one: {days: {2026-01-01: [A]}}, two: {days: {2026-01-01: [B]}}, \
three: {days: {2026-01-01: [C, {track: Z, popularity: 0}]}}, four: {days: {2026-01-01: [D]}}}"
IDS = {name: spotify_id(name) for name in LISTS}
A_TIME = re.compile(r"continue after (\d{4}-\d\d-\d\d \d\d:\d\d) UTC")


def lists_asked(project: Project, since: int = 0) -> list[str]:
    paths = [seen.path for seen in project.simulator.requests[since:]]
    return [name for path in paths for name in LISTS if path == f"/v1/playlists/{IDS[name]}"]


def answered(project: Project) -> list[str]:
    rows = project.rows("select playlist_id from playlist_days where outcome = 'complete'")
    return [name for name in LISTS if (IDS[name],) in rows]


def test_long_rate_limit_wait_publishes_and_the_next_run_resumes(make_project: MakeProject) -> None:
    fault = '{path: "/v1/playlists", after: 2, times: 1, status: 429, headers: {Retry-After: "3600"}}'
    project = make_project(f"{HISTORIES}\nfaults: [{fault}]", api={"max_in_flight": 1})
    finished = project.run("daily", DAY)
    assert finished.exit_code == 75, finished.told
    assert finished.seconds < 60
    assert A_TIME.search(finished.told)
    assert answered(project) == ["one", "two"]
    assert project.rows("select playlists_asked, playlists_answered, exit_code from runs") == [(4, 2, 75)]
    asked = len(project.simulator.requests)
    too_early = project.run("extract", DAY)
    assert too_early.exit_code == 75, too_early.told
    assert len(project.simulator.requests) == asked
    (project.landing / "not_before.json").unlink()  # an hour has passed
    going_on = project.run("extract", DAY)
    assert going_on.exit_code == 0, going_on.told
    assert lists_asked(project, asked) == ["three", "four"]
    assert [seen.path for seen in project.simulator.requests[asked:] if "/tracks?" in seen.path] == [
        f"/v1/tracks?ids={spotify_id('Z')}"
    ]


def test_short_rate_limit_wait_is_waited_for(make_project: MakeProject) -> None:
    fault = '{path: "/v1/playlists", after: 2, times: 1, status: 429, headers: {Retry-After: "1"}}'
    project = make_project(f"{HISTORIES}\nfaults: [{fault}]", api={"max_in_flight": 1})
    finished = project.run("extract", DAY)
    assert finished.exit_code == 0, finished.told
    assert finished.seconds >= 1
    assert lists_asked(project) == ["one", "two", "three", "three", "four"]


def test_exhausted_budget_stops_runs_until_midnight(make_project: MakeProject) -> None:
    project = make_project(HISTORIES, api={"max_in_flight": 1, "requests_per_day": 3})
    finished = project.run("extract", DAY)
    assert finished.exit_code == 75, finished.told
    said = A_TIME.search(finished.told)
    assert said
    assert said[1].endswith("00:00")
    assert lists_asked(project) == ["one", "two", "three"]
    again = project.run("extract", DAY)
    assert again.exit_code == 75, again.told
    assert lists_asked(project) == ["one", "two", "three"]
    project.configure(api={"max_in_flight": 1, "requests_per_day": 4})
    assert project.run("extract", DAY).exit_code == 0
    assert lists_asked(project) == ["one", "two", "three", "four"]


def test_failing_playlist_does_not_stop_others(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = f'{{path: "/v1/playlists/{IDS["two"]}", status: 500}}'
    project = make_project(f"{HISTORIES}\nfaults: [{fault}]")
    for name, value in project.simulator.credentials.items():
        monkeypatch.setenv(name, value)
    # In this process, on a clock that does not wait: backing off would take half a minute.
    exit_code = main(["daily", "--config", str(project.config), *of_day("daily", DAY)], impatient_clock())
    assert exit_code == 3
    assert IDS["two"] in capsys.readouterr().out
    assert answered(project) == ["one", "three", "four"]
    assert project.rows("select outcome from playlist_days where playlist_id = ?", IDS["two"]) == [("failed",)]
    assert project.rows("select playlists_answered, playlists_failed, exit_code from runs") == [(3, 1, 3)]


def test_tracks_that_cannot_be_requested_exit_3(make_project: MakeProject) -> None:
    project = make_project(f'{HISTORIES}\nfaults: [{{path: "/v1/tracks", status: 403}}]')
    finished = project.run("extract", DAY)
    assert finished.exit_code == 3, finished.told
    assert "403" in finished.stdout
