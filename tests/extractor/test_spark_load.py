"""Landing files in the folders that Spark reads: each line once, whatever files come when."""

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from extractor.config import WatchList
from extractor.errors import LandingError
from extractor.landed import envelopes
from extractor.landing import Landing, keep_watch_list
from extractor.load import Loaded
from extractor.memory import DayMemory
from extractor.spark.load import last_load, load
from tests.extractor.conftest import DAY
from tests.extractor.killing import at_call
from tests.extractor.test_landing import NOON
from tests.extractor.test_load import DAMAGES, interrupt, land, three


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "spark" / "raw"


def rows(raw: Path, part: str, number: str = "*") -> list[dict[str, Any]]:
    """Return the rows of a part as Spark finds them, of one load or of all."""
    files = sorted(raw.glob(f"load_number={number}/part={part}/*"))
    texts = [gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in files]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def places(raw: Path, number: str = "*") -> list[tuple[str, int]]:
    return sorted((row["run"], row["line"]) for row in rows(raw, "answers", number))


def test_a_whole_file_is_read_where_it_landed(folder: Path, raw: Path) -> None:
    path = land(folder, "a", "tracks")
    assert load(folder, raw) == Loaded(files=1, answers=3)
    (found,) = raw.glob("load_number=1/part=answers/*")
    assert found.samefile(path)
    assert places(raw) == [("a", 1), ("a", 2), ("a", 3)]


def test_starts_and_ends_of_runs_are_there_once_more(folder: Path, raw: Path) -> None:
    three(folder)
    load(folder, raw)
    of_runs = [row for row in rows(raw, "answers") if row["endpoint"] == "runs"]
    assert sorted(rows(raw, "runs"), key=str) == sorted(of_runs, key=str)


def test_loading_again_changes_nothing(folder: Path, raw: Path) -> None:
    path = land(folder, "a", "tracks")
    (folder / "copy").mkdir()
    shutil.copy(path, folder / "copy")
    assert load(folder, raw).answers == 3
    assert load(folder, raw) == Loaded(0, 0)
    assert last_load(raw) == 1


def test_of_a_file_that_has_grown_each_line_is_in_one_load(folder: Path, raw: Path) -> None:
    with Landing(folder, DAY, "a", 1, DayMemory()) as landing:
        for number in (1, 2):
            landing.write("tracks", {"ids": []}, {"n": number}, NOON, 200, 1)
            assert load(folder, raw) == Loaded(1, 1)
        landing.write("runs", {}, {"event": "end"}, NOON)
    load(folder, raw)
    assert [places(raw, number) for number in "123"] == [[("a", 1)], [("a", 2)], [("a", 3)]]


@pytest.mark.parametrize("lost", [1, 60])
def test_torn_files_give_their_whole_lines(folder: Path, raw: Path, lost: int) -> None:
    path = land(folder, "a", "tracks", "tracks", end=False)
    path.write_bytes(path.read_bytes()[:-lost])
    whole = [envelope for _, envelope in envelopes(path)]
    assert load(folder, raw) == Loaded(1, len(whole))
    assert rows(raw, "answers") == whole
    assert load(folder, raw) == Loaded(0, 0)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_named_and_the_others_are_loaded(folder: Path, raw: Path, damage: str) -> None:
    paths = three(folder)
    whole = paths[1].read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    paths[1].write_bytes(gzip.compress(b"".join(DAMAGES[damage](lines))))
    with pytest.raises(LandingError, match=r"/b\.ndjson\.gz"):
        load(folder, raw)
    assert {row["run"] for row in rows(raw, "answers")} == {"a", "c"}
    paths[1].write_bytes(whole)
    assert load(folder, raw) == Loaded(1, 4)


def test_watch_lists_are_rows(folder: Path, raw: Path) -> None:
    label = 'of "two"\nlines, ☃'
    watched = keep_watch_list(folder, WatchList({"L": label}, {"T": ""}, 1, 1))
    load(folder, raw)
    assert rows(raw, "watched") == [
        {"watched": watched, "kind": "playlist", "id": "L", "label": label},
        {"watched": watched, "kind": "track", "id": "T", "label": ""},
    ]


@pytest.mark.parametrize("call", ["link", "rename"])
def test_an_interrupted_load_leaves_nothing_that_is_read(folder: Path, raw: Path, call: str) -> None:
    three(folder)
    sys.setprofile(at_call(call, 1, interrupt))
    try:
        with pytest.raises(KeyboardInterrupt):
            load(folder, raw)
    finally:
        sys.setprofile(None)
    assert last_load(raw) == 0
    assert load(folder, raw) == Loaded(3, 12)
    assert len(places(raw)) == len(set(places(raw))) == 12
