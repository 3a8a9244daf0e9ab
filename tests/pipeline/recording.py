"""The recorded days as reads for the oracle, from their Parquet files, and the expected rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from extractor.config.settings import Config
from tests.pipeline.oracle import Entry, Read

FIRST_PAGE = 100
FOLLOWED = Config().follow_after_leaving_days


@dataclass(frozen=True)
class Version:
    """A content version of a playlist. `shown` pairs each track with its popularity in the playlist."""

    name: str
    snapshot_id: str
    entries: tuple[Entry, ...]
    shown: tuple[tuple[str, int], ...]
    shown_first: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class DayRead:
    """A playlist on a day: its content, and the expected outcome of the read."""

    playlist_id: str
    day: date
    outcome: str
    version: Version | None


@dataclass
class Recording:
    """A recorded history: one read per playlist and day, `unavailable` if the playlist was not read that day."""

    folder: Path
    days: list[date] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    reads: list[DayRead] = field(default_factory=list)
    popularities: list[tuple[str, date, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read the files; raises duckdb.Error if there are none."""
        blobs = {
            (each[1], each[0]): each[2] for each in self._rows("select snapshot_date, playlist_id, blob", "snapshots")
        }
        versions = dict(self._versions())
        self.days = sorted({day for _, day in blobs})
        self.lists = sorted({playlist_id for playlist_id, _ in blobs})
        last_complete: dict[str, str] = {}
        for day in self.days:
            for playlist_id in self.lists:
                version = versions.get(blobs.get((playlist_id, day), ""))
                outcome = "unavailable"
                if version:
                    by_spotify = playlist_id.startswith("37i9")
                    same = last_complete.get(playlist_id) == version.snapshot_id
                    long = len(version.entries) > FIRST_PAGE
                    outcome = "unchanged" if long and same and not by_spotify else "complete"
                    last_complete[playlist_id] = version.snapshot_id
                self.reads.append(DayRead(playlist_id, day, outcome, version))
        known = {track_id for (track_id,) in self._rows("select track_id", "tracks where true")}
        self.popularities = list(self._popularities(known))

    def for_oracle(self) -> list[Read]:
        """Return the reads for the oracle."""
        return [
            Read(read.playlist_id, read.day, read.outcome, read.version.entries if read.version else ())
            for read in self.reads
        ]

    def calendar(self) -> list[tuple[str, date, str, int | None, int | None, str | None]]:
        """Return rows of playlist_days: playlist, date, outcome, entries, unavailable entries and snapshot_id."""
        by_day = {(read.playlist_id, read.day): read for read in self.reads}
        rows: list[tuple[str, date, str, int | None, int | None, str | None]] = []
        for playlist_id in self.lists:
            content: Version | None = None
            for number in range((self.days[-1] - self.days[0]).days + 1):
                day = self.days[0] + timedelta(days=number)
                read = by_day.get((playlist_id, day))
                if read is None or read.version is None:
                    rows.append((playlist_id, day, read.outcome if read else "not_run", None, None, None))
                    continue
                content = read.version if read.outcome == "complete" else content
                assert content is not None
                nulls = sum(entry.is_null for entry in content.entries)
                rows.append((playlist_id, day, read.outcome, len(content.entries), nulls, read.version.snapshot_id))
        return sorted(rows)

    def seen_popularities(self) -> Iterator[tuple[date, dict[str, set[int]], set[str]]]:
        """Return for each day: popularities in playlists, and the tracks that must be requested by id.

        An unchanged playlist shows only its first page. Requested are tracks last seen in any playlist, or gone from
        one at most FOLLOWED days ago, that have no popularity above 0 in a playlist today.
        """
        content: dict[str, Version] = {}
        left: dict[tuple[str, str], date] = {}
        for day in self.days:
            said: dict[str, set[int]] = {}
            for read in self.reads:
                if read.day == day and read.version:
                    whole = read.outcome == "complete"
                    for track_id, popularity in read.version.shown if whole else read.version.shown_first:
                        said.setdefault(track_id, set()).add(popularity)
                    if whole:
                        before = content.get(read.playlist_id, read.version)
                        left |= {(read.playlist_id, track_id): day for track_id, _ in before.shown}
                        for track_id, _ in read.version.shown:
                            left.pop((read.playlist_id, track_id), None)
                        content[read.playlist_id] = read.version
            followed = set(said) | {track_id for version in content.values() for track_id, _ in version.shown}
            followed |= {track_id for (_, track_id), since in left.items() if (day - since).days <= FOLLOWED}
            yield day, said, {track_id for track_id in followed if not any(said.get(track_id, ()))}

    def answer(self, day: date) -> dict[str, int]:
        """Return the popularity that GET /tracks returns on a day: the latest in any playlist until then."""
        return {track_id: popularity for track_id, when, popularity in self.popularities if when <= day}

    def _popularities(self, known: set[str]) -> Iterator[tuple[str, date, int]]:
        """Return popularities by track and day, the counted one last."""
        found = {
            (read.day, popularity, track_id)
            for read in self.reads
            if read.version
            for track_id, popularity in read.version.shown
            if track_id in known
        }
        for day, popularity, track_id in sorted(found):
            yield track_id, day, popularity

    def _versions(self) -> Iterator[tuple[str, Version]]:
        items: dict[str, list[tuple[Any, ...]]] = {}
        columns = "blob, track_id, uri, added_at, coalesce(popularity, 0)"
        for blob, *item in self._rows(f"select {columns}", "items", "order by blob, position"):
            items.setdefault(blob, []).append(tuple(item))
        for blob, name, snapshot_id in self._rows("select blob, name, snapshot_id", "playlist_versions"):
            entries, shown, shown_first = [], [], []
            for position, (track_id, uri, added_at, popularity) in enumerate(items.get(blob, ())):
                is_track = track_id is not None and uri.startswith("spotify:track:")
                other = uri is not None and not is_track
                entries.append(Entry(track_id if is_track else None, added_at, other))
                if is_track:
                    shown.append((track_id, popularity))
                    if position < FIRST_PAGE:
                        shown_first.append((track_id, popularity))
            yield blob, Version(name, snapshot_id, tuple(entries), tuple(shown), tuple(shown_first))

    def _rows(self, select: str, table: str, rest: str = "") -> list[tuple[Any, ...]]:
        name, _, condition = table.partition(" ")
        with duckdb.connect() as connection:
            return connection.execute(
                f"{select} from read_parquet('{self.folder / name}.parquet') {condition} {rest}"
            ).fetchall()
