"""What must be known of a history when some of it has arrived: plain loops, and the oracle of tests/pipeline."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from tests.conformance.history import DAYS, History, Popularity
from tests.pipeline import oracle

CalendarDay = tuple[str, date, str]
"""A row of playlist_days: list, day, outcome."""


class Sighting(NamedTuple):
    """A track in an answer, whatever was asked."""

    track: str
    day: date
    observed_at: datetime
    popularity: int | None
    in_list: bool

    @property
    def credit(self) -> tuple[bool, datetime]:
        """Which of a day's answers counts: the latest, but a list's 0 only where nothing else was said."""
        return not (self.in_list and self.popularity == 0), self.observed_at


def stays(history: History, today: date = DAYS[-1]) -> list[oracle.Stay]:
    """The rows of tracks_in_playlist, with the names of the history for ids."""
    rows = oracle.tracks_in_playlist(judged_reads(history, today))
    return [row for row in rows if history.is_known(row.track_id, today)]


def calendar(history: History, today: date = DAYS[-1]) -> list[CalendarDay]:
    """The rows of playlist_days, from a list's first read to the last day that any list of the world was read."""
    rows: list[CalendarDay] = []
    for name in history.lists:
        reads = [read for read in judged_reads(history, today) if read.playlist_id == name]
        outcomes = {read.day: read.outcome for read in oracle.counted_reads(reads)}
        if outcomes:
            day = min(outcomes)
            while day <= today:
                rows.append((name, day, outcomes.get(day, "not_run")))
                day += timedelta(days=1)
    return sorted(rows)


def popularities(history: History, sightings: Iterable[Sighting], today: date = DAYS[-1]) -> list[Popularity]:
    """The rows of track_daily_popularity of known tracks: the latest answer of a day that said anything."""
    latest: dict[tuple[str, date], Sighting] = {}
    for sighting in sightings:
        key = (sighting.track, sighting.day)
        if sighting.popularity is not None and history.is_known(sighting.track, today):
            latest[key] = max(latest.get(key, sighting), sighting, key=lambda seen: seen.credit)
    return sorted(
        Popularity(track, day, seen.popularity)
        for (track, day), seen in latest.items()
        if seen.popularity is not None  # never, but for the type
    )


def judged_reads(history: History, today: date = DAYS[-1]) -> Iterator[oracle.Read]:
    """The reads that have arrived, for the oracle.

    An `unchanged` is what it says only if the last complete read before its day, as far as it has arrived, has the
    same version; else it refers to something unknown, and is as good as partial.
    """
    arrived = [(read, version) for read, version in history.versioned() if read.arrival <= today]
    for read, version in arrived:
        outcome = read.outcome
        if outcome == "unchanged":
            complete = [
                (other.day, order, its_version)
                for order, (other, its_version) in enumerate(arrived)
                if other.list == read.list and other.outcome == "complete" and other.day < read.day
            ]
            if not complete or max(complete)[2] != version:
                outcome = "partial"
        entries = tuple(entry.for_oracle() for entry in read.entries or ())
        yield oracle.Read(read.list, read.day, outcome, entries if outcome == "complete" else ())
