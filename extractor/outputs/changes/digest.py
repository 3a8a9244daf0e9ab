"""Read what happened in a week or a month, for a digest to mail; each part is of limited length."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from extractor.config.settings import Config
from extractor.engines.duckdb.files import opened
from extractor.engines.published import Cursor, literal, records_of
from extractor.errors import WarehouseError, counted
from extractor.outputs.alarms import alarms_of
from extractor.outputs.changes.lately import COUNTS
from extractor.outputs.changes.read import IS_OBSERVED, Tally, observed_days, playlist_names
from extractor.outputs.changes.words import address, day_of, named, some
from extractor.outputs.missing import check_published

DAYS = {"week": 7, "month": 28}
"""Observed days of a digest."""

MOST = 10
"""Entries of each part."""

NOISE = 2
"""A popularity that moves by so much in a week has not moved: it is the threshold of the report, too."""

PLAYLISTS = """
select
    playlist_id,
    count(*) filter (not is_replacement and change <> 'removed') as added,
    count(*) filter (not is_replacement and change = 'removed') as removed,
    count(*) filter (is_replacement and change <> 'removed') as replaced,
    min(date_before) as date_before
from playlist_changes
where date > {since} and date <= {last}
group by playlist_id
order by added + removed + replaced desc, playlist_id
"""
# Of a recording with several ids, the first one.
ENTERED = """
with entered as (
    select
        changes.playlist_id,
        changes.track_id,
        track_name,
        artists,
        coalesce(upper(isrc), changes.track_id) as recording
    from playlist_changes as changes
    left join track_info on changes.track_id = track_info.track_id
    where date > {since} and date <= {last} and change <> 'removed' and not is_replacement
)

select
    min(track_id) as track_id,
    arg_min(track_name, track_id) as track,
    arg_min(artists, track_id) as artists,
    list(distinct playlist_id order by playlist_id) as playlists
from entered
group by recording
having count(distinct playlist_id) > 1
order by count(distinct playlist_id) desc, track, min(track_id)
"""
# 0 may mean that Spotify has no value, so it is left out. Of a recording with several ids, the one that moved most.
MOVED = """
with moved as (
    select track_id, arg_min(popularity, date) as before, arg_max(popularity, date) as after
    from track_daily_popularity
    where popularity > 0 and date >= {since} and date <= {last}
    group by track_id
    having count(*) > 1
)

select moved.*, after - before as change, track_name as track, artists
from moved
left join track_info on moved.track_id = track_info.track_id
qualify row_number() over (
    partition by coalesce(upper(isrc), moved.track_id) order by abs(after - before) desc, moved.track_id
) = 1
order by abs(change) desc, track, moved.track_id
"""
ARTISTS = """
with stays as (
    select artist_id,
        any_value(artist_name) as artist,
        bool_or(first_seen <= {since} and (first_absent is null or first_absent > {since})) as was,
        bool_or(first_seen <= {last} and (first_absent is null or first_absent > {last})) as is_now,
        bool_or(first_seen > {since} and not starts_before_watch) as came
    from tracks_in_playlist
    inner join track_artists on tracks_in_playlist.track_id = track_artists.track_id
    where artist_id is not null
    group by artist_id
)

select artist_id, artist, is_now
from stays
where was <> is_now and (was or came)
order by artist, artist_id
"""
FIRST_READ = f"""
select playlist_id, min(date) as first_read
from playlist_days
where {IS_OBSERVED}
group by playlist_id
having min(date) > {{since}} and min(date) <= {{last}}
order by first_read, playlist_id
"""  # noqa: S608 (our own)
NOT_OBSERVED = f"""
select playlist_id, count(*) as days, count(*) filter ({IS_OBSERVED}) as observed
from playlist_days
inner join playlists using (playlist_id)
where is_watched and date > {{since}} and date <= {{last}}
group by playlist_id
having count(*) filter ({IS_OBSERVED}) < count(*)
order by observed - days, playlist_id
"""  # noqa: S608 (our own)


@dataclass(frozen=True)
class Entry:
    """An entry of a digest: a name, what is said of it, and the link to its page."""

    name: str
    about: str = ""
    link: str | None = None


@dataclass(frozen=True)
class Part:
    """A part of a digest: its first entries, and how many there are. `note` says what was compared."""

    title: str
    entries: list[Entry]
    total: int
    note: str = ""

    @classmethod
    def of(cls, title: str, entries: list[Entry], note: str = "") -> Part:
        return cls(title, entries[:MOST], len(entries), note)


@dataclass(frozen=True)
class Digest:
    """What happened after `since`, up to `through`, on so many observed days. Parts without entries are left out."""

    since: date
    through: date
    days: int
    tally: Tally
    playlists: int
    parts: list[Part]


def read_digest(config: Config, period: str) -> Digest:
    """Return the digest of a week or a month, up to the last observed day.

    Raises WarehouseError if nothing is published, or if there are not two observed days to compare.
    """
    check_published(config.database)
    with opened(config.database, read_only=True, memory_limit=config.memory) as connection:
        cursor = connection.cursor()
        observed = observed_days(cursor)
        if len(observed) < 2:
            so_far = counted(len(observed), "observed day")
            raise WarehouseError(f"{config.database}: a digest compares two observed days; so far it has {so_far}")
        days = min(DAYS[period], len(observed) - 1)
        since, last = observed[-days - 1], observed[-1]
        cursor.execute(COUNTS.format(since=literal(since), last=literal(last)))
        [(added, removed, replaced, playlists)] = cursor.fetchall()
        parts = [*_parts(cursor, since, last), Part.of("Alarms", [*map(Entry, alarms_of(cursor, config.alarms))])]
    kept = [part for part in parts if part.entries or part.note]
    return Digest(since, last, days, Tally(added, removed, replaced), playlists, kept)


def _parts(cursor: Cursor, since: date, last: date) -> list[Part]:
    names = {playlist_id: name for playlist_id, (name, _) in playlist_names(cursor).items()}
    found = {
        query: records_of(cursor, query.format(since=literal(since), last=literal(last)))
        for query in (PLAYLISTS, ENTERED, MOVED, ARTISTS, FIRST_READ, NOT_OBSERVED)
    }
    changed = [
        Entry(
            names[row["playlist_id"]],
            _perhaps_before(Tally(row["added"], row["removed"], row["replaced"]), row["date_before"], since),
            address("playlist", row["playlist_id"]),
        )
        for row in found[PLAYLISTS]
    ]
    entered = [_track(row, some(sorted(names[each] for each in row["playlists"]), MOST)) for row in found[ENTERED]]
    begun = [
        Entry(names[row["playlist_id"]], day_of(row["first_read"]), address("playlist", row["playlist_id"]))
        for row in found[FIRST_READ]
    ]
    missed = [
        Entry(names[row["playlist_id"]], f"{row['observed']} of {counted(row['days'], 'day')} observed")
        for row in found[NOT_OBSERVED]
    ]
    return [
        Part.of("Playlists with most changes", changed),
        Part.of("Entered several playlists", entered),
        *_movers(found[MOVED]),
        *_artists(found[ARTISTS]),
        Part.of("Read for the first time", begun, "Earlier changes are unknown." if begun else ""),
        Part.of("Not observed every day", missed),
    ]


def _perhaps_before(tally: Tally, date_before: date, since: date) -> str:
    """Return the numbers of a playlist's changes, and whether they may be older than the period."""
    return f"{tally}, some perhaps since {day_of(date_before)}" if date_before < since else str(tally)


def _movers(rows: list[dict[str, Any]]) -> list[Part]:
    """Return the tracks whose popularity rose and fell most. The rows come with the biggest moves first."""
    note = f"{counted(len(rows), 'recording')} compared; moves of up to {NOISE} are noise" if rows else ""
    entries = [(row["change"], _track(row, f"{row['before']} to {row['after']}")) for row in rows]
    rises = [entry for change, entry in entries if change > NOISE]
    falls = [entry for change, entry in entries if change < -NOISE]
    return [Part.of("Popularity rose most", rises, note), Part.of("Popularity fell most", falls)]


def _artists(rows: list[dict[str, Any]]) -> list[Part]:
    by_now: dict[bool, list[Entry]] = {True: [], False: []}
    for row in rows:
        by_now[row["is_now"]].append(Entry(row["artist"], link=address("artist", row["artist_id"])))
    return [Part.of("Artists gained", by_now[True]), Part.of("Artists lost", by_now[False])]


def _track(row: dict[str, Any], about: str) -> Entry:
    return Entry(named(row["track"] or row["track_id"], row["artists"]), about, address("track", row["track_id"]))
