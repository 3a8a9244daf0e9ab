"""Histories as the runs of an extractor: who asked what on which day, and when the answers came to the store."""

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
    """The Spotify id of a list or track: histories share none."""
    return spotify_id(f"{history.name}/{name}")


@dataclass
class Run:
    """One run of one worker: a landing file. `slot` counts the runs of a day; a run that is late is one of its own."""

    day: date
    slot: int
    worker: int
    arrival: date
    histories: Sequence[History]
    reads: list[tuple[History, Read, str]] = field(default_factory=list)

    @property
    def started(self) -> datetime:
        """No two runs at once: a slot has four hours, of which each worker has two."""
        hours = 4 * self.slot + 2 * (self.worker == FOLLOWER)
        late = (self.arrival - self.day).days
        return datetime.combine(self.day, time(tzinfo=UTC)) + timedelta(hours=hours, minutes=5 * late)

    @property
    def name(self) -> str:
        token = hashlib.sha256(f"{self.started} {self.worker}".encode()).hexdigest()[:8]
        return f"{self.started:%Y%m%dT%H%M%S}-w{self.worker}-{token}"

    def watched(self) -> WatchList:
        """Lists from their first read on, unless they are taken off; tracks from the day on which they are known."""
        playlists = {
            id_of(history, name): f"{history.name}, {name}"
            for history in self.histories
            for name in history.lists
            if self.day not in history.not_watched
            and any(read.list == name and read.day <= self.day for read in history.reads)
        }
        tracks = {
            id_of(history, track): ""
            for history in self.histories
            for track, since in (history.known or {}).items()
            if since <= self.day
        }
        return WatchList(playlists, tracks, len(playlists), len(tracks))

    def asks(self) -> Iterator[tuple[History, str, int | None]]:
        """Tracks asked for by themselves, each day in its first run that is in time: which, and what is answered."""
        if self.slot == 1 and self.arrival == self.day:
            for history in self.histories:
                asked = [(each.track, each.popularity) for each in history.asked if each.day == self.day]
                asked += [(track, None) for track, day in (history.known or {}).items() if day == self.day]
                yield from ((history, track, popularity) for track, popularity in asked)


def runs_of(histories: Sequence[History]) -> list[Run]:
    """Every run that it takes to make these histories, in the order in which they were made.

    Both workers run on every day: a day without anybody would be a hole in all histories.
    """
    teams = {
        DISCOVERER: [history for history in histories if history.known is None],
        FOLLOWER: [history for history in histories if history.known is not None],
    }
    runs = {
        (day, 1, worker, day): Run(day, 1, worker, day, team) for day in DAYS for worker, team in teams.items() if team
    }
    for worker, team in teams.items():
        for history in team:
            slots: dict[tuple[str, date], int] = {}
            for read, version in history.versioned():
                slot = slots[read.list, read.day] = slots.get((read.list, read.day), 0) + 1
                key = (read.day, slot, worker, read.arrival)
                runs.setdefault(key, Run(*key, team)).reads.append((history, read, version))
    return sorted(runs.values(), key=lambda run: run.started)
