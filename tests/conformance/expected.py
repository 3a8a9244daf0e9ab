"""Expected rows of a history of which some has arrived, computed by plain loops and the oracle of tests/pipeline."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from tests.conformance.history import CHARTS, DAYS, History, Popularity, Read, streams_of
from tests.pipeline import oracle

CalendarDay = tuple[str, date, str, str | None]
"""A row of playlist_days: list, day, outcome, source."""


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
    title: str
    imported: bool

    @property
    def credit(self) -> tuple[bool, bool, datetime]:
        """Return the sort key of a day's values: live, not a playlist's 0, the latest."""
        return not self.imported, not (self.in_list and self.popularity == 0), self.observed_at


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
        before: date | None = None
        for read, entries in oracle.usable_contents(read for read in reads if read.playlist_id == name):
            content = {entry.track_id for entry in entries if entry.track_id and not entry.other}
            of_list = [stay for stay in stays_of_all_tracks if stay.playlist_id == name]
            added = sum(stay.first_seen == read.day for stay in of_list) if before else None
            removed = sum(stay.first_absent == read.day for stay in of_list) if before else None
            days = (read.day - before).days if before else None
            rows.append(PlaylistDay(name, read.day, len(content), added, removed, days))
            before = read.day
    return sorted(rows)


def calendar(history: History, today: date = DAYS[-1]) -> list[CalendarDay]:
    """Return the rows of playlist_days, from a playlist's first read to the last day with a live read of any playlist.

    That of an imported playlist ends with its last read.
    """
    rows: list[CalendarDay] = []
    for name in history.lists:
        reads = [read for read in judged_reads(history, today) if read.playlist_id == name]
        counted = {read.day: (read.outcome, read.source) for read in oracle.counted_reads(reads)}
        if counted:
            day = min(counted)
            end = today if any(not read.source for read in reads) else max(counted)
            while day <= end:
                rows.append((name, day, *counted.get(day, ("not_run", None))))
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
        Popularity(track, day, seen.popularity, seen.imported)
        for (track, day), seen in latest.items()
        if seen.popularity is not None  # never true; for the type checker
    )


def titles(history: History, sightings: Iterable[Sighting], today: date = DAYS[-1]) -> list[tuple[str, str, date]]:
    """Return the versions of each known track's title: the latest one of a day; an imported one if none is live."""
    rows: list[tuple[str, str, date]] = []
    by_track: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        if history.is_known(sighting.track, today):
            by_track.setdefault(sighting.track, []).append(sighting)
    for track, seen in by_track.items():
        title = None
        counted = [each for each in seen if not each.imported] or seen
        for day in sorted({each.day for each in counted}):
            latest = max((each for each in counted if each.day == day), key=lambda each: each.observed_at)
            if latest.title != title:
                title = latest.title
                rows.append((track, title, day))
    return sorted(rows)


def sources(history: History, today: date) -> dict[tuple[str, date], str | None]:
    """Return the import of the counted read of each playlist and day; None if it is live."""
    return {
        (name, read.day): read.source
        for name in history.lists
        for read in oracle.counted_reads(read for read in judged_reads(history, today) if read.playlist_id == name)
    }


def imported_stays(history: History, today: date = DAYS[-1]) -> list[tuple[str, str, int, bool]]:
    """Return whether a read that gives a day of each stay is imported."""
    source = sources(history, today)
    rows = []
    for stay in stays(history, today):
        days = (stay.first_seen, stay.last_seen, stay.first_absent)
        imported = any(source[stay.playlist_id, day] for day in days if day)
        rows.append((stay.playlist_id, stay.track_id, stay.stay_number, imported))
    return rows


def imported_changes(history: History, today: date = DAYS[-1]) -> list[tuple[str, str, date, date, bool]]:
    """Return the changes that stays show, and whether one of the two reads is imported."""
    source = sources(history, today)
    usable = {
        (name, read.day)
        for name in history.lists
        for read, _ in oracle.usable_contents(read for read in judged_reads(history, today) if read.playlist_id == name)
    }
    rows = []
    for stay in stays(history, today):
        name = stay.playlist_id
        steps = [(stay.first_seen, max((d for of, d in usable if of == name and d < stay.first_seen), default=None))]
        steps += [(stay.first_absent, stay.last_seen)] if stay.first_absent else []
        for day, before in steps:
            if before:
                rows.append((name, stay.track_id, day, before, bool(source[name, day] or source[name, before])))
    return sorted(rows)


def playlists(history: History, today: date = DAYS[-1]) -> list[tuple[str, str, bool]]:
    """Return the rows of playlists: those that were watched or imported, and which of them are charts."""
    arrived = [read for read in history.reads if read.arrival <= today]
    rows = []
    for name in history.lists:
        was_watched = any(history.is_watched(name, day) for day in DAYS if day <= today)
        if was_watched or any(read.list == name for read in arrived):
            is_chart = any(read.list == name and read.source == CHARTS for read in arrived)
            rows.append((name, "chart" if is_chart else "playlist", history.is_watched(name, today)))
    return sorted(rows)


def chart_positions(history: History, today: date = DAYS[-1]) -> list[tuple[str, date, str | None, int, int]]:
    """Return the positions of the read that counts of each chart and day: complete before partial, then the latest."""
    best: dict[tuple[str, date], Read] = {}
    for read in history.reads:
        rival = best.get((read.list, read.day))
        is_better = rival is None or rival.outcome != "complete" or read.outcome == "complete"
        if read.source == CHARTS and read.arrival <= today and is_better:
            best[read.list, read.day] = read
    return sorted(
        (name, day, entry.name, rank, streams_of(rank))
        for (name, day), read in best.items()
        for rank, entry in enumerate(read.entries or (), 1)
        if entry.kind == "track"
    )


def judged_reads(history: History, today: date = DAYS[-1]) -> Iterator[oracle.Read]:
    """Return the reads that have arrived, for the oracle.

    An `unchanged` read is accepted only if the last complete live read before its day, of those that have arrived, has
    the same version. Otherwise it refers to unknown content and counts as partial.
    """
    arrived = [(read, version) for read, version in history.versioned() if read.arrival <= today]
    for read, version in arrived:
        outcome = read.outcome
        if outcome == "unchanged":
            complete = [
                (other.day, order, its_version)
                for order, (other, its_version) in enumerate(arrived)
                if other.list == read.list and other.outcome == "complete" and other.day < read.day and not other.source
            ]
            if not complete or max(complete)[2] != version:
                outcome = "partial"
        entries = tuple(entry.for_oracle() for entry in read.entries or ())
        yield oracle.Read(read.list, read.day, outcome, entries if outcome == "complete" else (), read.source)
