"""Expected rows of a history of which some has arrived, computed by plain loops and the oracle of tests/pipeline."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from tests.conformance.history import DAYS, History, Popularity
from tests.pipeline import oracle

CalendarDay = tuple[str, date, str]
"""A row of playlist_days: list, day, outcome."""


class PlaylistDay(NamedTuple):
    """Size and changes of a playlist on a usable day; the changes are null on the first one."""

    playlist_id: str
    date: date
    size: int
    added: int | None
    removed: int | None
    days_since_usable: int | None


class Sighting(NamedTuple):
    """A track in a response of any endpoint."""

    track: str
    day: date
    observed_at: datetime
    popularity: int | None
    in_list: bool

    @property
    def credit(self) -> tuple[bool, datetime]:
        """Return the sort key of a day's values: the latest counts, but a playlist's 0 only without any other value."""
        return not (self.in_list and self.popularity == 0), self.observed_at


def stays(history: History, today: date = DAYS[-1]) -> list[oracle.Stay]:
    """Return the rows of tracks_in_playlist, with the history's names instead of ids."""
    rows = oracle.tracks_in_playlist(judged_reads(history, today))
    return [row for row in rows if history.is_known(row.track_id, today)]


def ends(history: History, today: date = DAYS[-1]) -> list[oracle.Ends]:
    """Return what tracks_in_playlist says of the ends of each stay."""
    rows = oracle.ends_of_stays(judged_reads(history, today))
    return [row for row in rows if history.is_known(row.track_id, today)]


def changes(history: History, today: date = DAYS[-1]) -> list[PlaylistDay]:
    """Return what playlist_days says of the size and the changes of each usable day, also of unknown tracks."""
    reads = list(judged_reads(history, today))
    stays_of_all_tracks = oracle.tracks_in_playlist(reads)
    rows: list[PlaylistDay] = []
    for name in history.lists:
        content: set[str | None] = set()
        before: date | None = None
        for read in oracle.counted_reads(read for read in reads if read.playlist_id == name):
            if read.outcome == "complete":
                content = {entry.track_id for entry in read.entries if entry.track_id and not entry.other}
            if read.outcome not in ("complete", "unchanged"):
                continue
            of_list = [stay for stay in stays_of_all_tracks if stay.playlist_id == name]
            added = sum(stay.first_seen == read.day for stay in of_list) if before else None
            removed = sum(stay.first_absent == read.day for stay in of_list) if before else None
            days = (read.day - before).days if before else None
            rows.append(PlaylistDay(name, read.day, len(content), added, removed, days))
            before = read.day
    return sorted(rows)


def calendar(history: History, today: date = DAYS[-1]) -> list[CalendarDay]:
    """Return the rows of playlist_days, from a playlist's first read to the last day with a read of any playlist."""
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
    """Return the rows of track_daily_popularity of known tracks: the latest value of a day."""
    latest: dict[tuple[str, date], Sighting] = {}
    for sighting in sightings:
        key = (sighting.track, sighting.day)
        if sighting.popularity is not None and history.is_known(sighting.track, today):
            latest[key] = max(latest.get(key, sighting), sighting, key=lambda seen: seen.credit)
    return sorted(
        Popularity(track, day, seen.popularity)
        for (track, day), seen in latest.items()
        if seen.popularity is not None  # never true; for the type checker
    )


def judged_reads(history: History, today: date = DAYS[-1]) -> Iterator[oracle.Read]:
    """Return the reads that have arrived, for the oracle.

    An `unchanged` read is accepted only if the last complete read before its day, of those that have arrived, has the
    same version. Otherwise it refers to unknown content and counts as partial.
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
