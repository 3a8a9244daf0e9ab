"""Histories of playlists as sets of tracks by day, what they show by plain loops, and published files of them."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from extractor.engines.duckdb.files import STORAGE
from extractor.engines.functions import FUNCTIONS, define
from tests.extractor.conftest import empty_marts

PLAYLISTS = [letter * 22 for letter in "PQR"]
TRACKS = [f"{number}" * 22 for number in range(1, 7)]
ARTISTS = {track: f"{letter}" * 22 for track, letter in zip(TRACKS, "aabbcc", strict=True)}
NAMES = {PLAYLISTS[0]: "Morning", PLAYLISTS[1]: "Evening", PLAYLISTS[2]: "Night"}
LABELS = {PLAYLISTS[0]: "mine", PLAYLISTS[1]: "mine", PLAYLISTS[2]: "yours"}

Change = tuple[str, str, str, date, date]
"""Playlist, track, kind, date_before, date."""


@dataclass
class History:
    """What each playlist held on each day on which it was read, and the popularity of tracks."""

    reads: dict[tuple[str, date], set[str]] = field(default_factory=dict)
    values: dict[tuple[str, date], int] = field(default_factory=dict)

    def read(self, day: date, rng: Random, playlists: Iterable[str] = PLAYLISTS) -> None:
        """Read some of the playlists on a day; each read finds other tracks."""
        for playlist in playlists:
            if rng.random() < 0.8:
                self.reads[playlist, day] = {track for track in TRACKS if rng.random() < 0.5}
        for track in TRACKS:
            if rng.random() < 0.8:
                self.values[track, day] = rng.choice([0, 48, 49, 50, 51, 60])

    def forget(self, day: date) -> None:
        """Withdraw a day."""
        self.reads = {key: tracks for key, tracks in self.reads.items() if key[1] != day}
        self.values = {key: value for key, value in self.values.items() if key[1] != day}

    def changes(self) -> list[Change]:
        """Return the changes: a track is in a read and not in the one before, or the reverse."""
        found = []
        for playlist in PLAYLISTS:
            days = sorted(day for each, day in self.reads if each == playlist)
            seen: set[str] = set()
            for before, day in pairwise(days):
                seen |= self.reads[playlist, before]
                for track in TRACKS:
                    was, now = track in self.reads[playlist, before], track in self.reads[playlist, day]
                    if was != now:
                        kind = "removed" if was else "returned" if track in seen else "added"
                        found.append((playlist, track, kind, before, day))
        return found

    def crossings(self, level: int) -> list[tuple[str, int, int, date, date]]:
        """Return track, value before, value, and their days, if the level lies between two values that follow."""
        found = []
        for track in TRACKS:
            days = sorted(day for each, day in self.values if each == track and self.values[each, day] > 0)
            for before, day in pairwise(days):
                value_before, value = self.values[track, before], self.values[track, day]
                if value_before < level <= value or value < level <= value_before:
                    found.append((track, value_before, value, before, day))
        return found

    def publish(self, empty: Path, path: Path) -> None:
        """Publish the history."""
        path.unlink(missing_ok=True)
        shutil.copy(empty, path)
        with duckdb.connect(str(path)) as connection:
            connection.execute("begin")
            insert(connection, "playlist_days", [
                {"playlist_id": playlist, "date": day, "outcome": "complete"} for playlist, day in self.reads
            ])  # fmt: skip
            insert(connection, "playlist_changes", [
                {"playlist_id": playlist, "track_id": track, "change": kind, "date_before": before, "date": day,
                 "is_replacement": False}
                for playlist, track, kind, before, day in self.changes()
            ])  # fmt: skip
            insert(connection, "track_daily_popularity", [
                {"track_id": track, "date": day, "popularity": value} for (track, day), value in self.values.items()
            ])  # fmt: skip
            insert(connection, "tracks_in_playlist", self._stays())
            connection.execute("commit")

    def _stays(self) -> list[dict[str, Any]]:
        stays: list[dict[str, Any]] = []
        for playlist in PLAYLISTS:
            days = sorted(day for each, day in self.reads if each == playlist)
            for track in TRACKS:
                inside = False
                for day in days:
                    present = track in self.reads[playlist, day]
                    if present and not inside:
                        stays.append({"playlist_id": playlist, "track_id": track, "first_seen": day})
                    elif inside and not present:
                        stays[-1]["first_absent"] = day
                    inside = present
        return stays


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        connection.execute(
            f"insert into {table} ({', '.join(row)}) values ({', '.join('?' for _ in row)})", list(row.values())
        )


def make_empty(path: Path) -> Path:
    """Publish tables without a day, but with names."""
    with duckdb.connect(str(path), config=STORAGE) as connection:
        connection.execute("".join(empty_marts()))
        for name in FUNCTIONS:
            define(connection, name)
        insert(connection, "playlists", [
            {"playlist_id": each, "playlist_name": NAMES[each], "label": LABELS[each], "is_watched": True}
            for each in PLAYLISTS
        ])  # fmt: skip
        insert(connection, "track_info", [{"track_id": each, "track_name": f"Song {each[0]}"} for each in TRACKS])
        insert(connection, "track_artists", [{"track_id": key, "artist_id": each} for key, each in ARTISTS.items()])
        for artist in sorted(set(ARTISTS.values())):
            insert(connection, "artists", [{"artist_id": artist, "artist_name": f"Artist {artist[0]}"}])
    return path


@dataclass
class Receiver:
    """What the command has been handed: the changes that it believes, by id, and all objects."""

    changes: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    objects: list[dict[str, Any]] = field(default_factory=list)
    last: list[dict[str, Any]] = field(default_factory=list)

    def take(self, arrays: list[list[dict[str, Any]]]) -> None:
        """Apply what each call of the command got; fails if it got something twice that is not marked as `again`."""
        for objects in arrays:
            plain = [{key: value for key, value in each.items() if key != "again"} for each in objects]
            is_repeated = bool(objects) and "again" in objects[0] and self.last[:1] == plain[:1]
            repeated = len(self.last) if is_repeated else 0
            assert plain[:repeated] == self.last[:repeated]
            assert all("again" in each for each in objects[:repeated])
            for each in objects[repeated:]:
                self._apply(each)
            self.last = plain

    def _apply(self, each: dict[str, Any]) -> None:
        self.objects.append(each)
        if "withdrawn" in each:
            assert each["correction"]
            assert self.changes.pop(each["id"]) == described(each)
            return
        if "was" in each:
            assert each["correction"]
            old = self.changes.pop(each["was"]["id"])
            assert kept(old) == kept(described(each))
            assert old[-2:] == (each["was"]["date_before"], each["was"]["date"])
        assert each["id"] not in self.changes
        self.changes[each["id"]] = described(each)


def kept(of_change: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what a change keeps when its bounds move: other bounds of a crossing have other values."""
    first, second, third, *_ = of_change
    return (first, second < third) if isinstance(second, int) else of_change[:-2]


def described(each: Mapping[str, Any]) -> tuple[Any, ...]:
    if each["change"] == "popularity":
        return (each["track_id"], each["popularity_before"], each["popularity"], each["date_before"], each["date"])
    return (each["playlist_id"], each["track_id"], each["change"], each["date_before"], each["date"])
