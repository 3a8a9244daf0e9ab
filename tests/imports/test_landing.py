"""What an import leaves in the landing folder: whole files, the same ones each time, which live runs don't count."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from extractor.imports import importing
from extractor.landing.day import read_day
from extractor.landing.reader import files_of_day, last_instant
from extractor.landing.runs import DayReport
from extractor.landing.writer import LandingWriter
from extractor.simulator.identifiers import spotify_id
from tests.imports.conftest import Target
from tests.imports.layouts import archive, table_rows, write_csv
from tests.imports.test_table import row
from tests.imports.worlds import generate, landed
from tests.pipeline.harness import REPO

DAY = date(2024, 5, 1)
A = spotify_id("A")


def test_importing_again_adds_nothing(target: Target, tmp_path: Path) -> None:
    world = generate(21)
    git = archive(tmp_path / "git", world)
    target.read("archive", git)
    before = target.files()
    exit_code, printed = target.run("import", "archive", git)
    assert (exit_code, target.files()) == (0, before), printed
    assert f"wrote 0 landing files (0.0 MB); {len(before)} already there" in printed


def test_the_order_of_rows_and_of_imports_does_not_matter(make_target: Callable[[str], Target], tmp_path: Path) -> None:
    one, other = (table_rows(generate(seed)) for seed in (22, 23))
    forward, backward = make_target("forward"), make_target("backward")
    for number, rows in enumerate((one, other)):
        forward.read("table", write_csv(tmp_path / f"{number}.csv", rows), "--name", f"n{number}")
    for number, rows in ((1, other), (0, one)):
        backward.read("table", write_csv(tmp_path / f"back{number}.csv", rows[::-1]), "--name", f"n{number}")
    assert forward.files() == backward.files()


def test_a_damaged_file_is_written_again(target: Target, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", table_rows(generate(24)))
    target.read("table", path)
    before = target.files()
    damaged = next(target.landing.glob("*/import-*"))
    damaged.write_bytes(damaged.read_bytes()[:-20])
    target.read("table", path)
    assert target.files() == before


def test_more_content_of_a_day_is_another_run_of_it(target: Target, tmp_path: Path) -> None:
    rows = [row(1, A, total=1)]
    target.read("table", write_csv(tmp_path / "t.csv", rows))
    target.read("table", write_csv(tmp_path / "t.csv", [*rows, row(1, A, total=1, playlist_id=spotify_id("other"))]))
    assert len(files_of_day(target.landing, DAY)) == 2


@pytest.mark.slow
def test_a_killed_import_ends_as_an_undisturbed_one(make_target: Callable[[str], Target], tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", table_rows(generate(25, playlists=60, days=40)))
    undisturbed, killed = make_target("undisturbed"), make_target("killed")
    undisturbed.read("table", path)
    command = [sys.executable, "-m", "extractor", "import", "table", str(path), "--config", str(killed.config)]
    wanted = undisturbed.files()
    kills = 0
    for files in (0, 1, 5, len(wanted) - 2):
        process = subprocess.Popen(command, cwd=REPO, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(list(killed.landing.glob("????-??-??/*.gz"))) < files:
            time.sleep(0.0005)
        if files == 0:
            time.sleep(0.6)
        os.kill(process.pid, signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        whole = {name: content for name, content in killed.files().items() if name.endswith(".gz")}
        assert whole.items() <= wanted.items(), "a file that is not whole"
    assert kills >= 2
    killed.read("table", path)
    assert killed.files() == wanted


def test_an_interrupted_import_says_what_is_true_of_an_import(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, A, total=1)])

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "read_tables", interrupt)
    exit_code, printed = target.run("import", "table", path)
    assert (exit_code, target.files()) == (130, {}), printed
    assert "interrupted: each file that was written is whole; the same command writes the rest" in printed, printed


def test_an_import_says_nothing_about_live_runs(target: Target, tmp_path: Path) -> None:
    target.read("table", write_csv(tmp_path / "t.csv", [row(1, A, total=1, popularity=5)]))
    state, report = read_day(target.landing, DAY), DayReport(target.landing, DAY)
    assert (state.read_playlists, state.found_tracks, state.popular_tracks) == (set(), set(), set())
    assert (report.runs, report.outcomes, last_instant(target.landing)) == ([], {}, None)
    assert not (target.landing / "contents").exists()
    exit_code, printed = target.run("extract", "--date", DAY)
    assert (exit_code, "does not tell what was so on that day" in printed) == (2, True), printed


def test_the_clock_is_compared_with_live_runs_only(target: Target, tmp_path: Path) -> None:
    live = target.landing / "2024-01-01" / "20240101T080000-w1-00000000.ndjson.gz"
    target.read("table", write_csv(tmp_path / "t.csv", [row(1, A, total=1)]))
    at = datetime(2024, 1, 1, 8, tzinfo=UTC)
    with LandingWriter(target.landing, at.date(), live.name.removesuffix(".ndjson.gz"), 1) as writer:
        writer.write("runs", {}, {"event": "start"}, at)
    assert last_instant(target.landing) == at


@pytest.mark.slow
def test_forget_withdraws_an_import_and_it_can_be_imported_again(target: Target, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, A, total=1), row(1, A, "2024-05-02", total=1)])
    target.read("table", path)
    before = target.files()
    target.run("load")
    [file] = files_of_day(target.landing, DAY)
    exit_code, printed = target.run("forget", "--run", file.name.removesuffix(".ndjson.gz"))
    assert (exit_code, "1 landing file moved" in printed) == (0, True), printed
    assert [read.day for read in landed(target.landing)] == [date(2024, 5, 2)]
    target.read("table", path)
    assert before.items() <= target.files().items()
    exit_code, printed = target.run("load")
    assert (exit_code, "1 new file" in printed) == (0, True), printed
    target.read("table", path, "--name", "table-2")
    exit_code, printed = target.run("forget", "--run", "import-table")
    assert (exit_code, "2 landing files moved" in printed) == (0, True), printed
    assert {file.name[:15] for file in target.landing.glob("????-??-??/*.gz")} == {"import-table-2-"}


@pytest.mark.slow
def test_what_forget_left_of_a_file_is_named_and_comes_back_once_the_rest_is_withdrawn(
    target: Target, tmp_path: Path
) -> None:
    others = [spotify_id(name) for name in ("one", "other")]
    rows = [row(1, A, day, total=1, playlist_id=other) for other in others for day in ("2024-05-01", "2024-05-02")]
    path = write_csv(tmp_path / "t.csv", [*rows, row(1, A, "2024-05-03", total=1, playlist_id=others[0])])
    target.read("table", path)
    before = {name: content for name, content in target.files().items() if name.endswith(".gz")}
    target.publish()
    assert target.run("forget", "--playlist", others[1])[0] == 0
    forgotten = target.files()
    exit_code, printed = target.run("import", "table", path)
    assert (exit_code, target.files()) == (3, forgotten), printed
    assert (printed.count("  not written: "), "wrote 0 landing files (0.0 MB); 1 already there" in printed) == (2, True)
    runs = re.findall(
        r"has other lines than this import, .*: ./run.sh forget --run (\S+), then the same import", printed
    )
    assert [f"{target.landing}/2024-05-0{day}/{run}.ndjson.gz: has" in printed for day, run in enumerate(runs, 1)] == [
        True
    ] * 2
    for run in runs:
        exit_code, printed = target.run("forget", "--run", run)
        assert exit_code == 0, printed
    target.read("table", path)
    assert before.items() <= target.files().items()
    target.publish()
    with duckdb.connect(str(target.folder / "spotify.duckdb"), read_only=True) as connection:
        found = connection.execute("select playlist_id, count(*) from playlist_days group by all").fetchall()
    assert sorted(found) == sorted(zip(others, (3, 2), strict=True))


@pytest.mark.slow
def test_several_reads_of_a_day_are_sound(target: Target, tmp_path: Path) -> None:
    rows = [row(1, A, total=1, observed_at=f"2024-05-01 0{hour}:00") for hour in (1, 2, 3)]
    target.read("table", write_csv(tmp_path / "t.csv", rows))
    target.publish()
    exit_code, printed = target.run("verify")
    assert (exit_code, "sound" in printed) == (0, True), printed


def test_a_folder_that_cannot_be_written_is_named(target: Target, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, A, total=1)])
    target.landing.write_text("in the way")
    exit_code, printed = target.run("import", "table", path)
    assert (exit_code, "can't be written" in printed) == (1, True), printed
    target.landing.unlink()
    target.landing.mkdir()
    (target.landing / str(DAY)).write_text("in the way")
    exit_code, printed = target.run("import", "table", path)
    assert (exit_code, "can't be written" in printed) == (1, True), printed
    assert not (target.landing / ".importing").exists()
