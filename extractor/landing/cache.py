"""What is known of lists from one day to the next: caches that save requests, and cost some when they are lost."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from extractor.errors import LandingError
from extractor.landing.files import replace_file


@dataclass(frozen=True)
class CachedContent:
    """What the last complete read of a list held: enough to skip its pages while its snapshot_id stays.

    `landed_in` is the landing file that holds the read, as it was then: a file that is gone, or shorter now, proves
    nothing any more, and the list is read in full.
    """

    snapshot_id: str | None
    day: date
    tracks: tuple[str, ...]
    landed_in: str
    landed_bytes: int

    @classmethod
    def load(cls, folder: Path, playlist_id: str) -> CachedContent | None:
        """What is known of a list; None without a cache, or with one that is not ours or no longer proven."""
        try:
            known = json.loads((folder / "contents" / f"{playlist_id}.json").read_bytes())
            known["day"], known["tracks"] = date.fromisoformat(known["day"]), tuple(known["tracks"])
            content = cls(**known)
            landed_bytes = (folder / content.day.isoformat() / content.landed_in).stat().st_size
            return content if landed_bytes >= content.landed_bytes else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save_if_newer(self, folder: Path, playlist_id: str) -> None:
        """Keep it, unless as much is known of its day or a later one."""
        known = CachedContent.load(folder, playlist_id)
        if known is None or known.day < self.day:
            self.save(folder, playlist_id)

    def save(self, folder: Path, playlist_id: str) -> None:
        """Keep it for the runs to come."""
        known = vars(self) | {"day": self.day.isoformat()}
        replace_file(folder / "contents" / f"{playlist_id}.json", json.dumps(known).encode())


def record_answered(folder: Path, playlist_id: str, at: datetime) -> None:
    """Remember that Spotify has answered for a list, be it with a refusal."""
    path = folder / "asked" / playlist_id
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (at.timestamp(), at.timestamp()))
    except OSError as error:
        raise LandingError(f"{path}: can't be written: {error.strerror}") from error


def last_answered_at(folder: Path, playlist_id: str) -> float:
    """When Spotify last answered for a list, in seconds since 1970; 0 for never."""
    try:
        return (folder / "asked" / playlist_id).stat().st_mtime
    except OSError:
        return 0.0
