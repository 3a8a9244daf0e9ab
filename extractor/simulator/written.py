"""Playlists whose days are written out in a test."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from extractor.simulator.failures import Failure
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.playlists import DayContent, Slot
from extractor.simulator.scenario import Claim, History, Kind, Padding, WrittenDay, WrittenEntry

NOON = 43_200

# Identifies an entry over the days: its kind and name, and its number among equal ones in the playlist.
Occurrence = tuple[Kind, str, int]


def written_contents(history: History, first_day: date) -> Iterator[DayContent]:
    """Yield the days of a playlist, without end; an unwritten day repeats the last one, or is a 404 without one."""
    runs: dict[Occurrence, str | None] = {}
    fillers = tuple(_filler(history.key, number, first_day) for number in range(history.fillers))
    name, slots = history.name, tuple[Slot | None, ...]()
    day = first_day
    while day < min(history.days):
        yield DayContent(name, (), Failure.usual(404), same_snapshot=True)
        day += timedelta(days=1)
    while True:
        written = history.days.get(day, WrittenDay())
        name = written.name or name
        if written.entries is not None:
            slots, runs = _slots(written.entries, runs, day)
        yield DayContent(name, _padded(slots, fillers, history.padding), written.failure, written.same_snapshot)
        day += timedelta(days=1)


def track_names(history: History) -> Iterator[str]:
    """Yield the names of the tracks that are ever in a playlist, including those that are always hidden."""
    for day in history.days.values():
        yield from (entry.name for entry in day.entries or () if entry is not None and entry.kind is Kind.TRACK)
    yield from (_filler_name(history.key, number) for number in range(history.fillers))


def _slots(
    entries: tuple[WrittenEntry | None, ...], runs: dict[Occurrence, str | None], day: date
) -> tuple[tuple[Slot | None, ...], dict[Occurrence, str | None]]:
    """Return the slots of a day, and the claim of each occurrence: the first of its present run."""
    seen: Counter[tuple[Kind, str]] = Counter()
    claims: dict[Occurrence, str | None] = {}
    slots: list[Slot | None] = []
    for entry in entries:
        if entry is None:
            slots.append(None)
            continue
        occurrence = (entry.kind, entry.name, seen[entry.kind, entry.name])
        seen[entry.kind, entry.name] += 1
        if isinstance(entry.added_at, Claim):
            claims[occurrence] = runs[occurrence] if occurrence in runs else _moment(day, _second(entry.name))
        else:
            claims[occurrence] = entry.added_at
        key = spotify_id(entry.name) if entry.kind is Kind.TRACK else entry.name
        slots.append(Slot(entry.kind, key, claims[occurrence], entry.hidden, entry.popularity))
    return tuple(slots), claims


def _padded(slots: tuple[Slot | None, ...], fillers: tuple[Slot, ...], padding: Padding) -> tuple[Slot | None, ...]:
    """Return the slots with the filler; an empty playlist stays empty, as its author intends."""
    if not slots:
        return ()
    return (*fillers, *slots) if padding is Padding.BEFORE else (*slots, *fillers)


def _filler(key: str, number: int, day: date) -> Slot:
    return Slot(Kind.TRACK, spotify_id(_filler_name(key, number)), _moment(day, NOON + number))


def _filler_name(key: str, number: int) -> str:
    return f"{key} filler {number}"


def _second(name: str) -> int:
    """Return a second of the morning: entries of one day must not claim the same instant, or one masks another."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % NOON


def _moment(day: date, second: int) -> str:
    return f"{day}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
