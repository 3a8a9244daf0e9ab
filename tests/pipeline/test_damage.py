"""Landing files truncated by a kill are recovered; damaged files are reported and skipped entirely."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.engines.duckdb.load import load
from extractor.errors import ExtractorError
from tests.pipeline import damage
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD = (date(2026, 1, number) for number in (1, 2, 3))
WORLD = """
days: 3
tracks: 200
playlists: {one: {size: 30, churn: 0.2}, two: {size: 120, churn: 0.1}, three: {size: 40, list_popularity_zero: 0.5}}
"""
Row = tuple[Any, ...]


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(WORLD, api={"max_in_flight": 1})


def landed(project: Project, day: date) -> Path:
    """Return the only landing file of a day."""
    (path,) = (project.landing / day.isoformat()).glob("*.ndjson.gz")
    return path


def spoil(project: Project, day: date, how: Callable[[bytes], bytes]) -> Path:
    path = landed(project, day)
    path.write_bytes(how(path.read_bytes()))
    return path


def raw(warehouse: Path) -> list[Row]:
    """Return the raw rows of a warehouse; empty if no load has created tables."""
    path = warehouse.with_name("raw.duckdb")
    if not path.exists():
        return []
    with duckdb.connect(str(path)) as connection:
        connection.execute("use raw.raw")
        return [
            (table, *row)
            for table in ("answers", "playlist_entries", "answered_objects")
            for row in connection.execute(f"select * exclude (load_number) from {table} order by all").fetchall()
        ]


def days_loaded(project: Project) -> set[date]:
    return {row[4] for row in raw(project.warehouse) if row[0] == "answers"}


@pytest.mark.parametrize("how", [damage.cut_stream, damage.cut_text, damage.cut_last_line])
def test_torn_end_is_skipped_and_requested_again(project: Project, how: Callable[[bytes], bytes]) -> None:
    project.extract(FIRST)
    spoil(project, FIRST, how)
    finished = project.run("load")
    assert finished.exit_code == 0, finished.told
    assert "error" not in finished.told
    torn = raw(project.warehouse)
    assert len([row for row in torn if row[5] == "runs"]) == 1, "the end of the run is what was torn off"
    project.extract(FIRST)
    assert project.run("load").exit_code == 0
    healed = raw(project.warehouse)
    assert completely_read(project) == set(project.simulator.world.playlist_ids)
    assert set(torn) <= set(healed)


def test_playlist_is_read_in_full_if_its_landing_file_is_gone(make_project: MakeProject) -> None:
    """The message about a damaged file says that it can be moved away: then its content must not count as known."""
    project = make_project("{days: 3, tracks: 200, playlists: {long: {size: 120}}}")
    project.extract(FIRST)
    landed(project, FIRST).unlink()
    project.extract(SECOND)
    assert project.run("load").exit_code == 0
    assert completely_read(project) == set(project.simulator.world.playlist_ids), "unchanged since a read that is gone"


def completely_read(project: Project) -> set[str]:
    """Return the playlists with a complete read in raw: `unchanged` is meaningless without one."""
    answers = [row[1:] for row in raw(project.warehouse) if row[0] == "answers"]
    reads = [(json.loads(row[5]), json.loads(row[9])) for row in answers if row[4] == "playlist_reads"]
    return {asked["playlist_id"] for asked, body in reads if body["outcome"] == "complete"}


@pytest.mark.parametrize("how", [damage.break_line, damage.drop_line])
def test_damaged_line_is_reported_and_only_its_file_is_skipped(project: Project, how: Callable[[bytes], bytes]) -> None:
    for day in (FIRST, SECOND, THIRD):
        project.extract(day)
    path = spoil(project, SECOND, how)
    finished = project.run("load")
    assert finished.exit_code == 1, finished.told
    assert f"{path}:3" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert days_loaded(project) == {FIRST, THIRD}


@pytest.mark.parametrize("how", [damage.change_digit, damage.overwrite_middle])
def test_damaged_stream_is_reported_and_only_its_file_is_skipped(
    project: Project, how: Callable[[bytes], bytes]
) -> None:
    for day in (FIRST, SECOND, THIRD):
        project.extract(day)
    path = spoil(project, SECOND, how)
    finished = project.run("load")
    assert finished.exit_code == 1, finished.told
    assert str(path) in finished.stderr
    assert days_loaded(project) == {FIRST, THIRD}


def test_flipped_bit_never_changes_a_loaded_response(project: Project, tmp_path: Path) -> None:
    project.extract(FIRST)
    load(Config(landing=project.landing, warehouse=project.warehouse))
    answers = raw(project.warehouse)
    path = landed(project, FIRST)
    sound = path.read_bytes()
    believed, unnamed = [], []
    for seed in range(24):
        warehouse = tmp_path / str(seed) / "warehouse.duckdb"
        path.write_bytes(damage.flip_bit(sound, seed))
        try:
            load(Config(landing=project.landing, warehouse=warehouse))
        except ExtractorError as error:
            if str(path) not in str(error):
                unnamed.append((seed, str(error)))
            assert not raw(warehouse), seed
        else:
            if raw(warehouse) != answers:
                believed.append(seed)
    assert not believed, "other answers than Spotify's were loaded"
    assert not unnamed, "refused without naming the file"


def test_damage_does_not_change_the_published_file(project: Project) -> None:
    assert project.run("daily", FIRST).exit_code == 0
    published = project.database.read_bytes()
    project.extract(SECOND)
    path = spoil(project, SECOND, damage.break_line)
    finished = project.run("daily", THIRD)
    assert finished.exit_code == 1, finished.told
    assert f"{path}:3" in finished.stderr
    assert days_loaded(project) == {FIRST, THIRD}
    assert project.database.read_bytes() == published
    path.unlink()
    healed = project.run("daily", THIRD)
    assert healed.exit_code == 0, healed.told
    assert project.rows("select distinct date from playlist_days where outcome = 'complete' order by date") == [
        (FIRST,),
        (THIRD,),
    ]


def test_file_repeated_or_copied_is_loaded_once(project: Project, tmp_path: Path) -> None:
    project.extract(FIRST)
    assert project.run("load").exit_code == 0
    before = raw(project.warehouse)
    moved = tmp_path / "moved"
    shutil.copytree(project.landing, moved)
    project.configure(landing=str(moved))
    assert project.run("load").exit_code == 0
    assert project.run("load").exit_code == 0
    assert raw(project.warehouse) == before
