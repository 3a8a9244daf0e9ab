"""Landing files for Spark, which reads them where they are: a load is a folder in which it finds what is new.

spark/raw/load_number=<n>/part=answers/<run>.ndjson.gz      a landing file, or what is new in it
                         /part=runs/rows.ndjson             starts and ends of runs once more: all are read on every day
                         /part=watched/rows.ndjson          watch-lists
                         /part=landing_files/rows.ndjson    the ledger: what this load has of which files
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from extractor.endpoints import NAME
from extractor.errors import LandingError, WarehouseError
from extractor.landed import envelopes, is_sound
from extractor.load import ENDPOINTS, Loaded, new_files

Row = dict[str, Any]
TYPES = {"run": str, "worker": int, "endpoint": str, "asked": dict, "requests": int}


@dataclass(frozen=True)
class Content:
    """What a landing file holds: its whole lines, whether its run has ended in it, and what is new to the ledger."""

    lines: int
    is_whole: bool
    new_answers: int
    new_runs: list[Row]


def load(landing: Path, raw: Path) -> Loaded:
    """Make a folder of what is new in the landing folder: new files, and the new lines of files that have grown.

    It is put in place by one rename: Spark sees nothing of a load that was killed.

    Raises LandingError naming file and line if a file holds anything but envelopes: nothing of that file is loaded,
    all of the others is. Raises WarehouseError if the folder can't be written.
    """
    try:
        raw.mkdir(parents=True, exist_ok=True)
        beside = raw / ".next"
        shutil.rmtree(beside, ignore_errors=True)
        loaded, damaged = _fill(beside, landing, _ledger(raw))
        if beside.exists():
            beside.rename(raw / f"load_number={last_load(raw) + 1}")
    except OSError as error:
        raise WarehouseError(f"{raw}: can't be written: {error.strerror}") from error
    if damaged:
        raise LandingError("\n".join(damaged))
    return loaded


def last_load(raw: Path) -> int:
    """The number of the last load; 0 where there was none."""
    return max((int(folder.name.partition("=")[2]) for folder in raw.glob("load_number=*")), default=0)


def _ledger(raw: Path) -> dict[str, Row]:
    """The latest entry of each file."""
    entries = [
        json.loads(line)
        for path in raw.glob("load_number=*/part=landing_files/rows.ndjson")
        for line in path.read_text("utf-8").splitlines()
    ]
    return {entry["file"]: entry for entry in sorted(entries, key=lambda entry: entry["bytes"])}


def _fill(folder: Path, landing: Path, ledger: dict[str, Row]) -> tuple[Loaded, list[str]]:
    """Put everything new into a folder, which is made if there is any; returns what was wrong with damaged files."""
    known = {file: entry["bytes"] for file, entry in ledger.items()}
    entries, runs, answers, damaged = list[Row](), list[Row](), 0, list[str]()
    for file, new in new_files(known, landing.glob("*/*.ndjson.gz")).items():
        lines_before = ledger[file]["lines"] if file in ledger else 0
        try:
            content = _content(new.path, lines_before)
        except LandingError as error:
            damaged.append(str(error))
            continue
        _add(new.path, content, lines_before, folder / "part=answers")
        entries.append({"file": file, "bytes": new.bytes, "lines": content.lines})
        runs += content.new_runs
        answers += content.new_answers
    watched = new_files(known, landing.glob("watched/*.csv.gz"))
    _write(folder / "part=runs", runs)
    _write(folder / "part=watched", [row for new in watched.values() for row in _watch_list(new.path)])
    of_watched = [{"file": file, "bytes": new.bytes, "lines": 0} for file, new in watched.items()]
    _write(folder / "part=landing_files", entries + of_watched)
    return Loaded(len(entries), answers), damaged


def _content(path: Path, lines_before: int) -> Content:
    number, has_ended, answers, runs = 0, False, 0, list[Row]()
    for number, envelope in envelopes(path):
        _check_types(path, number, envelope)
        is_run = envelope["endpoint"] == "runs"
        has_ended = has_ended or (is_run and number > 1)
        if number > lines_before:
            answers += envelope["endpoint"] in ENDPOINTS or bool(NAME.fullmatch(envelope["endpoint"]))
            runs += [envelope] if is_run else []
    return Content(number, has_ended and is_sound(path), answers, runs)


def _check_types(path: Path, number: int, envelope: Row) -> None:
    """A build could not read what is of another type."""
    try:
        date.fromisoformat(envelope["day"])
        datetime.fromisoformat(envelope["observed_at"])
        for part, kind in TYPES.items():
            if not isinstance(envelope[part], kind):
                raise TypeError(f"{part} is {envelope[part]!r}")
    except (TypeError, ValueError) as error:
        raise LandingError(
            f"{path}:{number}: not an envelope of this project ({error}). Nothing of this file was loaded; "
            "restore the file, or move it out of the landing folder to go on without it"
        ) from error


def _add(path: Path, content: Content, lines_before: int, folder: Path) -> None:
    """The file itself, by a link, where it is whole and all of it is new; else a copy of its new lines."""
    folder.mkdir(parents=True, exist_ok=True)
    if content.is_whole and lines_before == 0:
        try:
            os.link(path, folder / path.name)
        except OSError:  # on another disk, or on one without links
            shutil.copyfile(path, folder / path.name)
        return
    with gzip.open(folder / path.name, "wt", encoding="utf-8", errors="replace") as copy:
        for number, envelope in envelopes(path):
            if lines_before < number <= content.lines:
                copy.write(_line(envelope))


def _watch_list(path: Path) -> Iterator[Row]:
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield {"watched": path.name.removesuffix(".csv.gz")} | row
    except (OSError, EOFError, zlib.error) as error:
        raise LandingError(f"{path}: damaged, no gzip file of a watch-list ({error}); restore the file") from error


def _write(folder: Path, rows: list[Row]) -> None:
    if rows:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "rows.ndjson").write_text("".join(map(_line, rows)), "utf-8")


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
