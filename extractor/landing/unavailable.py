"""Record since when playlists are unavailable and tracks unknown, in a small file each, which a purge keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from extractor.files import remove_file, replace_file

FOLDER = "unavailable"
UNKNOWN_TRACKS = "unknown_tracks"


@dataclass(frozen=True)
class Unavailable:
    """A playlist that can't be read: the first day of refusals since it was last read, and the last reason."""

    playlist_id: str
    since: date
    reason: str | None

    def days(self, day: date) -> int:
        """Return the number of days it has been unavailable on `day`: 0 on the first."""
        return (day - self.since).days

    def is_tolerated(self, day: date, tolerated_days: int | None) -> bool:
        """Return whether it has been unavailable for longer than the configuration tolerates."""
        return tolerated_days is not None and self.days(day) > tolerated_days


def record_read(landing: Path, playlist_id: str, outcome: str, reason: str | None, day: date) -> Unavailable | None:
    """Record the outcome of a playlist on a day; return since when it is unavailable, or None.

    A late day, before the first day recorded, changes nothing.
    """
    path = landing / FOLDER / f"{playlist_id}.json"
    known = _read(path)
    if outcome != "unavailable":
        # a partial read is a read; a failed one says nothing about the playlist
        if known and outcome != "failed" and day >= known.since:
            remove_file(path)
        return None
    found = Unavailable(playlist_id, known.since if known else day, reason)
    if found != known:
        replace_file(path, json.dumps({"since": found.since.isoformat(), "reason": reason}).encode())
    return found


def unavailable_playlists(landing: Path) -> Iterator[Unavailable]:
    """Yield the playlists that were unavailable when last requested, those unavailable longest first."""
    found = filter(None, map(_read, (landing / FOLDER).glob("*.json")))
    yield from sorted(found, key=lambda each: (each.since, each.playlist_id))


def record_unknown_track(landing: Path, track_id: str, day: date) -> None:
    """Record that Spotify does not know a watched track since a day."""
    replace_file(landing / UNKNOWN_TRACKS / track_id, day.isoformat().encode())


def forget_unknown_track(landing: Path, track_id: str) -> None:
    """Record that Spotify knows a track again."""
    remove_file(landing / UNKNOWN_TRACKS / track_id)


def unknown_tracks(landing: Path) -> dict[str, date]:
    """Return the tracks that Spotify did not know when last asked for, and since when."""
    found = {}
    for path in sorted((landing / UNKNOWN_TRACKS).glob("*")):
        with suppress(OSError, ValueError):
            found[path.name] = date.fromisoformat(path.read_text())
    return found


def _read(path: Path) -> Unavailable | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(path.read_bytes())
        return Unavailable(path.stem, date.fromisoformat(known["since"]), known["reason"])
    return None
