"""The warehouse's file."""

from pathlib import Path

import duckdb

from extractor.warehouse import compact, opened


def test_compacted_a_database_is_smaller_and_has_the_same_in_it(tmp_path: Path) -> None:
    path = tmp_path / "house.duckdb"
    with opened(path) as connection:
        connection.execute("""
            create schema raw;
            create table raw.bodies as select range as n, sha256(range::varchar) as body from range(100000);
            create table main.kept (n integer not null);
            comment on table main.kept is 'kept';
            comment on column main.kept.n is 'a number';
            insert into main.kept values (1);
            create view main.seen as select body, kept.n from "house".raw.bodies inner join "house".main.kept using (n);
        """)
    with opened(path) as connection:
        connection.execute("delete from raw.bodies where n > 10")
    large = path.stat().st_size
    compact(path)
    assert path.stat().st_size < large / 2
    assert list(tmp_path.iterdir()) == [path]
    with opened(path) as connection:
        assert connection.execute("select n from main.seen").fetchall() == [(1,)]
        comments = "select comment from duckdb_tables() union all select comment from duckdb_columns()"
        found = connection.execute(f"from ({comments}) where comment is not null order by all").fetchall()
        assert found == [("a number",), ("kept",)]
        assert connection.execute(
            "select is_nullable from information_schema.columns where table_name = 'kept'"
        ).fetchall() == [("NO",)]


def test_a_database_is_compacted_whatever_a_kill_has_left(tmp_path: Path) -> None:
    path = tmp_path / "house.duckdb"
    duckdb.connect(str(path)).close()
    (tmp_path / ".house.duckdb.new").write_bytes(b"half")
    compact(path)
    assert list(tmp_path.iterdir()) == [path]
