"""Read what changed in the playlists, from the published tables: for `changes` and for the end of a daily run.

A change is what two reads prove: it happened after `date_before` and no later than `date`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, repeat
from typing import Any

import duckdb

from extractor.config.on_change import KINDS
from extractor.config.settings import Config
from extractor.engines.duckdb.files import opened, quoted
from extractor.engines.published import Cursor, id_of, literal, records_of
from extractor.outputs.changes.words import day_of, identity, named
from extractor.outputs.missing import check_published

IS_OBSERVED = "outcome in ('complete', 'unchanged')"
IS_LIVE = "source is null"

# One query for DuckDB and PostgreSQL.
DAYS = f"""
select date, count(case when {IS_OBSERVED} then 1 end) > 0
from playlist_days
where {{is_asked}}
group by date
order by date
"""  # noqa: S608 (our own)
CALENDARS = f"""
select
    playlists.playlist_id,
    playlists.playlist_name,
    playlists.label,
    playlists.is_watched,
    {{is_asked}} as is_asked,
    min(case when {IS_OBSERVED} then date end) as first_observed,
    count(case when {IS_OBSERVED} and date > {{after}} and date <= {{through}} then 1 end) as observed_days,
    max(case when date = {{through}} then outcome end) as last_outcome
from playlists
left join playlist_days using (playlist_id)
group by playlists.playlist_id, playlists.playlist_name, playlists.label, playlists.is_watched
"""  # noqa: S608 (our own)
CHANGES = """
select
    changes.playlist_id,
    changes.change,
    changes.track_id,
    changes.track_name,
    changes.artists,
    track_info.isrc,
    case changes.change when 'removed' then stays.last_position else stays.entry_position end as position,
    changes.replaced_track_id,
    replaced.track_name as replaced_track_name,
    changes.date,
    changes.date_before
from changes_since({after}) as changes
left join track_info on changes.track_id = track_info.track_id
left join track_info as replaced on changes.replaced_track_id = replaced.track_id
left join tracks_in_playlist as stays
    on
        changes.playlist_id = stays.playlist_id
        and changes.track_id = stays.track_id
        and changes.date = case changes.change when 'removed' then stays.first_absent else stays.first_seen end
where
    changes.date <= {through}
    and {conditions}
"""
OF_ARTIST = """exists (
    select 1 from track_artists
    where artist_id = {artist} and track_artists.track_id in (changes.track_id, changes.replaced_track_id)
)"""


@dataclass(frozen=True)
class Change:
    """A change of a playlist. A replacement of a track id by another of the same recording is one change.

    `position` in the playlist: at the entry, or the last one of a removed track. `replaced…` is the track that left, if
    another id took its place, else null.
    """

    playlist_id: str
    playlist: str
    label: str | None
    change: str
    track_id: str
    track: str | None
    artists: str | None
    isrc: str | None
    position: int | None
    replaced_track_id: str | None
    replaced_track: str | None
    date_before: date
    date: date

    @property
    def title(self) -> str:
        """Return title and artists of the track; its id if it has no title."""
        return named(self.track or self.track_id, self.artists)

    @property
    def recording(self) -> str:
        """Return what the ids of a recording share: the ISRC, which may be in lower case; the id without one."""
        return self.isrc.upper() if self.isrc else self.track_id

    @property
    def what(self) -> tuple[str | None, ...]:
        """Return what identifies a change, together with the day on which it was seen."""
        return (self.playlist_id, self.change, self.track_id, self.replaced_track_id)

    @property
    def id(self) -> str:
        """Return the id of a change: always the same for the same change seen on the same day."""
        return identity((*self.what, self.date))


@dataclass(frozen=True)
class Asked:
    """Which changes: those later than `since`, or of the last `days` days; else those of the last observed day.

    `playlist`, `artist` and `track` are ids, URIs, links, labels or names.
    """

    since: date | None = None
    days: int | None = None
    playlist: str | None = None
    artist: str | None = None
    track: str | None = None


@dataclass(frozen=True)
class Tally:
    """Numbers of changes: `added` includes returned tracks."""

    added: int
    removed: int
    replaced: int

    @classmethod
    def of(cls, changes: Sequence[Change]) -> Tally:
        counts = Counter(change.change for change in changes)
        return cls(counts["added"] + counts["returned"], counts["removed"], counts["replaced"])

    def __str__(self) -> str:
        replaced = f"{self.replaced:,} replaced" if self.replaced else ""
        if replaced and not (self.added or self.removed):
            return replaced
        text = f"+{self.added:,} −{self.removed:,}"  # noqa: RUF001 (a minus sign, as wide as the plus)
        return f"{text}, {replaced}" if replaced else text


@dataclass(frozen=True)
class Changes:
    """The changes later than `since`, up to `through`, by playlist, newest first; and how well the period was observed.

    `through` is the last observed day of the period, None without one; `history` has the first and last one of all.
    `not_observed` names playlists with their last outcome, `first_reads` those whose first read is in the period, if
    others have an earlier one, with its day; `is_first` is true if no playlist has an earlier one. `about` names what
    was asked for, `key` identifies it; `is_of_playlist` is true if it is a playlist, alone or not.
    """

    since: date
    through: date | None
    history: tuple[date, date] | None
    observed: int
    not_observed: list[str]
    first_reads: list[str]
    is_first: bool
    is_of_playlist: bool
    about: list[str]
    key: str
    changes: list[Change]

    @property
    def tally(self) -> Tally:
        return Tally.of(self.changes)

    @property
    def compared(self) -> int:
        """Return how many playlists were read in the period and before it, so that changes could be seen."""
        return self.observed - len(self.first_reads)

    def by_playlist(self) -> list[list[Change]]:
        """Return the changes of each changed playlist."""
        groups = defaultdict(list)
        for change in self.changes:
            groups[change.playlist_id].append(change)
        return list(groups.values())

    def earlier(self) -> list[str]:
        """Return the playlists with changes that may have happened before the period, and since when."""
        since = [(group[0].playlist, min(change.date_before for change in group)) for group in self.by_playlist()]
        return [f"{name} (since {day_of(day)})" for name, day in since if day < self.since]

    def biggest(self) -> list[tuple[str, Tally]]:
        """Return the changed playlists with their numbers of changes, those with most changes first."""
        groups = sorted(self.by_playlist(), key=len, reverse=True)
        return [(group[0].playlist, Tally.of(group)) for group in groups]


def read_changes(config: Config, asked: Asked) -> Changes:
    """Return the changes that the published file proves.

    Raises WarehouseError if nothing is published, QueryError for a name that is unknown or ambiguous.
    """
    check_published(config.database)
    with opened(config.database, read_only=True, memory_limit=config.memory) as connection:
        return _read(connection.cursor(), asked)


def observed_days(cursor: Cursor) -> list[date]:
    """Return the days on which a playlist was read live and observed; if nothing was, those that were imported."""
    return _observed(_days(cursor, IS_LIVE)) or _observed(_days(cursor, "true"))


def _observed(days: list[tuple[date, bool]]) -> list[date]:
    return [day for day, is_observed in days if is_observed]


def playlist_names(cursor: Cursor) -> dict[str, tuple[str, str | None]]:
    """Return the distinct name and the label of each playlist."""
    rows = records_of(cursor, "select playlist_id, playlist_name, label from playlists")
    names = distinct_names(rows)
    return {row["playlist_id"]: (names[row["playlist_id"]], row["label"]) for row in rows}


def changes_of(cursor: Cursor, day: date) -> list[Change]:
    """Return the changes that were first seen on a day."""
    return _between(cursor, Asked(), day - timedelta(days=1), day, [day]).changes


def read_between(cursor: Cursor, since: date, observed: list[date]) -> Changes:
    """Return all changes later than `since`; `observed` are the observed days of the history, at least one."""
    return _between(cursor, Asked(), since, observed[-1], observed)


def _read(cursor: duckdb.DuckDBPyConnection, asked: Asked) -> Changes:
    ids = {
        kind: id_of(cursor, kind, name)
        for kind, name in (("playlist", asked.playlist), ("artist", asked.artist), ("track", asked.track))
        if name is not None
    }
    asked = Asked(asked.since, asked.days, **ids)
    days = _days(cursor, IS_LIVE if asked.playlist is None else _is(asked.playlist, "playlist_id"))
    if asked.playlist is None and not _observed(days):  # all that is known was imported
        days = _days(cursor, "true")
    observed = _observed(days)
    last = days[-1][0] if days else date.min + timedelta(days=1)
    if asked.since is not None:
        since = asked.since
    elif asked.days is not None:
        since = last - timedelta(days=min(asked.days, (last - date.min).days))
    else:
        last = observed[-1] if observed else last
        since = observed[-2] if len(observed) > 1 else last - timedelta(days=1)
    return _between(cursor, asked, since, last, observed)


def _between(cursor: Cursor, asked: Asked, since: date, last: date, observed: list[date]) -> Changes:
    """Return the changes later than `since` and no later than `last`. What is asked has ids, not names."""
    limits = {"after": literal(since), "through": literal(last)}
    calendars = records_of(cursor, CALENDARS.format(is_asked=_is(asked.playlist, "playlists.playlist_id"), **limits))
    names = distinct_names(calendars)
    conditions = [_is(asked.playlist, "changes.playlist_id")]
    if asked.track is not None:
        conditions.append(f"{quoted(asked.track)} in (changes.track_id, changes.replaced_track_id)")
    if asked.artist is not None:
        conditions.append(OF_ARTIST.format(artist=quoted(asked.artist)))
    rows = records_of(cursor, CHANGES.format(conditions=" and ".join(conditions), **limits))
    labels = {row["playlist_id"]: row["label"] for row in calendars}
    changes = [_change(row, names, labels) for row in rows]
    asked_for = sorted((row for row in calendars if row["is_asked"]), key=lambda row: names[row["playlist_id"]])
    days = [day for day in observed if since < day <= last]
    read = [row for row in asked_for if row["observed_days"]]
    return Changes(
        since=since,
        through=days[-1] if days else None,
        history=(observed[0], observed[-1]) if observed else None,
        observed=len(read),
        not_observed=[
            f"{names[row['playlist_id']]} ({(row['last_outcome'] or 'not_run').replace('_', ' ')})"
            for row in asked_for
            if row["is_watched"] and not row["observed_days"] and since < last
        ],
        first_reads=[
            f"{names[row['playlist_id']]} ({day_of(row['first_observed'])})"
            for row in read
            if row["first_observed"] > max(since, min(observed, default=since))
        ],
        is_first=all(row["first_observed"] > since and row["observed_days"] == 1 for row in read),
        is_of_playlist=asked.playlist is not None,
        about=_about(cursor, asked, names),
        key=" ".join(f"{kind}:{each}" for kind, each in _ids(asked).items() if each),
        changes=sorted(changes, key=_order),
    )


def _change(row: dict[str, Any], names: dict[str, str], labels: dict[str, str | None]) -> Change:
    playlist_id = row["playlist_id"]
    return Change(
        playlist_id=playlist_id,
        playlist=names.get(playlist_id, playlist_id),
        label=labels.get(playlist_id),
        change=row["change"],
        track_id=row["track_id"],
        track=row["track_name"],
        artists=row["artists"],
        isrc=row["isrc"],
        position=row["position"],
        replaced_track_id=row["replaced_track_id"],
        replaced_track=row["replaced_track_name"],
        date_before=row["date_before"],
        date=row["date"],
    )


def _order(change: Change) -> tuple[object, ...]:
    """Sort by playlist, then newest first, then by kind and title."""
    return (
        change.playlist.casefold(),
        change.playlist_id,
        -change.date.toordinal(),
        KINDS.index(change.change),
        change.title.casefold(),
        change.track_id,
    )


def distinct_names(playlists: list[dict[str, Any]]) -> dict[str, str]:
    """Return a name of each playlist: Spotify's, or else the label or the id.

    If several share it, the label follows in brackets; if they share that too, or have none, the id.
    """
    ids = [row["playlist_id"] for row in playlists]
    bare = {row["playlist_id"]: str(row["playlist_name"] or row["label"] or row["playlist_id"]) for row in playlists}
    labels = {row["playlist_id"]: row["label"] or row["playlist_id"] for row in playlists}
    names = bare
    for mark in chain((labels,), repeat({each: each for each in ids})):
        count = Counter(map(_as_seen, names.values()))
        shared = {each for each in ids if count[_as_seen(names[each])] > 1}
        if not shared:
            break
        names = names | {each: f"{bare[each]} ({mark[each]})" for each in shared}
    return names


def _as_seen(name: str) -> str:
    """Return a name with single blanks, as a reader sees it."""
    return " ".join(name.split())


def _ids(asked: Asked) -> dict[str, str | None]:
    return {"playlist": asked.playlist, "artist": asked.artist, "track": asked.track}


def _about(cursor: Cursor, asked: Asked, playlists: dict[str, str]) -> list[str]:
    found = [playlists[asked.playlist]] if asked.playlist else []
    if asked.artist:
        found += [
            row["artist_name"]
            for row in records_of(cursor, f"select artist_name from artists where {_is(asked.artist, 'artist_id')}")  # noqa: S608 (quoted)
        ]
    if asked.track:
        found += [
            named(row["track_name"] or asked.track, row["artists"])
            for row in records_of(
                cursor,
                f"select track_name, artists from track_info where {_is(asked.track, 'track_id')}",  # noqa: S608 (quoted)
            )
        ]
    return found


def _days(cursor: Cursor, is_asked: str) -> list[tuple[date, bool]]:
    """Return the days of the calendars, and whether anything was observed on each."""
    cursor.execute(DAYS.format(is_asked=is_asked))
    return [(day, bool(is_observed)) for day, is_observed in cursor.fetchall()]


def _is(value: str | None, column: str) -> str:
    return "true" if value is None else f"{column} = {quoted(value)}"
