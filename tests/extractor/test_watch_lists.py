"""Watch-lists, stored beside the responses and loaded with them."""

import csv
import gzip
from pathlib import Path

import pytest

from extractor.config.settings import Config
from extractor.config.watch_list import WatchList
from extractor.engines.duckdb.load import load
from extractor.landing.writer import save_watch_list
from extractor.simulator.identifiers import spotify_id
from tests.extractor.conftest import DAY, NEXT_DAY, Bench, MakeBench
from tests.extractor.listing import LIST, one_list
from tests.extractor.loads import query


@pytest.fixture
def config(folder: Path, warehouse: Path) -> Config:
    return Config(landing=folder, warehouse=warehouse)


def watch_lists(run: Bench) -> dict[str, list[list[str]]]:
    """Return the rows of the stored watch-lists by name."""
    paths = (run.config.landing / "watched").iterdir()
    return {path.name: list(csv.reader(gzip.decompress(path.read_bytes()).decode().splitlines())) for path in paths}


def test_watch_list_is_stored_once_however_often_it_is_used(bench: MakeBench) -> None:
    run = bench(one_list())
    (run.config.seeds / "playlists.csv").write_text(f'playlist_id,label\n{LIST},"a, ""label"""\n')
    for day in (DAY, DAY, NEXT_DAY):
        run.extract(day)
    ((name, rows),) = watch_lists(run).items()
    assert rows == [["kind", "id", "label"], ["playlist", LIST, 'a, "label"']]
    starts = [each["body"] for day in (DAY, NEXT_DAY) for each in run.landed("runs", day) if "watched" in each["body"]]
    assert {f"{start['watched']}.csv.gz" for start in starts} == {name}


def test_changed_watch_list_is_stored_beside_the_first(bench: MakeBench) -> None:
    run = bench(one_list())
    run.extract()
    run.watch(LIST, tracks=(spotify_id("B"),))
    run.extract()
    assert sorted(map(len, watch_lists(run).values())) == [2, 3]


LABELS = [
    "",
    "plain",
    "a, b",
    'say "hi"',
    "it's",
    "a;b;c",
    "a|b",
    "a\tb",
    " space ",
    "# hash",
    "two\nlines",
    "🎧",
    "NULL",
]
WATCHED = "select kind, id, coalesce(label, '') from watched"


def keep(folder: Path, labels: list[str]) -> list[tuple[str, str, str]]:
    """Store a watch-list with these labels; return its expected rows in the warehouse."""
    playlists = {f"{number:022}": label for number, label in enumerate(labels)}
    save_watch_list(folder, WatchList(playlists, {"x" * 22: ""}, 0, 0))
    return [*(("playlist", *row) for row in playlists.items()), ("track", "x" * 22, "")]


@pytest.mark.parametrize("labels", [LABELS, ["a;b;c"], ["a|b"], [""]])
def test_stored_watch_lists_are_loaded_with_their_labels(config: Config, labels: list[str]) -> None:
    rows = keep(config.landing, labels)
    load(config)
    assert sorted(query(config, WATCHED)) == rows


def test_label_late_in_a_long_watch_list_is_loaded_verbatim(config: Config) -> None:
    rows = keep(config.landing, [""] * 30_000 + ['a, "b"\nc'])
    load(config)
    assert sorted(query(config, WATCHED)) == rows


def test_stored_watch_lists_are_loaded_once(config: Config) -> None:
    for labels in (["a"], ["b", "c"]):
        keep(config.landing, labels)
        load(config)
    assert query(config, "select count(*), count(distinct watched) from watched") == [(5, 2)]
