"""Small worlds: what each playlist held on some days of January 2026."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Held = Mapping[str, Mapping[int, str]]
"""By the id of a playlist and the day: the tracks, as letters. A playlist is read on no other day."""


def small(
    held: Held,
    *,
    last: int,
    until: Mapping[str, int] | None = None,
    names: Mapping[str, tuple[str | None, str | None]] | None = None,
    followers: Mapping[str, Mapping[int, int]] | None = None,
    popularity: Mapping[int, int] | None = None,
) -> str:
    """Return the rows of a world of `last` days.

    Track `A` is called `Track A`, by the artist `Artist A`. A playlist is called as its id, unless `names` has a name
    and a label; after the day that `until` has, it is no longer watched. `popularity` is that of each track by day.
    """
    rows: list[str] = []
    letters = sorted({letter for days in held.values() for tracks in days.values() for letter in tracks})
    for letter in letters:
        rows += [
            insertion("track_info", track_id=letter, track_name=f"Track {letter}", artists=f"Artist {letter}"),
            insertion("artists", artist_id=f"by-{letter}", artist_name=f"Artist {letter}"),
            insertion("track_artists", track_id=letter, artist_position=1, artist_id=f"by-{letter}"),
        ]
        rows += [
            insertion("track_daily_popularity", track_id=letter, date=day_of(day), popularity=value)
            for day, value in (popularity or {}).items()
        ]
    rows.append(insertion("runs", run_id="r", kind="read", date=day_of(last), exit_code=0))
    for playlist, days in held.items():
        name, label = (names or {}).get(playlist, (playlist, None))
        end = (until or {}).get(playlist, last)
        watched = {"is_watched": end == last}
        rows.append(insertion("playlists", playlist_id=playlist, playlist_name=name, label=label, **watched))
        rows += _of_playlist(playlist, days, end, (followers or {}).get(playlist, {}))
    return "\n".join(rows)


def day_of(day: int) -> str:
    return f"2026-01-{day:02d}"


def _of_playlist(playlist: str, days: Mapping[int, str], end: int, followers: Mapping[int, int]) -> Iterable[str]:
    reads = sorted(days)
    for day in range(reads[0] if reads else 1, end + 1):
        before = max((read for read in reads if read < day), default=None)
        facts: dict[str, Any] = {"outcome": "failed", "reason": "no answer"}
        if day in days:
            facts = {"outcome": "complete", "size": len(days[day]), "entries": len(days[day])}
            if before is not None:
                facts["added"] = len(set(days[day]) - set(days[before]))
                facts["removed"] = len(set(days[before]) - set(days[day]))
                facts["days_since_usable"] = day - before
        yield insertion("playlist_days", playlist_id=playlist, date=day_of(day), followers=followers.get(day), **facts)
    for place, read in enumerate(reads):
        until = reads[place + 1] - 1 if place + 1 < len(reads) else read
        for position, track in enumerate(days[read], 1):
            entry = {"position": position, "kind": "track", "track_id": track}
            yield insertion("tracklists", playlist_id=playlist, first_day=day_of(read), last_day=day_of(until), **entry)
    for track in sorted({track for tracks in days.values() for track in tracks}):
        yield from _of_track(playlist, track, days, reads)


def _of_track(playlist: str, track: str, days: Mapping[int, str], reads: list[int]) -> Iterable[str]:
    stays: list[tuple[list[int], int | None]] = []
    for place, read in enumerate(reads):
        is_there, was_there = track in days[read], place > 0 and track in days[reads[place - 1]]
        if is_there and not was_there:
            stays.append(([], None))
        if is_there:
            stays[-1][0].append(read)
        elif was_there:
            stays[-1] = (stays[-1][0], read)
        if is_there != was_there and place > 0:
            change = "removed" if was_there else "returned" if len(stays) > 1 else "added"
            between = {"date_before": day_of(reads[place - 1]), "date": day_of(read)}
            yield insertion(
                "playlist_changes", playlist_id=playlist, track_id=track, change=change, is_replacement=False, **between
            )
    for number, (seen, absent) in enumerate(stays, 1):
        yield insertion(
            "tracks_in_playlist",
            playlist_id=playlist,
            track_id=track,
            stay_number=number,
            added_at=day_of(seen[0]),
            first_seen=day_of(seen[0]),
            last_seen=day_of(seen[-1]),
            first_absent=None if absent is None else day_of(absent),
            added_at_source="observed",
            starts_before_watch=seen[0] == reads[0],
            is_current=absent is None,
            is_ended=absent is not None,
            days_seen=len(seen),
            last_position=days[seen[-1]].index(track) + 1,
        )


def insertion(table: str, **values: Any) -> str:
    """Return the statement that inserts a row."""
    return f"insert into {table} ({', '.join(values)}) values ({', '.join(_text(value) for value in values.values())});"


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool | int):
        return "null" if value is None else str(value)
    return "'" + str(value).replace("'", "''") + "'"
