"""Load into any database: all new files in one attempt; if that fails, each file by itself."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from extractor.engines.base import Loaded
from extractor.engines.duckdb.files import path_text, quoted
from extractor.engines.news import Ledger, News, name_of
from extractor.engines.pieces import pieces_of
from extractor.engines.split import split
from extractor.errors import LandingError
from extractor.landing.reader import WHAT_TO_DO, NewFile, checked_envelopes

BYTES_OF_A_LOAD = 256 << 20
"""Size of a load, in bytes of compressed landing files: at most about ten million entries."""

WATCHED = """
select line[1], line[2], line[3], line[4]
from read_json(<path>, format = 'newline_delimited', records = false, columns = {line: 'varchar[]'})
"""


@dataclass(frozen=True)
class Store:
    """The destination of rows. `reader` reads pieces; `insert` takes a table of `raw` and a select for the reader.

    An `attempt` that ends with an exception is rolled back.
    """

    reader: duckdb.DuckDBPyConnection
    insert: Callable[[str, str], None]
    attempt: Callable[[], AbstractContextManager[None]]


def load_news(store: Store, news: News, ledger: Ledger) -> Loaded:
    """Load all valid new files in one attempt, and add the problems of the others to `news`.

    If that fails, each file is tried by itself. A backlog of many files gets several load numbers, so that it can be
    built in several builds.
    """
    number = max((known.load_number for known in ledger.values()), default=0) + 1
    while True:
        files = news.files()
        numbers = _load_numbers(files, number)
        try:
            with store.attempt(), tempfile.TemporaryDirectory() as folder:
                found = _insert_answers(store, numbers, Path(folder))
                _insert_watched(store, news, Path(folder))
                watched = ((each.name, each.bytes, 0, number) for each in news.watched.values())
                entries = [*_entries(numbers, found.lines, ledger), *watched]
                if entries:
                    rows = ", ".join(
                        f"({quoted(name)}, {size}, {lines}, {load})" for name, size, lines, load in entries
                    )
                    store.insert("landing_files", f"from (values {rows})")
            return Loaded(len(found.lines), found.answers, found.unknown)
        except LandingError:
            problems = {file.path: problem for file in files if (problem := _problem_of(store, file))}
            if not problems:
                raise
            news.problems |= problems


@dataclass
class _Found:
    """The contents of new files, and the number of lines of each, including those already loaded."""

    answers: int = 0
    unknown: int = 0
    lines: dict[NewFile, int] = field(default_factory=dict)


def _load_numbers(files: Sequence[NewFile], first: int) -> dict[NewFile, int]:
    """Return the load number of each file; it increases after every BYTES_OF_A_LOAD."""
    numbers, number, size = dict[NewFile, int](), first, 0
    for file in files:
        if size and size + file.bytes > BYTES_OF_A_LOAD:
            number, size = number + 1, 0
        numbers[file] = number
        size += file.bytes
    return numbers


def _insert_answers(store: Store, numbers: Mapping[NewFile, int], folder: Path) -> _Found:
    found = _Found()
    for number in sorted(set(numbers.values())):
        with closing(pieces_of([file for file in numbers if numbers[file] == number], folder)) as pieces:
            for piece in pieces:
                parts = split(store.reader, piece)
                for table, rows in parts.rows:
                    store.insert(table, f"select *, {number} from ({rows})")  # noqa: S608 (our own)
                found.answers += parts.answers
                found.unknown += parts.unknown
                found.lines |= {part.file: part.last for part in piece.parts}
    return found


def _entries(
    numbers: Mapping[NewFile, int], lines: Mapping[NewFile, int], ledger: Ledger
) -> Iterator[tuple[str, int, int, int]]:
    for file, number in numbers.items():
        if file in lines:
            yield file.run, file.bytes, lines[file], number
        elif name_of(file.path) == file.run:  # the end of the run is in it: no more lines will come
            known = ledger[file.run]
            yield file.run, file.bytes, known.lines, known.load_number


class _Undo(Exception):
    """Raised to roll back a trial."""


def _problem_of(store: Store, file: NewFile) -> str | None:
    try:
        with store.attempt(), tempfile.TemporaryDirectory() as folder:
            _insert_answers(store, {file: 0}, Path(folder))
            raise _Undo
    except _Undo:
        return None
    except LandingError as error:
        return _explained(file.path, error)


def _explained(path: Path, refusal: LandingError) -> str:
    """Return what is wrong with a file, and in which line, as far as Python can see; else the database's message."""
    try:
        for _ in checked_envelopes(path):
            pass
    except LandingError as error:
        return str(error)
    return f"{path}: {refusal}. {WHAT_TO_DO}"


def _insert_watched(store: Store, news: News, folder: Path) -> None:
    if news.watched:
        path = folder / "watched.ndjson"
        with path.open("w", encoding="utf-8") as lines:
            for each in news.watched.values():
                lines.writelines(json.dumps([each.name, *row]) + "\n" for row in each.rows)
        store.insert("watched", WATCHED.replace("<path>", path_text(path)))
