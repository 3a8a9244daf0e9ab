"""Write the landing folder: the responses of a run as one gzipped NDJSON file, and small files beside it.

landing/<day>/<run>.ndjson.gz      one envelope per line, in the order of the responses
landing/<day>/import-<source>-<hash>.ndjson.gz  the same, written by an import
landing/<day>/<endpoint>.requests  its size in bytes is the number of requests; only with a budget
landing/not_before.json            until when Spotify's rate limit forbids requests
landing/watched/<hash>.csv.gz      a watch list, stored once for all runs that used it
landing/withdrawn/<day>/           landing files that ./run.sh forget has withdrawn
landing/contents/<playlist>.json   a cache: the content of the last complete read, and which tracks left before it; if
                                   deleted, these are no longer followed
landing/asked/<playlist>           a cache: its time is when Spotify last responded; safe to delete
landing/unavailable/<playlist>.json  since when it is unavailable; if deleted, counted from the next refusal
landing/unknown_tracks/<track>     since when Spotify does not know it; if deleted, it is named once more
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import gzip
import hashlib
import io
import json
import os
import threading
import zlib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from extractor.config.watch_list import WatchList
from extractor.errors import LandingError
from extractor.files import replace_file

WATCHED = "watched"
"""Name of the folder of watch lists, in the landing folder."""

Subscriber = Callable[[dict[str, Any]], object]
"""Called with each envelope once it has been written."""


class LandingWriter:
    """Writes the responses of one run. Safe to use from several threads; use as a context manager.

    Every response is flushed: a kill loses at most the one in flight and leaves at most an incomplete last line.
    """

    def __init__(
        self,
        folder: Path,
        day: date,
        run: str,
        worker: int,
        subscriber: Subscriber = lambda _: None,
        drop_fields: tuple[str, ...] = (),
    ) -> None:
        self.path = folder / day.isoformat() / f"{run}.ndjson.gz"
        self._stamp = {"run": run, "worker": worker, "day": day.isoformat()}
        self._subscriber = subscriber
        self._drop = frozenset(drop_fields)
        self._lock = threading.Lock()
        self._lines = 0
        self._broken: OSError | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._raw = self.path.open("xb")
            with contextlib.suppress(OSError):  # where there are no locks, nothing else is lost
                fcntl.flock(self._raw, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file = gzip.GzipFile(fileobj=self._raw, mode="wb", compresslevel=6, mtime=0)
        except OSError as error:
            raise LandingError(f"{self.path}: can't be created: {error.strerror}") from error

    def __enter__(self) -> LandingWriter:
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
        """Write one envelope. Raises LandingError if it can't be written."""
        with self._lock:
            envelope = self._stamp | {
                "line": self._lines + 1,
                "endpoint": endpoint,
                "asked": asked,
                "status": status,
                "requests": requests,
                "observed_at": observed_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "body": without(body, self._drop),
            }
            if self._broken:
                raise self._lost(self._broken)  # lines after a torn one could not be read
            line = line_of(envelope)
            try:
                self._file.write(line)
                self._file.flush()
                self._raw.flush()
            except OSError as error:
                self._broken = error
                raise self._lost(error) from error
            self._lines += 1
            self._subscriber(envelope)

    def _lost(self, error: OSError) -> LandingError:
        return LandingError(
            f"{self.path}: can't be written: {error.strerror}. Earlier responses are intact; "
            "make room and run the same command again: it requests only the rest"
        )


def line_of(envelope: dict[str, Any]) -> bytes:
    """Return an envelope as a line of a landing file."""
    line = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"), check_circular=False)
    return line.encode("utf-8", "replace") + b"\n"


def without(value: Any, names: frozenset[str]) -> Any:
    """Return a value of JSON without the keys that have one of these names, at any depth."""
    if isinstance(value, dict):
        return {key: without(inner, names) for key, inner in value.items() if key not in names}
    if isinstance(value, list):
        return [without(inner, names) for inner in value]
    return value


def save_watch_list(folder: Path, watched: WatchList) -> str:
    """Store the watch list under the hash of its content unless it is there; return the hash."""
    content = content_of(watched)
    name = hash_of(content)
    path = folder / WATCHED / f"{name}.csv.gz"
    if not _holds(path, content):
        replace_file(path, gzip.compress(content, mtime=0))
    return name


def content_of(watched: WatchList) -> bytes:
    """Return a watch list as it is stored."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(("kind", "id", "label"))
    for kind, labels in (("playlist", watched.playlists), ("track", watched.tracks)):
        writer.writerows((kind, spotify_id, label) for spotify_id, label in labels.items())
    return text.getvalue().encode()


def _holds(path: Path, content: bytes) -> bool:
    try:
        return gzip.decompress(path.read_bytes()) == content
    except (OSError, EOFError, zlib.error):
        return False


def hash_of(content: bytes) -> str:
    """Return the hash that names a watch list."""
    return hashlib.sha256(content).hexdigest()[:32]
