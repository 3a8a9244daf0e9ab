"""A history: reads of some playlists, when they arrived, and the expected rows. See README.md."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from tests.pipeline import oracle

FIRST_DAY = date(2025, 12, 28)
LAST_DAY = 9
"""All histories happen on the same nine days, so that one build serves them all."""

ONLY_LIST = "list"
CHARTS = "charts"
"""The source whose reads are charts."""


def day_number(number: int) -> date:
    """Return day 1, 2, … of a history."""
    return FIRST_DAY + timedelta(days=number - 1)


DAYS = tuple(day_number(number) for number in range(1, LAST_DAY + 1))


def streams_of(rank: int) -> int:
    """Return the number of streams that a chart gives for a rank."""
    return 3_000_000_000 // rank


@dataclass(frozen=True)
class Entry:
    """An entry of a playlist. `kind` is track, null, episode or local; a null entry has no name."""

    kind: str
    name: str | None = None
    added_at: str | None = None
    popularity: int | None = None

    def for_oracle(self) -> oracle.Entry:
        """Return what is relevant for membership."""
        is_track = self.kind == "track"
        return oracle.Entry(self.name if is_track else None, self.added_at, self.kind in ("episode", "local"))


@dataclass(frozen=True)
class Read:
    """One attempt to read a playlist. `entries` is None if none were returned; `version` is the API's version id.

    `source` is the name of the import that it comes from, None if it is live.
    """

    list: str
    day: date
    outcome: str
    entries: tuple[Entry, ...] | None = None
    version: str | None = None
    arrives: date | None = None
    source: str | None = None

    @property
    def arrival(self) -> date:
        """The first day on which the store has it."""
        return max(self.arrives or self.day, self.day)


@dataclass(frozen=True)
class Asked:
    """A track that was requested by id."""

    day: date
    track: str
    popularity: int | None = None


class Popularity(NamedTuple):
    """A row of track_daily_popularity."""

    track: str
    day: date
    popularity: int
    is_imported: bool = False


@dataclass(frozen=True)
class History:
    """Reads in the order in which they were made, and the expected final rows.

    `known`: the tracks that are followed, and since when; None if all tracks found in playlists are followed.
    `rows` and `popularities` are None if the history does not specify them.
    """

    name: str
    why: str
    reads: tuple[Read, ...]
    asked: tuple[Asked, ...] = ()
    known: Mapping[str, date] | None = None
    not_watched: frozenset[date] = frozenset()
    rows: tuple[oracle.Stay, ...] | None = field(default=None, compare=False)
    popularities: tuple[Popularity, ...] | None = field(default=None, compare=False)

    @property
    def lists(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(read.list for read in self.reads))

    def is_known(self, track: str, today: date) -> bool:
        """Return whether a track is known once everything until today has arrived: followed, or found in an import."""
        if self.known is None or (track in self.known and self.known[track] <= today):
            return True
        return any(
            entry.kind == "track" and entry.name == track
            for read in self.reads
            if read.source and read.arrival <= today
            for entry in read.entries or ()
        )

    def is_watched(self, name: str, today: date) -> bool:
        """Return whether a playlist is on the watch-list of a day: from its first live read on."""
        live = any(read.list == name and not read.source and read.day <= today for read in self.reads)
        return live and today not in self.not_watched

    def versioned(self) -> Iterator[tuple[Read, str]]:
        """Return each read with its version id; without an explicit one, it is derived.

        A complete read has a new one if its entries differ from those of the previous complete live read,
        and an unchanged read has that of the previous complete live read. (Previous is in the order of days, not of
        writing or arrival.)
        """
        in_order = sorted(range(len(self.reads)), key=lambda index: (self.reads[index].day, index))
        versions: dict[int, str] = {}
        before: dict[str, tuple[Sequence[Entry], str]] = {}
        for number, index in enumerate(in_order, 1):
            read = self.reads[index]
            entries, version = before.get(read.list, ((), f"version {number}"))
            if read.outcome == "complete" and read.list in before and _claims(entries) != _claims(read.entries or ()):
                version = f"version {number}"
            versions[index] = read.version or version
            if read.outcome == "complete" and not read.source:
                before[read.list] = (read.entries or (), versions[index])
        for index, read in enumerate(self.reads):
            yield read, versions[index]


def _claims(entries: Sequence[Entry]) -> list[tuple[str, str | None, str | None]]:
    return [(entry.kind, entry.name, entry.added_at) for entry in entries]
