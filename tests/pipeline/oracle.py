"""The expected rows of tracks_in_playlist, in plain loops: sections 3 and 4 of the design, read by read.

The reads of a playlist are processed in the order of days. Days without a read are absent and prove nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

BEST_FIRST = ("complete", "unchanged", "partial", "unavailable", "failed")
FIRST_BELIEVABLE_CLAIM = date(2006, 1, 1)
DAY = timedelta(days=1)


class Entry(NamedTuple):
    """An entry of a playlist. A null entry has no track, nor have local files and episodes, which are `other`."""

    track_id: str | None
    added_at: str | None
    other: bool = False

    @property
    def is_null(self) -> bool:
        return self.track_id is None and not self.other


@dataclass(frozen=True)
class Read:
    """One attempt to read a playlist on a day, imported if it has a source. `unchanged` has no entries of its own."""

    playlist_id: str
    day: date
    outcome: str
    entries: Sequence[Entry] = ()
    source: str | None = None

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """The sort key of the reads of a day: usable before others, live before imported, then the best."""
        is_usable = self.outcome in ("complete", "unchanged")
        return not is_usable, self.source is not None, BEST_FIRST.index(self.outcome)


class Stay(NamedTuple):
    """A row of tracks_in_playlist, in the order of its columns."""

    playlist_id: str
    track_id: str
    stay_number: int
    added_at: date
    last_seen: date
    first_seen: date
    first_absent: date | None
    added_at_source: str
    starts_before_watch: bool
    is_current: bool
    days_seen: int


class Ends(NamedTuple):
    """What a row of tracks_in_playlist says of the ends of a stay, and of its length in days."""

    playlist_id: str
    track_id: str
    stay_number: int
    entry_position: int
    last_position: int
    days_min: int
    days_max: int | None
    is_ended: bool


@dataclass
class OpenStay:
    """A stay that is still being extended while reads are processed."""

    first_read: Read
    read_before: date | None
    last_seen: date
    last_claims: set[str | None]
    entry_position: int
    last_position: int
    days_seen: int = 1
    first_absent: date | None = None


def tracks_in_playlist(reads: Iterable[Read]) -> list[Stay]:
    """Return the rows for `reads`, given in the order in which they were made."""
    return sorted(_row(*each) for each in _stays(reads))


def ends_of_stays(reads: Iterable[Read]) -> list[Ends]:
    """Return what the rows for `reads` say of the ends of each stay."""
    return sorted(_ends(*each) for each in _stays(reads))


def _stays(reads: Iterable[Read]) -> Iterator[tuple[str, int, OpenStay]]:
    by_list: dict[str, list[Read]] = {}
    for read in reads:
        by_list.setdefault(read.playlist_id, []).append(read)
    for list_reads in by_list.values():
        yield from _stays_of_a_list(list_reads)


def counted_reads(reads: Iterable[Read]) -> list[Read]:
    """Return the counted read of each day, in the order of days: by rank, then the latest."""
    counted: dict[date, Read] = {}
    for read in reads:
        rival = counted.get(read.day)
        if rival is None or read.rank <= rival.rank:
            counted[read.day] = read
    return [counted[day] for day in sorted(counted)]


def usable_contents(reads: Iterable[Read]) -> Iterator[tuple[Read, Sequence[Entry]]]:
    """Return the counted reads of one playlist that are complete or unchanged, with what the playlist held."""
    live: Sequence[Entry] | None = None  # of the last complete live read, to which `unchanged` refers
    for read in counted_reads(reads):
        if read.outcome == "complete":
            live = live if read.source else read.entries
            yield read, read.entries
        elif read.outcome == "unchanged":
            assert live is not None, "unchanged since a read that is not known"
            yield read, live


def _stays_of_a_list(reads: Iterable[Read]) -> Iterator[tuple[str, int, OpenStay]]:
    stays: dict[str, list[OpenStay]] = {}
    day_before: date | None = None
    for read, content in usable_contents(reads):
        held: dict[str, set[str | None]] = {}
        positions: dict[str, int] = {}
        for position, entry in enumerate(content, 1):
            if entry.track_id is not None and not entry.other:
                held.setdefault(entry.track_id, set()).add(entry.added_at)
                positions.setdefault(entry.track_id, position)
        null_claims = {entry.added_at for entry in content if entry.is_null}
        for track_id, claims in held.items():
            track_stays = stays.setdefault(track_id, [])
            if track_stays and track_stays[-1].first_absent is None:
                track_stays[-1].last_seen = read.day
                track_stays[-1].last_claims = claims
                track_stays[-1].last_position = positions[track_id]
                track_stays[-1].days_seen += 1
            else:
                first_read = Read(read.playlist_id, read.day, read.outcome, content)
                position = positions[track_id]
                track_stays.append(OpenStay(first_read, day_before, read.day, claims, position, position))
        for track_id, track_stays in stays.items():
            stay = track_stays[-1]
            masked = bool(stay.last_claims & null_claims)
            if track_id not in held and stay.first_absent is None and not masked:
                stay.first_absent = read.day
        day_before = read.day
    for track_id, track_stays in stays.items():
        for number, stay in enumerate(track_stays, 1):
            yield track_id, number, stay


def _row(track_id: str, number: int, stay: OpenStay) -> Stay:
    first_seen = stay.first_read.day
    claim = _earliest_claim(track_id, stay.first_read)
    believed = (
        claim is not None
        and claim >= FIRST_BELIEVABLE_CLAIM
        and claim <= first_seen
        and (stay.read_before is None or claim >= stay.read_before)
    )
    return Stay(
        playlist_id=stay.first_read.playlist_id,
        track_id=track_id,
        stay_number=number,
        added_at=claim if believed and claim else first_seen,
        last_seen=stay.last_seen,
        first_seen=first_seen,
        first_absent=stay.first_absent,
        added_at_source="claimed" if believed else "observed",
        starts_before_watch=stay.read_before is None,
        is_current=stay.first_absent is None,
        days_seen=stay.days_seen,
    )


def _ends(track_id: str, number: int, stay: OpenStay) -> Ends:
    row = _row(track_id, number, stay)
    # The earliest day on which the stay can have begun: the claim, or the day after the read without the track.
    earliest = row.added_at if row.added_at_source == "claimed" else stay.read_before and stay.read_before + DAY
    return Ends(
        playlist_id=row.playlist_id,
        track_id=track_id,
        stay_number=number,
        entry_position=stay.entry_position,
        last_position=stay.last_position,
        days_min=(row.last_seen - row.added_at).days + 1,
        days_max=(row.first_absent - earliest).days if row.first_absent and earliest else None,
        is_ended=row.first_absent is not None,
    )


def _earliest_claim(track_id: str, read: Read) -> date | None:
    claims = [entry.added_at for entry in read.entries if entry.track_id == track_id and entry.added_at is not None]
    instants = [datetime.fromisoformat(claim).astimezone(UTC) for claim in claims]
    return min(instants).date() if instants else None
