"""Compact: large tables are sorted once the appended rows outgrow the sorted ones; nothing else changes."""

from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.engines.dbt import models
from extractor.engines.duckdb.compact import Compactable, compact, compactable, shrink
from extractor.errors import WarehouseError

LEAST_ROWS = 5000
ROWS = Compactable("main", "days", ("track_id", "day"))
TABLE = """
create schema state;
create table days (track_id varchar not null, day integer not null check (day >= 0));
comment on table days is 'Days of tracks.';
comment on column days.day is 'A day.';
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(TABLE)
    return path


def append(warehouse: Path, first_day: int, days: int, tracks: int = 1000) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into days select md5(t::varchar), d from range(?, ?) as d(d), range(?) as t(t) order by d, t",
            [first_day, first_day + days, tracks],
        )


def rows(warehouse: Path, order: str = "rowid") -> list[tuple[str, int]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(f"select track_id, day from days order by {order}").fetchall()


def run(warehouse: Path) -> list[str]:
    return compact(warehouse, [ROWS], least_rows=LEAST_ROWS)


def test_small_table_is_not_compacted(warehouse: Path) -> None:
    append(warehouse, 0, 5)
    before = rows(warehouse)
    assert run(warehouse) == []
    assert rows(warehouse) == before


def test_compact_rewrites_a_table_in_order_with_the_same_rows(warehouse: Path) -> None:
    append(warehouse, 0, 6)
    before = rows(warehouse)
    assert run(warehouse) == ["days"]
    assert rows(warehouse) == sorted(before) != before


def test_table_is_compacted_again_only_when_appended_rows_outgrow_the_rest(warehouse: Path) -> None:
    append(warehouse, 0, 6)
    run(warehouse)
    append(warehouse, 6, 6)
    assert run(warehouse) == []
    append(warehouse, 12, 1)
    assert run(warehouse) == ["days"]
    assert rows(warehouse) == rows(warehouse, "track_id, day")


def test_compact_keeps_constraints_and_comments(warehouse: Path) -> None:
    append(warehouse, 0, 6)
    run(warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute("select comment from duckdb_tables() where table_name = 'days'").fetchall() == [
            ("Days of tracks.",)
        ]
        assert ("A day.",) in connection.execute("select comment from duckdb_columns()").fetchall()
        for wrong in ("(null, 1)", "('x', -1)"):
            with pytest.raises(duckdb.ConstraintException):
                connection.execute(f"insert into days values {wrong}")


def test_compact_does_nothing_without_enough_disk_space(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(warehouse, 0, 6)
    before = rows(warehouse)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(WarehouseError, match="MB are needed"):
        run(warehouse)
    assert rows(warehouse) == before


def with_room(warehouse: Path) -> int:
    """Add a table that is dropped again, rows and a view; return the size of the file, most of which is free."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table large as select uuid() as id from range(300000); checkpoint")
    append(warehouse, 0, 20)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema staging; create view staging.first_days as select * from main.days")
        connection.execute("drop table large; checkpoint")
    return warehouse.stat().st_size


def test_file_that_is_mostly_free_is_rewritten_with_the_same_rows_views_constraints_and_comments(
    warehouse: Path,
) -> None:
    size = with_room(warehouse)
    before = rows(warehouse, "all")
    warehouse.chmod(0o640)
    assert shrink(warehouse, least_free=0)
    assert warehouse.stat().st_size < size / 2
    assert warehouse.stat().st_mode & 0o777 == 0o640
    assert rows(warehouse, "all") == before
    with duckdb.connect(str(warehouse)) as connection:
        assert len(connection.execute("from staging.first_days").fetchall()) == len(before)
        assert ("A day.",) in connection.execute("select comment from duckdb_columns()").fetchall()
        with pytest.raises(duckdb.ConstraintException):
            connection.execute("insert into days values ('x', -1)")
    assert sorted(path.name for path in warehouse.parent.iterdir()) == ["warehouse.duckdb"]


def test_file_with_little_free_room_is_not_rewritten(warehouse: Path) -> None:
    append(warehouse, 0, 20)
    before = warehouse.stat().st_ino
    assert not shrink(warehouse, least_free=0)
    with_room(warehouse)
    assert not shrink(warehouse, least_free=1 << 30)  # mostly free, but small
    assert warehouse.stat().st_ino == before


def test_file_is_not_rewritten_without_enough_disk_space(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = with_room(warehouse)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_000))
    with pytest.raises(WarehouseError, match="MB are needed"):
        shrink(warehouse, least_free=0)
    assert warehouse.stat().st_size == size
    assert [path.name for path in warehouse.parent.iterdir()] == ["warehouse.duckdb"]


def test_tables_to_compact_are_read_from_the_dbt_manifest(tmp_path: Path) -> None:
    config = Config(warehouse=tmp_path / "warehouse.duckdb")
    (tmp_path / "dbt").mkdir()
    (tmp_path / "dbt" / "manifest.json").write_text(
        """{"nodes": {
            "model.a": {
                "resource_type": "model", "schema": "main", "name": "a", "config": {"meta": {"compact_by": ["x", "y"]}}
            },
            "model.b": {"resource_type": "model", "schema": "main", "name": "b", "config": {"meta": {}}},
            "test.c": {"resource_type": "test", "schema": "main", "name": "c", "config": {}}
        }}"""
    )
    assert compactable(models(config)) == [Compactable("main", "a", ("x", "y"))]
