"""Load of landing files into raw tables: each line once, in any order of files."""

import gzip
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
import yaml

from extractor.config.settings import Config
from extractor.config.watch_list import WatchList
from extractor.engines import loading
from extractor.engines.base import Loaded
from extractor.engines.duckdb.files import STORAGE
from extractor.engines.duckdb.load import create, load
from extractor.errors import LandingError, WarehouseError
from extractor.landing.reader import envelopes
from extractor.landing.writer import LandingWriter, save_watch_list
from extractor.project import PROJECT
from tests.extractor.conftest import DAY
from tests.extractor.killing import at_call, killed_at
from tests.extractor.landing_rows import Raw, expected, lines_of
from tests.extractor.loads import (
    DAMAGES,
    LINES,
    interrupt,
    land,
    land_answers,
    landed,
    listing,
    query,
    raw_of,
    three,
)
from tests.extractor.test_landing import HOSTILE, NOON


@pytest.fixture
def config(folder: Path, warehouse: Path) -> Config:
    return Config(landing=folder, warehouse=warehouse)


def test_every_line_becomes_a_row(config: Config) -> None:
    land(config.landing, "a", "tracks", "playlists")
    assert load(config) == Loaded(files=1, answers=4)
    row = raw_of(config).answers[1]
    asked, instant = {"ids": ["a"], "items": "tracks", "n": 0}, NOON.replace(tzinfo=None, microsecond=123000)
    assert row == ("a", 2, 1, DAY, "tracks", asked, 200, 1, instant, {"n": 0})
    assert raw_of(config) == landed(config.landing)


def test_empty_landing_folder_still_creates_the_tables(config: Config) -> None:
    loaded = load(config)
    assert loaded == Loaded(0, 0)
    assert str(loaded) == "nothing new to load"
    assert raw_of(config) == Raw()
    assert query(config, "from landing_files") == []


def test_tables_can_be_created_before_any_load(config: Config) -> None:
    create(config)
    assert query(config, "select version from format") == [(1,)]
    land(config.landing, "a", "tracks")
    load(config)
    create(config)
    assert raw_of(config) == landed(config.landing)


def test_dbt_creates_the_same_warehouse_as_load() -> None:
    profiles = yaml.safe_load((PROJECT / "profiles.yml").read_text(encoding="utf-8"))
    assert profiles["spotify"]["outputs"]["duckdb"]["config_options"] == STORAGE


def test_load_is_idempotent(config: Config) -> None:
    three(config.landing)
    load(config)
    before = config.raw.read_bytes()
    assert load(config) == Loaded(0, 0)
    assert query(config, "select distinct load_number from landing_files") == [(1,)]
    assert raw_of(config) == landed(config.landing)
    assert config.raw.read_bytes() == before


def test_loads_are_numbered_consecutively(config: Config) -> None:
    for number, run in enumerate("abc", 1):
        land(config.landing, run, "tracks")
        load(config)
        for table in ("answers", "answered_objects", "landing_files"):
            assert query(config, f"select max(load_number) from {table}") == [(number,)]
    assert query(config, "select load_number, run_id, count(*) from answers group by all order by all") == [
        (1, "a", 3), (2, "b", 3), (3, "c", 3)
    ]  # fmt: skip


def test_backlog_is_split_into_loads_by_size(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = three(config.landing)
    monkeypatch.setattr(loading, "BYTES_OF_A_LOAD", paths[0].stat().st_size + paths[1].stat().st_size)
    assert load(config).files == 3
    numbers = {"a": 1, "b": 1, "c": 2}
    assert dict(query(config, "select name, load_number from landing_files")) == numbers
    assert dict(query(config, "select distinct run_id, load_number from answers")) == numbers
    assert raw_of(config) == landed(config.landing)
    assert load(config) == Loaded(0, 0)


def test_grown_file_adds_only_its_new_lines(config: Config) -> None:
    with LandingWriter(config.landing, DAY, "a", 1) as landing:
        for loads in range(1, 4):
            for number in range(2):
                landing.write("tracks", {"ids": [], "items": "tracks"}, {"n": 10 * loads + number}, NOON, 200, 1)
            assert load(config).answers == 2
    load(config)  # closing the file adds a few bytes
    assert [row[-1]["n"] for row in raw_of(config).answers] == [10, 11, 20, 21, 30, 31]
    ledger = query(config, "select name, bytes, lines, load_number from landing_files order by bytes")
    assert [row[2:] for row in ledger] == [(2, 1), (4, 2), (6, 3), (6, 3)]
    assert ledger[-1][:2] == ("a", landing.path.stat().st_size)
    assert load(config) == Loaded(0, 0)


COPIES = ("day/a", "day/b", "2026-01-01/0", "2026-01-01/z")


@pytest.mark.parametrize("name", COPIES)
def test_copy_of_a_file_adds_no_rows(config: Config, name: str) -> None:
    path = land(config.landing, "a", "tracks")
    load(config)
    before = raw_of(config)
    copy = config.landing / f"{name}.ndjson.gz"
    copy.parent.mkdir(exist_ok=True)
    shutil.copy(path, copy)
    assert load(config) == Loaded(0, 0)
    copy.write_bytes(path.read_bytes()[:-30])
    assert load(config) == Loaded(0, 0)
    copy.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 0))  # larger, with the same lines
    assert load(config) == Loaded(0, 0)
    assert raw_of(config) == before


@pytest.mark.parametrize("name", COPIES)
def test_largest_of_several_copies_is_loaded(config: Config, name: str) -> None:
    path = land(config.landing, "a", "tracks", "albums")
    whole = path.read_bytes()
    copy = config.landing / f"{name}.ndjson.gz"
    copy.parent.mkdir(exist_ok=True)
    for cut, rest in ((path, copy), (copy, path)):
        cut.write_bytes(whole[:-70])
        rest.write_bytes(whole)
        warehouse = config.warehouse.with_name(f"of {cut.parent.name} {cut.name}") / "w.duckdb"
        assert load(replace(config, warehouse=warehouse)) == Loaded(1, 4)


def test_damaged_copy_does_not_hide_an_intact_file(config: Config) -> None:
    path = land(config.landing, "a", "tracks")
    copy = path.with_name("copy.ndjson.gz")
    copy.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(LandingError, match=r"/copy\.ndjson\.gz:4: unexpected data after the end"):
        load(config)
    copy.unlink()
    assert raw_of(config) == landed(config.landing)


def test_hidden_and_other_files_are_not_landing_files(config: Config) -> None:
    path = land(config.landing, "a", "tracks")
    for name in (".b.ndjson.gz", "c.ndjson.gz.part", "d.ndjson", "e.gz"):
        path.with_name(name).write_bytes(b"something else")
    (config.landing / ".hidden").mkdir()
    (config.landing / ".hidden" / "f.ndjson.gz").write_bytes(b"something else")
    assert load(config) == Loaded(1, 3)


def test_unchanged_loaded_file_is_not_opened_again(config: Config) -> None:
    path = land(config.landing, "a", "tracks")
    load(config)
    path.write_bytes(b"?" * path.stat().st_size)
    assert load(config) == Loaded(0, 0)


def test_tables_do_not_depend_on_file_order_or_number_of_loads(config: Config, tmp_path: Path) -> None:
    paths = three(config.landing)
    for number, order in enumerate((paths, paths[::-1], [paths[1], paths[0], paths[2]])):
        other = Config(landing=tmp_path / f"landing {number}", warehouse=tmp_path / str(number) / "w.duckdb")
        (other.landing / "day").mkdir(parents=True)
        for position, path in enumerate(order):
            shutil.copy(path, other.landing / "day")
            if position != number:
                load(other)
        load(other)
        assert raw_of(other) == landed(config.landing)


def test_torn_file_loads_its_whole_lines(config: Config) -> None:
    whole = []
    for lost in range(1, 120, 6):
        run = f"torn {lost:03}"
        path = land(config.landing, run, "tracks", "tracks", end=False)
        path.write_bytes(path.read_bytes()[:-lost])
        whole += [envelope for _, envelope in envelopes(path)]
    whole += lines_of(land(config.landing, "whole", "tracks"))
    assert load(config) == Loaded(len({envelope["run"] for envelope in whole}), len(whole))
    assert raw_of(config) == expected(whole)
    assert len({envelope["line"] for envelope in whole}) > 2


@pytest.mark.parametrize("lost", [1, 60])
def test_torn_file_is_not_an_error(config: Config, lost: int) -> None:
    path = land(config.landing, "a", "tracks", "tracks", end=False)
    path.write_bytes(path.read_bytes()[:-lost])
    assert load(config) == Loaded(1, len(list(envelopes(path))))
    assert load(config) == Loaded(0, 0)


@pytest.mark.parametrize("size", [0, 1, 12, 40])
def test_file_without_a_whole_line_is_not_an_error(config: Config, size: int) -> None:
    path = land(config.landing, "a", "tracks")
    whole = path.read_bytes()
    path.write_bytes(whole[:size])
    assert load(config) == Loaded(0, 0)
    path.write_bytes(whole)
    assert load(config) == Loaded(1, 3)


def test_last_line_without_newline_is_loaded_once(config: Config) -> None:
    path = land(config.landing, "a", "tracks")
    text = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(text[:-1], 0))
    assert load(config) == Loaded(1, 3)
    path.write_bytes(gzip.compress(text, 0))
    assert load(config) == Loaded(0, 0)


def test_any_text_is_loaded_verbatim(config: Config) -> None:
    hostile = {key: value for key, value in HOSTILE.items() if key != "big"}  # out of range of JSON numbers
    body = hostile | {"tracks": {"items": [hostile | {"track": hostile}], "more": hostile}, "lone": "\ud83d"}
    land_answers(config.landing, "a", [("playlists", listing(playlist_id="x\0\n"), body)])
    load(config)
    assert raw_of(config) == landed(config.landing)


def test_watch_lists_are_loaded_as_rows(config: Config) -> None:
    label = 'of "two"\nlines, \r\n☃\x00'
    watched = save_watch_list(config.landing, WatchList({"L": label}, {"T": ""}, 1, 1))
    for _ in range(2):
        assert load(config) == Loaded(0, 0)
        assert query(config, "from watched") == [(watched, "playlist", "L", label), (watched, "track", "T", "")]
    assert query(config, "select name, lines, load_number from landing_files") == [(watched, 0, 1)]


def other_label(packed: bytes) -> bytes:
    return gzip.compress(gzip.decompress(packed).replace(b'"L"', b'"N"').replace(b'"M"', b'"N"'))


@pytest.mark.parametrize(
    "damage",
    [lambda packed: packed[:-3], lambda _: b"?", lambda _: b"", lambda _: gzip.compress(b"a,b\n"), other_label],
)
def test_damaged_watch_list_is_reported_and_everything_else_is_loaded(
    config: Config, damage: Callable[[bytes], bytes]
) -> None:
    land(config.landing, "a", "tracks")
    sound, damaged = (save_watch_list(config.landing, WatchList({each: ""}, {}, 1, 0)) for each in "LM")
    path = config.landing / "watched" / f"{damaged}.csv.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(LandingError, match=rf"/watched/{damaged}\.csv\.gz: damaged"):
        load(config)
    assert query(config, "select watched from watched") == [(sound,)]
    assert raw_of(config) == landed(config.landing)
    assert save_watch_list(config.landing, WatchList({"M": ""}, {}, 1, 0)) == damaged
    assert load(config) == Loaded(0, 0)
    assert query(config, "select watched from watched order by id") == [(sound,), (damaged,)]


@pytest.mark.parametrize("name", [" (1)", "-LAPTOP", " (conflicted copy)", ".sync-conflict-20260101-120000-ABC"])
def test_copy_of_a_watch_list_is_the_same_watch_list(config: Config, name: str) -> None:
    watched = save_watch_list(config.landing, WatchList({"L": "x"}, {}, 1, 0))
    path = config.landing / "watched" / f"{watched}.csv.gz"
    shutil.copy(path, path.with_name(f"{watched}{name}.csv.gz"))
    for _ in range(2):
        load(config)
        assert query(config, "from watched") == [(watched, "playlist", "L", "x")]
    path.unlink()  # renamed, not copied
    other = replace(config, warehouse=config.warehouse.with_name("other") / "w.duckdb")
    load(other)
    assert query(other, "from watched") == [(watched, "playlist", "L", "x")]


@pytest.mark.parametrize("label", ["a\rb", "\r", "a\r\nb", "a\nb", '"', "", "\x00"])
def test_label_of_any_characters_is_watched(config: Config, label: str) -> None:
    watched = save_watch_list(config.landing, WatchList({"L": label}, {}, 1, 0))
    load(config)
    assert query(config, "from watched") == [(watched, "playlist", "L", label)]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_file_is_reported_and_the_others_are_loaded(config: Config, damage: str) -> None:
    paths = three(config.landing)
    whole = paths[1].read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    paths[1].write_bytes(gzip.compress(b"".join(DAMAGES[damage](lines))))
    with pytest.raises(LandingError, match=rf"/b\.ndjson\.gz:{LINES.get(damage, 2)}: not an envelope"):
        load(config)
    assert raw_of(config) == replace(expected(line for path in paths[::2] for line in lines_of(path)), unknown=0)
    with pytest.raises(LandingError, match=r"/b\.ndjson\.gz"):
        load(config)
    paths[1].write_bytes(whole)
    assert load(config) == Loaded(1, 4)
    assert raw_of(config) == landed(config.landing)


@pytest.mark.parametrize(
    "name", ["run (1)", "run (conflicted copy)", "run-LAPTOP", "run.sync-conflict-20260101-120000-ABC"]
)
@pytest.mark.parametrize("lost", [0, 20, 100_000])
def test_copies_of_sync_software_are_passed_over(config: Config, name: str, lost: int) -> None:
    path = land(config.landing, "run", "tracks", "albums")
    whole = path.read_bytes()
    path.with_name(f"{name}.ndjson.gz").write_bytes(whole[: max(0, len(whole) - lost)])
    for hidden in ("._run.ndjson.gz", ".DS_Store", ".syncthing.run.ndjson.gz.tmp"):
        path.with_name(hidden).write_bytes(b"?")
    assert load(config) == Loaded(1, 4)
    assert load(config) == Loaded(0, 0)


def test_unreadable_folder_is_named_and_everything_else_is_loaded(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(config.landing, "a", "tracks")
    locked = config.landing / "locked"
    locked.mkdir()
    listed = Path.iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr("pathlib.Path.iterdir", iterdir)
    with pytest.raises(LandingError, match="locked: can't be read: Permission denied"):
        load(config)
    assert {row[0] for row in raw_of(config).answers} == {"a"}


def test_file_with_a_flipped_bit_is_reported(config: Config) -> None:
    paths = three(config.landing)
    packed = bytearray(gzip.compress(gzip.decompress(paths[1].read_bytes()), 0))  # only the checksum detects it
    packed[packed.index(b"albums")] ^= 1
    paths[1].write_bytes(packed)
    with pytest.raises(LandingError, match=r"/b\.ndjson\.gz:\d: damaged"):
        load(config)
    assert {row[0] for row in raw_of(config).answers} == {"a", "c"}


def test_file_that_is_not_gzip_is_reported_and_the_others_are_loaded(config: Config) -> None:
    paths = three(config.landing)
    paths[2].write_bytes(b"something else")
    with pytest.raises(LandingError, match=r"/c\.ndjson\.gz"):
        load(config)
    assert {row[0] for row in raw_of(config).answers} == {"a", "b"}


def test_line_refused_by_the_database_skips_only_its_file(config: Config) -> None:
    paths = three(config.landing)
    text = gzip.decompress(paths[0].read_bytes()).replace(b'"status":200', b'"status":99999999999')
    paths[0].write_bytes(gzip.compress(text))
    with pytest.raises(LandingError, match=r"/a\.ndjson\.gz: .*99999999999"):
        load(config)
    assert {row[0] for row in raw_of(config).answers} == {"b", "c"}


def test_endpoint_can_have_any_name(config: Config) -> None:
    names = [
        "x; drop schema raw cascade",
        'a"b',
        "a b",
        "tracks ",
        "Tracks",
        "",
        "ä",
        "tracks\n",
        "a--",
        "landing_files",
    ]
    land(config.landing, "a", "tracks", *names)
    assert load(config) == Loaded(1, 3 + len(names))
    assert raw_of(config) == landed(config.landing)


HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_locked_raw_database_is_an_error_with_a_hint(config: Config) -> None:
    three(config.landing)
    create(config)
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, str(config.raw)], stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(WarehouseError, match=r"raw\.duckdb: open in another process, .*run the same command"):
            load(config)
        holder.communicate()
    assert load(config).files == 3


def test_raw_file_that_is_not_a_database_is_reported(config: Config) -> None:
    config.raw.parent.mkdir()
    config.raw.write_bytes(b"something else" * 1000)
    with pytest.raises(WarehouseError, match=r"raw\.duckdb"):
        load(config)


AGAIN = "written by another version .*Move it away .*from the landing files"


def test_warehouse_of_an_earlier_version_is_refused(config: Config) -> None:
    land(config.landing, "a", "tracks")
    config.warehouse.parent.mkdir()
    with duckdb.connect(str(config.warehouse)) as connection:
        connection.execute("create schema raw; create table raw.tracks (run_id varchar)")
    with pytest.raises(WarehouseError, match=rf"warehouse\.duckdb: {AGAIN}"):
        load(config)
    assert not config.raw.exists()
    config.warehouse.unlink()
    assert load(config).files == 1


@pytest.mark.parametrize("change", ["update raw.raw.format set version = 2", "drop table raw.raw.format"])
def test_raw_of_another_version_is_refused(config: Config, change: str) -> None:
    create(config)
    with duckdb.connect(str(config.raw)) as connection:
        connection.execute(change)
    before = config.raw.read_bytes()
    for step in (load, create):
        with pytest.raises(WarehouseError, match=rf"raw\.duckdb: {AGAIN}"):
            step(config)
    assert config.raw.read_bytes() == before


def test_interrupted_load_is_rolled_back(config: Config) -> None:
    land(config.landing, "a", "tracks")
    load(config)
    before = raw_of(config)
    land(config.landing, "b", "tracks", "albums")
    sys.setprofile(at_call("commit", 1, interrupt))
    try:
        with pytest.raises(KeyboardInterrupt):
            load(config)
    finally:
        sys.setprofile(None)
    assert raw_of(config) == before
    assert load(config) == Loaded(1, 4)


@pytest.mark.parametrize(("name", "number"), [("execute", 9), ("commit", 1), ("commit", 2)])
def test_killed_load_can_be_repeated(config: Config, name: str, number: int) -> None:
    three(config.landing)
    assert killed_at(name, number, "load", config.landing, config.warehouse)
    load(config)
    assert raw_of(config) == landed(config.landing)
