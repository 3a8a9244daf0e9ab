"""What is taken over from an earlier file is, all the same, what the warehouse has."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import pytest

from extractor.takeover import (
    DAYS,
    bring_up_to_date,
    hash_days,
    note_days,
    put_in_place,
    spare_of,
    take_over,
)
from extractor.warehouse import attach, opened

Version = tuple[str, str, str, str]
"""A list, the first day of a version of it, the hash of its content, and the content: a letter a track."""
Stay = tuple[str, str | None]
"""A track, and the day it was proven absent."""

FIRST = [("L", "2026-01-01", "a", "AB"), ("L", "2026-01-03", "b", "B"), ("M", "2026-01-01", "c", "CD")]
STAYS = [("A", "2026-01-03"), ("B", None), ("C", None)]


def warehouse(
    path: Path, versions: Iterable[Version] = FIRST, stays: Iterable[Stay] = STAYS, column: str = "track_id"
) -> Path:
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            create schema intermediate;
            create table intermediate.int_read_spans (playlist_id varchar, first_day date, content_hash varchar);
            create table intermediate.int_stays (track_id varchar, first_absent date);
            create view intermediate.int_arrivals_and_departures as
            select track_id, first_absent as day from intermediate.int_stays where first_absent is not null;
            create table main.track_info (track_id varchar, isrc varchar, updated_at date);
            create table main.playlists (playlist_id varchar);
            create view main.playlist_changes as
            select track_id, day as date from intermediate.int_arrivals_and_departures;
            create view main.tracks_in_playlist as from intermediate.int_stays;
        """)
        connection.execute(f"create table main.tracklists (playlist_id varchar, first_day date, {column} varchar)")
        for table in set(DAYS) - {"playlist_changes", "track_info", "tracklists", "tracks_in_playlist"}:
            connection.execute(f"create table main.{table} ({DAYS[table]} date, value integer)")
        for playlist_id, first_day, content_hash, tracks in versions:
            span = [playlist_id, first_day, content_hash]
            connection.execute("insert into intermediate.int_read_spans values (?, ?, ?)", span)
            for track in tracks:
                connection.execute("insert into main.tracklists values (?, ?, ?)", [playlist_id, first_day, track])
        for stay in stays:
            connection.execute("insert into intermediate.int_stays values (?, ?)", stay)
        tracks = "select distinct track_id, null, date '2026-01-01' from intermediate.int_stays"
        connection.execute(f"insert into main.track_info {tracks}")
    return path


def published(path: Path, source: Path) -> set[str]:
    """Publish the warehouse as publish() does, less what takeover.py has no part in; returns what was taken over."""
    beside = path.with_name("beside.duckdb")
    taken = take_over(path, beside, source)
    with opened(beside) as connection:
        name = attach(connection, source)
        hash_days(connection, name)
        for table in (*DAYS, "playlists"):
            if table in taken:
                bring_up_to_date(connection, name, table)
            else:
                connection.execute(f"create table main.{table} as from {name}.main.{table}")
        note_days(connection)
        connection.execute("create macro one() as 1")
        connection.execute("create macro all_of_it() as table from playlists")
    put_in_place(beside, path)
    return taken


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {table: connection.execute(f"from main.{table} order by all").fetchall() for table in DAYS}


@pytest.mark.parametrize("earlier", [1, 2], ids=["from a copy", "from the spare"])
@pytest.mark.parametrize(
    ("versions", "stays"),
    [
        (FIRST, STAYS),
        ([*FIRST, ("L", "2026-01-04", "a", "AB"), ("N", "2026-01-04", "d", "E")], [*STAYS, ("D", None)]),
        ([("L", "2026-01-01", "a", "AB"), ("L", "2026-01-02", "b", "B")], [("A", "2026-01-02"), ("B", None)]),
        ([("L", "2026-01-01", "e", "BA"), ("M", "2026-01-01", "c", "CD")], [("A", None), ("B", None), ("C", None)]),
        ([], []),
    ],
    ids=["nothing new", "more days and lists", "a late day", "another content on the same day", "nothing left"],
)
def test_it_is_what_the_warehouse_has(tmp_path: Path, earlier: int, versions: list[Version], stays: list[Stay]) -> None:
    database, source = tmp_path / "p.duckdb", tmp_path / "w.duckdb"
    for _ in range(earlier):
        published(database, warehouse(source))
    assert spare_of(database).exists() == (earlier == 2)
    assert published(database, warehouse(source, versions, stays)) == set(DAYS)
    assert rows(database) == rows(source)


def test_a_view_of_other_sql_is_made_anew(tmp_path: Path) -> None:
    database, source = tmp_path / "p.duckdb", warehouse(tmp_path / "w.duckdb")
    published(database, source)
    with duckdb.connect(str(source)) as connection:
        changed = "select lower(track_id) as track_id, day as date from intermediate.int_arrivals_and_departures"
        connection.execute(f"create or replace view main.playlist_changes as {changed}")
    published(database, source)
    assert rows(database) == rows(source)


def test_nothing_but_large_tables_of_the_same_columns_is_taken_over(tmp_path: Path) -> None:
    database, source = tmp_path / "p.duckdb", tmp_path / "w.duckdb"
    published(database, warehouse(source))
    beside = tmp_path / "new.duckdb"
    assert take_over(database, beside, warehouse(source, column="item_id")) == set(DAYS) - {"tracklists"}
    with duckdb.connect(str(beside)) as connection:
        left = connection.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
        macros = connection.execute("select * from duckdb_functions() where not internal").fetchall()
    assert ({table for (table,) in left}, macros) == (set(DAYS) - {"tracklists"}, [])


def test_of_a_file_that_is_missing_or_damaged_nothing_is_taken_over(tmp_path: Path) -> None:
    database, source = tmp_path / "p.duckdb", warehouse(tmp_path / "w.duckdb")
    assert not published(database, source)
    database.write_bytes(database.read_bytes()[:5000])
    assert not take_over(database, tmp_path / "new.duckdb", source)
    assert not (tmp_path / "new.duckdb").exists()


def damage(spare: Path, _: Path) -> None:
    spare.write_bytes(spare.read_bytes()[:5000])


def kill_between_link_and_rename(spare: Path, database: Path) -> None:
    spare.unlink()
    os.link(database, spare)


@pytest.mark.parametrize("happened", [damage, kill_between_link_and_rename])
def test_without_a_spare_of_its_own_the_published_file_is_copied_and_left_as_it_is(
    tmp_path: Path, happened: Callable[[Path, Path], None]
) -> None:
    database, source = tmp_path / "p.duckdb", warehouse(tmp_path / "w.duckdb")
    for _ in range(2):
        published(database, source)
    happened(spare_of(database), database)
    before = database.stat()
    assert take_over(database, tmp_path / "new.duckdb", source) == set(DAYS)
    assert (database.stat().st_ino, database.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (tmp_path / "new.duckdb").stat().st_ino != before.st_ino


def test_who_reads_an_earlier_file_keeps_it_as_it_was(tmp_path: Path) -> None:
    database, source = tmp_path / "p.duckdb", warehouse(tmp_path / "w.duckdb")
    published(database, source)
    reads = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(flush=True); input(); "
    reads += "print(c.execute('select count(*) from tracklists').fetchone()[0])"
    with subprocess.Popen(
        [sys.executable, "-c", reads, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout and reader.stdin
        reader.stdout.readline()
        for versions in (FIRST, FIRST[:2], FIRST[:1]):
            assert published(database, warehouse(source, versions)) == set(DAYS)
            assert rows(database) == rows(source)
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "5\n"
