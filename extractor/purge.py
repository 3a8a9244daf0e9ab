"""Removing old raw answers, which the tables no longer need; the tables are left as they are."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from extractor.config import Config
from extractor.errors import BuildError, LandingError
from extractor.load import KNOWN
from extractor.transform import has_passed, remember_passed
from extractor.warehouse import compact, opened

# Small, and what the calendar and the runs are made from.
KEPT = ("runs", "playlist_reads", "watched", "landing_files", "built", "purged")

PAYLOADS = "select table_name from duckdb_tables() where schema_name = 'raw' and not list_contains(?, table_name)"


@dataclass(frozen=True)
class Purged:
    """What a purge removed."""

    before: date
    answers: int
    files: int

    def __str__(self) -> str:
        return (
            f"purged {self.answers} raw answers and {self.files} landing files of days before {self.before}; "
            "the tables are as they were"
        )


def purge(config: Config, before: date) -> Purged:
    """Remove landing files and raw answers of days before `before`. Raises BuildError unless all is built and tested.

    A full refresh is refused from then on, because it would lose what only the tables know.
    """
    if not has_passed(config):
        raise BuildError(
            f"{config.warehouse}: not everything loaded is built and tested; run `./run.sh build` first. "
            "Nothing is purged"
        )
    with opened(config.warehouse) as connection:
        connection.begin()
        answers = _delete_answers(connection, before)
        if answers:
            connection.execute("insert into raw.purged values (?, ?)", [before, answers])
        connection.commit()
        loaded = dict(connection.execute(KNOWN).fetchall())
        connection.execute("checkpoint")
    if answers:
        compact(config.warehouse)
    remember_passed(config)
    files = _delete_files(config.landing, before, loaded)
    return Purged(before, answers, files)


def _delete_answers(connection: duckdb.DuckDBPyConnection, before: date) -> int:
    tables = [table for (table,) in connection.execute(PAYLOADS, [list(KEPT)]).fetchall()]
    deleted = 0
    for table in tables:
        delete = f'delete from raw."{table}" where day < ?'  # noqa: S608 (a table's own name)
        [(count,)] = connection.execute(delete, [before]).fetchall()
        deleted += count
    return deleted


def _delete_files(landing: Path, before: date, loaded: dict[str, int]) -> int:
    """Only files that were loaded to their end: what is not in the warehouse stays."""
    deleted = 0
    for path in sorted(landing.glob("*/*.ndjson.gz")):
        try:
            old = date.fromisoformat(path.parent.name) < before
        except ValueError:
            continue
        if old and loaded.get(path.name.removesuffix(".gz")) == path.stat().st_size:
            try:
                path.unlink()
            except OSError as error:
                raise LandingError(f"{path}: can't be removed: {error.strerror}") from error
            deleted += 1
            if not any(path.parent.glob("*.ndjson.gz")):
                for ledger in path.parent.glob("*.requests"):
                    ledger.unlink(missing_ok=True)
            with suppress(OSError):
                path.parent.rmdir()  # once it is empty
    return deleted
