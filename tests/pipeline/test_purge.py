"""Purge: old raw responses are removed, the tables are kept, and only --forget-purged loses history."""

import subprocess
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import REPO, Finished, Project
from tests.pipeline.test_increments import Marts, everything

pytestmark = pytest.mark.slow

DAYS = tuple(date(2026, 1, number) for number in (1, 2, 3, 4))
WORLD = """
first_day: 2026-01-01
days: 4
tracks: 200
playlists:
  churning: {size: 30, churn: 0.3, returns: 0.5, pool: [0, 90]}
  long: {size: 120, churn: 0.05, pool: [50, 200]}
histories:
  leaves: {days: {2026-01-01: [A, B], 2026-01-02: [B], 2026-01-04: [A, B]}}
"""


class Purged:
    """Three days, the first two purged, and one more day; and the same days without a purge."""

    def __init__(self, make_project: MakeProject) -> None:
        self.project = project = make_project(WORLD, api={"requests_per_day": 1000})
        self.early = project.run("purge", DAYS[0], "--keep-days", "1")
        for day in DAYS[:2]:
            project.extract(day)
        assert project.run("daily", DAYS[2]).exit_code == 0
        self.before = everything(project)
        self.purge = project.run("purge", DAYS[2], "--keep-days", "1")
        self.again = project.run("purge", DAYS[2], "--keep-days", "1")
        assert project.run("publish").exit_code == 0
        self.after = everything(project)
        self.days_left = sorted(path.name for path in project.landing.glob("20*"))
        self.by_hand = dbt(project, "run", "--full-refresh")
        assert project.run("build").exit_code == 0
        assert project.run("publish").exit_code == 0
        self.after_one_by_hand = everything(project)
        self.full_refresh = project.run("build", None, "--full-refresh")
        assert project.run("publish").exit_code == 0
        self.after_full_refresh = everything(project)
        self.next_day = project.run("daily", DAYS[3])
        self.whole = project.marts()
        self.insisted = project.run("build", None, "--full-refresh", "--forget-purged")
        undisturbed = make_project(WORLD)
        for day in DAYS:
            undisturbed.extract(day)
        assert undisturbed.run("load").exit_code == 0
        assert undisturbed.run("build", None, "--full-tests").exit_code == 0
        assert undisturbed.run("publish").exit_code == 0
        self.undisturbed = undisturbed.marts()


def dbt(project: Project, *arguments: str) -> Finished:
    """Run dbt manually in the project's folder."""
    command = [str(REPO / ".venv/bin/dbt"), *arguments, "--target-path", str(project.folder / "by hand")]
    databases = {
        "SPOTIFY_WAREHOUSE": str(project.warehouse),
        "SPOTIFY_RAW": str(project.warehouse.with_name("raw.duckdb")),
    }
    environment = databases | {"PATH": "/usr/bin:/bin", "HOME": str(project.folder)}
    done = subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, check=False)
    return Finished(done.returncode, done.stdout, done.stderr, 0.0)


def without_runs(marts: Marts) -> Marts:
    return {name: rows for name, rows in marts.items() if name != "runs"}


@pytest.fixture(scope="module")
def purged(make_shared_project: MakeProject) -> Purged:
    return Purged(make_shared_project)


def test_purge_requires_a_passed_build(purged: Purged) -> None:
    assert purged.early.exit_code == 1
    assert "run `./run.sh build` first" in purged.early.told


def test_purge_changes_no_mart(purged: Purged) -> None:
    assert purged.purge.exit_code == 0, purged.purge.told
    assert "2 landing files" in purged.purge.stdout
    assert purged.after == purged.before
    assert purged.days_left == [DAYS[2].isoformat()]


def test_second_purge_finds_nothing(purged: Purged) -> None:
    assert purged.again.exit_code == 0
    assert "purged 0 raw answers and 0 landing files" in purged.again.stdout


def test_days_after_a_purge_are_the_same_as_without_it(purged: Purged) -> None:
    assert purged.next_day.exit_code == 0, purged.next_day.told
    assert without_runs(purged.whole) == without_runs(purged.undisturbed)


def test_full_refresh_after_a_purge_loses_no_history(purged: Purged) -> None:
    assert purged.full_refresh.exit_code == 0, purged.full_refresh.told
    assert purged.after_full_refresh == purged.before


def test_manual_dbt_full_refresh_after_a_purge_loses_no_history(purged: Purged) -> None:
    assert purged.by_hand.exit_code == 0, purged.by_hand.told
    assert purged.after_one_by_hand == purged.before


def test_forget_purged_allows_a_full_refresh_after_a_purge(purged: Purged) -> None:
    assert purged.insisted.exit_code == 0, purged.insisted.told
    with duckdb.connect(str(Path(purged.project.warehouse)), read_only=True) as connection:
        [(first_day,)] = connection.execute("select min(first_seen) from tracks_in_playlist").fetchall()
    assert first_day == DAYS[2]
