"""Find what is in the landing folder but not yet in the ledger of `raw`."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from extractor.errors import LandingError
from extractor.landing.reader import NewFile, run_of
from extractor.landing.writer import WATCHED, hash_of


@dataclass(frozen=True)
class Known:
    """The ledger's entry for a name: size and number of lines of its file when last loaded, and the load."""

    bytes: int
    lines: int
    load_number: int


Ledger = Mapping[str, Known]


def ledger_of(rows: Iterable[tuple[str, int, int, int]]) -> Ledger:
    """Return the ledger from rows of (name, size, lines, load): the last row of each name."""
    return {name: Known(*numbers) for name, *numbers in rows}


@dataclass(frozen=True)
class WatchedRows:
    """A watch-list: its name, the size of its file, and its rows of (kind, id, label)."""

    name: str
    bytes: int
    rows: list[tuple[str, str, str]]


@dataclass
class News:
    """New files: landing files, grouped by run, and watch-lists by name.

    `problems` maps a file to its error.
    """

    runs: dict[str, list[NewFile]] = field(default_factory=dict)
    watched: dict[str, WatchedRows] = field(default_factory=dict)
    problems: dict[Path, str] = field(default_factory=dict)

    def files(self) -> list[NewFile]:
        """Return the largest valid file of each run; among files of equal size, the one named after the run."""
        sound = [[file for file in files if file.path not in self.problems] for files in self.runs.values()]
        return [max(files, key=preference) for files in sound if files]

    def raise_problems(self) -> None:
        """Raise LandingError if any file has a problem."""
        if self.problems:
            raise LandingError("\n".join(self.problems[path] for path in sorted(self.problems)))


def preference(file: NewFile) -> tuple[int, bool]:
    """Return the sort key that selects, by its maximum, the one file of a run that is read."""
    return file.bytes, name_of(file.path) == file.run


def name_of(path: Path) -> str:
    """Return the name of a file in the ledger; a copy has another name."""
    return path.name.removesuffix(".gz").removesuffix(".ndjson").removesuffix(".csv")


def find_news(landing: Path, ledger: Ledger) -> News:
    """Find files that are new or have grown; only those are opened."""
    news = News()
    for path in _visible(landing, ".ndjson.gz", news):
        try:
            if file := _new_file(path, ledger):
                news.runs.setdefault(file.run, []).append(file)
        except LandingError as error:
            news.problems[path] = str(error)
    for path in _visible(landing, ".csv.gz", news):
        if path.parent == landing / WATCHED and name_of(path) not in ledger:
            try:
                found = _watch_list(path)
                if found.name not in ledger:
                    news.watched[found.name] = found
            except LandingError as error:
                news.problems[path] = str(error)
    return news


def _visible(landing: Path, ending: str, news: News) -> Iterator[Path]:
    """Yield the files in the folders of the landing folder. Hidden ones are not ours, but a system's own."""
    try:
        folders = [path for path in sorted(landing.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    except OSError as error:
        folders = []
        if landing.exists():
            news.problems[landing] = f"{landing}: can't be read: {error.strerror}"
    for folder in folders:
        try:
            paths = sorted(folder.iterdir())
        except OSError as error:
            news.problems[folder] = f"{folder}: can't be read: {error.strerror}"
            continue
        yield from (path for path in paths if path.name.endswith(ending) and not path.name.startswith("."))


def _new_file(path: Path, ledger: Ledger) -> NewFile | None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise LandingError(f"{path}: can't be read: {error.strerror}") from error
    nothing = Known(-1, 0, 0)
    if size <= ledger.get(name_of(path), nothing).bytes:
        return None
    run = run_of(path)
    known = ledger.get(run or "", nothing)
    return NewFile(path, size, run, known.lines) if run and size > known.bytes else None


def _watch_list(path: Path) -> WatchedRows:
    """Return a watch-list, whose name is the hash of its content. Raises LandingError if it is damaged."""
    try:
        content = gzip.decompress(path.read_bytes())
        name = hash_of(content)
        if not name_of(path).startswith(name):  # more follows in the name of a copy
            raise ValueError("not the content that it was stored with")
        rows = list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))
        return WatchedRows(name, path.stat().st_size, [(row["kind"], row["id"], row["label"]) for row in rows])
    except (OSError, EOFError, ValueError, KeyError, csv.Error, zlib.error) as error:
        raise LandingError(
            f"{path}: damaged ({error}). The next run with this watch-list writes it again; else restore or remove it"
        ) from error
