"""Since when lists have been unavailable: a small file each beside the landing files, so that a purge forgets none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from extractor.landing.files import replace_file

FOLDER = "unavailable"


@dataclass(frozen=True)
class Unavailable:
    """A list that can't be read: the first day on which it was refused since it was last read, and the last reason."""

    playlist_id: str
    since: date
    reason: str | None

    def days(self, day: date) -> int:
        """For how many days that has been so on `day`: 0 on the first."""
        return (day - self.since).days

    def is_tolerated(self, day: date, tolerated_days: int | None) -> bool:
        """Whether it has been so for too long to be news."""
        return tolerated_days is not None and self.days(day) > tolerated_days


def record_read(landing: Path, playlist_id: str, outcome: str, reason: str | None, day: date) -> Unavailable | None:
    """Take down how a list was read on a day; returns since when it is unavailable if it is.

    A day that comes late, before the first one known, changes nothing.
    """
    path = landing / FOLDER / f"{playlist_id}.json"
    known = _read(path)
    if outcome != "unavailable":
        # partly read is read; no usable answer says nothing of the list
        if known and outcome != "failed" and day >= known.since:
            path.unlink(missing_ok=True)
        return None
    found = Unavailable(playlist_id, known.since if known else day, reason)
    if found != known:
        replace_file(path, json.dumps({"since": found.since.isoformat(), "reason": reason}).encode())
    return found


def unavailable_playlists(landing: Path) -> Iterator[Unavailable]:
    """The lists that could not be read when they were last asked for, the longest unread first."""
    found = filter(None, map(_read, (landing / FOLDER).glob("*.json")))
    yield from sorted(found, key=lambda each: (each.since, each.playlist_id))


def _read(path: Path) -> Unavailable | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(path.read_bytes())
        return Unavailable(path.stem, date.fromisoformat(known["since"]), known["reason"])
    return None
