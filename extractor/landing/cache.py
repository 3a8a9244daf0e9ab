"""Caches of playlists from one day to the next.

They save requests; losing them costs requests, never data, except that tracks that have left are no longer followed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from extractor.errors import LandingError
from extractor.files import replace_file
from extractor.landing.withdrawn import FOLDER as WITHDRAWN


@dataclass(frozen=True)
class CachedContent:
    """The content of the last complete read of a playlist: its pages are skipped while the snapshot_id is the same.

    `landed_in` is the name of the landing file that contains the read, `landed_bytes` its size then. If that file is
    missing or shorter now, the cache entry is ignored and the playlist is read completely.

    `left` are tracks that earlier reads contained, with the day of the first complete read that did not. `popularity`
    says whether any track had one on the day of the read.
    """

    snapshot_id: str | None
    day: date
    tracks: tuple[str, ...]
    landed_in: str
    landed_bytes: int
    popularity: bool | None = None
    left: Mapping[str, date] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path, playlist_id: str) -> CachedContent | None:
        """Return the cached content; None if missing or invalid, or if the landing file is missing or shorter."""
        content = cls._stored(folder, playlist_id)
        return content if content and content._is_landed(folder) else None

    @classmethod
    def _stored(cls, folder: Path, playlist_id: str) -> CachedContent | None:
        try:
            known = json.loads((folder / "contents" / f"{playlist_id}.json").read_bytes())
            known["day"], known["tracks"] = date.fromisoformat(known["day"]), tuple(known["tracks"])
            left = known.get("left", {}).items()
            return cls(**known | {"left": {track_id: date.fromisoformat(day) for track_id, day in left}})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _is_landed(self, folder: Path) -> bool:
        try:
            return (folder / self.day.isoformat() / self.landed_in).stat().st_size >= self.landed_bytes
        except OSError:
            return False

    def save_if_newer(self, folder: Path, playlist_id: str) -> None:
        """Store it unless content of the same or a later day is cached."""
        known = CachedContent.load(folder, playlist_id)
        if known is None or known.day < self.day:
            self.save(folder, playlist_id)

    def save(self, folder: Path, playlist_id: str, follow_days: int | None = None) -> None:
        """Store it for later runs, with the tracks that have left the playlist, at most `follow_days` days ago."""
        left = {
            track_id: left_on.isoformat()
            for track_id, left_on in self._left_after(folder, playlist_id).items()
            if follow_days is None or (self.day - left_on).days <= follow_days
        }
        known = vars(self) | {"day": self.day.isoformat(), "left": left}
        replace_file(folder / "contents" / f"{playlist_id}.json", json.dumps(known).encode())

    def _left_after(self, folder: Path, playlist_id: str) -> dict[str, date]:
        """Return what has left the playlist, according to the stored content that this one replaces.

        A purge of the landing file does not matter. What a withdrawn read contained has not left.
        """
        before = self._stored(folder, playlist_id)
        if before is None or before.day > self.day:
            return {}
        left = dict(before.left)
        if before._is_landed(folder) or not (folder / WITHDRAWN / before.day.isoformat() / before.landed_in).exists():
            left |= dict.fromkeys(before.tracks, self.day)
        present = set(self.tracks)
        return {track_id: left_on for track_id, left_on in left.items() if track_id not in present}


def contents_of(folder: Path, playlists: Iterable[str]) -> Iterator[CachedContent]:
    """Yield the cached contents of playlists, of those that have one."""
    return filter(None, (CachedContent.load(folder, playlist_id) for playlist_id in playlists))


def tracks_after_leaving(folder: Path, playlists: Collection[str], day: date, follow_days: int) -> set[str]:
    """Return the tracks that have left all these playlists, at most `follow_days` days before a day; 0 means none."""
    left = {
        track_id
        for content in (contents_of(folder, playlists) if follow_days else ())
        for track_id, left_on in content.left.items()
        if (day - left_on).days <= follow_days
    }
    for content in contents_of(folder, playlists) if left else ():
        left.difference_update(content.tracks)
    return left


def record_answered(folder: Path, playlist_id: str, at: datetime) -> None:
    """Record that Spotify responded to a request for a playlist, also with a refusal."""
    path = folder / "asked" / playlist_id
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (at.timestamp(), at.timestamp()))
    except OSError as error:
        raise LandingError(f"{path}: can't be written: {error.strerror}") from error


def last_answered_at(folder: Path, playlist_id: str) -> float:
    """Return when Spotify last responded to a request for a playlist, in seconds since 1970; 0 for never."""
    try:
        return (folder / "asked" / playlist_id).stat().st_mtime
    except OSError:
        return 0.0
