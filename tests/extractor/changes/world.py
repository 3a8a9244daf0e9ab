"""Published files of a hand-made world, and `./run.sh changes` on them."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractor.cli.commands import main
from extractor.config.settings import Config
from extractor.engines.duckdb.files import STORAGE
from extractor.engines.functions import FUNCTIONS, define
from tests.extractor.conftest import empty_marts

A, B, C, NEVER = (letter * 22 for letter in "ABCN")
"""Playlists: A is read every day, B not on the 14th and 15th, C for the first time on the 16th, NEVER never."""

ONE, TWO, THREE, FOUR, OLD = (f"{number}" * 22 for number in range(1, 6))
EVIL = "Ev\x1b[31mil\u202e *& <i>\n\u061c\u200b\u2060\ufeff, \ud7ff"

PLAYLISTS = [(A, "Morning", "first"), (B, "Same", "left"), (C, "Same", "right"), (NEVER, None, "wished")]
TRACKS = [(ONE, "Song", "X, Y"), (TWO, EVIL, "Z"), (THREE, "Song", "Z"), (FOUR, "New id", "X"), (OLD, "Old id", "X")]
ARTISTS = [(ONE, "x", "X"), (ONE, "y", "Y"), (TWO, "z", "Z"), (THREE, "z2", "Z"), (FOUR, "x", "X"), (OLD, "x", "X")]
DAYS = {
    A: dict.fromkeys((12, 13, 14, 15, 16), "complete"),
    B: {12: "complete", 13: "complete", 14: "unavailable", 15: "not_run", 16: "complete"},
    C: {16: "complete"},
    NEVER: {16: "unavailable"},
}
CHANGES = [
    (A, ONE, "added", 13, 12, None),
    (A, ONE, "removed", 16, 15, None),
    (A, TWO, "returned", 16, 15, None),
    (B, TWO, "added", 16, 13, None),
    (B, FOUR, "added", 16, 13, OLD),
    (B, OLD, "removed", 16, 13, FOUR),
    (B, THREE, "removed", 13, 12, None),
]
"""Playlist, track, change, date, date_before, and the other id of a replacement."""


def january(number: int) -> date:
    return date(2026, 1, number)


def publish(file: Path, through: int) -> None:
    """Publish the tables, as if the last day were `through`."""
    with duckdb.connect(str(file), config=STORAGE) as connection:
        connection.execute("".join(empty_marts()))
        for name in FUNCTIONS:
            define(connection, name)

        def insert(table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
            signs = ", ".join("?" for _ in columns.split(","))
            for row in rows:
                connection.execute(f"insert into {table} ({columns}) values ({signs})", row)

        insert("playlists", "playlist_id, playlist_name, label, is_watched", [(*row, True) for row in PLAYLISTS])
        insert("track_info", "track_id, track_name, artists, isrc", [(*row, f"ZZ{row[0][:9]}") for row in TRACKS])
        insert("track_artists", "track_id, artist_id, artist_name", ARTISTS)
        insert("artists", "artist_id, artist_name", sorted({row[1:] for row in ARTISTS}))
        days = [(each, january(day), outcome) for each, days in DAYS.items() for day, outcome in days.items()]
        insert("playlist_days", "playlist_id, date, outcome", [row for row in days if row[1] <= january(through)])
        for playlist, track, change, day, before, other in CHANGES:
            if day > through:
                continue
            row = (playlist, track, change, january(day), january(before), other is not None, other)
            names = "playlist_id, track_id, change, date, date_before, is_replacement, other_track_id"
            insert("playlist_changes", names, [row])
            is_end = change == "removed"
            stay = (playlist, track, january(before if is_end else day), january(day) if is_end else None, 3, 7)
            names = "playlist_id, track_id, first_seen, first_absent, entry_position, last_position"
            insert("tracks_in_playlist", names, [stay])


IMPORTED_SINCE = f"""
insert into playlists (playlist_id, playlist_name, is_watched) values ('{"I" * 22}', 'Imported', false);
insert into playlist_days (playlist_id, date, outcome, source) values
    ('{"I" * 22}', '2026-01-18', 'complete', 'archive'), ('{"I" * 22}', '2026-01-20', 'complete', 'archive');
insert into playlist_changes (playlist_id, track_id, change, date, date_before, is_replacement, is_imported) values
    ('{"I" * 22}', '{ONE}', 'added', '2026-01-20', '2026-01-18', false, true);
"""


@dataclass(frozen=True)
class Shown:
    """Runs ./run.sh changes on a published file."""

    config: Config
    path: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str, code: int = 0) -> str:
        assert main(["changes", *arguments, "--config", str(self.path)]) == code
        captured = self.capsys.readouterr()
        return captured.err if code else captured.out

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self("--format", "json", *arguments))
        return found


VISIBLE = "Ev\\u001b[31mil\\u202e *& <i> \\u061c\\u200b\\u2060\\ufeff, \ud7ff"


def change_tables(shown: Shown, sql: str) -> Shown:
    with duckdb.connect(str(shown.config.database)) as connection:
        connection.execute(sql)
    return shown
