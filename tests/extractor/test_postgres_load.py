"""Landing files into raw tables of a PostgreSQL server: each line once, however many load at once."""

import gzip
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from extractor.config import Config
from extractor.errors import LandingError, WarehouseError
from extractor.landed import envelopes
from extractor.landing import Landing
from extractor.load import Loaded
from extractor.memory import DayMemory
from extractor.postgres.load import load
from tests.cluster import Cluster, Database
from tests.extractor.conftest import DAY
from tests.extractor.killing import at_call
from tests.extractor.test_landing import HOSTILE, NOON
from tests.extractor.test_load import DAMAGES, interrupt, land, three


@pytest.fixture
def config(folder: Path) -> Config:
    return Config(landing=folder)


def answers(server: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of the raw tables of answers, without the number of the load that brought them."""
    tables = server.rows("select table_name from information_schema.columns where column_name = 'body' order by 1")
    columns = "run_id, line, worker, day, asked, status, requests, observed_at, body"
    return {name: server.rows(f'select {columns} from raw."{name}" order by 1, 2') for (name,) in tables}


def test_every_line_is_a_row_of_its_endpoints_table(server: Database, config: Config) -> None:
    land(config.landing, "a", "tracks", "playlists")
    assert load(config) == Loaded(files=1, answers=4)
    rows = answers(server)
    assert {name: len(table) for name, table in rows.items() if table} == {"runs": 2, "tracks": 1, "playlists": 1}
    asked, body = {"ids": ["a"], "items": "tracks", "n": 0}, {"from": "a", "n": 0}
    observed_at = NOON.replace(tzinfo=None, microsecond=123000)
    assert rows["tracks"] == [("a", 2, 1, DAY, asked, 200, 1, observed_at, body)]


def test_loading_again_changes_nothing(server: Database, config: Config) -> None:
    three(config.landing)
    assert load(config).files == 3
    before = answers(server)
    assert load(config) == Loaded(0, 0)
    assert answers(server) == before


def test_a_file_that_has_grown_adds_its_new_lines(server: Database, config: Config) -> None:
    with Landing(config.landing, DAY, "a", 1, DayMemory()) as landing:
        for number in range(3):
            landing.write("tracks", {"ids": [], "items": "tracks"}, {"n": number}, NOON, 200, 1)
            assert load(config) == Loaded(1, 1)
    assert [row[-1]["n"] for row in answers(server)["tracks"]] == [0, 1, 2]


def test_torn_files_give_their_whole_lines(server: Database, config: Config) -> None:
    whole = []
    for lost in range(1, 120, 12):
        path = land(config.landing, f"torn {lost:03}", "tracks", "tracks", end=False)
        path.write_bytes(path.read_bytes()[:-lost])
        whole += [(path.name.split(".")[0], line) for line, each in envelopes(path) if each["endpoint"] == "tracks"]
    load(config)
    assert [row[:2] for row in answers(server)["tracks"]] == whole


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_named_and_the_others_are_loaded(server: Database, config: Config, damage: str) -> None:
    paths = three(config.landing)
    whole = paths[1].read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    paths[1].write_bytes(gzip.compress(b"".join(DAMAGES[damage](lines))))
    with pytest.raises(LandingError, match=r"/b\.ndjson\.gz"):
        load(config)
    assert {row[0] for table in answers(server).values() for row in table} == {"a", "c"}
    paths[1].write_bytes(whole)
    assert load(config) == Loaded(1, 4)


def test_any_text_comes_into_the_table_but_for_nul(server: Database, config: Config) -> None:
    hostile = {key: value for key, value in HOSTILE.items() if key != "big"}
    nuls = {"nul": "a\0\\u0000\\\0", "\0": ["\0"]}
    with Landing(config.landing, DAY, "a", 1, DayMemory()) as landing:
        landing.write("playlists", {"playlist_id": "x\0"}, hostile | nuls, NOON, 200, 1)
    load(config)
    [(*_, asked, _, _, _, body)] = answers(server)["playlists"]
    assert asked == {"playlist_id": "x\ufffd"}
    assert body == json.loads(json.dumps(hostile).replace("\\u0000", "\ufffd")) | {
        "nul": "a\ufffd\\u0000\\\ufffd",
        "\ufffd": ["\ufffd"],
    }


def test_an_endpoint_that_is_no_plain_word_never_becomes_sql(server: Database, config: Config) -> None:
    land(config.landing, "a", "tracks", "albums", "x; drop schema raw cascade", 'a"b', "landing_files")
    load(config)
    assert set(answers(server)) == {"albums", "runs", "playlists", "playlist_items", "playlist_reads", "tracks"}


def test_an_interrupted_load_leaves_nothing_behind(server: Database, config: Config) -> None:
    land(config.landing, "a", "tracks")
    load(config)
    before = answers(server)
    land(config.landing, "b", "tracks", "albums")
    sys.setprofile(at_call("execute", 18, interrupt))  # some rows are in, some are not
    try:
        with pytest.raises(KeyboardInterrupt):
            load(config)
    finally:
        sys.setprofile(None)
    assert answers(server) == before
    assert load(config) == Loaded(1, 4)


def test_of_loaders_at_once_each_line_is_loaded_by_one(server: Database, config: Config) -> None:
    for number in range(12):
        land(config.landing, f"run {number:02}", "tracks", "albums")
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(load, [config] * 4))
    assert sum(each.answers for each in loaded) == sum(map(len, answers(server).values())) == 48
    assert server.rows("select count(*), count(distinct file) from raw.landing_files") == [(12, 12)]


def test_a_database_that_can_not_hold_every_title_is_refused(
    config: Config, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_bytes = cluster.database("bytes", "encoding 'SQL_ASCII' template template0 locale_provider libc locale 'C'")
    for name, value in of_bytes.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WarehouseError, match=r"encoding is SQL_ASCII.* encoding 'UTF8' template template0"):
        load(config)
    assert of_bytes.rows("select to_regnamespace('raw')") == [(None,)]


def test_a_server_that_is_not_there_is_named(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "/nowhere")
    monkeypatch.setenv("PGPASSWORD", "hush")
    with pytest.raises(WarehouseError, match="PostgreSQL at /nowhere:5432/") as told:
        load(config)
    assert "hush" not in str(told.value)
