"""on_change through ./run.sh daily: once only, over failures, a rebuild, a late and a withdrawn day."""

# ruff: noqa: RUF001 (our minus signs)

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import Database
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

WORLD = """
tracks: 0
histories:
  one: {days: {2026-01-01: [A, B], 2026-01-02: [A, C], 2026-01-03: [A, C], 2026-01-04: [A, C, D], 2026-01-05: [A, D]}}
"""
DAYS = [date(2026, 1, 1) + timedelta(number) for number in range(5)]
HEAR = ["sh", "-c", 'cat > "heard/$(ls heard | wc -l).json"']


def heard(project: Project) -> list[dict[str, Any]]:
    """Return what the command got, and forget it."""
    files = sorted((project.folder / "heard").iterdir())
    objects = [each for file in files for each in json.loads(file.read_text())]
    for file in files:
        file.unlink()
    return objects


def seen(objects: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return sorted((each["change"], each["date_before"][-2:], each["date"][-2:]) for each in objects)


def test_daily_runs_hand_each_change_over_once(make_project: MakeProject) -> None:
    project = make_project(WORLD, on_change={"command": HEAR})
    (project.folder / "heard").mkdir()

    def daily(day: date, *options: str, code: int = 0) -> str:
        done = project.run("daily", day, *options)
        assert done.exit_code == code, done.told
        return done.told

    daily(DAYS[0])
    assert heard(project) == []
    assert "on_change: 2 changes handed over" in daily(DAYS[1])
    first = heard(project)
    assert seen(first) == [("added", "01", "02"), ("removed", "01", "02")]
    daily(DAYS[1], "--full-refresh")
    assert heard(project) == []

    project.configure(on_change={"command": ["sh", "-c", "exit 9"]})
    assert "warning: on_change: sh ended with 9" in daily(DAYS[4])  # two days are missing
    project.configure(on_change={"command": HEAR})
    assert "not rebuilt" in daily(DAYS[4])
    again = heard(project)
    assert seen(again) == [("added", "02", "05"), ("removed", "02", "05")]
    assert all(each["again"] for each in again)

    daily(DAYS[3])  # a late day
    late = heard(project)
    assert seen(late) == [("added", "02", "04"), ("removed", "04", "05")]
    assert all(each["correction"] and each["was"]["date_before"] == "2026-01-02" for each in late)

    assert project.run("forget", None, "--day", DAYS[4].isoformat()).exit_code == 0
    daily(DAYS[3])
    [gone] = heard(project)
    assert (gone["change"], gone["withdrawn"], gone["correction"]) == ("removed", True, True)
    assert (project.folder / "feed.atom").read_text().count("<entry>") == 2
    assert "handed over" in project.run("verify").stdout


def test_changes_published_on_a_server_are_handed_over_once(make_project: MakeProject, server: Database) -> None:
    rules = [{"playlist": "one"}, {"popularity": 50}]
    project = make_project(WORLD, target="postgres", on_change={"command": HEAR, "rules": rules})
    (project.folder / "heard").mkdir()

    def daily(day: date) -> str:
        done = project.run("daily", day)
        assert done.exit_code == 0, done.told
        return done.told

    assert "on_change" not in daily(DAYS[0])
    told = daily(DAYS[1])
    assert "on_change: 2 changes handed over" in told
    assert "+1 −1 in one since 1 Jan" in told
    assert seen(heard(project)) == [("added", "01", "02"), ("removed", "01", "02")]
    daily(DAYS[1])
    assert heard(project) == []

    project.configure(target="postgres", on_change={"command": ["sh", "-c", "exit 9"]})
    assert "warning: on_change: sh ended with 9" in daily(DAYS[4])
    project.configure(target="postgres", on_change={"command": HEAR})
    daily(DAYS[3])  # before the failed changes are handed over again, a late day moves one of them
    assert [(each["change"], each["date"][-2:], "again" in each, "was" in each) for each in heard(project)] == [
        ("added", "05", True, False),
        ("removed", "05", True, False),
        ("added", "04", False, True),
        ("removed", "05", False, True),
    ]

    found = server.rows("select playlist_id, date, count(*) from spotify.playlist_changes group by 1, 2 order by 2")
    feed = (project.folder / "feed.atom").read_text()
    assert feed.count("<entry>") == len(found) == 3
    status = project.run("status", DAYS[4])
    assert "5 Jan: +0 −1 in one since 4 Jan" in status.told
    assert "3 observed days: +2 −2 in 1 playlist" in status.told


def test_rule_that_names_nothing_ends_the_run_before_any_request(make_project: MakeProject) -> None:
    project = make_project(WORLD, on_change={"command": ["true"], "rules": [{"playlist": "one"}, {"label": "nowhere"}]})
    done = project.run("daily", DAYS[0])
    assert done.exit_code == 2
    assert "on_change.rules[1].label: no playlist or track" in done.stderr
    assert project.simulator.requests == []


def test_feed_and_record_that_cannot_be_written_are_warnings(make_project: MakeProject) -> None:
    project = make_project(WORLD, on_change={"command": ["true"]})
    for name in ("feed.atom", "handed_over.duckdb"):
        Path(project.folder / name).mkdir()
    done = project.run("daily", DAYS[0])
    assert done.exit_code == 0, done.told
    assert done.stderr.count("warning: ") == 2
    assert "feed.atom is not renewed" in done.stderr
    assert "on_change: not all changes were handed over" in done.stderr
