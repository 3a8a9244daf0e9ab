"""Forget: the tables become what they would be if the withdrawn answers had never landed."""

import gzip
import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from extractor.landing.reader import checked_envelopes
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

DAYS = tuple(date(2026, 1, number) for number in (1, 2, 3, 4))
WORLD = """
first_day: 2026-01-01
days: 4
tracks: 120
playlists:
  churning: {size: 30, churn: 0.3, returns: 0.5, pool: [0, 90]}
  long: {size: 110, churn: 0.05, pool: [0, 120]}
histories:
  leaves: {days: {2026-01-01: [A, B], 2026-01-02: [B], 2026-01-03: [C], 2026-01-04: [A, B]}}
"""


def run_ids(project: Project, day: date) -> list[str]:
    return [path.name.removesuffix(".ndjson.gz") for path in sorted(project.landing.glob(f"{day}/*.ndjson.gz"))]


def grown(make_project: MakeProject) -> Project:
    """Return a project of four days, built day by day; the third day was read by two runs."""
    project = make_project(WORLD)
    everything = project.simulator.world.playlist_ids
    for day in DAYS:
        if day == DAYS[2]:
            project.watch(everything[:2])
            project.extract(day)
            project.watch(everything)
        assert project.run("daily", day).exit_code == 0
    return project


def as_if_only_this_had_landed(make_project: MakeProject, landing: Path) -> Project:
    project = make_project(WORLD)
    shutil.copytree(landing, project.landing, ignore=shutil.ignore_patterns("withdrawn"))
    project.publish()
    return project


def selected(project: Project, what: str) -> tuple[str, str]:
    if what == "day":
        return "--day", str(DAYS[2])
    if what == "run":
        return "--run", run_ids(project, DAYS[2])[0]
    return "--playlist", project.simulator.world.playlist_ids[0]


@pytest.mark.parametrize("purged", [False, True], ids=["raw is whole", "two days are purged"])
@pytest.mark.parametrize("what", ["day", "run", "playlist"])
def test_tables_are_as_if_it_had_never_landed(
    make_project: MakeProject, tmp_path: Path, what: str, purged: bool
) -> None:
    project = grown(make_project)
    before = project.marts()
    if purged:
        shutil.copytree(project.landing, tmp_path / "landing")
        assert project.run("purge", DAYS[3], "--keep-days", "2").exit_code == 0
    selection = selected(project, what)
    forgotten = project.run("forget", None, *selection)
    assert forgotten.exit_code == 0, forgotten.told
    assert list(project.landing.glob("withdrawn/*/*.ndjson.gz"))
    assert project.marts() == before  # nothing changes before the next publication
    verified = project.run("verify")
    assert (verified.exit_code, "older than what was withdrawn" in verified.stdout) == (0, True), verified.told
    project.publish()
    if purged:  # what was purged is still in the facts
        for path in (tmp_path / "landing").glob("2026-01-0[34]/*.ndjson.gz"):
            path.unlink()
        for path in project.landing.glob("2026-01-0[34]/*.ndjson.gz"):
            shutil.copy(path, tmp_path / "landing" / path.parent.name / path.name)
        if what == "playlist":
            without(tmp_path / "landing", selection[1])
    expected = as_if_only_this_had_landed(make_project, tmp_path / "landing" if purged else project.landing)
    # On purged days no one knows any more which playlist showed a track: what is known of the track stays.
    of_tracks = (
        ("track_info", "track_info_history", "track_daily_popularity") if (what, purged) == ("playlist", True) else ()
    )
    less = dict.fromkeys(("runs", *of_tracks))
    assert project.marts() | less == expected.marts() | less
    assert project.marts() != before
    assert project.run("verify").exit_code == 0
    again = project.run("forget", None, *selection)
    assert (again.exit_code, "0 raw answers; 0 landing files" in again.stdout) == (0, True), again.told
    assert "nothing new since" in project.run("daily", DAYS[3]).stdout or what == "playlist"


def without(landing: Path, playlist_id: str) -> None:
    """Leave a playlist's lines out of landing files."""
    for path in landing.glob("2026-01-0[12]/*.ndjson.gz"):
        kept = [each for _, each in checked_envelopes(path) if each["asked"].get("playlist_id") != playlist_id]
        lines = (json.dumps(each | {"line": number}) + "\n" for number, each in enumerate(kept, 1))
        path.write_bytes(gzip.compress("".join(lines).encode()))


def test_withdrawn_files_hold_what_was_read_and_can_be_put_back(make_project: MakeProject) -> None:
    project = grown(make_project)
    before = project.marts()
    assert project.run("forget", None, "--day", str(DAYS[2])).exit_code == 0
    project.publish()
    assert project.marts() != before
    for path in project.landing.glob("withdrawn/*/*.ndjson.gz"):
        path.rename(project.landing / path.parent.name / path.name)
    project.publish()
    assert project.marts() == before


def test_run_of_a_purged_day_is_withdrawn_with_its_day_only(make_project: MakeProject) -> None:
    project = grown(make_project)
    [run, _] = run_ids(project, DAYS[2])
    assert project.run("purge", DAYS[3], "--keep-days", "1").exit_code == 0
    refused = project.run("forget", None, "--run", run)
    assert refused.exit_code == 2
    assert f"./run.sh forget --day {DAYS[2]}" in refused.stderr


def test_file_that_a_run_is_writing_is_not_withdrawn(make_project: MakeProject) -> None:
    project = grown(make_project)
    path = next(project.landing.glob(f"{DAYS[2]}/*.ndjson.gz"))
    hold = "import fcntl, sys; f = open(sys.argv[1], 'ab'); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout
        writer.stdout.readline()
        refused = project.run("forget", None, "--day", str(DAYS[2]))
        writer.communicate("\n")
    assert (refused.exit_code, "a run is writing it" in refused.stderr) == (1, True), refused.told
    assert path.exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--day", "2026-02-01"),
        ("--run", "no-such-run"),
        ("--playlist", "x"),
        (),
        ("--day", "2026-01-01", "--run", "no-such-run"),
    ],
)
def test_what_is_not_there_is_refused(make_shared_project: MakeProject, options: tuple[str, ...]) -> None:
    project = make_shared_project(WORLD)
    refused = project.run("forget", None, *options)
    assert refused.exit_code == 2, refused.told
    assert "Traceback" not in refused.stderr


def test_what_was_only_loaded_is_withdrawn(make_project: MakeProject) -> None:
    project = make_project(WORLD)
    for day in DAYS[:2]:
        project.extract(day)
    assert project.run("load").exit_code == 0
    assert project.run("forget", None, "--day", str(DAYS[1])).exit_code == 0
    project.publish()
    assert project.marts() == as_if_only_this_had_landed(make_project, project.landing).marts()
