"""The landing folder: what Spotify answered, one gzipped NDJSON file a run, and what can be known from it.

landing/<day>/<run>.ndjson.gz      one envelope a line, in the order of the answers
landing/watched/<hash>.csv.gz      a watch-list, kept once for all runs that used it
landing/contents/<playlist>.json   a cache: what the last complete read of a list held; safe to delete
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import hashlib
import io
import json
import os
import re
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from extractor.config import SPOTIFY_ID, WatchList
from extractor.errors import LandingError

FINAL_OUTCOMES = frozenset({"complete", "unchanged"})
ABOUT_AN_ID = re.compile(r"\bid\b", re.IGNORECASE)
NEWLINE = b"\n"
UNPACKED_AT_ONCE = 1 << 14
ENVELOPE_PARTS = frozenset(
    {"run", "worker", "day", "line", "endpoint", "asked", "status", "requests", "observed_at", "body"}
)


@dataclass
class DayMemory:
    """What the landed answers of a day already tell, so that a resumed run asks only for the rest.

    `popular_tracks` were seen in a list with a popularity above 0; `valued_tracks` came with a popularity at least
    once, `bare_tracks` at least once without.
    """

    read_playlists: set[str] = field(default_factory=set)
    answered_tracks: set[str] = field(default_factory=set)
    popular_tracks: set[str] = field(default_factory=set)
    found_tracks: set[str] = field(default_factory=set)
    valued_tracks: set[str] = field(default_factory=set)
    bare_tracks: set[str] = field(default_factory=set)
    requests: Counter[str] = field(default_factory=Counter)

    def absorb(self, envelope: dict[str, Any]) -> None:
        endpoint, asked, body = envelope["endpoint"], envelope["asked"], envelope["body"]
        self.requests[endpoint] += envelope["requests"]
        if endpoint == "playlist_reads" and body["outcome"] in FINAL_OUTCOMES:
            self.read_playlists.add(asked["playlist_id"])
        elif endpoint in ("playlists", "playlist_items") and isinstance(body, dict):
            for track_id, popularity in tracks_of(body):
                self.found_tracks.add(track_id)
                self._note_popularity(track_id, popularity)
                if popularity:
                    self.popular_tracks.add(track_id)
        elif endpoint == "tracks" and is_answered(envelope["status"], body, asked):
            self.answered_tracks.update(asked["ids"])
            for track_id, track in zip(asked["ids"], answers_of(body, asked) or (), strict=False):
                if isinstance(track, dict) and "id" in track:
                    self._note_popularity(track_id, track.get("popularity"))

    def _note_popularity(self, track_id: str, popularity: object) -> None:
        (self.valued_tracks if isinstance(popularity, int) else self.bare_tracks).add(track_id)

    @property
    def tracks_without_popularity(self) -> int:
        """How many tracks were answered, and never with a popularity."""
        return len(self.bare_tracks - self.valued_tracks)

    @property
    def popularity(self) -> bool | None:
        """Whether any track came with a popularity; None where no track came."""
        return bool(self.valued_tracks) if self.valued_tracks or self.bare_tracks else None


def page_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """The paging object of a playlist answer or of an items answer; None where the items are withheld.

    Old answers call it `tracks`, new ones `items`; in an items answer `items` is the list itself.
    """
    for candidate in (body.get("items"), body.get("tracks"), body):
        if isinstance(candidate, dict) and isinstance(candidate.get("items"), list):
            return candidate
    return None


def tracks_of(body: dict[str, Any]) -> Iterator[tuple[str, int | None]]:
    """Id and popularity (None where there is none) of every track of a page: no local file, episode or null entry."""
    for entry in (page_of(body) or {}).get("items", ()):
        thing = (entry.get("item") or entry.get("track")) if isinstance(entry, dict) else None
        if not isinstance(thing, dict) or not str(thing.get("uri", "spotify:track:")).startswith("spotify:track:"):
            continue
        track_id, popularity = thing.get("id"), thing.get("popularity")
        if isinstance(track_id, str) and SPOTIFY_ID.fullmatch(track_id) and thing.get("type") != "episode":
            yield track_id, popularity if isinstance(popularity, int) else None


def answers_of(body: Any, asked: dict[str, Any]) -> list[Any] | None:
    """What was answered for each id asked, in their order; None if the answer has no such array.

    Where `items` names no array, the one id asked is answered with the object itself.
    """
    if asked.get("items") is None:
        return [body] if isinstance(body, dict) and len(asked["ids"]) == 1 else None
    array = body.get(asked.get("items")) if isinstance(body, dict) else None
    return array if isinstance(array, list) and len(array) == len(asked["ids"]) else None


def is_answered(status: int | None, body: Any, asked: dict[str, Any]) -> bool:
    """Whether an answer settles its ids for the day: they came, or the one id asked is none that Spotify knows."""
    if status == HTTPStatus.OK:
        return answers_of(body, asked) is not None
    if status == HTTPStatus.NOT_FOUND:
        return asked.get("items") is None and "service" not in str(body).lower()  # which knows no such endpoint
    return status == HTTPStatus.BAD_REQUEST and len(asked["ids"]) == 1 and bool(ABOUT_AN_ID.search(str(body)))


class Landing:
    """Writes the answers of one run. Safe to use from several threads; use as a context manager.

    Every answer is flushed as it comes: a kill loses at most the one in flight, and leaves at worst a torn last line.
    """

    def __init__(
        self, folder: Path, day: date, run: str, worker: int, memory: DayMemory, drop_fields: tuple[str, ...] = ()
    ) -> None:
        self.path = folder / day.isoformat() / f"{run}.ndjson.gz"
        self._stamp = {"run": run, "worker": worker, "day": day.isoformat()}
        self._memory = memory
        self._drop = frozenset(drop_fields)
        self._lock = threading.Lock()
        self._lines = 0
        self._broken: OSError | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._raw = self.path.open("xb")
            self._file = gzip.GzipFile(fileobj=self._raw, mode="wb", compresslevel=6, mtime=0)
        except OSError as error:
            raise LandingError(f"{self.path}: can't be created: {error.strerror}") from error

    def __enter__(self) -> Landing:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError), self._raw:  # a second fault while closing would hide the first
            if not self._broken:
                self._finish()

    def _finish(self) -> None:
        try:
            self._file.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())
        except OSError as error:
            raise self._lost(error) from error

    def write(
        self,
        endpoint: str,
        asked: dict[str, Any],
        body: Any,
        observed_at: datetime,
        status: int | None = None,
        requests: int = 0,
    ) -> None:
        """Land one answer. Raises LandingError if the disk does not take it."""
        with self._lock:
            envelope = self._stamp | {
                "line": self._lines + 1,
                "endpoint": endpoint,
                "asked": asked,
                "status": status,
                "requests": requests,
                "observed_at": observed_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "body": _without(body, self._drop),
            }
            if self._broken:
                raise self._lost(self._broken)  # whatever follows a torn line could not be read
            line = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"), check_circular=False)
            try:
                self._file.write(line.encode("utf-8", "replace") + b"\n")
                self._file.flush()
                self._raw.flush()
            except OSError as error:
                self._broken = error
                raise self._lost(error) from error
            self._lines += 1
            self._memory.absorb(envelope)

    def _lost(self, error: OSError) -> LandingError:
        return LandingError(
            f"{self.path}: can't be written: {error.strerror}. What landed before is whole; "
            "make room and run the same command again: it asks only for the rest"
        )


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, names) for key, inner in value.items() if key not in names}
    if isinstance(value, list):
        return [_without(inner, names) for inner in value]
    return value


def envelopes(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and envelopes of a landing file; a torn end, left by a kill, is silently left out.

    Raises LandingError naming file and line for anything else that is no envelope.
    """
    lines = _unpack(path).split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            envelope = json.loads(line)
            missing = ENVELOPE_PARTS - envelope.keys()
            if missing or envelope["line"] != number:
                found = f"lacks {', '.join(sorted(missing))}" if missing else f"found line {envelope['line']}"
                raise ValueError(f"expected line {number} of a run, {found}")
        except (ValueError, AttributeError, RecursionError) as error:
            if number == len(lines):
                return  # nothing after the last newline, or a line that was cut off
            raise LandingError(
                f"{path}:{number}: not an envelope of this project ({error}). Nothing of this file was loaded; "
                "restore the file, or move it out of the landing folder to go on without it"
            ) from error
        yield number, envelope


def is_sound(path: Path) -> bool:
    """Whether a gzip file goes to its end and fits its checksum; False, too, where it can't be read."""
    try:
        unpacker = zlib.decompressobj(wbits=31)
        with path.open("rb") as packed:
            while chunk := packed.read(UNPACKED_AT_ONCE):
                unpacker.decompress(chunk)
    except (OSError, zlib.error):
        return False
    return unpacker.eof and not unpacker.unused_data


def _unpack(path: Path) -> bytes:
    """The text of a gzip file, as far as it goes where its end is missing."""
    text = bytearray()
    try:
        packed = path.read_bytes()
        unpacker = zlib.decompressobj(wbits=31)
        for start in range(0, len(packed), UNPACKED_AT_ONCE):
            text += unpacker.decompress(packed[start : start + UNPACKED_AT_ONCE])
    except OSError as error:
        raise LandingError(f"{path}: can't be read: {error.strerror}") from error
    except zlib.error as error:
        raise LandingError(
            f"{path}:{text.count(NEWLINE) + 1}: damaged, from about this line on no gzip file ({error}). Nothing of "
            "this file was loaded; restore the file, or move it out of the landing folder to go on without it"
        ) from error
    if unpacker.unused_data:
        raise LandingError(f"{path}:{text.count(NEWLINE) + 1}: something follows the end of the run; move it away")
    return bytes(text)


def keep_watch_list(folder: Path, watched: WatchList) -> str:
    """Store the watch-list under the hash of its text, unless it is there already; returns the hash."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("kind", "id", "label"))
    for kind, labels in (("playlist", watched.playlists), ("track", watched.tracks)):
        writer.writerows((kind, spotify_id, label) for spotify_id, label in labels.items())
    content = text.getvalue().encode()
    name = hashlib.sha256(content).hexdigest()[:32]
    path = folder / "watched" / f"{name}.csv.gz"
    if not path.exists():
        replace_file(path, gzip.compress(content, mtime=0))
    return name


@dataclass(frozen=True)
class KnownContent:
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
    def load(cls, folder: Path, playlist_id: str) -> KnownContent | None:
        """What is known of a list; None without a cache, or with one that is not ours or no longer proven."""
        try:
            known = json.loads((folder / "contents" / f"{playlist_id}.json").read_bytes())
            known["day"], known["tracks"] = date.fromisoformat(known["day"]), tuple(known["tracks"])
            content = cls(**known)
            landed_bytes = (folder / content.day.isoformat() / content.landed_in).stat().st_size
            return content if landed_bytes >= content.landed_bytes else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, folder: Path, playlist_id: str) -> None:
        """Keep it for the runs to come."""
        known = vars(self) | {"day": self.day.isoformat()}
        replace_file(folder / "contents" / f"{playlist_id}.json", json.dumps(known).encode())


def remember_day(folder: Path, day: date) -> DayMemory:
    """Everything landed for a day, by whichever run; what a killed run could not note of its lists is noted now."""
    memory = DayMemory()
    for path in sorted((folder / day.isoformat()).glob("*.ndjson.gz")):
        tracks: dict[str, list[str]] = {}
        for _, envelope in envelopes(path):
            memory.absorb(envelope)
            endpoint, asked, body = envelope["endpoint"], envelope["asked"], envelope["body"]
            playlist_id = asked.get("playlist_id", "")
            if endpoint == "playlists" and "fields" not in asked:
                tracks[playlist_id] = []  # a new attempt
            if endpoint in ("playlists", "playlist_items") and isinstance(body, dict):
                tracks.setdefault(playlist_id, []).extend(track_id for track_id, _ in tracks_of(body))
            elif endpoint == "playlist_reads" and body["outcome"] == "complete":
                known = KnownContent.load(folder, playlist_id)
                if known is None or known.day < day:
                    held = tuple(dict.fromkeys(tracks.pop(playlist_id, ())))
                    size = path.stat().st_size
                    KnownContent(body.get("snapshot_id"), day, held, path.name, size).save(folder, playlist_id)
    return memory


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a kill, finds the old content or the new, never half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        raise LandingError(f"{path}: can't be written: {error.strerror}") from error
