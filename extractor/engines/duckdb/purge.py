"""Purge old raw answers and landing files, which the tables no longer need; the warehouse is unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from extractor.config.settings import Config
from extractor.engines.base import check_passed
from extractor.engines.duckdb.builds import last_build_of
from extractor.engines.duckdb.files import number_of, opened
from extractor.engines.duckdb.rewriting import raw_without
from extractor.engines.raw_tables import ANSWER_TABLES
from extractor.errors import LandingError, counted
from extractor.landing.reader import run_of

# A run is purged or kept as a whole, so that a read never loses a part of its pages. It is purged if it has ended and
# each of its lines is in a load that a passed build has processed. A run without an end counts as killed after a silent
# day.
RUNS_TO_PURGE = """
with runs as (
    select run_id, max(day) as day, max(observed_at) as last_answer_at
    from raw.raw.answers
    group by run_id
),

ended as (
    select distinct run_id
    from raw.raw.answers
    where endpoint = 'runs' and (body ->> 'event') = 'end'
),

files as (
    select name as run_id, max(bytes) as bytes, max(load_number) as last_load
    from raw.raw.landing_files
    group by name
)

select runs.run_id, files.bytes
from runs
inner join files on runs.run_id = files.run_id
left join ended on runs.run_id = ended.run_id
where
    runs.day < $before
    and files.last_load <= $up_to_load
    and (ended.run_id is not null or runs.last_answer_at < $before::timestamp - interval 1 day)
"""
IS_PURGED = "run_id in (select run_id from runs_to_purge)"
# Answers of endpoint `runs` are few and kept. How a read ended is purged with its entries: without them, its tracks
# would seem to have been removed.
IS_PURGED_ANSWER = f"{IS_PURGED} and endpoint <> 'runs'"
PURGED_ROWS = {f'"raw"."{table}"': IS_PURGED_ANSWER if table == "answers" else IS_PURGED for table in ANSWER_TABLES}
"""The tables that lose rows, and the condition for those rows."""


@dataclass(frozen=True)
class Purged:
    """The result of a purge."""

    before: date
    answers: int
    files: int

    def __str__(self) -> str:
        return (
            f"purged {counted(self.answers, 'raw answer')} and {counted(self.files, 'landing file')} of days before "
            f"{self.before}; the tables are unchanged"
        )


@dataclass(frozen=True)
class _LandingFile:
    """A landing file of a day that is purged."""

    path: Path
    run_id: str
    bytes: int


def purge(config: Config, before: date) -> Purged:
    """Remove raw answers and landing files of days before `before` that a passed build has processed.

    Raises BuildError unless the last build passed, WarehouseError if raw can't be rewritten, and LandingError if a
    landing file can't be removed: the next purge continues. Afterwards only the facts in the warehouse hold those days:
    a full refresh keeps them.
    """
    last = last_build_of(config.warehouse) if config.raw.exists() else None
    build = check_passed(last, config.target, config.warehouse, "Nothing was purged")
    files = list(_landing_files(config.landing, before))
    with opened(config.raw, memory_limit=config.memory) as connection:
        connection.execute("checkpoint")
        runs = _runs_to_purge(connection, before, build.up_to_load, files)
        answers = number_of(connection, f"from raw.raw.answers select count(*) where {IS_PURGED_ANSWER}")
    if answers:
        with raw_without(config, PURGED_ROWS, lambda copy: _note_runs(copy, list(runs))) as (copy, rows):
            values = [build.up_to_load, before, answers]
            copy.execute("insert into raw.raw.purged (up_to_load, before_day, answers) values (?, ?, ?)", values)
            rows['"raw"."purged"'] += 1
    purged = [file.path for file in files if runs.get(file.run_id) == file.bytes]
    for path in purged:
        _remove(path)
    return Purged(before, answers, len(purged))


def _landing_files(landing: Path, before: date) -> Iterator[_LandingFile]:
    for path in sorted(landing.glob("*/*.ndjson.gz")):
        try:
            is_old = date.fromisoformat(path.parent.name) < before
            run_id = run_of(path) if is_old else None
        except (ValueError, LandingError):
            continue  # not a day's folder, or a file that load refuses as well
        if run_id:
            yield _LandingFile(path, run_id, path.stat().st_size)


def _runs_to_purge(
    connection: duckdb.DuckDBPyConnection, before: date, up_to_load: int, files: list[_LandingFile]
) -> dict[str, int]:
    """Return the runs to purge, each with the size of its landing file when loaded; also create table runs_to_purge."""
    found = connection.execute(RUNS_TO_PURGE, {"before": before, "up_to_load": up_to_load}).fetchall()
    runs: dict[str, int] = dict(found)
    for file in files:
        if file.bytes > runs.get(file.run_id, file.bytes):
            del runs[file.run_id]  # some of its lines are not loaded yet
    _note_runs(connection, list(runs))
    return runs


def _note_runs(connection: duckdb.DuckDBPyConnection, runs: list[str]) -> None:
    connection.execute("create temp table runs_to_purge as select unnest($1::varchar[]) as run_id", [runs])


def _remove(path: Path) -> None:
    """Remove a landing file; also the folder of its day if it is empty then."""
    try:
        path.unlink()
    except OSError as error:
        raise LandingError(f"{path}: can't be removed: {error.strerror}") from error
    if not any(path.parent.glob("*.ndjson.gz")):
        for budget in path.parent.glob("*.requests"):
            budget.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()  # fails unless it is empty
