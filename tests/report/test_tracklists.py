"""The tracklists that a page unpacks are the published ones."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.outputs.report.report import Excerpt, report
from tests.conftest import Demo
from tests.extractor.conftest import empty_marts
from tests.functions.published import Published, Row
from tests.pipeline.browser import Page
from tests.report.pages import modules

pytestmark = pytest.mark.slow

START = date(2026, 1, 1)
DAYS = 24
MOST = 300  # entries, beyond which a playlist hardly grows
QUIET = range(DAYS - 12, DAYS - 6)
"""Days without a change, so that a version begins before the days of an excerpt and ends in them."""
KINDS = {"unavailable": -1, "local": -2, "episode": -3, "track": -4}
"""Numbers of entries that are no tracks of the page; a track is one if it has no stay."""

UNPACKED = f"""(async () => {{
    {modules("words", "world", "tracklists")}
    const world = await readWorld();
    const named = (track) => (track < 0 ? track : world.tracks.id[track]);
    return world.playlists.map(({{ id, index }}) => [
        id,
        world.tracklists.of(index).map(({{ first, last, tracks }}) => [
            world.calendar.iso(first), world.calendar.iso(last), Array.from(tracks, named)
        ]),
    ]);
}})()"""

Versions = dict[str, list[list[Any]]]
Entry = tuple[str, str | None, datetime]


def published_versions(published: Published, first_day: date) -> Versions:
    """Return the versions of each playlist that are not over before a day."""
    in_page = {
        row["track_id"]
        for row in published["tracks_in_playlist"]
        if (row["first_absent"] or row["last_seen"]) >= first_day
    }
    found: Versions = {row["playlist_id"]: [] for row in published["playlists"]}
    versions: dict[tuple[str, date, date], list[Row]] = {}
    for row in published["tracklists"]:
        versions.setdefault((row["playlist_id"], row["first_day"], row["last_day"]), []).append(row)
    for (playlist, first, last), rows in sorted(versions.items()):
        entries = sorted((row for row in rows if row["position"]), key=lambda row: row["position"])
        tracks = [row["track_id"] if row["track_id"] in in_page else KINDS[row["kind"]] for row in entries]
        if last >= first_day:
            found[playlist].append([first.isoformat(), last.isoformat(), tracks])
    return found


def check(page: Page, folder: Path, database: Path, days: int | None) -> Versions:
    """Compare the page with the published file; return the versions."""
    html = report(Config(database=database), folder / "report.html", Excerpt(days=days)).output
    published = Published.of(database)
    last = max(row["date"] for row in published["playlist_days"])
    first = last - timedelta(days - 1) if days else date.min
    page.open(html)
    expected = published_versions(published, first)
    assert dict(page.run(UNPACKED)) == expected
    return expected


@pytest.mark.parametrize("days", [None, 12, 1])
def test_tracklists_of_the_demo(page: Page, demo: Demo, tmp_path: Path, days: int | None) -> None:
    versions = check(page, tmp_path, Path(shutil.copy(demo.database, tmp_path / "s.duckdb")), days)
    assert sum(map(len, versions.values())) >= 13


@dataclass
class Playlist:
    """A playlist that changes at random."""

    name: str
    chance: random.Random
    entries: list[Entry] = field(default_factory=list)
    added: int = 0

    def change(self) -> None:
        size = len(self.entries)
        step = self.chance.choice(["add", "add", "add", "remove", "move", "turn", "double", "none", "empty"])
        if step == "add":
            for _ in range(self.chance.choice([1, 3, 3, 150]) if size < MOST else 1):
                self.entries.insert(self.chance.randint(0, len(self.entries)), self.entry())
        elif step == "remove":
            self.entries = [one for one in self.entries if self.chance.random() > 0.2]
        elif step == "move" and size:
            self.entries.insert(self.chance.randrange(size), self.entries.pop(self.chance.randrange(size)))
        elif step == "turn":
            self.entries = self.entries[size // 2 :] + self.entries[: size // 2]
        elif step == "double" and size:
            self.entries.append(self.chance.choice(self.entries))
        elif step == "empty" and self.chance.random() < 0.5:
            self.entries = []

    def entry(self) -> Entry:
        self.added += 1
        kind = self.chance.choice(["track"] * 9 + ["local", "episode", "unavailable"])
        track = f"t{self.chance.randrange(500)}" if kind == "track" else None
        return kind, track, datetime(2026, 1, 1) + timedelta(seconds=self.added // 2)  # noqa: DTZ001 (as published)


def write_world(database: Path, seed: int) -> int:
    """Write a published file with playlists that change at random; return how many moves are far."""
    chance = random.Random(seed)
    with duckdb.connect(str(database)) as connection:
        connection.execute("".join(empty_marts()))
        connection.execute("insert into track_info (track_id, track_name) select 't' || t, t from range(500) u(t)")
        far = 0
        for name in "ab":
            rows, days, moved = history(Playlist(name, chance))
            far += moved
            connection.execute("insert into playlists (playlist_id, playlist_name) values ($1, $1)", [name])
            insert(connection, "playlist_days (playlist_id, date, outcome)", days)
            into = "tracklists (playlist_id, first_day, last_day, position, kind, track_id, claimed_at)"
            insert(connection, into, rows)
        # Tracks whose number ends with 7 have no stay: no answer described them.
        connection.execute(
            "insert into tracks_in_playlist (playlist_id, track_id, stay_number, added_at, first_seen, last_seen, "
            "days_seen, added_at_source, starts_before_watch, is_current) "
            "select playlist_id, track_id, 1, min(first_day), min(first_day), max(last_day), 1, 'observed', false, "
            "true "
            "from tracklists where kind = 'track' and track_id not like '%7' group by all"
        )
    return far


def insert(connection: duckdb.DuckDBPyConnection, into: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows at once: one by one takes minutes."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    values = ", ".join(f"unnest(${number})" for number in range(1, len(columns) + 1))
    connection.execute(f"insert into {into} select {values}", columns)


def history(playlist: Playlist) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], int]:
    """Return the rows of the versions and of the days of a playlist, and how many entries moved by over 127 places."""
    versions: list[tuple[date, date, list[Entry]]] = []
    days = []
    far = 0
    for ahead in range(DAYS):
        day = START + timedelta(ahead)
        is_read = playlist.chance.random() > 0.2 or day == START
        days.append((playlist.name, day, "complete" if is_read else "failed"))
        if ahead not in QUIET:
            playlist.change()
        if not is_read:
            continue
        entries = list(playlist.entries)
        if versions and versions[-1][2] == entries:
            versions[-1] = (versions[-1][0], day, entries)
        else:
            before = {entry: place for place, entry in enumerate(versions[-1][2])} if versions else {}
            far += sum(abs(before.get(entry, place) - place) > 127 for place, entry in enumerate(entries))
            versions.append((day, day, entries))
    rows: list[tuple[Any, ...]] = []
    for first, last, entries in versions:
        rows += [(playlist.name, first, last, place, *entry) for place, entry in enumerate(entries, 1)]
        if not entries:
            rows.append((playlist.name, first, last, None, "empty", None, None))
    return rows, days, far


@pytest.mark.parametrize("seed", range(4))
def test_tracklists_of_random_playlists(page: Page, tmp_path: Path, seed: int) -> None:
    database = tmp_path / "s.duckdb"
    assert write_world(database, seed)
    found = [check(page, tmp_path, database, days) for days in (None, 9)]
    entries = [entry for versions in found[0].values() for _, _, tracks in versions for entry in tracks]
    assert {-1, -2, -3, -4} < set(entries)
    assert any(len(set(tracks)) < len(tracks) for versions in found[0].values() for _, _, tracks in versions)
    assert any(date.fromisoformat(versions[0][0]) < START + timedelta(DAYS - 9) for versions in found[1].values())
