"""What the landing folder has that the ledger of `raw` has not."""

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
    """What the ledger has of a name: how large its file was when it was last loaded, how many lines, by which load."""

    bytes: int
    lines: int
    load_number: int


Ledger = Mapping[str, Known]


def ledger_of(rows: Iterable[tuple[str, int, int, int]]) -> Ledger:
    """The ledger, from rows of names, sizes, numbers of lines and of loads: of each name the last."""
    return {name: Known(*numbers) for name, *numbers in rows}


@dataclass
class News:
    """What the landing folder has that the ledger has not: landing files, those of one run together, and watch-lists.

    `problems` has what is wrong with which file.
    """

    runs: dict[str, list[NewFile]] = field(default_factory=dict)
    watched: list[Path] = field(default_factory=list)
    problems: dict[Path, str] = field(default_factory=dict)

    def files(self) -> list[NewFile]:
        """Of each run the largest sound file; among files of one size, that which has the run's name."""
        sound = [[file for file in files if file.path not in self.problems] for files in self.runs.values()]
        return [max(files, key=preference) for files in sound if files]

    def raise_problems(self) -> None:
        """Raise LandingError if anything is wrong with any file."""
        if self.problems:
            raise LandingError("\n".join(self.problems[path] for path in sorted(self.problems)))


def preference(file: NewFile) -> tuple[int, bool]:
    """Which of the files of one run is read is that of which this is the greatest."""
    return file.bytes, name_of(file.path) == file.run


def name_of(path: Path) -> str:
    """The name by which the ledger knows a file, unless it is a copy."""
    return path.name.removesuffix(".gz").removesuffix(".ndjson").removesuffix(".csv")


def find_news(landing: Path, ledger: Ledger) -> News:
    """Look for files that are new or have grown; only such files are opened."""
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
    """The lines of a watch-list, as JSON. Raises LandingError if it is damaged."""
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True))
        return [
            json.dumps([name_of(path), *(row[column] for column in ("kind", "id", "label"))]) + "\n" for row in rows
        ]
    except (OSError, EOFError, ValueError, KeyError, csv.Error, zlib.error) as error:
        raise LandingError(f"{path}: damaged, no gzip file of a watch-list ({error}); restore the file") from error
