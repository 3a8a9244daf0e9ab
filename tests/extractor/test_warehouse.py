"""Database files: replaced by a verified successor, and read to the end."""

import os
import random
from pathlib import Path

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.engines.duckdb.copying import copy_file
from extractor.engines.duckdb.files import check_paths, opened, read_to_end, rows_of, successor
from extractor.errors import ConfigError, WarehouseError

ROWS = """
create schema rooms;
create table rooms.numbers as select range as n, range % 7 as small, range // 1000 as steps from range(30000);
create table rooms.texts as select sha256(range::varchar) as text, repeat('x', (range % 5)::integer) as few
from range(20000);
create table rooms.long as
select array_to_string(list_transform(range(300), lambda place: md5((1000 * range + place)::varchar)), '') as text
from range(400);
create table rooms.overflowing (text varchar using compression uncompressed);
insert into rooms.overflowing from rooms.long limit 100;
create table rooms.lists as select [md5(range::varchar), null] as list, {'a': range, 'b': null} as record
from range(20000);
create table rooms.deleted as select range as n, md5(range::varchar) as text from range(20000);
checkpoint;
delete from rooms.deleted where n % 3 = 0;
update rooms.numbers set n = -n where n % 5 = 0;
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "made.duckdb"
    with opened(path) as connection:
        connection.execute(ROWS)
        connection.execute("checkpoint")
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "house.duckdb"
    copy.write_bytes(made.read_bytes())
    return copy


def test_read_to_end_reads_every_row(path: Path) -> None:
    with opened(path, read_only=True) as connection:
        expected = rows_of(connection)
    assert expected['"rooms"."deleted"'] == 13333
    assert read_to_end(path) == expected


BLOCKS = "select distinct unnest(list_prepend(block_id, additional_blocks)) from pragma_storage_info('rooms.{}')"


def used_blocks(path: Path) -> list[int]:
    tables = ("numbers", "texts", "long", "overflowing", "lists", "deleted")
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = [row[0] for row in connection.execute("describe from pragma_storage_info('rooms.long')").fetchall()]
        additional = next(column for column in columns if "additional" in column)
        query = " union ".join(BLOCKS.format(table) for table in tables).replace("additional_blocks", additional)
        return sorted(block for (block,) in connection.execute(query).fetchall() if block >= 0)


def test_flipped_byte_in_any_data_block_is_detected(path: Path) -> None:
    header, size = 3 * 4096, 262144
    chance = random.Random(1)
    sound = path.read_bytes()
    blocks = used_blocks(path)
    assert len(blocks) > 20
    unnoticed = []
    for block in blocks:
        at = header + block * size + chance.randrange(size)
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
        try:
            read_to_end(path)
        except WarehouseError as error:
            assert "checksum" in str(error)
        else:
            unnoticed.append(block)
    assert unnoticed == []


def test_truncated_file_is_detected(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 262144)
    with pytest.raises(WarehouseError):
        read_to_end(path)


def test_successor_replaces_a_database(path: Path) -> None:
    with successor(path, 0o444) as beside:
        duckdb.connect(str(beside)).close()
        (path.parent / "house.duckdb.wal").write_bytes(b"of an old session")
    assert read_to_end(path) == {}
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), duckdb.IOException("disk"), KeyError("x")])
def test_failed_successor_leaves_everything_unchanged(path: Path, error: Exception) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyError if isinstance(error, KeyError) else WarehouseError), successor(path, 0o444) as beside:
        beside.write_bytes(b"half")
        beside.with_name(f"{beside.name}.wal").write_bytes(b"log")
        beside.with_name(f"{beside.name}.tmp").mkdir()
        raise error
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_successor_with_a_write_ahead_log_is_refused(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(WarehouseError, match="could not be fully written to"), successor(path, 0o444) as beside:
        duckdb.connect(str(beside)).close()
        beside.with_name(f"{beside.name}.wal").write_bytes(b"log")
    assert path.read_bytes() == before


def test_leftovers_of_a_killed_process_are_removed(path: Path) -> None:
    for name in (".house.duckdb.new", ".house.duckdb.new.wal"):
        (path.parent / name).write_bytes(b"half")
    with successor(path, 0o644) as beside:
        duckdb.connect(str(beside)).close()
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("missing", [(), ("copy_file_range",)])
def test_copy_is_identical(path: Path, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...]) -> None:
    for name in missing:
        monkeypatch.delattr(os, name)
    copy = path.with_name("copy")
    copy_file(path, copy)
    assert copy.read_bytes() == path.read_bytes()


def test_copy_falls_back_to_python(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "copy_file_range", refuse)
    copy = path.with_name("copy")
    copy_file(path, copy)
    assert copy.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("warehouse", "database", "word"),
    [
        ("data/w.duckdb", "data/w.duckdb", "must not be the same file"),
        ("data/w.duckdb", "data/../data/w.duckdb", "must not be the same file"),
        ("data/w.duckdb", "link.duckdb", "must not be the same file"),
        ("data/w.duckdb", "data/raw.duckdb", "file of raw answers"),
        ("data/raw.duckdb", "data/s.duckdb", "file of raw answers"),
        ("data/w.duckdb", "data/handed_over.duckdb", "the record of on_change"),
        ("data/handed_over.duckdb", "data/s.duckdb", "the record of on_change"),
        ("data/main.duckdb", "data/s.duckdb", "a schema is called main"),
        ("data/w.duckdb", "data/state.duckdb", "a schema is called state"),
    ],
)
def test_database_paths_to_the_same_file_are_refused(tmp_path: Path, warehouse: str, database: str, word: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link.duckdb").symlink_to(tmp_path / "data" / "w.duckdb")
    with pytest.raises(ConfigError, match=word):
        config = Config(warehouse=tmp_path / warehouse, database=tmp_path / database)
        check_paths(config.warehouse, config.raw, config.database, config.handed_over)


def test_databases_in_the_same_folder_are_accepted(tmp_path: Path) -> None:
    config = Config.in_folder(tmp_path)
    check_paths(config.warehouse, config.raw, config.database, config.handed_over)
