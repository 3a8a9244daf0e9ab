"""Problems of the machine: other processes, full disks, unwritable folders, a failing build."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from extractor.landing.reader import envelopes
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import Project, of_day

pytestmark = pytest.mark.slow

FIRST, SECOND = date(2026, 1, 1), date(2026, 1, 2)
WORLD = "{days: 3, tracks: 300, playlists: {one: {size: 60}, two: {size: 220}, three: {size: 90, churn: 0.2}}}"

HOLDER = """
import sys, duckdb
with duckdb.connect(sys.argv[1]):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(WORLD)


def landed_days(project: Project) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in sorted(project.landing.glob("*/*.ndjson.gz")):
        found.setdefault(path.parent.name, []).append(path)
    return found


@pytest.fixture
def held_warehouse(project: Project) -> Iterator["subprocess.Popen[str]"]:
    """Hold the warehouse open in another process until its input ends."""
    command = [sys.executable, "-c", HOLDER, str(project.warehouse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "open\n"
        yield holder


def test_locked_warehouse_is_reported_and_nothing_is_lost(
    project: Project, held_warehouse: "subprocess.Popen[str]"
) -> None:
    project.extract(FIRST)
    for command in ("load", "build"):
        refused = project.run(command)
        assert refused.exit_code == 1, refused.told
        assert f"{project.warehouse}: open in another process" in refused.stderr
        assert "Traceback" not in refused.stderr
    held_warehouse.communicate()
    loaded = project.run("load")
    assert loaded.exit_code == 0, loaded.told
    assert "loaded 0 answers" not in loaded.stdout


def test_landing_folder_that_cannot_be_created_is_reported(project: Project) -> None:
    (project.folder / "file").write_text("")
    project.configure(landing="file/landing")
    finished = project.run("extract", FIRST)
    assert finished.exit_code == 1, finished.told
    assert "file/landing" in finished.stderr
    assert "Traceback" not in finished.stderr
    project.configure()
    assert project.run("extract", FIRST).exit_code == 0


# A file size limit of 60 kB, which acts like a full disk without filling one.
SMALL_DISK = ("bash", "-c", 'ulimit -f 60 && exec "$0" "$@"')


def test_full_disk_is_reported_and_landed_lines_stay_whole(make_project: MakeProject) -> None:
    project = make_project(WORLD, api={"max_in_flight": 1})
    finished = project.run("extract", FIRST, wrapped_in=SMALL_DISK)
    assert finished.exit_code == 1, finished.told
    (path,) = landed_days(project)[FIRST.isoformat()]
    assert f"{path}: can't be written" in finished.stderr
    assert "Traceback" not in finished.stderr
    whole = [envelope["endpoint"] for _, envelope in envelopes(path)]
    read = whole.count("playlist_reads")
    assert read == 1, whole
    later = project.run("extract", FIRST)
    assert later.exit_code == 0, later.told
    assert "2 of 2 playlists" in later.stdout
    project.publish()
    undisturbed = make_project(WORLD)
    undisturbed.extract(FIRST)
    undisturbed.publish()
    for mart, rows in undisturbed.marts().items():
        assert mart == "runs" or project.marts()[mart] == rows


def test_failing_data_test_keeps_the_published_file(make_project: MakeProject) -> None:
    """No answer makes a row that a data test refuses, so a row of the warehouse is doubled by hand."""
    project = make_project(WORLD)
    assert project.run("daily", FIRST).exit_code == 0
    published = project.database.read_bytes()
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute("insert into playlist_days from playlist_days limit 1")
    finished = project.run("daily", SECOND)
    assert finished.exit_code == 1, finished.told
    assert "playlist_days" in finished.told
    assert "nothing was published" in finished.stderr
    assert project.database.read_bytes() == published
    refused = project.run("publish")
    assert refused.exit_code == 1, refused.told
    assert project.database.read_bytes() == published


def test_second_concurrent_daily_run_waits(make_project: MakeProject) -> None:
    world = WORLD.removesuffix("}") + ", faults: [{path: /v1/playlists, delay: 0.4}]}"
    project = make_project(world, api={"max_in_flight": 1})
    both = [project.start("daily", *of_day("daily", FIRST)) for _ in range(2)]
    ended = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], ended
    assert sum("another run holds" in stderr for _, stderr in ended) == 1, ended
    project.publish()  # the second had nothing to build: its run alone is not new data
    rows = project.rows("select started_at, ended_at, playlists_asked from runs order by started_at")
    assert [asked for _, _, asked in rows] == [3, 0]
    first, second = rows
    assert second[0] - first[1] > timedelta(seconds=1), "the second started before the first had built and published"
