"""Run an import: read a source into a work database, judge its reads, write landing files. Nothing else is written."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from extractor.config.settings import Config
from extractor.engines.base import megabytes
from extractor.errors import ConfigError, FileError, LandingError, counted, suggestion
from extractor.imports.api import read_responses
from extractor.imports.archive import RESTORED, read_archive
from extractor.imports.git import Repository
from extractor.imports.landing import Written, write_days
from extractor.imports.neutral import TABLE
from extractor.imports.problems import MOST_NAMED, Problems
from extractor.imports.reads import judge
from extractor.imports.table import NEUTRAL, adapter_names, adapters, read_tables

OF_GIT = ("archive", "api")
CUT = (
    "a shallow clone: its history is cut off, and what its first commit changed is not known, so that is not "
    "imported; for the whole history: git fetch --unshallow"
)

# Beside other work of the same machine: a build runs with 4 GB.
NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
MEMORY = "1GB"

SUMMARY = """
select
    count(distinct playlist_id), count(distinct day), min(day), max(day), coalesce(sum(entries), 0)
from reads
"""
OUTCOMES = "select outcome, reason, count(*) from reads group by all order by outcome, count(*) desc, reason"
NAMES = """
select playlist_id, coalesce(arg_max(name, observed_at) filter (name is not null), '')
from reads
where playlist_id not like 'chart:%'
group by playlist_id
order by playlist_id
"""


@dataclass(frozen=True)
class Request:
    """What to import. `name` distinguishes imports of the same kind; `complete`: the user says that reads are."""

    source: str
    path: Path
    name: str | None = None
    dry_run: bool = False
    strict: bool = False
    complete: bool = False

    @property
    def called(self) -> str:
        return self.source if self.name is None else self.name


@dataclass
class Imported:
    """What an import has, or would have, written: the plan and the summary. `reads` counts reads by outcome."""

    source: str
    dry_run: bool
    playlists: int = 0
    days: int = 0
    first_day: date | None = None
    last_day: date | None = None
    entries: int = 0
    reads: dict[str, int] = field(default_factory=dict)
    partial: dict[str, int] = field(default_factory=dict)
    restored: int = 0
    personalised_playlists: int = 0
    personalised_reads: int = 0
    problems: list[str] = field(default_factory=list)
    more_problems: int = 0
    files_written: int = 0
    files_known: int = 0
    bytes_written: int = 0
    not_written: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        if self.dry_run:
            return f"{self.plan()}\n  --dry-run: nothing was written"
        if not self.files_written and not self.files_known and not self.not_written:
            return self.plan()
        known = f"; {self.files_known:,} already there" if self.files_known else ""
        written = f"{counted(self.files_written, 'landing file')} ({megabytes(self.bytes_written)})"
        differing = "".join(f"\n  not written: {problem}" for problem in self.not_written)
        return f"{self.source}: wrote {written}{known}{differing}"

    def plan(self) -> str:
        """Return what is imported, and what is not and why."""
        return "\n".join(self._lines())

    def facts(self) -> dict[str, Any]:
        """Return it for programs."""
        return {name: value for name, value in vars(self).items() if name != "names"}

    def _lines(self) -> Iterator[str]:
        reads = ", ".join(f"{count:,} {outcome}" for outcome, count in self.reads.items()) or "none"
        period = f", {self.first_day} to {self.last_day}" if self.days else ""
        yield (
            f"{self.source}: {counted(self.playlists, 'playlist')} on {counted(self.days, 'day')}{period}; "
            f"reads: {reads}; entries: {self.entries:,}"
        )
        for reason, count in self.partial.items():
            yield f"  partial: {count:,}: {reason}"
        if self.restored:
            entries = "null entry" if self.restored == 1 else "null entries"
            yield f"  restored: {self.restored:,} {entries}, for tracks that came back with the same claim"
        if self.personalised_playlists:
            yield (
                f"  left out: {counted(self.personalised_playlists, 'personalised playlist')} with "
                f"{counted(self.personalised_reads, 'read')}: Spotify shows each listener another content"
            )
        for problem in self.problems:
            yield f"  not usable: {problem}"
        if self.more_problems:
            yield f"  not usable: … and {self.more_problems:,} more"


Show = Callable[[str, int, int | None], object]
"""Called with what is done, how much of it, and of how much, if that is known."""


def import_history(
    config: Config, request: Request, today: date, announce: Callable[[Imported], object], show: Show
) -> Imported:
    """Import; `announce` receives the plan before anything is written.

    Raises ConfigError if the source can't be read as what it is said to be, if nothing of it is usable, or, with
    `strict`, if anything is not; LandingError or FileError if a file can't be written. What is written then is whole.
    """
    if not NAME.fullmatch(request.called):
        raise ConfigError(f"--name {request.called!r}: a name has letters, digits, - and _ only")
    if not request.path.exists():
        raise ConfigError(f"{request.path}: no such file or folder")
    with _work_folder(None if request.dry_run else config.landing) as folder, _work_database(folder) as work:
        problems = Problems()
        if request.source in OF_GIT:
            _check_history(request, problems)
        for done in _source(work, config, request, folder, today, problems):
            show("files read", done, None)
        vouched = request.complete or request.source == "archive"
        left_out = judge(work, problems, vouched=vouched, leave_out=request.source == "archive")
        if request.source == "archive":
            work.execute(RESTORED)
        found = _summary(work, request, problems)
        found.personalised_playlists, found.personalised_reads = left_out.playlists, left_out.reads
        if request.strict and problems.count:
            raise ConfigError(
                f"{request.path}: {counted(problems.count, 'problem')}, nothing was imported:\n{_named(problems)}"
            )
        if not found.days and not left_out.reads:
            raise ConfigError(f"{request.path}: nothing of it is usable:\n{_named(problems) or 'it has no rows'}")
        if request.dry_run:
            return found
        announce(found)
        written = write_days(
            work, config.landing, folder, request.called, lambda done: show("days written", done, found.days)
        )
        return _with(found, written)


def sources() -> list[str]:
    """Return the names of all sources: those of this package, and the adapters."""
    return sorted({NEUTRAL, *OF_GIT, *(name.split("_")[0] for name in adapter_names())})


def _source(
    work: duckdb.DuckDBPyConnection, config: Config, request: Request, folder: Path, today: date, problems: Problems
) -> Iterator[int]:
    if request.source == "archive":
        return read_archive(work, folder, request.path, today, problems)
    if request.source == "api":
        return read_responses(work, folder, request.path, today, config.drop_fields, problems)
    if not adapters(request.source):
        raise ConfigError(f"{request.source}: no such source; {suggestion(request.source, sources())}")
    return read_tables(work, request.source, request.path, today, problems)


def _check_history(request: Request, problems: Problems) -> None:
    repository = Repository(request.path)
    if request.path.is_dir() and repository.has_history:
        if repository.is_shallow:
            problems.add(f"{request.path}: {CUT}")
    elif request.source == "archive":
        raise ConfigError(f"{request.path}: no git repository, or folder of one, with a commit: not an archive")


@contextmanager
def _work_folder(landing: Path | None) -> Iterator[Path]:
    """Yield an empty hidden folder in the landing folder; what a killed import left there is removed.

    Without a landing folder, which a dry run must not make, it is a temporary folder of the system.
    """
    if landing is None:
        with TemporaryDirectory(prefix="spotify-import-") as temporary:
            yield Path(temporary)
        return
    folder = landing / ".importing"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise FileError(f"{folder}: can't be written: {error.strerror}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _work_database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with duckdb.connect(str(folder / "work.duckdb"), config={"memory_limit": MEMORY}) as work:
            work.execute("set TimeZone = 'UTC'")
            work.execute(TABLE)
            yield work
    except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
        raise LandingError(f"{folder}: {error}. No file is incomplete; make room and import again") from error


def _summary(work: duckdb.DuckDBPyConnection, request: Request, problems: Problems) -> Imported:
    found = Imported(request.called, request.dry_run, problems=problems.named)
    found.more_problems = problems.count - len(problems.named)
    [(found.playlists, found.days, found.first_day, found.last_day, entries)] = work.execute(SUMMARY).fetchall()
    found.entries = int(entries)
    for outcome, reason, count in work.execute(OUTCOMES).fetchall():
        found.reads[outcome] = found.reads.get(outcome, 0) + count
        if outcome == "partial":
            key = reason if len(found.partial) < MOST_NAMED else "other reasons"
            found.partial[key] = found.partial.get(key, 0) + count
    [(found.restored,)] = work.execute("select count(*) from restored").fetchall()
    found.names = dict(work.execute(NAMES).fetchall())
    return found


def _with(found: Imported, written: Written) -> Imported:
    found.files_written, found.files_known, found.bytes_written = written.new, written.known, written.bytes
    found.not_written = _named(written.differing).splitlines()
    return found


def _named(problems: Problems) -> str:
    more = problems.count - len(problems.named)
    return "\n".join([*problems.named, *([f"… and {more:,} more"] if more else [])])
