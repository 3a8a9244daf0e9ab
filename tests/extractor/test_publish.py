"""What analysts open: only what passed, all of it, and never half."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from extractor.config import Config, read_config
from extractor.errors import BuildError, WarehouseError
from extractor.publish import publish
from extractor.transform import BuildOptions, build
from tests.extractor.conftest import empty_marts
from tests.extractor.killing import killed_at


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


def test_without_a_passed_build_nothing_is_published(config: Config) -> None:
    with pytest.raises(BuildError, match=r"run `\./run\.sh build` first"):
        publish(config)
    assert not config.database.exists()


def test_after_a_failed_build_nothing_is_published(
    config: Config, second_build: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    build(config)
    publish(config)
    second_build()
    monkeypatch.setenv("FAKE_EXIT", "1")
    with pytest.raises(BuildError, match="dbt build failed"):
        build(config)
    with pytest.raises(BuildError, match="Nothing is published"):
        publish(config)
    assert published(config) == 1


def test_what_was_loaded_since_the_build_keeps_it_from_being_published(config: Config) -> None:
    build(config)
    with duckdb.connect(str(config.warehouse)) as connection:
        connection.execute("create table raw.more as select * from range(100000)")
    with pytest.raises(BuildError):
        publish(config)


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


def test_marts_are_published_and_what_the_next_file_takes_over_by(config: Config) -> None:
    build(config)
    publish(config)
    with duckdb.connect(str(config.database), read_only=True) as connection:
        tables = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
    marts = {statement.split()[2] for statement in empty_marts() if " main." in statement}
    assert {table for (table,) in tables} == marts | {"publication.days"}


def test_comments_are_published_with_their_quotes_and_without_the_line_end_of_yaml(config: Config) -> None:
    build(config)
    publish(config)
    with duckdb.connect(str(config.database), read_only=True) as connection:
        which = "where table_name = 'playlists'"
        of_table = connection.execute(f"select comment from duckdb_tables() {which}").fetchall()
        of_column = connection.execute(
            f"select comment from duckdb_columns() {which} and comment is not null"
        ).fetchall()
    assert (of_table, of_column) == ([('what\'s "watched"',)], [("the owner's",)])


def test_a_reader_keeps_the_old_file_and_the_next_one_opens_the_new(
    config: Config, second_build: Callable[[], None]
) -> None:
    build(config)
    publish(config)
    with duckdb.connect(str(config.database), read_only=True) as reader:
        second_build()
        build(config)
        publish(config)
        assert reader.execute("select n from tracks_in_playlist").fetchall() == [(1,)]
        assert reader.execute("select name from playlists").fetchall() == [("it's",)]
    assert published(config) == 2


def test_nothing_but_the_database_is_left_beside_it(config: Config) -> None:
    build(config)
    before = {path.name for path in config.database.parent.iterdir()}
    publish(config)
    assert {path.name for path in config.database.parent.iterdir()} == before | {config.database.name}


@pytest.mark.parametrize("call", [3, 6])
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


def test_what_stands_in_the_way_is_named(config: Config) -> None:
    build(config)
    (config.database / "folder").mkdir(parents=True)
    with pytest.raises(WarehouseError, match=r"s\.duckdb: can't be replaced"):
        publish(config)


def test_analysts_of_other_accounts_may_read_what_is_published(config: Config) -> None:
    build(config)
    publish(config)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(config.database.stat().st_mode) == 0o666 & ~umask


def test_dbt_is_told_no_secret(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET", "SPOTIFY_REFRESH_TOKEN"):
        monkeypatch.setenv(name, "a-secret")
    build(config)
    assert not any("a-secret" in path.read_text() for path in (config.warehouse.parent / "dbt").iterdir())


def test_a_full_refresh_is_asked_of_dbt(config: Config) -> None:
    arguments = config.warehouse.parent / "dbt" / "arguments.txt"
    build(config)
    assert "--full-refresh" not in arguments.read_text()
    build(config, BuildOptions(full_refresh=True))
    assert "--full-refresh" in arguments.read_text()


def test_a_warehouse_that_cannot_be_opened_is_not_built(config: Config) -> None:
    build(config)
    config.warehouse.unlink()
    config.warehouse.mkdir()
    with pytest.raises(WarehouseError, match=r"w\.duckdb"):
        build(config)
    with pytest.raises(BuildError):
        publish(config)
