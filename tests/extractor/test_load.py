"""Landing files into raw tables: each line once, whatever files come when."""

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from extractor.errors import LandingError, WarehouseError
from extractor.landed import envelopes
from extractor.landing import Landing
from extractor.load import Loaded, load
from extractor.memory import DayMemory
from extractor.transform import PROJECT
from extractor.warehouse import STORAGE
from tests.extractor.conftest import DAY
from tests.extractor.killing import at_call, killed_at
from tests.extractor.test_landing import HOSTILE, NOON

TABLES = "select table_name from duckdb_tables() where schema_name = 'raw' order by 1"
OTHERS = ("landing_files", "watched", "built", "purged")  # tables of raw that hold no answers


def land(folder: Path, run: str, *endpoints: str, end: bool = True) -> Path:
    """Land a run with a start, one answer per endpoint and, unless it was killed, an end."""
    with Landing(folder, DAY, run, 1, DayMemory()) as landing:
        landing.write("runs", {}, {"event": "start"}, NOON)
        for number, endpoint in enumerate(endpoints):
            landing.write(
                endpoint, {"ids": [run], "items": "tracks", "n": number}, {"from": run, "n": number}, NOON, 200, 1
            )
        if end:
            landing.write("runs", {}, {"event": "end"}, NOON)
    return landing.path


def three(folder: Path) -> list[Path]:
    return [land(folder, run, "tracks", "albums") for run in ("a", "b", "c")]


def query(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def answers(warehouse: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every raw table of answers, without the number of the load that brought them."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = [name for (name,) in connection.execute(TABLES).fetchall() if name not in OTHERS]
        rows = 'select * exclude (load_number) from raw."{}" order by run_id, line'
        return {name: connection.execute(rows.format(name)).fetchall() for name in tables}


def test_every_line_is_a_row_of_its_endpoints_table(folder: Path, warehouse: Path) -> None:
    land(folder, "a", "tracks", "playlists")
    assert load(folder, warehouse) == Loaded(files=1, answers=4)
    rows = answers(warehouse)
    assert {name: len(table) for name, table in rows.items() if table} == {"runs": 2, "tracks": 1, "playlists": 1}
    run, line, worker, day, asked, status, requests, observed_at, body = rows["tracks"][0]
    assert (run, line, worker, day, status, requests) == ("a", 2, 1, DAY, 200, 1)
    assert (json.loads(asked), json.loads(body)) == ({"ids": ["a"], "items": "tracks", "n": 0}, {"from": "a", "n": 0})
    assert observed_at == NOON.replace(tzinfo=None, microsecond=123000)


def test_an_empty_landing_folder_gives_the_tables_all_the_same(folder: Path, warehouse: Path) -> None:
    assert load(folder, warehouse) == Loaded(0, 0)
    assert set(answers(warehouse)) == {"runs", "playlists", "playlist_items", "playlist_reads", "tracks"}


def test_dbt_makes_a_warehouse_as_loading_does() -> None:
    profiles = yaml.safe_load((PROJECT / "profiles.yml").read_text(encoding="utf-8"))
    assert profiles["spotify"]["outputs"]["duckdb"]["config_options"] == STORAGE


def test_endpoints_of_the_configuration_have_tables_before_any_answer(folder: Path, warehouse: Path) -> None:
    load(folder, warehouse)
    for _ in range(2):
        load(folder, warehouse, endpoints=["artists"])
        assert answers(warehouse)["artists"] == []


def test_loading_again_changes_nothing(folder: Path, warehouse: Path) -> None:
    three(folder)
    load(folder, warehouse)
    before = answers(warehouse)
    assert load(folder, warehouse) == Loaded(0, 0)
    assert answers(warehouse) == before


def test_a_file_that_has_grown_adds_its_new_lines(folder: Path, warehouse: Path) -> None:
    with Landing(folder, DAY, "a", 1, DayMemory()) as landing:
        for loads in range(1, 4):
            for number in range(2):
                landing.write("tracks", {"ids": [], "items": "tracks"}, {"n": 10 * loads + number}, NOON, 200, 1)
            assert load(folder, warehouse) == Loaded(1, 2)
    load(folder, warehouse)  # the closed file is a few bytes longer
    assert [json.loads(row[-1])["n"] for row in answers(warehouse)["tracks"]] == [10, 11, 20, 21, 30, 31]


def test_a_copy_of_a_file_in_another_folder_adds_nothing(folder: Path, warehouse: Path) -> None:
    path = land(folder, "a", "tracks")
    load(folder, warehouse)
    before = answers(warehouse)
    (folder / "copy").mkdir()
    shutil.copy(path, folder / "copy")
    assert load(folder, warehouse).answers == 0
    assert answers(warehouse) == before


def test_a_copy_that_comes_with_its_original_adds_nothing(folder: Path, warehouse: Path) -> None:
    path = land(folder, "a", "tracks")
    (folder / "copy").mkdir()
    shutil.copy(path, folder / "copy")
    assert load(folder, warehouse).answers == 3


def test_files_in_any_order_and_number_of_loads_give_the_same_tables(folder: Path, tmp_path: Path) -> None:
    paths = three(folder)
    results = []
    for number, order in enumerate((paths, paths[::-1], [paths[1], paths[0], paths[2]])):
        landing, warehouse = tmp_path / f"landing {number}", tmp_path / f"{number}.duckdb"
        (landing / "day").mkdir(parents=True)
        for position, path in enumerate(order):
            shutil.copy(path, landing / "day")
            if position != number:
                load(landing, warehouse)
        load(landing, warehouse)
        results.append(answers(warehouse))
    assert all(result == results[0] for result in results)
    assert len(results[0]["tracks"]) == 3


def test_torn_files_give_their_whole_lines(folder: Path, warehouse: Path) -> None:
    whole = []
    for lost in range(1, 120, 6):
        run = f"torn {lost:03}"
        path = land(folder, run, "tracks", "tracks", end=False)
        path.write_bytes(path.read_bytes()[:-lost])
        whole += [(run, envelope["line"]) for _, envelope in envelopes(path) if envelope["endpoint"] == "tracks"]
    land(folder, "whole", "tracks")
    load(folder, warehouse)
    assert [row[:2] for row in answers(warehouse)["tracks"]] == [*whole, ("whole", 2)]
    assert len({line for _, line in whole}) > 1


@pytest.mark.parametrize("lost", [1, 60])
def test_a_torn_file_alone_is_no_error(folder: Path, warehouse: Path, lost: int) -> None:
    path = land(folder, "a", "tracks", "tracks", end=False)
    path.write_bytes(path.read_bytes()[:-lost])
    assert load(folder, warehouse) == Loaded(1, len(list(envelopes(path))))
    assert load(folder, warehouse) == Loaded(0, 0)


def test_a_file_of_a_killed_run_is_loaded_as_far_as_it_goes(folder: Path, warehouse: Path) -> None:
    land(folder, "a", "tracks", end=False)
    assert load(folder, warehouse) == Loaded(1, 2)


def test_any_text_comes_into_the_table_as_it_was_landed(folder: Path, warehouse: Path) -> None:
    hostile = {key: value for key, value in HOSTILE.items() if key != "big"}  # more than JSON's numbers hold
    with Landing(folder, DAY, "a", 1, DayMemory()) as landing:
        landing.write("playlists", {"playlist_id": "x"}, hostile | {"lone": "\ud83d"}, NOON, 200, 1)
    load(folder, warehouse)
    ((body,),) = query(warehouse, "select body from raw.playlists")
    assert json.loads(body) | {"lone": ""} == hostile | {"lone": ""}


DAMAGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "no envelope": lambda lines: [lines[0], b"{}\n", *lines[2:]],
    "no JSON": lambda lines: [lines[0], b"oops\n", *lines[2:]],
    "a line lost": lambda lines: lines[:1] + lines[2:],
    "a day that is none": lambda lines: [line.replace(b"2026-01-01", b"2026-02-30") for line in lines],
    "a line twice": lambda lines: lines[:2] + lines[1:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_named_and_the_others_are_loaded(folder: Path, warehouse: Path, damage: str) -> None:
    paths = three(folder)
    whole = paths[1].read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    paths[1].write_bytes(gzip.compress(b"".join(DAMAGES[damage](lines))))
    with pytest.raises(LandingError, match=r"/b\.ndjson\.gz"):
        load(folder, warehouse)
    assert {row[0] for table in answers(warehouse).values() for row in table} == {"a", "c"}
    paths[1].write_bytes(whole)
    assert load(folder, warehouse) == Loaded(1, 4)


def test_a_file_that_is_no_gzip_is_named_and_the_others_are_loaded(folder: Path, warehouse: Path) -> None:
    paths = three(folder)
    paths[2].write_bytes(b"something else")
    with pytest.raises(LandingError, match=r"/c\.ndjson\.gz"):
        load(folder, warehouse)
    assert len(answers(warehouse)["tracks"]) == 2


def test_an_unknown_endpoint_has_a_table_of_its_own(folder: Path, warehouse: Path) -> None:
    names = ["albums", "order", "select", "table"]
    land(folder, "a", *names)
    assert load(folder, warehouse).answers == 6
    rows = answers(warehouse)
    assert [json.loads(rows[name][0][-1])["n"] for name in names] == [0, 1, 2, 3]


def test_an_endpoint_named_as_another_table_of_raw_harms_nothing(folder: Path, warehouse: Path) -> None:
    land(folder, "a", "tracks", *OTHERS)
    load(folder, warehouse)
    assert len(answers(warehouse)["tracks"]) == 1
    assert load(folder, warehouse) == Loaded(0, 0)


def test_an_endpoint_that_is_no_plain_word_never_becomes_sql(folder: Path, warehouse: Path) -> None:
    names = ["x; drop schema raw cascade", 'a"b', "a b", "tracks ", "Tracks", "a.b", "", "1a", "ä", "tracks\n", "a--"]
    land(folder, "a", "tracks", *names)
    load(folder, warehouse)
    assert set(answers(warehouse)) == {"runs", "playlists", "playlist_items", "playlist_reads", "tracks"}
    assert len(answers(warehouse)["tracks"]) == 1


HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_a_warehouse_that_is_open_elsewhere_is_an_error_with_what_to_do(folder: Path, warehouse: Path) -> None:
    three(folder)
    warehouse.parent.mkdir()
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, str(warehouse)], stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(WarehouseError, match=r"warehouse\.duckdb: open in another process, .*run the same command"):
            load(folder, warehouse)
        holder.communicate()
    assert load(folder, warehouse).files == 3


def test_a_warehouse_that_is_no_database_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "w.duckdb").write_bytes(b"something else" * 1000)
    with pytest.raises(WarehouseError, match=r"w\.duckdb"):
        load(folder, tmp_path / "w.duckdb")


def interrupt() -> None:
    raise KeyboardInterrupt


def test_an_interrupted_load_leaves_nothing_behind(folder: Path, warehouse: Path) -> None:
    land(folder, "a", "tracks")
    load(folder, warehouse)
    before = answers(warehouse)
    land(folder, "b", "tracks", "albums")
    sys.setprofile(at_call("commit", 1, interrupt))
    try:
        with pytest.raises(KeyboardInterrupt):
            load(folder, warehouse)
    finally:
        sys.setprofile(None)
    assert answers(warehouse) == before
    assert load(folder, warehouse) == Loaded(1, 4)


@pytest.mark.parametrize(("name", "number"), [("execute", 9), ("commit", 1)])
def test_a_killed_load_ends_as_an_undisturbed_one_when_repeated(
    folder: Path, tmp_path: Path, warehouse: Path, name: str, number: int
) -> None:
    three(folder)
    load(folder, tmp_path / "undisturbed.duckdb")
    warehouse.parent.mkdir()
    assert killed_at(name, number, "load", folder, warehouse)
    load(folder, warehouse)
    assert answers(warehouse) == answers(tmp_path / "undisturbed.duckdb")
