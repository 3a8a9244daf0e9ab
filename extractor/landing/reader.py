"""Read landing files as streams, also while they are still being written."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from extractor.errors import LandingError

READ_AT_ONCE = 1 << 14
ENVELOPE_PARTS = frozenset(
    {"run", "worker", "day", "line", "endpoint", "asked", "status", "requests", "observed_at", "body"}
)
TYPES = {"run": str, "worker": int, "endpoint": str, "asked": dict, "requests": int}
UNPACKED_AT_ONCE = 1 << 16
IMPORT = "import-"
"""How the names of imported runs begin, and of their landing files."""

WHAT_TO_DO = (
    "Nothing of this file was loaded; restore the file, or move it out of the landing folder to continue without it"
)


@dataclass(frozen=True)
class NewFile:
    """A landing file with its size when it was found; later lines are left for the next load."""

    path: Path
    bytes: int
    run: str
    known_lines: int = 0


def files_of_day(folder: Path, day: date) -> list[Path]:
    """Return the landing files of a day, in the order of their names. Hidden files are not ours."""
    return sorted(path for path in (folder / day.isoformat()).glob("*.ndjson.gz") if not path.name.startswith("."))


def live_files_of_day(folder: Path, day: date) -> list[Path]:
    """Return the landing files of a day that hold responses of Spotify to us: imports say nothing about our runs."""
    return [path for path in files_of_day(folder, day) if not is_import(path)]


def is_import(path: Path) -> bool:
    """Return whether a landing file, or a copy of one, was written by an import."""
    return IMPORT in path.name


def last_instant(folder: Path) -> datetime | None:
    """Return when the last run of the last day in a landing folder started; None if none has. Imports don't count."""
    live = [path for path in folder.glob("????-??-??/*.ndjson.gz") if not is_import(path)]
    last = max((path.parent for path in live), default=None)
    instants = []
    for path in live:
        if path.parent != last:
            continue
        with suppress(LandingError):  # load names what is wrong
            first = next((envelope for _, envelope in checked_envelopes(path)), None)
            instants += [datetime.fromisoformat(first["observed_at"])] if first else []
    return max(instants, default=None)


class LandingFile:
    """Reads a landing file as a stream; each call continues where the previous one ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._unpacker = zlib.decompressobj(wbits=31)
        self._lines = 0
        self._begun = b""
        self._newline_is_due = False

    def envelopes(self) -> Iterator[dict[str, Any]]:
        """Yield the envelopes written since the last call; an incomplete last line, left by a kill, is skipped.

        Raises LandingError naming file and line for anything else that is no envelope.
        """
        has_grown = False
        for text in self._unpacked():
            has_grown = True
            *lines, self._begun = (self._begun + text).split(b"\n")
            for line in lines:
                if not self._newline_is_due:
                    yield self._envelope(line)
                self._newline_is_due = False
        if has_grown and self._begun:
            try:
                last = self._envelope(self._begun)
            except LandingError:
                return  # torn, or written at this moment
            self._begun, self._newline_is_due = b"", True
            yield last

    def _unpacked(self) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as packed:
                packed.seek(self._offset)
                while chunk := packed.read(READ_AT_ONCE):
                    self._offset += len(chunk)
                    yield self._unpacker.decompress(chunk)
        except OSError as error:
            raise LandingError(f"{self._path}: can't be read: {error.strerror}") from error
        except zlib.error as error:
            raise _damaged(self._path, self._lines + 1, error) from error
        if self._unpacker.unused_data:
            raise LandingError(
                f"{self._path}:{self._lines + 1}: unexpected data after the end of the gzip file; move the file away"
            )

    def _envelope(self, line: bytes) -> dict[str, Any]:
        envelope = _envelope(self._path, self._lines + 1, line)
        self._lines += 1
        return envelope


def _envelope(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        envelope: dict[str, Any] = json.loads(line)
        missing = ENVELOPE_PARTS - envelope.keys()
        if missing or envelope["line"] != number:
            found = f"lacks {', '.join(sorted(missing))}" if missing else f"found line {envelope['line']}"
            raise ValueError(f"expected line {number} of a run, {found}")
    except (ValueError, AttributeError, RecursionError) as error:
        raise _no_envelope(path, number, error) from error
    return envelope


def _no_envelope(path: Path, number: int, error: Exception) -> LandingError:
    return LandingError(f"{path}:{number}: not an envelope of this project ({error}). {WHAT_TO_DO}")


def _damaged(path: Path, number: int, error: zlib.error) -> LandingError:
    return LandingError(f"{path}:{number}: damaged: no valid gzip data from about this line on ({error}). {WHAT_TO_DO}")


def envelopes(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line numbers and envelopes of a landing file. Raises LandingError as LandingFile does."""
    return enumerate(LandingFile(path).envelopes(), 1)


def checked_envelopes(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Like `envelopes`, but also raise LandingError for wrong types and for an envelope of another run."""
    run = None
    for number, envelope in envelopes(path):
        run = run or envelope["run"]
        try:
            _check(envelope, run)
        except (TypeError, ValueError) as error:
            raise _no_envelope(path, number, error) from error
        yield number, envelope


def _check(envelope: dict[str, Any], run: str) -> None:
    date.fromisoformat(envelope["day"])
    datetime.fromisoformat(envelope["observed_at"])
    for part, kind in TYPES.items():
        if not isinstance(envelope[part], kind):
            raise TypeError(f"{part} is {envelope[part]!r}")
    if envelope["run"] != run:
        raise ValueError(f"a line of run {envelope['run']} in a file of run {run}")


def run_of(path: Path) -> str | None:
    """Return the run id in the first line of a landing file; None if no line is complete yet. Raises LandingError."""
    return next((str(envelope["run"]) for _, envelope in checked_envelopes(path)), None)


def whole_lines(path: Path, size: int) -> Iterator[bytes]:
    """Yield the complete lines in the first `size` bytes of a landing file, in blocks that end with a line.

    An incomplete last line is skipped. Raises LandingError naming file and line if the gzip file is damaged.
    """
    begun, lines = b"", 0
    unpacker = zlib.decompressobj(wbits=31)
    try:
        with path.open("rb") as packed:
            while size > 0 and (chunk := packed.read(min(size, UNPACKED_AT_ONCE))):
                size -= len(chunk)
                text = begun + unpacker.decompress(chunk)
                end = text.rfind(b"\n") + 1
                begun = text[end:]
                if end:
                    lines += text.count(b"\n", 0, end)
                    yield text[:end]
    except OSError as error:
        raise LandingError(f"{path}: can't be read: {error.strerror}") from error
    except zlib.error as error:
        raise _damaged(path, lines + 1, error) from error
    if unpacker.unused_data:
        raise LandingError(f"{path}:{lines + 1}: unexpected data after the end of the gzip file; move the file away")
    with suppress(LandingError):  # torn, or written at this moment
        if begun:
            _envelope(path, lines + 1, begun)
            yield begun + b"\n"


def is_sound(path: Path) -> bool:
    """Return whether a gzip file is complete and its checksum is right; False also if it can't be read."""
    try:
        unpacker = zlib.decompressobj(wbits=31)
        with path.open("rb") as packed:
            while chunk := packed.read(READ_AT_ONCE):
                unpacker.decompress(chunk)
    except (OSError, zlib.error):
        return False
    return unpacker.eof and not unpacker.unused_data
