"""Land responses for tests of loading, and read the raw tables; responses of every shape."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from extractor.config.settings import Config
from extractor.landing.writer import LandingWriter
from tests.extractor.conftest import DAY
from tests.extractor.landing_rows import Raw, Row, expected, lines_of
from tests.extractor.test_landing import NOON

JSON = {"answers": (5, 9), "entries": (7,), "objects": (5,)}
"""Which columns of the rows in a Raw are JSON."""


def land(folder: Path, run: str, *endpoints: str, end: bool = True) -> Path:
    """Land a run with a start, one response per endpoint and, unless it was killed, an end."""
    with LandingWriter(folder, DAY, run, 1) as landing:
        landing.write("runs", {}, {"event": "start"}, NOON)
        for number, endpoint in enumerate(endpoints):
            body = {"tracks": [{"from": run, "n": number}], "n": number}
            landing.write(endpoint, {"ids": [run], "items": "tracks", "n": number}, body, NOON, 200, 1)
        if end:
            landing.write("runs", {}, {"event": "end"}, NOON)
    return landing.path


def land_answers(folder: Path, run: str, answers: Sequence[tuple[str, Any, Any]], status: int = 200) -> Path:
    """Land responses of any shape: endpoint, request, body."""
    with LandingWriter(folder, DAY, run, 1) as landing:
        for endpoint, asked, body in answers:
            landing.write(endpoint, asked, body, NOON, status, 1)
    return landing.path


def three(folder: Path) -> list[Path]:
    return [land(folder, run, "tracks", "albums") for run in ("a", "b", "c")]


def query(config: Config, sql: str) -> list[Row]:
    with duckdb.connect(str(config.raw), read_only=True) as connection:
        connection.execute("use raw.raw")
        return connection.execute(sql).fetchall()


def raw_of(config: Config) -> Raw:
    """Return the rows of the tables, without load numbers."""
    tables = {"answers": "answers", "entries": "playlist_entries", "objects": "answered_objects"}
    raw = Raw()
    for name, table in tables.items():
        rows = query(config, f"select * exclude (load_number) from {table}")
        getattr(raw, name).extend(with_json(row, JSON[name]) for row in rows)
    return raw.sorted()


def with_json(row: Row, places: Sequence[int]) -> Row:
    return tuple(value if value is None or n not in places else json.loads(value) for n, value in enumerate(row))


def landed(folder: Path) -> Raw:
    """Return the expected rows of all files in the landing folder, which must be intact."""
    return replace(
        expected(line for path in sorted(folder.glob("*/*.ndjson.gz")) for line in lines_of(path)), unknown=0
    )


def entry(name: str, **more: Any) -> dict[str, Any]:
    return {"added_at": "2026-01-01T00:00:00Z", "track": {"name": name, "popularity": None, "in": [[], {}]}} | more


def listing(*, attempt: int = 1, **more: Any) -> dict[str, Any]:
    return {"playlist_id": "L", "attempt": attempt} | more


OLD = {"items": [entry("a"), None, entry("b", added_at=None)], "next": None, "total": 3}
NEW = {"items": [entry("x", item={"name": "x"}), entry("y")], "total": 2}
LISTS: dict[str, tuple[str, Any, Any]] = {
    "the old shape": ("playlists", listing(), {"name": "n", "tracks": OLD, "none": None}),
    "the new shape": ("playlists", listing(), {"items": NEW, "name": "n"}),
    "both shapes": ("playlists", listing(), {"items": NEW, "tracks": OLD}),
    "both shapes, saying the same": ("playlists", listing(), {"items": NEW, "tracks": NEW | {"href": "h"}}),
    "one shape empty": ("playlists", listing(), {"items": {"items": []}, "tracks": OLD}),
    "an empty list": ("playlists", listing(), {"tracks": {"items": [], "total": 0}}),
    "items withheld": ("playlists", listing(), {"name": "n"}),
    "items null": ("playlists", listing(), {"items": None, "tracks": {"items": None}}),
    "only fields": ("playlists", listing(fields="snapshot_id"), {"snapshot_id": "s", "tracks": OLD}),
    "a further page": ("playlist_items", listing(attempt=2, offset=100), {"items": [entry("c"), None], "total": 102}),
    "an empty page": ("playlist_items", listing(offset=100), {"items": []}),
    "entries of any kind": ("playlists", listing(), {"items": {"items": [1, "text", [], {}, {"added_at": 1}, True]}}),
    "added_at late": ("playlists", listing(), {"items": {"items": [{"x": '"added_at":"no"', "added_at": "yes"}]}}),
    "added_at escaped": ("playlists", listing(), {"items": {"items": [{"added_at": 'a"\\é'}, {"added_at": ""}]}}),
    "tracks": ("tracks", {"ids": ["A", "B", "A"], "items": "tracks"}, {"tracks": [{"id": "A"}, None, {"id": "C"}]}),
    "one track": ("tracks", {"ids": ["A"], "items": None}, {"id": "A", "album": {"tracks": {"items": [1]}}}),
    "one track, as of old": ("tracks", {"ids": ["A"]}, {"id": "A"}),
    "an endpoint of the configuration": ("albums", {"ids": ["A"], "items": 'al/b~ums."1'}, {'al/b~ums."1': [{"n": 1}]}),
    "what the run says": ("playlist_reads", listing(), {"outcome": "complete", "items": {"items": [1]}}),
}
UNKNOWN: dict[str, tuple[str, Any, Any]] = {
    "a list that is a text": ("playlists", listing(), "oops"),
    "a list that is an array": ("playlists", listing(), [entry("a")]),
    "a list that is nothing": ("playlists", listing(), None),
    "items that are a text": ("playlists", listing(), {"items": "oops"}),
    "items that are an array": ("playlists", listing(), {"items": [entry("a")]}),
    "entries that are an object": ("playlists", listing(), {"tracks": {"items": {"a": entry("a")}}}),
    "entries that are a number": ("playlists", listing(), {"tracks": {"items": 1}, "items": {"items": []}}),
    "a page that is an array": ("playlist_items", listing(offset=1), [entry("a")]),
    "a page without items": ("playlist_items", listing(offset=1), {"total": 1}),
    "a page whose items are an object": ("playlist_items", listing(offset=1), {"items": {"items": [entry("a")]}}),
    "a page from nowhere": ("playlist_items", listing(), {"items": [entry("a")]}),
    "fewer tracks than asked for": ("tracks", {"ids": ["A", "B"], "items": "tracks"}, {"tracks": [{"id": "A"}]}),
    "tracks that are an object": ("tracks", {"ids": ["A"], "items": "tracks"}, {"tracks": {"id": "A"}}),
    "no tracks": ("tracks", {"ids": ["A"], "items": "tracks"}, {"albums": []}),
    "tracks in an array": ("tracks", {"ids": ["A"], "items": "tracks"}, [{"id": "A"}]),
    "one object for two": ("tracks", {"ids": ["A", "B"], "items": None}, {"id": "A"}),
}


def of_another_run(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b'"run":"b"', b'"run":"x"'), *lines[2:]]


DAMAGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "no envelope": lambda lines: [lines[0], b"{}\n", *lines[2:]],
    "no JSON": lambda lines: [lines[0], b"oops\n", *lines[2:]],
    "an empty line": lambda lines: [lines[0], b"\n", *lines[1:]],
    "a line lost": lambda lines: lines[:1] + lines[2:],
    "a day that is none": lambda lines: [lines[0], *(line.replace(b"2026-01-01", b"2026-02-30") for line in lines[1:])],
    "a line twice": lambda lines: lines[:2] + lines[1:],
    "a line twice, and one lost": lambda lines: [*lines[:2], lines[1], lines[3]],
    "a line of another run": of_another_run,
}
LINES = {"a line twice": 3, "a line twice, and one lost": 3}


def interrupt() -> None:
    raise KeyboardInterrupt
