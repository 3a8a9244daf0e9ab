"""Withdraw landing files: they move to landing/withdrawn/<day>/, where nothing reads them."""

from __future__ import annotations

import fcntl
import gzip
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from extractor.errors import LandingError
from extractor.files import sync
from extractor.landing.reader import IMPORT, envelopes, files_of_day, run_of, whole_lines
from extractor.landing.writer import line_of

FOLDER = "withdrawn"


@dataclass(frozen=True)
class Withdrawal:
    """What to withdraw: a day, or what a run, an import or a playlist is called."""

    day: date | None = None
    run: str | None = None
    playlist: str | None = None

    @property
    def kind(self) -> str:
        return "day" if self.day else "run" if self.run else "playlist"

    @property
    def value(self) -> str:
        return str(self.day or self.run or self.playlist)

    @property
    def runs(self) -> str:
        """Return a regular expression for the ids of the runs. An import has one for each of its days."""
        of_import = "(-[0-9a-f]{16})?" if self.value.startswith(IMPORT) else ""
        return re.escape(self.value) + of_import

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


def files_of(landing: Path, withdrawal: Withdrawal) -> Iterator[Path]:
    """Yield the landing files that contain something of it."""
    if withdrawal.day:
        yield from files_of_day(landing, withdrawal.day)
        return
    runs = withdrawal.runs if withdrawal.run else ""
    for path in sorted(landing.glob("????-??-??/*.ndjson.gz")):
        with suppress(LandingError):  # load names what is wrong with a file
            if re.fullmatch(runs, run_of(path) or "") if runs else _holds(path, withdrawal.value):
                yield path


def _holds(path: Path, playlist_id: str) -> bool:
    text = playlist_id.encode()
    blocks = whole_lines(path, path.stat().st_size)
    return any(text in block for block in blocks) and any(_is_of(each, playlist_id) for _, each in envelopes(path))


def _is_of(envelope: dict[str, object], playlist_id: str) -> bool:
    asked = envelope["asked"]
    return isinstance(asked, dict) and asked.get("playlist_id") == playlist_id


def check_ended(path: Path) -> None:
    """Raise LandingError if a run is writing a landing file: what it adds would be lost."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LandingError(f"{path}: a run is writing it; wait for its end, then run the command again") from error
    except OSError as error:
        raise LandingError(f"{path}: can't be read: {error.strerror}") from error


def withdraw(landing: Path, path: Path, withdrawal: Withdrawal) -> None:
    """Move a landing file; of a playlist, move a copy and keep the other lines. Raises LandingError."""
    target = landing / FOLDER / path.parent.name / path.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        while target.exists():
            target = target.with_name(f"{target.name.removesuffix('.ndjson.gz')} again.ndjson.gz")
        if withdrawal.playlist is None:
            path.rename(target)
        else:
            shutil.copyfile(path, target)
            sync(target)
            _rewrite(path, withdrawal.playlist)
        sync(target.parent)
        sync(path.parent)
    except OSError as error:
        raise LandingError(f"{path}: can't be withdrawn: {error.strerror}; run the same command again") from error


def _rewrite(path: Path, playlist_id: str) -> None:
    beside, lines = path.with_name(f".{path.name}.new"), 0
    try:
        with gzip.open(beside, "wb", compresslevel=6) as file:
            for _, envelope in envelopes(path):
                if not _is_of(envelope, playlist_id):
                    lines += 1
                    file.write(line_of(envelope | {"line": lines}))
        sync(beside)
        if sum(1 for _ in envelopes(beside)) != lines:
            raise LandingError(f"{beside}: can't be read back as it was written; {path.name} is unchanged")
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink()
