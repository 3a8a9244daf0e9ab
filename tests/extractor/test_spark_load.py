"""Load of landing files for Spark: each line once, in any order of files."""

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from extractor.config.settings import Config
from extractor.config.watch_list import WatchList
from extractor.engines.base import Loaded
from extractor.engines.spark.load import last_load, load
from extractor.errors import LandingError, WarehouseError
from extractor.landing.reader import envelopes
from extractor.landing.writer import LandingWriter, save_watch_list
from tests.extractor.conftest import DAY
from tests.extractor.killing import at_call
from tests.extractor.landing_rows import lines_of
from tests.extractor.loads import (
    DAMAGES,
    LISTS,
    UNKNOWN,
    interrupt,
    land,
    land_answers,
    three,
)
from tests.extractor.test_landing import NOON


@pytest.fixture
def config(folder: Path, tmp_path: Path) -> Config:
    return Config(landing=folder, warehouse=tmp_path / "data" / "warehouse.duckdb")


@pytest.fixture
def raw(config: Config) -> Path:
    return config.warehouse.parent / "spark" / "raw"


def rows(raw: Path, part: str, number: str = "*") -> list[dict[str, Any]]:
    """Return the rows of a partition as Spark finds them, of one load or of all."""
    files = sorted(raw.glob(f"load_number={number}/part={part}/*"))
    texts = [gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in files]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def places(raw: Path, number: str = "*") -> list[tuple[str, int]]:
    return sorted((row["run"], row["line"]) for row in rows(raw, "answers", number))


def test_whole_file_is_read_in_place(config: Config, raw: Path) -> None:
    path = land(config.landing, "a", "tracks")
    assert load(config) == Loaded(files=1, answers=3)
    (found,) = raw.glob("load_number=1/part=answers/*")
    assert found.samefile(path)
    assert places(raw) == [("a", 1), ("a", 2), ("a", 3)]
    ledger = {"name": "a", "bytes": path.stat().st_size, "lines": 3}
    assert rows(raw, "landing_files") == [ledger]


def test_spark_reads_files_with_any_name(config: Config, raw: Path) -> None:
    for run, name in (("a", "one/_hidden"), ("b", "one/same"), ("c", "other/same")):
        path = config.landing / f"{name}.ndjson.gz"
        landed = land(config.landing, run, "tracks")
        path.parent.mkdir(exist_ok=True)
        landed.rename(path)
    assert load(config) == Loaded(3, 9)
    assert len(places(raw)) == 9
    assert not [path for path in raw.glob("*/part=answers/*") if path.name.startswith(("_", "."))]


def test_start_and_end_of_runs_are_stored_separately_too(config: Config, raw: Path) -> None:
    three(config.landing)
    load(config)
    of_runs = [row for row in rows(raw, "answers") if row["endpoint"] == "runs"]
    assert sorted(rows(raw, "runs"), key=str) == sorted(of_runs, key=str)


def test_responses_of_unknown_shape_are_counted_and_kept(config: Config, raw: Path) -> None:
    path = land_answers(config.landing, "a", [*LISTS.values(), *UNKNOWN.values()])
    assert load(config) == Loaded(1, len(LISTS) + len(UNKNOWN), len(UNKNOWN))
    assert rows(raw, "answers") == lines_of(path)


@pytest.mark.parametrize("shape", [*LISTS, *UNKNOWN])
def test_response_without_known_objects_counts_as_unknown(config: Config, shape: str) -> None:
    land_answers(config.landing, "a", [(LISTS | UNKNOWN)[shape]])
    assert load(config).unknown == (shape in UNKNOWN)


@pytest.mark.parametrize("name", ["copy/a", "copy/b", "2026-01-01/0", "2026-01-01/z"])
def test_copy_adds_no_rows(config: Config, raw: Path, name: str) -> None:
    path = land(config.landing, "a", "tracks")
    copy = config.landing / f"{name}.ndjson.gz"
    copy.parent.mkdir(exist_ok=True)
    shutil.copy(path, copy)
    assert load(config) == Loaded(1, 3)
    assert load(config) == Loaded(0, 0)
    copy.write_bytes(path.read_bytes()[:-30])
    assert load(config) == Loaded(0, 0)
    copy.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 0))
    assert load(config) == Loaded(0, 0)
    assert last_load(raw) == 1


def test_each_line_of_a_grown_file_is_in_one_load(config: Config, raw: Path) -> None:
    with LandingWriter(config.landing, DAY, "a", 1) as landing:
        for number in (1, 2):
            landing.write("tracks", {"ids": [], "items": "tracks"}, {"n": number, "tracks": []}, NOON, 200, 1)
            assert load(config) == Loaded(1, 1)
        landing.write("runs", {}, {"event": "end"}, NOON)
    assert load(config) == Loaded(1, 1)
    assert [places(raw, number) for number in "123"] == [[("a", 1)], [("a", 2)], [("a", 3)]]


def test_closing_a_file_without_new_lines_is_no_load(config: Config, raw: Path) -> None:
    with LandingWriter(config.landing, DAY, "a", 1) as landing:
        landing.write("runs", {}, {"event": "start"}, NOON)
        load(config)
    for _ in range(2):
        assert load(config) == Loaded(0, 0)
    assert [row["lines"] for row in rows(raw, "landing_files", "1")] == [1, 1]
    assert rows(raw, "landing_files", "1")[-1]["bytes"] == landing.path.stat().st_size
    assert last_load(raw) == 1


@pytest.mark.parametrize("lost", [1, 60])
def test_torn_file_loads_its_whole_lines(config: Config, raw: Path, lost: int) -> None:
    path = land(config.landing, "a", "tracks", "tracks", end=False)
    path.write_bytes(path.read_bytes()[:-lost])
    whole = [envelope for _, envelope in envelopes(path)]
    assert load(config) == Loaded(1, len(whole))
    assert rows(raw, "answers") == whole
    assert load(config) == Loaded(0, 0)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_file_is_reported_and_the_others_are_loaded(config: Config, raw: Path, damage: str) -> None:
    paths = three(config.landing)
    whole = paths[1].read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    paths[1].write_bytes(gzip.compress(b"".join(DAMAGES[damage](lines))))
    with pytest.raises(LandingError, match=r"/b\.ndjson\.gz"):
        load(config)
    assert {row["run"] for row in rows(raw, "answers")} == {"a", "c"}
    paths[1].write_bytes(whole)
    assert load(config) == Loaded(1, 4)


def test_watch_lists_are_loaded_as_rows(config: Config, raw: Path) -> None:
    label = 'of "two"\nlines, ☃'
    watched = save_watch_list(config.landing, WatchList({"L": label}, {"T": ""}, 1, 1))
    for _ in range(2):
        load(config)
    assert rows(raw, "watched") == [
        {"watched": watched, "kind": "playlist", "id": "L", "label": label},
        {"watched": watched, "kind": "track", "id": "T", "label": ""},
    ]


def test_damaged_watch_list_is_skipped_alone(config: Config, raw: Path) -> None:
    land(config.landing, "a", "tracks")
    watched = save_watch_list(config.landing, WatchList({"L": ""}, {}, 1, 0))
    (config.landing / "watched" / f"{watched}.csv.gz").write_bytes(b"?")
    with pytest.raises(LandingError, match=f"{watched}.* damaged"):
        load(config)
    assert len(places(raw)) == 3


def test_folder_of_an_earlier_version_is_refused(config: Config, raw: Path) -> None:
    ledger = raw / "load_number=1" / "part=landing_files" / "rows.ndjson"
    ledger.parent.mkdir(parents=True)
    ledger.write_text('{"file":"a.ndjson","bytes":9,"lines":1}\n')
    with pytest.raises(WarehouseError, match=r"/spark: written by another version .*from the landing files"):
        load(config)


@pytest.mark.parametrize("call", ["link", "rename"])
def test_interrupted_load_is_not_visible(config: Config, raw: Path, call: str) -> None:
    three(config.landing)
    sys.setprofile(at_call(call, 1, interrupt))
    try:
        with pytest.raises(KeyboardInterrupt):
            load(config)
    finally:
        sys.setprofile(None)
    assert last_load(raw) == 0
    assert load(config) == Loaded(3, 12)
    assert len(places(raw)) == len(set(places(raw))) == 12
