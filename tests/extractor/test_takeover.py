"""Tracklists are taken over from the file before, and are those of the warehouse all the same."""

from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest

from extractor.takeover import bring_up_to_date, note_versions, take_over
from extractor.warehouse import attach, opened

Version = tuple[str, str, str, str]
"""A list, the first day of a version of it, the hash of its content, and the content: a letter a track."""

FIRST = [("L", "2026-01-01", "a", "AB"), ("L", "2026-01-03", "b", "B"), ("M", "2026-01-01", "c", "CD")]


def warehouse(path: Path, versions: Iterable[Version], columns: str = "track_id") -> Path:
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_read_spans (playlist_id varchar, first_day date, content_hash varchar)"
        )
        connection.execute(f"create table main.tracklists (playlist_id varchar, first_day date, {columns} varchar)")
        for playlist_id, first_day, content_hash, tracks in versions:
            connection.execute(
                "insert into intermediate.int_read_spans values (?, ?, ?)", [playlist_id, first_day, content_hash]
            )
            for track in tracks:
                connection.execute("insert into main.tracklists values (?, ?, ?)", [playlist_id, first_day, track])
    return path


def published(path: Path, source: Path) -> Path:
    """A published file made from nothing."""
    with opened(path) as connection:
        name = attach(connection, source)
        connection.execute(f"create table main.tracklists as from {name}.main.tracklists")
        connection.execute("create table main.playlists (x integer)")
        connection.execute("create macro one() as 1")
        connection.execute("create macro all_of_it() as table from playlists")
        note_versions(connection, name)
    return path


def rows(path: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("from main.tracklists order by all").fetchall()


@pytest.mark.parametrize(
    "now",
    [
        FIRST,
        [*FIRST, ("L", "2026-01-04", "a", "AB"), ("N", "2026-01-04", "d", "E")],
        [("L", "2026-01-01", "a", "AB"), ("L", "2026-01-02", "b", "B"), ("M", "2026-01-01", "c", "CD")],
        [("L", "2026-01-01", "e", "BA"), ("M", "2026-01-01", "c", "CD")],
        [],
    ],
    ids=["nothing new", "more days and lists", "a late day", "another content on the same day", "nothing left"],
)
def test_they_are_those_of_the_warehouse(tmp_path: Path, now: list[Version]) -> None:
    before = published(tmp_path / "p.duckdb", warehouse(tmp_path / "w.duckdb", FIRST))
    source = warehouse(tmp_path / "w.duckdb", now)
    assert take_over(before, tmp_path / "new.duckdb", source)
    with opened(tmp_path / "new.duckdb") as connection:
        name = attach(connection, source)
        bring_up_to_date(connection, name)
        note_versions(connection, name)
    assert rows(tmp_path / "new.duckdb") == rows(source)


def test_nothing_else_is_taken_over(tmp_path: Path) -> None:
    source = warehouse(tmp_path / "w.duckdb", FIRST)
    assert take_over(published(tmp_path / "p.duckdb", source), tmp_path / "new.duckdb", source)
    with duckdb.connect(str(tmp_path / "new.duckdb")) as connection:
        left = connection.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
        macros = connection.execute("select * from duckdb_functions() where not internal").fetchall()
    assert (left, macros) == ([("tracklists",)], [])


def test_a_file_that_is_missing_damaged_or_of_other_columns_is_not_taken_over(tmp_path: Path) -> None:
    source = warehouse(tmp_path / "w.duckdb", FIRST)
    before, new = published(tmp_path / "p.duckdb", source), tmp_path / "new.duckdb"
    assert not take_over(tmp_path / "missing.duckdb", new, source)
    assert not take_over(before, new, warehouse(tmp_path / "w.duckdb", FIRST, columns="item_id"))
    before.write_bytes(before.read_bytes()[:5000])
    assert not take_over(before, new, warehouse(tmp_path / "w.duckdb", FIRST))
    assert not new.exists()
