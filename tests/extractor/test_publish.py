"""Publishing: only passed builds, complete and atomic."""

import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from extractor.config.settings import Config, read_config
from extractor.engines.base import BuildOptions
from extractor.engines.dbt import dbt_environment
from extractor.engines.duckdb.build import build
from extractor.engines.duckdb.builds import last_build_of
from extractor.engines.duckdb.files import LOGS
from extractor.engines.duckdb.load import create
from extractor.engines.duckdb.publish import is_published, publish
from extractor.engines.functions import FUNCTIONS
from extractor.errors import BuildError, WarehouseError
from tests.extractor.conftest import empty_marts
from tests.extractor.killing import PYTHON, killed_at

pytestmark = pytest.mark.slow


@pytest.fixture
def second_build(warehouses: list[Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that makes later builds leave the second warehouse."""
    return lambda: monkeypatch.setenv("MADE_UP", str(warehouses[1]))


@pytest.fixture
def config(tmp_path: Path, fake_dbt: None) -> Config:  # noqa: ARG001
    """Return a configuration without a build."""
    path = tmp_path / "config.yaml"
    path.write_text("{warehouse: data/w.duckdb, database: data/s.duckdb, landing: landing}")
    return read_config(path)


def published(config: Config) -> int:
    with duckdb.connect(str(config.database), read_only=True) as connection:
        [(number,)] = connection.execute("select n from tracks_in_playlist").fetchall()
    return int(number)


def beside(config: Config) -> set[str]:
    return {path.name for path in config.database.parent.iterdir()}


def test_nothing_is_published_without_a_passed_build(config: Config) -> None:
    with pytest.raises(BuildError, match=r"run `\./run\.sh build` first"):
        publish(config)
    assert not config.database.exists()
    assert not config.warehouse.exists()


def test_nothing_is_published_after_a_failed_build(
    config: Config, second_build: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    build(config)
    publish(config)
    second_build()
    monkeypatch.setenv("FAKE_EXIT", "1")
    with pytest.raises(BuildError, match="dbt build failed"):
        build(config)
    with pytest.raises(BuildError, match="Nothing was published"):
        publish(config)
    assert published(config) == 1


def test_build_without_a_passed_record_counts_as_failed(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_DOUBT", "1")
    with pytest.raises(BuildError, match="did not run every model and test"):
        build(config)
    with pytest.raises(BuildError, match="Nothing was published"):
        publish(config)


def test_build_of_nothing_counts_as_failed(config: Config, tmp_path: Path) -> None:
    build(config)
    (tmp_path / "bin" / "dbt").write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(BuildError, match="did not run every model and test"):
        build(config)


def test_publish_reports_the_path_of_the_database(config: Config) -> None:
    told = str(build(config))
    assert "1 test passed" in told
    assert str(config.database) in str(publish(config))
    assert published(config) == 1


def test_same_build_can_be_published_again(config: Config) -> None:
    build(config)
    publish(config)
    publish(config)
    assert published(config) == 1


def test_publish_copies_marts_state_and_functions_only(config: Config) -> None:
    build(config)
    publish(config)
    with duckdb.connect(str(config.database), read_only=True) as connection:
        tables = "select schema_name || '.' || table_name from duckdb_tables()"
        views = "select schema_name || '.' || view_name from duckdb_views() where not internal"
        found = {name for (name,) in connection.execute(f"{tables} union {views}").fetchall()}
        functions = connection.execute("select function_name from duckdb_functions() where not internal").fetchall()
    marts = {statement.split()[2] for statement in empty_marts()}
    assert found == marts | {"main.seen", "intermediate.hidden", "state.builds"}
    assert {function for (function,) in functions} == set(FUNCTIONS)


def test_comments_are_published(config: Config) -> None:
    build(config)
    publish(config)
    with duckdb.connect(str(config.database), read_only=True) as connection:
        which = "where table_name = 'playlists'"
        of_table = connection.execute(f"select comment from duckdb_tables() {which}").fetchall()
        of_column = connection.execute(
            f"select comment from duckdb_columns() {which} and comment is not null"
        ).fetchall()
        of_function = connection.execute(
            "select comment from duckdb_functions() where function_name = 'coverage'"
        ).fetchall()
    assert (of_table, of_column) == ([('what\'s "watched"',)], [("the owner's",)])
    assert of_function[0][0].startswith("How the days from start_date to end_date were observed")


def test_open_reader_keeps_the_old_file_and_a_new_one_sees_the_new(
    config: Config, second_build: Callable[[], None]
) -> None:
    build(config)
    publish(config)
    with duckdb.connect(str(config.database), read_only=True) as reader:
        second_build()
        build(config)
        # In another process: in this one, DuckDB would mistake the file it has open for the new one.
        assert not killed_at("execute", 0, "publish", config.database.parent.parent / "config.yaml")
        assert reader.execute("select n from tracks_in_playlist").fetchall() == [(1,)]
        assert reader.execute("select playlist_name from playlists").fetchall() == [("it's",)]
    assert published(config) == 2


def test_publish_leaves_no_other_files(config: Config) -> None:
    build(config)
    before = beside(config)
    publish(config)
    assert beside(config) == before | {config.database.name, "w.duckdb.published"}


@pytest.mark.parametrize("call", [3, 6, 20, 40])
def test_killed_publish_keeps_the_old_file_and_can_be_repeated(
    config: Config, tmp_path: Path, second_build: Callable[[], None], call: int
) -> None:
    build(config)
    publish(config)
    second_build()
    build(config)
    assert killed_at("execute", call, "publish", tmp_path / "config.yaml")
    assert published(config) == 1
    publish(config)
    assert published(config) == 2


def test_obstacle_to_publishing_is_named(config: Config) -> None:
    build(config)
    (config.database / "folder").mkdir(parents=True)
    with pytest.raises(WarehouseError, match=r"s\.duckdb: can't be replaced"):
        publish(config)
    assert beside(config) == {"s.duckdb", "w.duckdb", "raw.duckdb", "dbt"}


def test_published_file_is_world_readable_and_read_only(config: Config) -> None:
    build(config)
    publish(config)
    assert stat.S_IMODE(config.database.stat().st_mode) == 0o444


def test_publish_replaces_the_target_of_a_symlink(config: Config, tmp_path: Path) -> None:
    build(config)
    shared = tmp_path / "shared"
    shared.mkdir()
    config.database.symlink_to(shared / "history.duckdb")
    for _ in range(2):
        publish(config)
        assert config.database.is_symlink()
        assert published(config) == 1
        assert [path.name for path in shared.iterdir()] == ["history.duckdb"]


@pytest.mark.parametrize("end", LOGS)
def test_write_ahead_log_beside_the_published_file_is_removed(config: Config, end: str) -> None:
    build(config)
    publish(config)
    (config.database.parent / f"s.duckdb{end}").write_bytes(b"left by a session that was killed")
    publish(config)
    assert published(config) == 1
    assert f"s.duckdb{end}" not in beside(config)


def test_warehouse_with_a_write_ahead_log_is_published_with_its_contents(config: Config) -> None:
    build(config)
    killed = f"""
import duckdb, os
connection = duckdb.connect({str(config.warehouse)!r})
connection.execute("update tracks_in_playlist set n = 7")
os.kill(os.getpid(), 9)
"""
    subprocess.run([PYTHON, "-c", killed], check=False)
    assert (config.database.parent / "w.duckdb.wal").exists()
    publish(config)
    assert published(config) == 7


def test_view_on_an_unpublished_table_is_refused(config: Config) -> None:
    build(config)
    publish(config)
    with duckdb.connect(str(config.warehouse)) as connection:
        connection.execute("create view main.unsound as from staging.stg_tracks")
        connection.execute("update main.tracks_in_playlist set n = 7")
    with pytest.raises(WarehouseError, match="staging"):
        publish(config)
    assert published(config) == 1


def test_publish_writes_nothing_without_enough_disk_space(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    build(config)
    before = beside(config)
    monkeypatch.setattr(
        "extractor.engines.duckdb.copying.shutil.disk_usage", lambda _: type("Room", (), {"free": 1000})
    )
    with pytest.raises(WarehouseError, match="free some space"):
        publish(config)
    assert beside(config) == before


def test_dbt_receives_no_secret(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET", "SPOTIFY_REFRESH_TOKEN"):
        monkeypatch.setenv(name, "a-secret")
    build(config)
    assert not any("a-secret" in path.read_text() for path in (config.warehouse.parent / "dbt").iterdir())


OF_A_SHELL = {
    "DBT_EMPTY": "1",
    "DBT_ENGINE_EMPTY": "1",
    "DBT_EXCLUDE_RESOURCE_TYPES": "test",
    "DBT_FULL_REFRESH": "1",
    "DBT_LOG_PATH": "/nowhere",
    "DBT_PROFILES_DIR": "/nowhere",
    "DBT_PROJECT_DIR": "/nowhere",
    "DBT_RESOURCE_TYPES": "model",
    "DBT_SAMPLE": "1 day",
    "DBT_TARGET": "postgres",
    "DBT_WRITE_JSON": "0",
    "PYTHONHOME": "/nowhere",
    "PYTHONOPTIMIZE": "2",
    "PYTHONPATH": "/nowhere",
    "SPOTIFY_MEMORY_LIMIT": "1MB",
    "SPOTIFY_RAW": "/nowhere",
    "SPOTIFY_WAREHOUSE": "/nowhere",
}


def test_dbt_options_of_the_shell_are_ignored(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OF_A_SHELL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGHOST", "a server")
    found = dbt_environment(config, os.environ)
    for name in OF_A_SHELL:
        if name.startswith(("DBT_", "PYTHON")):
            assert name not in found
    assert found["PGHOST"] == "a server"
    assert (found["SPOTIFY_WAREHOUSE"], found["SPOTIFY_RAW"]) == ("w.duckdb", "raw.duckdb")
    assert "SPOTIFY_MEMORY_LIMIT" not in found
    build(config)
    environment = (config.warehouse.parent / "dbt" / "environment.txt").read_text()
    assert not any(line.startswith(("DBT_", "PYTHON")) for line in environment.splitlines())


def arguments(config: Config) -> list[str]:
    return (config.warehouse.parent / "dbt" / "arguments.txt").read_text().split()


def test_full_refresh_is_passed_to_dbt(config: Config) -> None:
    build(config)
    assert "--full-refresh" not in arguments(config)
    build(config, BuildOptions(full_refresh=True))
    assert "--full-refresh" in arguments(config)
    assert "--vars" not in arguments(config)


def test_full_refresh_after_a_purge_requires_forget_purged(config: Config) -> None:
    build(config, BuildOptions(full_refresh=True, forget_purged=True))
    assert '--vars {"forget_purged": true}' in " ".join(arguments(config))


def test_all_rows_are_tested_until_a_build_passes(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def tests_all_rows(*, full_refresh: bool = False, full_tests: bool = False) -> bool:
        build(config, BuildOptions(full_refresh, full_tests))
        assert "--vars" not in arguments(config)
        return "tag:all_rows" not in arguments(config)

    assert tests_all_rows()
    assert not tests_all_rows()
    monkeypatch.setenv("FAKE_EXIT", "1")
    for _ in range(2):
        with pytest.raises(BuildError):
            build(config)
    monkeypatch.delenv("FAKE_EXIT")
    assert tests_all_rows()
    assert not tests_all_rows()
    assert tests_all_rows(full_tests=True)
    assert tests_all_rows(full_refresh=True)
    assert not tests_all_rows()


def test_failed_full_tests_leave_nothing_to_publish_and_keep_the_watermark(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(config)
    monkeypatch.setenv("FAKE_EXIT", "1")
    with pytest.raises(BuildError):
        build(config, BuildOptions(full_tests=True))
    last = last_build_of(config.warehouse)
    assert last
    assert not last.has_passed
    with duckdb.connect(str(config.warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) from state.builds where has_passed").fetchall() == [(1,)]
    with pytest.raises(BuildError, match="Nothing was published"):
        publish(config)


def test_locked_warehouse_is_not_built(config: Config) -> None:
    build(config)
    config.warehouse.unlink()
    config.warehouse.mkdir()
    with pytest.raises(WarehouseError, match=r"w\.duckdb"):
        build(config)
    with pytest.raises(WarehouseError, match=r"w\.duckdb"):
        publish(config)


def test_is_published_is_false_after_a_new_build(config: Config) -> None:
    assert not is_published(config)
    build(config)
    assert not is_published(config)
    publish(config)
    assert is_published(config)
    build(config)
    assert not is_published(config)
    publish(config)
    assert is_published(config)


def edit(database: Path) -> None:
    database.chmod(0o644)
    with duckdb.connect(str(database)) as connection:
        connection.execute("update tracks_in_playlist set n = 7")


def leave_a_log(database: Path) -> None:
    database.with_name(f"{database.name}.wal").write_bytes(b"")


def truncate(database: Path) -> None:
    os.truncate(database, 5000)


def replace_by_a_copy(database: Path) -> None:
    copy = database.with_name("copy")
    copy.write_bytes(database.read_bytes())
    copy.replace(database)


@pytest.mark.parametrize("change", [edit, leave_a_log, truncate, replace_by_a_copy, Path.unlink])
def test_edited_published_file_is_published_again(config: Config, change: Callable[[Path], None]) -> None:
    build(config)
    publish(config)
    change(config.database)
    assert not is_published(config)
    publish(config)
    assert is_published(config)
    assert published(config) == 1


@pytest.mark.parametrize(
    ("endpoint", "event", "watched", "is_new"),
    [
        ("playlists", None, None, True),
        ("playlist_reads", None, None, True),
        ("runs", "start", "the same", False),
        ("runs", "end", None, False),
        ("runs", "start", "others", True),
    ],
)
def test_loads_since_the_last_build_count_as_new_unless_from_an_idle_run(
    config: Config, endpoint: str, event: str | None, watched: str | None, is_new: bool
) -> None:
    load_answer(config, 1, "runs", "start", "the same")
    build(config)
    publish(config)
    assert is_published(config)
    load_answer(config, 2, endpoint, event, watched)
    assert is_published(config) != is_new


def load_answer(config: Config, load_number: int, endpoint: str, event: str | None, watched: str | None) -> None:
    create(config)
    body = json.dumps({"event": event, "watched": watched})
    with duckdb.connect(str(config.raw)) as raw:
        raw.execute(
            "insert into raw.raw.answers (endpoint, body, observed_at, load_number) "
            "select ?, ?::json, timestamp '2026-01-01' + ? * interval 1 day, ?",
            [endpoint, body, load_number, load_number],
        )
        raw.execute("insert into raw.raw.landing_files values ('a run', 1, 1, ?)", [load_number])
