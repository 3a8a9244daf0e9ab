"""What analysts open: only what passed, all of it, and never half."""

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
    """Return what makes later builds leave the second warehouse."""
    return lambda: monkeypatch.setenv("MADE_UP", str(warehouses[1]))


@pytest.fixture
def config(tmp_path: Path, fake_dbt: None) -> Config:  # noqa: ARG001
    """Return a configuration of which nothing is built yet."""
    path = tmp_path / "config.yaml"
    path.write_text("{warehouse: data/w.duckdb, database: data/s.duckdb, landing: landing}")
    return read_config(path)


def published(config: Config) -> int:
    with duckdb.connect(str(config.database), read_only=True) as connection:
        [(number,)] = connection.execute("select n from tracks_in_playlist").fetchall()
    return int(number)


def beside(config: Config) -> set[str]:
    return {path.name for path in config.database.parent.iterdir()}


def test_without_a_passed_build_nothing_is_published(config: Config) -> None:
    with pytest.raises(BuildError, match=r"run `\./run\.sh build` first"):
        publish(config)
    assert not config.database.exists()
    assert not config.warehouse.exists()


def test_after_a_failed_build_nothing_is_published(
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


def test_a_build_that_is_not_noted_as_passed_is_a_failed_one(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_DOUBT", "1")
    with pytest.raises(BuildError, match="did not run every model and test"):
        build(config)
    with pytest.raises(BuildError, match="Nothing was published"):
        publish(config)


def test_a_build_of_nothing_is_a_failed_one(config: Config, tmp_path: Path) -> None:
    build(config)
    (tmp_path / "bin" / "dbt").write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(BuildError, match="did not run every model and test"):
        build(config)


def test_a_passed_build_is_published_and_says_where(config: Config) -> None:
    told = str(build(config))
    assert "1 tests passed" in told
    assert str(config.database) in str(publish(config))
    assert published(config) == 1


def test_the_same_build_can_be_published_again(config: Config) -> None:
    build(config)
    publish(config)
    publish(config)
    assert published(config) == 1


def test_all_but_what_one_build_needs_is_published_and_the_functions(config: Config) -> None:
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


def test_a_reader_keeps_the_old_file_and_the_next_one_opens_the_new(
    config: Config, second_build: Callable[[], None]
) -> None:
    build(config)
    publish(config)
    with duckdb.connect(str(config.database), read_only=True) as reader:
        second_build()
        build(config)
        # In another process: in this one, DuckDB would take the file that it has open for the new one.
        assert not killed_at("execute", 0, "publish", config.database.parent.parent / "config.yaml")
        assert reader.execute("select n from tracks_in_playlist").fetchall() == [(1,)]
        assert reader.execute("select name from playlists").fetchall() == [("it's",)]
    assert published(config) == 2


def test_nothing_but_the_database_is_left_beside_it(config: Config) -> None:
    build(config)
    before = beside(config)
    publish(config)
    assert beside(config) == before | {config.database.name, "w.duckdb.published"}


@pytest.mark.parametrize("call", [3, 6, 20, 40])
def test_a_killed_publication_leaves_the_old_file_and_can_be_repeated(
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


def test_what_is_in_the_way_is_named(config: Config) -> None:
    build(config)
    (config.database / "folder").mkdir(parents=True)
    with pytest.raises(WarehouseError, match=r"s\.duckdb: can't be replaced"):
        publish(config)
    assert beside(config) == {"s.duckdb", "w.duckdb", "raw.duckdb", "dbt"}


def test_everyone_may_read_what_is_published_and_nobody_may_write_it(config: Config) -> None:
    build(config)
    publish(config)
    assert stat.S_IMODE(config.database.stat().st_mode) == 0o444


def test_what_a_link_leads_to_is_replaced(config: Config, tmp_path: Path) -> None:
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
def test_a_log_beside_the_published_file_is_removed(config: Config, end: str) -> None:
    build(config)
    publish(config)
    (config.database.parent / f"s.duckdb{end}").write_bytes(b"left by a session that was killed")
    publish(config)
    assert published(config) == 1
    assert f"s.duckdb{end}" not in beside(config)


def test_a_warehouse_with_a_log_is_published_with_what_is_in_it(config: Config) -> None:
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


def test_a_view_that_needs_what_is_not_published_is_refused(config: Config) -> None:
    build(config)
    publish(config)
    with duckdb.connect(str(config.warehouse)) as connection:
        connection.execute("create view main.unsound as from staging.stg_tracks")
        connection.execute("update main.tracks_in_playlist set n = 7")
    with pytest.raises(WarehouseError, match="staging"):
        publish(config)
    assert published(config) == 1


def test_without_room_for_the_copy_nothing_is_written(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    build(config)
    before = beside(config)
    monkeypatch.setattr(
        "extractor.engines.duckdb.copying.shutil.disk_usage", lambda _: type("Room", (), {"free": 1000})
    )
    with pytest.raises(WarehouseError, match="free some space"):
        publish(config)
    assert beside(config) == before


def test_dbt_gets_no_secret(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_no_option_of_the_shell_reaches_dbt(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_full_refresh_is_asked_of_dbt(config: Config) -> None:
    build(config)
    assert "--full-refresh" not in arguments(config)
    build(config, BuildOptions(full_refresh=True))
    assert "--full-refresh" in arguments(config)
    assert "--vars" not in arguments(config)


def test_only_who_insists_may_forget_what_was_purged(config: Config) -> None:
    build(config, BuildOptions(full_refresh=True, forget_purged=True))
    assert '--vars {"forget_purged": true}' in " ".join(arguments(config))


def test_all_rows_are_tested_until_a_build_has_passed(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_full_tests_that_fail_leave_nothing_to_publish_and_forget_no_load(
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


def test_a_warehouse_that_cannot_be_opened_is_not_built(config: Config) -> None:
    build(config)
    config.warehouse.unlink()
    config.warehouse.mkdir()
    with pytest.raises(WarehouseError, match=r"w\.duckdb"):
        build(config)
    with pytest.raises(WarehouseError, match=r"w\.duckdb"):
        publish(config)


def test_it_is_published_until_something_is_built_or_somebody_changes_the_file(config: Config) -> None:
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
def test_a_published_file_that_was_changed_is_published_again(config: Config, change: Callable[[Path], None]) -> None:
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
def test_what_was_loaded_since_the_last_build_is_something_new_unless_it_is_an_idle_run(
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
