"""What a purge removes and keeps: it keeps what a build still has to read, and never removes half of a read."""

import gzip
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.engines.duckdb.load import load
from extractor.engines.duckdb.purge import Purged, purge
from extractor.errors import BuildError, LandingError, WarehouseError
from tests.faults.prepared import FIRST, Prepared, Rows, build, land, live, prepare

pytestmark = pytest.mark.slow

DAYS = tuple(FIRST + timedelta(days=number) for number in range(4))
ALL = {"runs", "playlist_reads", "playlists", "tracks"}


@pytest.fixture(scope="module")
def three_days(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Return a project with three built days."""
    made = prepare(tmp_path_factory.mktemp("three days"))
    live(made.config, *DAYS[:3])
    return made


@pytest.fixture
def project(three_days: Prepared, tmp_path: Path) -> Prepared:
    """Return a copy of it."""
    return Prepared(Path(shutil.copytree(three_days.folder, tmp_path / "project")))


def days_of(rows: Rows, table: str) -> set[date]:
    return {value for row in rows[f"raw.{table}"] for value in row if isinstance(value, date) and type(value) is date}


def endpoints(rows: Rows, day: date) -> set[str]:
    return {row[4] for row in rows["raw.answers"] if row[3] == day}


def test_purge_removes_old_responses_their_rows_and_landing_files(project: Prepared) -> None:
    before = project.raw()
    assert purge(project.config, DAYS[2]) == Purged(DAYS[2], answers=6, files=2)
    after = project.raw()
    assert endpoints(after, DAYS[0]) == endpoints(after, DAYS[1]) == {"runs"}
    assert endpoints(after, DAYS[2]) == ALL
    assert days_of(after, "playlist_entries") == days_of(after, "answered_objects") == {DAYS[2]}
    assert after["raw.purged"] == [(3, DAYS[2], 6)]
    for table in ("landing_files", "watched", "format"):
        assert after[f"raw.{table}"] == before[f"raw.{table}"]
    assert [path.parent.name for path in project.config.landing.glob("*/*.gz")] == [DAYS[2].isoformat()]
    assert not (project.config.landing / DAYS[0].isoformat()).exists()
    assert "data/.raw.duckdb.new" not in project.files()


def test_load_works_after_a_purge(project: Prepared) -> None:
    purge(project.config, DAYS[2])
    land(project.config, DAYS[3])
    assert load(project.config).files == 1
    assert max(row[3] for row in project.raw()["raw.landing_files"]) == 4


def test_purge_keeps_text_compressed(project: Prepared) -> None:
    purge(project.config, DAYS[2])
    long = "'{\"text\": \"' || repeat(md5(range::varchar), 50) || '\"}'"
    with duckdb.connect(str(project.config.raw)) as connection:
        insert = f"insert into raw.raw.answers (run_id, body) select 'x', {long} from range(3000)"
        connection.execute(insert)
        connection.execute("checkpoint")
        used = "select distinct compression from pragma_storage_info('raw.raw.answers') where column_name = 'body'"
        assert ("ZSTD",) in connection.execute(used).fetchall()


def test_second_purge_finds_and_writes_nothing(project: Prepared) -> None:
    purge(project.config, DAYS[2])
    before = project.config.raw.stat()
    assert purge(project.config, DAYS[2]) == Purged(DAYS[2], answers=0, files=0)
    after = project.config.raw.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_purge_removes_nothing_without_a_passed_build(tmp_path: Path) -> None:
    project = prepare(tmp_path / "project")
    with pytest.raises(BuildError, match=r"run `\./run\.sh build` first"):
        purge(project.config, DAYS[2])
    land(project.config, DAYS[0])
    load(project.config)
    build(project.config, has_passed=False)
    with pytest.raises(BuildError, match="Nothing was purged"):
        purge(project.config, DAYS[2])
    assert len(project.landed()) == 1


def test_purge_keeps_answers_no_passed_build_has_read(project: Prepared) -> None:
    land(project.config, DAYS[0], "late")
    load(project.config)
    assert purge(project.config, DAYS[2]).files == 2
    assert len([path for path in project.landed() if "late" in path]) == 1
    assert days_of(project.raw(), "playlist_entries") == {DAYS[0], DAYS[2]}
    build(project.config)
    assert purge(project.config, DAYS[2]) == Purged(DAYS[2], answers=3, files=1)


def test_purge_keeps_a_run_until_a_build_has_read_its_late_lines(project: Prepared) -> None:
    land(project.config, DAYS[1], "long", lines=2)
    load(project.config)
    build(project.config)
    land(project.config, DAYS[1], "long")
    load(project.config)
    assert purge(project.config, DAYS[2]).answers == 6
    assert endpoints(project.raw(), DAYS[1]) == ALL
    assert days_of(project.raw(), "playlist_entries") == {DAYS[1], DAYS[2]}


def test_purge_keeps_a_run_with_unloaded_lines(project: Prepared) -> None:
    land(project.config, DAYS[1], "long", lines=3)
    load(project.config)
    build(project.config)
    path = land(project.config, DAYS[1], "long")
    purge(project.config, DAYS[2])
    assert path.exists()
    assert days_of(project.raw(), "playlist_entries") == {DAYS[1], DAYS[2]}


def test_purge_keeps_an_unfinished_run_until_a_day_after_its_last_line(project: Prepared) -> None:
    path = land(project.config, DAYS[1], "killed", ended=False)
    load(project.config)
    build(project.config)
    purge(project.config, DAYS[2])
    assert path.exists()
    assert days_of(project.raw(), "playlist_entries") == {DAYS[1], DAYS[2]}
    purge(project.config, DAYS[3])
    assert not path.exists()
    assert days_of(project.raw(), "playlist_entries") == set()


def rename(path: Path) -> Path:
    return path.rename(path.with_name("another name.ndjson.gz"))


def copy_elsewhere(path: Path) -> Path:
    copy = path.parent.with_name("2025-12-31") / path.name
    copy.parent.mkdir()
    shutil.copy(path, copy)
    return copy


@pytest.mark.parametrize("move", [rename, copy_elsewhere])
def test_purge_identifies_a_landing_file_by_its_run(project: Prepared, move: Callable[[Path], Path]) -> None:
    moved = move(next((project.config.landing / DAYS[0].isoformat()).glob("*.gz")))
    purge(project.config, DAYS[2])
    assert not moved.exists()


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-20])
    return path


def replace_by_another_run(path: Path) -> Path:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"-w1-", b"-w2-"), mtime=0))
    return path


def damage(path: Path) -> Path:
    path.write_bytes(b"no gzip file")
    return path


@pytest.mark.parametrize("change", [cut, replace_by_another_run, damage])
def test_purge_keeps_a_file_that_differs_from_the_loaded_one(project: Prepared, change: Callable[[Path], Path]) -> None:
    changed = change(next((project.config.landing / DAYS[0].isoformat()).glob("*.gz")))
    purge(project.config, DAYS[2])
    assert changed.exists()


def test_purge_killed_before_removing_files_is_finished_by_the_next(
    project: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("extractor.engines.duckdb.purge._remove", die)
        purge(project.config, DAYS[2])
    assert len(project.landed()) == 3
    assert purge(project.config, DAYS[2]) == Purged(DAYS[2], answers=0, files=2)
    assert len(project.landed()) == 1


def test_incomplete_copy_does_not_replace_the_database(project: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    before, files = project.raw(), project.files()

    def read_less(path: Path, _: str | None) -> dict[str, int]:
        with duckdb.connect(str(path)) as connection:
            tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        return {f'"{schema}"."{table}"': 0 for schema, table in tables}

    monkeypatch.setattr("extractor.engines.duckdb.files.read_to_end", read_less)
    with pytest.raises(WarehouseError, match="the copy is not complete"):
        purge(project.config, DAYS[2])
    assert (project.raw(), project.files()) == (before, files)


def test_landing_file_that_cannot_be_removed_is_named(project: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, **_: object) -> None:
        raise OSError(30, "Read-only file system", path)

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises((LandingError, WarehouseError), match="Read-only file system"):
        purge(project.config, DAYS[2])


def test_purge_limits_memory(project: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[str] = []
    connect = duckdb.connect

    def noted(*where: object, **how: object) -> duckdb.DuckDBPyConnection:
        connection = connect(*where, **how)  # type: ignore[arg-type]
        limits.extend(*connection.execute("select current_setting('memory_limit')").fetchall())
        return connection

    config = Config(**{**vars(project.config), "memory_limit": "123MiB"})
    monkeypatch.setattr(duckdb, "connect", noted)
    purge(config, DAYS[2])
    assert limits.count("123.0 MiB") >= 3
