"""Histories as runs of an extractor: which worker requested what on which day, and when the store received it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from extractor.config.watch_list import WatchList
from extractor.simulator.identifiers import spotify_id
from tests.conformance.history import DAYS, History, Read

DISCOVERER, FOLLOWER = 1, 2
"""Two workers: one follows every track it finds in a list, the other only those that it was told to."""


def id_of(history: History, name: str) -> str:
    """Return the Spotify id of a playlist or track. Histories share no ids."""
    return spotify_id(f"{history.name}/{name}")


@dataclass
class Run:
    """One run of one worker: a landing file. `slot` counts the runs of a day; a run that is late is one of its own.

    An import is a run of worker 0 and slot 0, with a source.
    """

    day: date
    slot: int
    worker: int
    arrival: date
    histories: Sequence[History]
    source: str | None = None
    reads: list[tuple[History, Read, str]] = field(default_factory=list)

    @property
    def started(self) -> datetime:
        """Return the start time of a run. Runs do not overlap: a slot has four hours, two for each worker."""
        hours = 4 * self.slot + 2 * (self.worker == FOLLOWER)
        late = (self.arrival - self.day).days
        return datetime.combine(self.day, time(tzinfo=UTC)) + timedelta(hours=hours, minutes=5 * late)

    @property
    def name(self) -> str:
        if self.source:
            return f"import-{self.source}-{hashlib.sha256(str(self.started).encode()).hexdigest()[:16]}"
        token = hashlib.sha256(f"{self.started} {self.worker}".encode()).hexdigest()[:8]
        return f"{self.started:%Y%m%dT%H%M%S}-w{self.worker}-{token}"

    def watched(self) -> WatchList:
        """Return the watch-list: playlists from their first read on, tracks from the day they are known."""
        playlists = {
            id_of(history, name): f"{history.name}, {name}"
            for history in self.histories
            for name in history.lists
            if history.is_watched(name, self.day)
        }
        tracks = {
            id_of(history, track): ""
            for history in self.histories
            for track, since in (history.known or {}).items()
            if since <= self.day
        }
        return WatchList(playlists, tracks, len(playlists), len(tracks))

    def asks(self) -> Iterator[tuple[History, str, int | None]]:
        """Return tracks requested by id with their responses, each day in its first run that is on time."""
        if self.slot == 1 and self.arrival == self.day:
            for history in self.histories:
                asked = [(each.track, each.popularity) for each in history.asked if each.day == self.day]
                asked += [(track, None) for track, day in (history.known or {}).items() if day == self.day]
                yield from ((history, track, popularity) for track, popularity in asked)


def runs_of(histories: Sequence[History]) -> list[Run]:
    """Return every run that these histories need, in the order in which they were made.

    Both workers run every day: a day without a run would be a gap in all histories.
    """
    teams = {
        DISCOVERER: [history for history in histories if history.known is None],
        FOLLOWER: [history for history in histories if history.known is not None],
    }
    runs = {
        (day, 1, worker, day): Run(day, 1, worker, day, team) for day in DAYS for worker, team in teams.items() if team
    }
    imports: dict[tuple[date, str, date], Run] = {}
    for worker, team in teams.items():
        for history in team:
            slots: dict[tuple[str, date], int] = {}
            for read, version in history.versioned():
                if read.source:
                    import_key = (read.day, read.source, read.arrival)
                    run = Run(read.day, 0, 0, read.arrival, [], read.source)
                    imports.setdefault(import_key, run).reads.append((history, read, version))
                    continue
                slot = slots[read.list, read.day] = slots.get((read.list, read.day), 0) + 1
                key = (read.day, slot, worker, read.arrival)
                runs.setdefault(key, Run(*key, team)).reads.append((history, read, version))
    return sorted([*runs.values(), *imports.values()], key=lambda run: run.started)
