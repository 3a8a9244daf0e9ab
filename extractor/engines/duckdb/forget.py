"""Withdraw what has landed for a day, by a run, or of a playlist; the next build makes all tables without it.

Raw loses the rows, and the landing files move to landing/withdrawn/. Unless answers were purged, a full refresh makes
the facts again from raw. Otherwise the facts of the days concerned are deleted here, and what raw still has of these
days gets a new load number, so that the next build merges it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from extractor.config.settings import Config
from extractor.engines.duckdb.builds import expect_refresh
from extractor.engines.duckdb.files import ORIGINAL, attach, number_of, opened, quoted
from extractor.engines.duckdb.rewriting import raw_without
from extractor.engines.raw_tables import ANSWER_TABLES
from extractor.errors import ConfigError, counted
from extractor.landing.withdrawn import FOLDER, Withdrawal, check_ended, files_of, withdraw

CONDITIONS = {"day": "day = $what::date", "run": "regexp_full_match(run_id, $what)", "playlist": "playlist_id = $what"}
OF_A_PLAYLIST = {"answers": "(asked ->> 'playlist_id') = $what", "answered_objects": "false"}
"""Tables of raw without a column for the playlist."""

# A day was purged if the facts have a run of which raw has nothing more.
PURGED_DAYS = """
select distinct day
from intermediate.int_playlist_reads as reads
where
    list_contains($days, day)
    and not exists (
        from landed.raw.answers as answers where answers.run_id = reads.run_id and answers.endpoint <> 'runs'
    )
"""
TABLES = "select table_name from duckdb_tables() where schema_name = 'intermediate'"
ORPHANS = """
delete from intermediate.int_playlist_versions as versions
where not exists (
    from intermediate.int_playlist_reads as reads
    where reads.playlist_id = versions.playlist_id and reads.content_hash = versions.content_hash
)
"""
NUMBERS = """
create temp table numbers as
select run_id, line, row_number() over (partition by run_id order by line) as number
from raw.raw.answers
where run_id in ({runs})
"""
LAST_LINES = """
update raw.raw.landing_files set lines = least(lines, last_line)
from (select run_id, max(number) as last_line from numbers group by run_id) as ends
where name = ends.run_id
"""


@dataclass(frozen=True)
class Forgotten:
    """The result: what was withdrawn, and how many raw answers and landing files."""

    what: str
    answers: int
    files: int

    def __str__(self) -> str:
        return (
            f"withdrew {self.what}: {counted(self.answers, 'raw answer')}; {counted(self.files, 'landing file')} moved "
            "to landing/withdrawn. The next daily run, or ./run.sh build and publish, rebuilds the tables without it"
        )


@dataclass(frozen=True)
class _Found:
    """What raw and the facts have of it: raw answers, rows of facts, and the days of both."""

    answers: int
    facts: int
    days: list[date]


def forget(config: Config, withdrawal: Withdrawal) -> Forgotten:
    """Withdraw. If it is interrupted, the same command completes it.

    Raises ConfigError if nothing of it was ever there, or if it can't be told from the rest any more; LandingError if a
    run is writing one of the files, or if one can't be moved; WarehouseError, with nothing changed, if raw can't be
    rewritten.
    """
    files = list(files_of(config.landing, withdrawal))
    for path in files:
        check_ended(path)
    found = _withdraw_rows(config, withdrawal) if config.raw.exists() else _Found(0, 0, [])
    if not (files or found.answers or found.facts) and not any(files_of(config.landing / FOLDER, withdrawal)):
        raise ConfigError(f"{withdrawal}: nothing of it has landed")
    for path in files:
        withdraw(config.landing, path, withdrawal)
    return Forgotten(str(withdrawal), found.answers, len(files))


def _withdraw_rows(config: Config, withdrawal: Withdrawal) -> _Found:
    """Withdraw from raw and from the facts, or from neither."""
    with opened(config.raw) as raw:
        raw.execute("checkpoint")
    with opened(config.warehouse, memory_limit=config.memory) as connection:
        attach(connection, config.raw, "landed")
        found = _find(connection, withdrawal)
        if not (found.answers or found.facts):
            return found
        whole = found.days
        is_purged = number_of(connection, "from landed.raw.purged select count(*)") > 0
        if is_purged:
            purged = {day for (day,) in connection.execute(PURGED_DAYS, {"days": found.days}).fetchall()}
            whole = [day for day in found.days if day not in purged]
            if withdrawal.run and purged:
                raise ConfigError(
                    f"{withdrawal}: answers of {min(purged)} were purged, so its part of that day can't be told from "
                    f"others'; withdraw the day: ./run.sh forget --day {min(purged)}"
                )
        connection.execute("detach landed")
        connection.begin()
        expect_refresh(connection, str(withdrawal))
        if is_purged:
            _delete_facts(connection, withdrawal, whole)
        _rewrite_raw(config, withdrawal, whole)
        connection.commit()
        connection.execute("checkpoint")
    return found


def _find(connection: duckdb.DuckDBPyConnection, withdrawal: Withdrawal) -> _Found:
    answers, days = _counted(connection, f"landed.raw.answers where {_condition(withdrawal, 'answers')}")
    rows = 0
    known = {name for (name,) in connection.execute(TABLES).fetchall()}
    for fact in ("int_playlist_reads", "int_track_days") if withdrawal.day else ("int_playlist_reads",):
        if fact in known:
            more, of_fact = _counted(connection, f"intermediate.{fact} where {_condition(withdrawal, fact)}")
            rows, days = rows + more, days | of_fact
    return _Found(answers, rows, sorted(days))


def _counted(connection: duckdb.DuckDBPyConnection, rows: str) -> tuple[int, set[date]]:
    [(number, days)] = connection.execute(f"select count(*), coalesce(list(distinct day), []) from {rows}").fetchall()  # noqa: S608 (our own)
    return number, set(days)


def _condition(withdrawal: Withdrawal, table: str) -> str:
    of_table = OF_A_PLAYLIST.get(table) if withdrawal.playlist else None
    what = withdrawal.runs if withdrawal.run else withdrawal.value
    return (of_table or CONDITIONS[withdrawal.kind]).replace("$what", quoted(what))


def _delete_facts(connection: duckdb.DuckDBPyConnection, withdrawal: Withdrawal, whole: list[date]) -> None:
    """Delete what the next build does not merge again by itself. `whole` are the days of which raw has everything."""
    condition = _condition(withdrawal, "int_playlist_reads")
    connection.execute(
        f"delete from intermediate.int_playlist_reads where {condition} or list_contains($days, day)",  # noqa: S608 (our own)
        {"days": whole},
    )
    days = [withdrawal.day, *whole] if withdrawal.day else whole
    connection.execute("delete from intermediate.int_track_days where list_contains($days, day)", {"days": days})
    connection.execute(ORPHANS)


def _rewrite_raw(config: Config, withdrawal: Withdrawal, renumbered: list[date]) -> None:
    gone = {f'"raw"."{table}"': _condition(withdrawal, table) for table in ANSWER_TABLES}
    runs = f"select distinct run_id from {ORIGINAL}.raw.answers where {_condition(withdrawal, 'answers')}"  # noqa: S608 (our own)
    if not withdrawal.playlist:
        gone['"raw"."landing_files"'] = f"name in ({runs})"
    with raw_without(config, gone) as (copy, rows):
        number = number_of(copy, f"from {ORIGINAL}.raw.landing_files select coalesce(max(load_number), 0) + 1")
        copy.execute(
            "create temp table runs as select distinct run_id from raw.raw.answers where list_contains($1, day)",
            [renumbered],
        )
        for table in ANSWER_TABLES:
            copy.execute(f"update raw.raw.{table} set load_number = {number} where run_id in (select run_id from runs)")  # noqa: S608 (our own)
        copy.execute(
            f"update raw.raw.landing_files set load_number = {number} where name in (select run_id from runs)"  # noqa: S608 (our own)
        )
        if withdrawal.playlist:
            _renumber_lines(copy, runs)
        # The highest number stays above those that builds have processed, also if nothing else of this day is left.
        marker = f"({quoted(f'without {withdrawal}')}, 0, 0, {number})"
        copy.execute(f"insert into raw.raw.landing_files values {marker}")  # noqa: S608 (our own)
        rows['"raw"."landing_files"'] += 1


def _renumber_lines(copy: duckdb.DuckDBPyConnection, runs: str) -> None:
    """Number the lines of these runs without gaps, as their landing files will have them."""
    copy.execute(NUMBERS.format(runs=runs))
    for table in ANSWER_TABLES:
        copy.execute(
            f"update raw.raw.{table} as answers set line = number from numbers "  # noqa: S608 (our own)
            "where answers.run_id = numbers.run_id and answers.line = numbers.line"
        )
    copy.execute(LAST_LINES)
