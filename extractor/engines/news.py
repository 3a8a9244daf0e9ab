"""Find what is in the landing folder but not yet in the ledger of `raw`."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from extractor.errors import LandingError
from extractor.landing.reader import NewFile, run_of


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


@dataclass
class News:
    """New files: landing files, grouped by run, and watch-lists.

    `problems` maps a file to its error.
    """

    runs: dict[str, list[NewFile]] = field(default_factory=dict)
    watched: list[Path] = field(default_factory=list)
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
    for path in _visible(landing, "*/*.ndjson.gz"):
        try:
            if file := _new_file(path, ledger):
                news.runs.setdefault(file.run, []).append(file)
        except LandingError as error:
            news.problems[path] = str(error)
    news.watched = [path for path in _visible(landing, "watched/*.csv.gz") if name_of(path) not in ledger]
    return news


def _visible(landing: Path, pattern: str) -> list[Path]:
    paths = sorted(landing.glob(pattern))
    return [path for path in paths if not path.name.startswith(".") and not path.parent.name.startswith(".")]


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


def watch_list(path: Path) -> list[str]:
    """Return the lines of a watch-list, as JSON. Raises LandingError if it is damaged."""
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True))
        return [
            json.dumps([name_of(path), *(row[column] for column in ("kind", "id", "label"))]) + "\n" for row in rows
        ]
    except (OSError, EOFError, ValueError, KeyError, csv.Error, zlib.error) as error:
        raise LandingError(f"{path}: damaged: not a gzip file of a watch-list ({error}); restore the file") from error
