"""Load landing files for Spark, which reads them in place: a load is a folder with links to what is new.

spark/raw/load_number=<n>/part=answers/<i>-<run>.ndjson.gz  a landing file, or what is new in it
                         /part=runs/rows.ndjson             starts and ends of runs, repeated: every build needs all
                         /part=watched/rows.ndjson          watch-lists
                         /part=landing_files/<i>.ndjson     the ledger: how much of which files this load has

Spark splits the answers when it reads them: macros/adapters/raw.sql.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from extractor.config.settings import Config
from extractor.engines.base import Loaded
from extractor.engines.news import Ledger, News, find_news, ledger_of, name_of, preference
from extractor.engines.spark.folder import folder_of
from extractor.errors import LandingError, WarehouseError
from extractor.landing.reader import NewFile, checked_envelopes, envelopes, is_sound

Row = dict[str, Any]


@dataclass(frozen=True)
class Content:
    """The contents of a landing file: its complete lines, whether its run has ended, and what the ledger lacks."""

    lines: int
    is_whole: bool
    answers: int
    unknown: int
    runs: tuple[Row, ...]


def load(config: Config) -> Loaded:
    """Create a folder with what is new in the landing folder: new files, and the new lines of files that have grown.

    It is put in place by one rename: Spark sees nothing of a load that was killed.

    Raises LandingError naming file and line if a file contains anything but envelopes of one run: nothing of that file
    is loaded, the other files are. Raises WarehouseError if the folder can't be written.
    """
    raw = folder_of(config) / "raw"
    try:
        raw.mkdir(parents=True, exist_ok=True)
        beside = raw / ".next"
        shutil.rmtree(beside, ignore_errors=True)
        ledger = _ledger(raw)
        news = find_news(config.landing, ledger)
        loaded = _fill(beside, news)
        if beside.exists():
            beside.rename(raw / f"load_number={last_load(raw) + 1}")
        _note_ends(raw, news, ledger)
    except OSError as error:
        raise WarehouseError(f"{raw}: can't be written: {error.strerror}") from error
    news.raise_problems()
    return loaded


def last_load(raw: Path) -> int:
    """Return the number of the last load; 0 before the first."""
    return max((int(folder.name.partition("=")[2]) for folder in raw.glob("load_number=*")), default=0)


def _ledger(raw: Path) -> Ledger:
    entries = []
    for path in raw.glob("load_number=*/part=landing_files/*.ndjson"):
        number = int(path.parent.parent.name.partition("=")[2])
        for line in path.read_text("utf-8").splitlines():
            entry = json.loads(line)
            if "name" not in entry:
                raise WarehouseError(
                    f"{raw.parent}: written by another version of this program. Move it away and run the same command "
                    "again: the tables are rebuilt from the landing files"
                )
            entries.append((entry["name"], entry["bytes"], entry["lines"], number))
    return ledger_of(sorted(entries, key=lambda entry: entry[1]))


def _fill(folder: Path, news: News) -> Loaded:
    """Write everything new into a folder, created if there is anything; add the problems of files to `news`."""
    contents = dict(_sound(news))
    for number, (file, content) in enumerate(contents.items(), 1):
        _add(file, content, folder / "part=answers", f"{number}-{file.path.name}")
    entries = [_entry(file.run, file.bytes, content.lines) for file, content in contents.items()]
    entries += [_entry(each.name, each.bytes, 0) for each in news.watched.values()]
    _write(folder / "part=runs" / "rows.ndjson", (row for content in contents.values() for row in content.runs))
    _write(folder / "part=watched" / "rows.ndjson", _watched(news))
    _write(folder / "part=landing_files" / "1.ndjson", entries)
    answers, unknown = (sum(getattr(each, count) for each in contents.values()) for count in ("answers", "unknown"))
    return Loaded(len(contents), answers, unknown)


def _sound(news: News) -> Iterator[tuple[NewFile, Content]]:
    """Yield the largest valid file of each run, if it has new lines."""
    for files in news.runs.values():
        for file in sorted(files, key=preference, reverse=True):
            try:
                content = _content(file)
            except LandingError as error:
                news.problems[file.path] = str(error)
                continue
            if content.answers:
                yield file, content
            break


def _content(file: NewFile) -> Content:
    number, has_ended, answers, unknown, runs = 0, False, 0, 0, list[Row]()
    for number, envelope in checked_envelopes(file.path):
        is_run = envelope["endpoint"] == "runs"
        has_ended = has_ended or (is_run and number > 1)
        if number > file.known_lines:
            answers += 1
            unknown += is_unknown(envelope)
            runs += [envelope] if is_run else []
    return Content(number, has_ended and is_sound(file.path), answers, unknown, tuple(runs))


def is_unknown(envelope: Row) -> bool:
    """Return whether an answer should hold entries or objects, but has a shape in which none are found."""
    endpoint, asked, body = (envelope[part] for part in ("endpoint", "asked", "body"))
    keys = body if isinstance(body, dict) else {}
    if envelope["status"] != HTTPStatus.OK:
        return False
    if "ids" in asked:
        found = keys.get(asked["items"]) if asked.get("items") is not None else [body]
        return not isinstance(found, list) or len(found) != len(asked["ids"])
    if endpoint == "playlist_items":
        entries = keys.get("items")
        return not isinstance(entries, list) or bool(entries and not isinstance(asked.get("offset"), int))
    if endpoint != "playlists" or asked.get("fields") is not None:
        return False
    pages = [keys.get("items"), keys.get("tracks")]
    lists = [page.get("items") if isinstance(page, dict) else None for page in pages]
    if any(isinstance(entries, list) and entries for entries in lists):
        return False
    return not (
        isinstance(body, dict)
        and all(page is None or isinstance(page, dict) for page in pages)
        and all(entries is None or isinstance(entries, list) for entries in lists)
    )


def _add(file: NewFile, content: Content, folder: Path, name: str) -> None:
    """Hard-link the file if it is complete and entirely new; else write a copy of its new lines."""
    folder.mkdir(parents=True, exist_ok=True)
    if content.is_whole and file.known_lines == 0:
        try:
            os.link(file.path, folder / name)
        except OSError:  # on another disk, or on one without links
            shutil.copyfile(file.path, folder / name)
        return
    with gzip.open(folder / name, "wt", encoding="utf-8", errors="replace") as copy:
        for number, envelope in envelopes(file.path):
            if file.known_lines < number <= content.lines:
                copy.write(_line(envelope))


def _watched(news: News) -> Iterator[Row]:
    for each in news.watched.values():
        yield from ({"watched": each.name, "kind": kind, "id": of, "label": label} for kind, of, label in each.rows)


def _note_ends(raw: Path, news: News, ledger: Ledger) -> None:
    """Record files that have grown by the end of their gzip stream but by no line: they are not read again."""
    for file in news.files():
        known = ledger.get(file.run)
        if known and name_of(file.path) == file.run and not _has_more(file):
            folder = raw / f"load_number={known.load_number}" / "part=landing_files"
            beside = folder / ".next"
            _write(beside, [_entry(file.run, file.bytes, known.lines)])
            beside.rename(folder / f"{len(list(folder.glob('*.ndjson'))) + 1}.ndjson")


def _has_more(file: NewFile) -> bool:
    return any(number > file.known_lines for number, _ in envelopes(file.path))


def _entry(name: str, size: int, lines: int) -> Row:
    return {"name": name, "bytes": size, "lines": lines}


def _write(path: Path, rows: Iterable[Row]) -> None:
    if text := "".join(map(_line, rows)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
