"""A daily program that keeps its tables in SQLite, with a statement per row: the design this project grew from."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

TABLES = """
create table if not exists track_info (track_id text primary key, name text, uri text);
create table if not exists track_daily_popularity (
    track_id text, day text, popularity integer, primary key (track_id, day)
);
create table if not exists tracks_in_playlist_stage (playlist_id text, track_id text, added_at text);
create table if not exists tracks_in_playlist (
    playlist_id text, track_id text, added_at text, last_seen text, primary key (playlist_id, track_id, added_at)
);
"""
INFO = """
insert into track_info values (?, ?, ?)
on conflict do update set name = excluded.name, uri = excluded.uri where name <> excluded.name or uri <> excluded.uri
"""
POPULARITY = "insert or replace into track_daily_popularity values (?, ?, ?)"
STAGE = "insert into tracks_in_playlist_stage values (?, ?, ?)"
STAGED = "select stage.* from tracks_in_playlist_stage as stage join track_info using (track_id)"
SEEN = "update tracks_in_playlist set last_seen = ? where playlist_id = ? and track_id = ? and added_at = ?"
NEW = "insert into tracks_in_playlist values (?, ?, ?, ?)"


class RowByRow:
    """Stages a day's entries, then merges each: updates last_seen of known ones, inserts the others."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "row-by-row.sqlite"
        with closing(sqlite3.connect(self._path)) as database:
            database.executescript(TABLES)

    def day(self, answers: Path, day: date) -> None:
        """Process the answers of a day."""
        with closing(sqlite3.connect(self._path)) as connection, connection:
            connection.execute("delete from tracks_in_playlist_stage")
            for playlist_id, added_at, track in _entries(answers):
                connection.execute(INFO, (track["id"], track["name"], track["uri"]))
                connection.execute(POPULARITY, (track["id"], str(day), track["popularity"]))
                connection.execute(STAGE, (playlist_id, track["id"], (added_at or "")[:10]))
            for playlist_id, track_id, added_at in connection.execute(STAGED).fetchall():
                key = (playlist_id, track_id, added_at)
                if connection.execute(SEEN, (str(day), *key)).rowcount == 0:
                    connection.execute(NEW, (*key, str(day)))

    def periods(self) -> Sequence[tuple[str, str, str, str]]:
        """Return playlist, track, added_at and last_seen of every row."""
        with closing(sqlite3.connect(self._path)) as database:
            return database.execute("select * from tracks_in_playlist").fetchall()


def _entries(answers: Path) -> Iterator[tuple[str, str | None, dict[str, Any]]]:
    """Yield playlist, claim and track of every entry that is a track."""
    with gzip.open(answers, "rt", encoding="utf-8") as lines:
        for line in lines:
            answer = json.loads(line)
            if answer["endpoint"] == "playlists":
                for entry in answer["body"]["tracks"]["items"]:
                    if entry["track"]:
                        yield answer["asked"]["playlist_id"], entry["added_at"], entry["track"]
