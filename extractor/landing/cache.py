"""Caches of playlists from one day to the next. They save requests; losing them costs requests, never data."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from extractor.errors import LandingError
from extractor.files import replace_file


@dataclass(frozen=True)
class CachedContent:
    """The content of the last complete read of a playlist: its pages are skipped while the snapshot_id is the same.

    `landed_in` is the name of the landing file that contains the read, `landed_bytes` its size then. If that file is
    missing or shorter now, the cache entry is ignored and the playlist is read completely.
    """

    snapshot_id: str | None
    day: date
    tracks: tuple[str, ...]
    landed_in: str
    landed_bytes: int

    @classmethod
    def load(cls, folder: Path, playlist_id: str) -> CachedContent | None:
        """Return the cached content; None if missing or invalid, or if the landing file is missing or shorter."""
        try:
            known = json.loads((folder / "contents" / f"{playlist_id}.json").read_bytes())
            known["day"], known["tracks"] = date.fromisoformat(known["day"]), tuple(known["tracks"])
            content = cls(**known)
            landed_bytes = (folder / content.day.isoformat() / content.landed_in).stat().st_size
            return content if landed_bytes >= content.landed_bytes else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save_if_newer(self, folder: Path, playlist_id: str) -> None:
        """Store it unless content of the same or a later day is cached."""
        known = CachedContent.load(folder, playlist_id)
        if known is None or known.day < self.day:
            self.save(folder, playlist_id)

    def save(self, folder: Path, playlist_id: str) -> None:
        """Store it for later runs."""
        known = vars(self) | {"day": self.day.isoformat()}
        replace_file(folder / "contents" / f"{playlist_id}.json", json.dumps(known).encode())


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
