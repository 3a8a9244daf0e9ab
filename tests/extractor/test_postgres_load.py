"""Load of landing files into a PostgreSQL server: each line once, with any number of concurrent loads."""

import gzip
import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from extractor.config.settings import Config
from extractor.config.watch_list import WatchList
from extractor.engines import pieces
from extractor.engines.base import Loaded
from extractor.engines.postgres.load import load
from extractor.errors import LandingError, WarehouseError
from extractor.landing.reader import envelopes
from extractor.landing.writer import LandingWriter, save_watch_list
from tests.cluster import Cluster, Database
from tests.extractor.conftest import DAY
from tests.extractor.killing import at_call
from tests.extractor.landing_rows import Raw, expected, lines_of
from tests.extractor.loads import (
    DAMAGES,
    LISTS,
    UNKNOWN,
    interrupt,
    land,
    land_answers,
    landed,
    listing,
    three,
)
from tests.extractor.test_landing import HOSTILE, NOON

COLUMNS = {
    "answers": "run_id, line, worker, day, endpoint, asked, status, requests, observed_at, body",
    "entries": "run_id, line, day, playlist_id, attempt, position, added_at, entry, observed_at",
    "objects": "run_id, line, day, endpoint, asked_id, object, observed_at",
}
TABLES = {"answers": "answers", "entries": "playlist_entries", "objects": "answered_objects"}


@pytest.fixture
def config(folder: Path) -> Config:
    return Config(landing=folder)


def raw_of(server: Database) -> Raw:
    """Return the rows of the tables, without load numbers."""
    raw = Raw()
    for name, table in TABLES.items():
        getattr(raw, name).extend(server.rows(f"select {COLUMNS[name]} from raw.{table}"))
    return raw.sorted()


@pytest.mark.parametrize("size", [1, 2000, 1 << 26])
def test_responses_of_all_shapes_are_split_into_entries_and_objects(
    server: Database, config: Config, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", size)
    land_answers(config.landing, "a", [*LISTS.values(), *UNKNOWN.values()])
    assert load(config) == Loaded(1, len(LISTS) + len(UNKNOWN), len(UNKNOWN))
    assert raw_of(server) == landed(config.landing)


def test_every_line_becomes_a_row(server: Database, config: Config) -> None:
    land(config.landing, "a", "tracks", "playlists")
    assert load(config) == Loaded(files=1, answers=4)
    asked, instant = {"ids": ["a"], "items": "tracks", "n": 0}, NOON.replace(tzinfo=None, microsecond=123000)
    assert raw_of(server).answers[1] == ("a", 2, 1, DAY, "tracks", asked, 200, 1, instant, {"n": 0})
    assert raw_of(server) == landed(config.landing)
    assert server.rows("select version from raw.format") == [(1,)]


def test_load_is_idempotent(server: Database, config: Config) -> None:
    paths = three(config.landing)
    assert load(config).files == 3
    shutil.copy(paths[0], paths[0].with_name("copy.ndjson.gz"))
    assert load(config) == Loaded(0, 0)
    assert raw_of(server) == expected(line for path in paths for line in lines_of(path))
    assert server.rows("select name, lines, load_number from raw.landing_files order by 1") == [
        ("a", 4, 1), ("b", 4, 1), ("c", 4, 1)
    ]  # fmt: skip


def test_grown_file_adds_only_its_new_lines(server: Database, config: Config) -> None:
    with LandingWriter(config.landing, DAY, "a", 1) as landing:
        for number in range(3):
            landing.write("tracks", {"ids": [], "items": "tracks"}, {"n": number, "tracks": []}, NOON, 200, 1)
            assert load(config) == Loaded(1, 1)
    assert load(config) == Loaded(0, 0)
    assert raw_of(server) == landed(config.landing)
    assert server.rows("select line, load_number from raw.answers order by 1") == [(1, 1), (2, 2), (3, 3)]


def test_torn_file_loads_its_whole_lines(server: Database, config: Config) -> None:
    whole = []
    for lost in range(1, 120, 12):
        path = land(config.landing, f"torn {lost:03}", "tracks", "tracks", end=False)
        path.write_bytes(path.read_bytes()[:-lost])
        whole += [envelope for _, envelope in envelopes(path)]
    load(config)
    assert raw_of(server) == expected(whole)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_file_is_reported_and_the_others_are_loaded(server: Database, config: Config, damage: str) -> None:
    paths = three(config.landing)
    whole = paths[1].read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    paths[1].write_bytes(gzip.compress(b"".join(DAMAGES[damage](lines))))
    with pytest.raises(LandingError, match=r"/b\.ndjson\.gz"):
        load(config)
    assert raw_of(server) == expected(line for path in paths[::2] for line in lines_of(path))
    paths[1].write_bytes(whole)
    assert load(config) == Loaded(1, 4)
    assert raw_of(server) == landed(config.landing)


def test_value_refused_by_the_server_skips_only_its_file(server: Database, config: Config) -> None:
    three(config.landing)
    path = land_answers(config.landing, "x", [("albums", listing(), {"n": "HUGE"})])
    text = gzip.decompress(path.read_bytes()).replace(b'"HUGE"', b"1e200000")
    path.write_bytes(gzip.compress(text))
    with pytest.raises(LandingError, match=r"/x\.ndjson\.gz: "):
        load(config)
    assert {row[0] for row in raw_of(server).answers} == {"a", "b", "c"}


def without_nul(value: object) -> object:
    """Return a value as PostgreSQL stores it."""
    if isinstance(value, dict):
        return {str(without_nul(key)): without_nul(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_nul(inner) for inner in value]
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def test_any_text_is_loaded_verbatim_except_nul(server: Database, config: Config) -> None:
    hostile = {key: value for key, value in HOSTILE.items() if key != "big"}
    nuls = {"nul": "a\0\\u0000\\\0", "\0": ["\0"], "many": "\0\0\0\\\0\\\\\0\0", "text": "\\\\u0000 \\\\\\u0000 \\"}
    entries = {"items": [hostile | nuls | {"added_at": "a\0"}, {"added_at": ""}]}
    path = land_answers(
        config.landing, "a", [("playlists", listing(playlist_id="x\0"), hostile | nuls | {"tracks": entries})]
    )
    load(config)
    lines = [json.loads(json.dumps(without_nul(line))) for line in lines_of(path)]
    assert raw_of(server) == expected(lines)


def test_watch_lists_are_loaded_as_rows(server: Database, config: Config) -> None:
    label = 'of "two"\nlines, ☃'
    watched = save_watch_list(config.landing, WatchList({"L": label}, {"T": ""}, 1, 1))
    for _ in range(2):
        assert load(config) == Loaded(0, 0)
    rows = [(watched, "playlist", "L", label), (watched, "track", "T", "")]
    assert server.rows("select watched, kind, id, label from raw.watched order by kind") == rows


def test_raw_of_another_version_is_refused(server: Database, config: Config) -> None:
    land(config.landing, "a", "tracks")
    for made in ("landing_files (file varchar)", "format as select 2 as version"):
        with closing(server.connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(f"create schema if not exists raw; create table raw.{made}")
        with pytest.raises(
            WarehouseError, match=r"schema raw of .*: written by another version .*from the landing files"
        ):
            load(config)
    assert server.rows("select to_regclass('raw.answers')") == [(None,)]


def test_interrupted_load_is_rolled_back(server: Database, config: Config) -> None:
    land(config.landing, "a", "tracks")
    load(config)
    before = raw_of(server)
    land(config.landing, "b", "tracks", "albums")
    sys.setprofile(at_call("copy_expert", 2, interrupt))  # some rows are in, some are not
    try:
        with pytest.raises(KeyboardInterrupt):
            load(config)
    finally:
        sys.setprofile(None)
    assert raw_of(server) == before
    assert load(config) == Loaded(1, 4)


def test_concurrent_loads_load_each_line_once(server: Database, config: Config) -> None:
    for number in range(12):
        land(config.landing, f"run {number:02}", "tracks", "albums")
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(load, [config] * 4))
    assert sum(each.answers for each in loaded) == len(raw_of(server).answers) == 48
    assert server.rows("select count(*), count(distinct name) from raw.landing_files") == [(12, 12)]


def test_database_that_is_not_utf8_is_refused(
    config: Config, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_bytes = cluster.database("bytes", "encoding 'SQL_ASCII' template template0 locale_provider libc locale 'C'")
    for name, value in of_bytes.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WarehouseError, match=r"encoding is SQL_ASCII.* encoding 'UTF8' template template0"):
        load(config)
    assert of_bytes.rows("select to_regnamespace('raw')") == [(None,)]


def test_unreachable_server_is_named(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "/nowhere")
    monkeypatch.setenv("PGPASSWORD", "hush")
    with pytest.raises(WarehouseError, match="PostgreSQL at /nowhere:5432/") as told:
        load(config)
    assert "hush" not in str(told.value)
