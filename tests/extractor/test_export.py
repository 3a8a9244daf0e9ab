"""Export of the published tables as files: all tables, replaced atomically, other files untouched."""

import csv
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.errors import ConfigError, ExportError, WarehouseError
from extractor.outputs.export import export
from tests.extractor.conftest import Run
from tests.extractor.killing import killed_at

PUBLISHED = """
create table playlists as
    select 'l1' as playlist_id, null::varchar as playlist_name, '' as label
    union all
    select 'l2', 'say "hi", =1+1', 'Grün';
comment on table playlists is 'Lists.';
comment on column playlists.playlist_name is 'Name, or null.';
create table track_daily_popularity as
    select 'tr' as track_id, day::date as date, 7 as popularity, day::timestamp as observed_at
    from range(date '2025-12-30', date '2026-01-03', interval 1 day) as days(day);
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a configuration whose published file holds PUBLISHED."""
    database = tmp_path / "s.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(PUBLISHED)
    return Config(database=database, warehouse=tmp_path / "w.duckdb")


@pytest.fixture
def split_by_month(monkeypatch: pytest.MonkeyPatch) -> None:
    """Split every table with a date by month, however small."""
    monkeypatch.setattr("extractor.outputs.export.SPLIT_ABOVE_BYTES", 0)


def change(config: Config, sql: str) -> None:
    with duckdb.connect(str(config.database)) as connection:
        connection.execute(sql)


def ask(sql: str) -> list[tuple[Any, ...]]:
    return duckdb.sql(sql).fetchall()


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_export_writes_one_file_per_table(config: Config, tmp_path: Path) -> None:
    assert str(export(config, "csv", tmp_path / "out")).startswith("exported 3 files (0.0 MB) into ")
    assert files(tmp_path / "out") == {"columns.csv", "playlists.csv", "track_daily_popularity.csv"}


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_what_is_read_back_is_what_was_written(config: Config, tmp_path: Path, file_format: str) -> None:
    """The brackets in the folder's name are no pattern for that of a killed export beside it."""
    beside = tmp_path / "out1" / ".unfinished"
    beside.mkdir(parents=True)
    for name in (f"playlists.{file_format}", f"track_daily_popularity.{file_format}", "columns.csv"):
        duckdb.sql("from range(99)").write_csv(str(beside / name))
    export(config, file_format, tmp_path / "out[1]")
    assert files(tmp_path / "out[1]") == {
        f"playlists.{file_format}",
        f"track_daily_popularity.{file_format}",
        "columns.csv",
    }


def test_single_table_can_be_exported(config: Config, tmp_path: Path) -> None:
    export(config, "csv", tmp_path / "out", only="playlists")
    assert files(tmp_path / "out") == {"columns.csv", "playlists.csv"}
    with pytest.raises(ConfigError, match=r"--only playlist: no such table; did you mean 'playlists'\?"):
        export(config, "csv", tmp_path / "other", only="playlist")
    assert not (tmp_path / "other").exists()


def test_table_too_large_for_one_file_becomes_a_folder_and_its_file_is_removed(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(config, "csv", tmp_path)
    monkeypatch.setattr("extractor.outputs.export.SPLIT_ABOVE_BYTES", 0)
    export(config, "csv", tmp_path)
    assert "track_daily_popularity.csv" not in files(tmp_path)
    monkeypatch.undo()
    export(config, "csv", tmp_path)
    assert [name for name in files(tmp_path) if "popularity" in name] == ["track_daily_popularity.csv"]


@pytest.mark.usefixtures("split_by_month")
@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_large_table_with_a_date_is_split_into_monthly_files(config: Config, tmp_path: Path, file_format: str) -> None:
    exported = export(config, file_format, tmp_path / "out")
    assert files(tmp_path / "out") == {
        "columns.csv",
        f"playlists.{file_format}",
        f"track_daily_popularity/month=2025-12/track_daily_popularity.{file_format}",
        f"track_daily_popularity/month=2026-01/track_daily_popularity.{file_format}",
    }
    assert str(exported).startswith("exported 4 files (0.0 MB) into ")


@pytest.mark.usefixtures("split_by_month")
@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_exported_files_equal_the_tables(config: Config, tmp_path: Path, file_format: str) -> None:
    export(config, file_format, tmp_path)
    options = ", allow_quoted_nulls = false" if file_format == "csv" else ""
    lists = ask(f"from read_{file_format}('{tmp_path}/playlists.{file_format}'{options}) order by all")
    assert lists == [("l1", None, ""), ("l2", 'say "hi", =1+1', "Grün")]
    with duckdb.connect(str(config.database), read_only=True) as connection:
        popularity = connection.execute("from track_daily_popularity order by all").fetchall()
    months = f"read_{file_format}('{tmp_path}/track_daily_popularity/*/*.{file_format}', hive_partitioning = true)"
    assert ask(f"select * exclude (month) from {months} order by all") == popularity
    assert ask(f"select month, min(date) from {months} group by all order by all") == [
        ("2025-12", date(2025, 12, 30)),
        ("2026-01", date(2026, 1, 1)),
    ]


def test_csv_null_is_an_empty_field_and_empty_string_is_quoted(config: Config, tmp_path: Path) -> None:
    export(config, "csv", tmp_path)
    header, row, *_ = (tmp_path / "playlists.csv").read_text(encoding="utf-8").splitlines()
    assert header == "playlist_id,playlist_name,label"
    assert row == 'l1,,""'


def test_column_descriptions_are_exported(config: Config, tmp_path: Path) -> None:
    export(config, "parquet", tmp_path)
    with (tmp_path / "columns.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["table_name"], row["column_name"]): row for row in csv.DictReader(file)}
    assert rows["playlists", "playlist_name"]["meaning"] == "Name, or null."
    assert rows["playlists", "playlist_id"]["table_meaning"] == "Lists."
    assert rows["track_daily_popularity", "popularity"]["data_type"] == "INTEGER"


def test_view_is_exported_like_a_table(config: Config, tmp_path: Path) -> None:
    change(config, "create view runs as select 1 as run_id; comment on column runs.run_id is 'Its name.'")
    export(config, "parquet", tmp_path)
    assert ask(f"from '{tmp_path}/runs.parquet'") == [(1,)]
    assert ("runs", "run_id", "Its name.") in ask(
        f"select table_name, column_name, meaning from '{tmp_path}/columns.csv'"
    )


@pytest.mark.usefixtures("split_by_month")
def test_second_export_replaces_only_its_own_files(config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export(config, "csv", folder)
    export(config, "parquet", folder)
    (folder / "mine.parquet").write_text("mine")
    change(config, "delete from track_daily_popularity where date < '2026-01-01'; delete from playlists")
    export(config, "parquet", folder)
    assert ask(f"select count(*) from read_parquet('{folder}/track_daily_popularity/*/*.parquet')") == [(2,)]
    assert ask(f"select count(*) from '{folder}/playlists.parquet'") == [(0,)]
    assert ask(f"select count(*) from read_csv('{folder}/track_daily_popularity/*/*.csv')") == [(4,)]
    assert (folder / "mine.parquet").read_text() == "mine"


@pytest.mark.parametrize(("function", "call"), [("execute", 6), ("replace", 6)])
def test_killed_export_leaves_whole_files_and_can_be_repeated(
    config: Config, tmp_path: Path, function: str, call: int
) -> None:
    folder = tmp_path / "out"
    export(config, "csv", folder)
    before = {name: (folder / name).read_bytes() for name in files(folder)}
    change(config, "update track_daily_popularity set popularity = 8; delete from playlists")
    assert killed_at(function, call, "export", config.database, folder)
    left = {name: (folder / name).read_bytes() for name in before}
    export(config, "csv", folder)
    after = {name: (folder / name).read_bytes() for name in files(folder)}
    assert after.keys() == before.keys()
    assert all(left[name] in (before[name], after[name]) for name in before)
    assert after["playlists.csv"] == b"playlist_id,playlist_name,label\n"


def test_unwritable_export_folder_is_an_error_and_keeps_its_files(config: Config, tmp_path: Path) -> None:
    export(config, "csv", tmp_path / "out")
    (tmp_path / "out" / ".unfinished").write_text("in the way")
    with pytest.raises(ExportError, match=r"out: .*All files of the earlier export are intact"):
        export(config, "csv", tmp_path / "out")
    assert "playlists.csv" in files(tmp_path / "out")


def test_full_disk_is_an_error_and_keeps_the_earlier_export(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(config, "csv", tmp_path / "out")
    change(config, "delete from playlists")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "mkdir", full)
    with pytest.raises(ExportError, match="No space left on device"):
        export(config, "csv", tmp_path / "out")
    assert len((tmp_path / "out" / "playlists.csv").read_text().splitlines()) == 3


def test_export_without_a_published_database_is_an_error(config: Config, tmp_path: Path) -> None:
    config.database.unlink()
    with pytest.raises(WarehouseError, match=r"nothing is published yet; run `\./run\.sh daily`"):
        export(config, "csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("fake_dbt")
def test_export_folder_defaults_to_export_beside_the_database(
    run: Callable[..., Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = run()
    command("daily")
    assert command("export") == 0
    assert (tmp_path / "data" / "export" / "playlists.parquet").exists()
    assert command("export", "--format", "csv", "--into", str(tmp_path / "else where's")) == 0
    assert (tmp_path / "else where's" / "playlists.csv").exists()
    assert f"into {tmp_path}/else where's" in capsys.readouterr().out


def test_file_that_cannot_be_read_back_replaces_nothing(config: Config, tmp_path: Path) -> None:
    export(config, "csv", tmp_path / "out")
    before = (tmp_path / "out" / "playlists.csv").read_bytes()
    with duckdb.connect(str(config.database)) as connection:
        connection.execute("insert into playlists values ('l3', 'new', '')")
    with pytest.MonkeyPatch.context() as disk:
        disk.setattr("extractor.outputs.export.sync", lambda path: path.write_bytes(path.read_bytes()[:-12]))
        with pytest.raises(ExportError, match="can't be read back"):
            export(config, "csv", tmp_path / "out")
    assert (tmp_path / "out" / "playlists.csv").read_bytes() == before
