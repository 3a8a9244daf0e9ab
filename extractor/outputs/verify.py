"""Verify that everything that is kept is readable and agrees: landing files, raw, facts, and what is published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from extractor.config.settings import Config
from extractor.engines.duckdb.builds import awaits_refresh, last_build
from extractor.engines.duckdb.files import attach, logs_of, number_of, opened, read_to_end, rows_of
from extractor.errors import LandingError, WarehouseError, counted
from extractor.landing.reader import checked_envelopes

LOADED = """
select files.name, max(files.lines), count(distinct answers.line), coalesce(sum(answers.line), 0)
from (select name, max(lines) as lines from raw.raw.landing_files group by name) as files
left join raw.raw.answers on files.name = answers.run_id
where files.lines > 0 and files.name not in (select run_id from purged)
group by files.name
"""
# A purge keeps the answers of endpoint `runs` only.
PURGED = """
create temp table purged as
select run_id
from raw.raw.answers
group by run_id
having
    exists (from raw.raw.purged)
    and count(*) filter (endpoint <> 'runs') = 0
"""
ENTRIES = """
with complete_reads as (
    select
        run_id, asked ->> 'playlist_id' as playlist_id, (body ->> 'attempt')::integer as attempt,
        (body ->> 'entries')::integer as entries
    from raw.raw.answers
    where endpoint = 'playlist_reads' and (body ->> 'outcome') = 'complete'
)

select complete_reads.run_id, complete_reads.playlist_id, complete_reads.entries, count(entries.position)
from complete_reads
left join raw.raw.playlist_entries as entries using (run_id, playlist_id, attempt)
group by complete_reads.run_id, complete_reads.playlist_id, complete_reads.entries, complete_reads.attempt
having count(entries.position) <> complete_reads.entries
"""
FACTS = """
with landed as (
    select count(*) as reads, sum((body ->> 'entries')::integer) as entries
    from landed.raw.answers
    where endpoint = 'playlist_reads' and load_number <= $up_to_load
),

facts as (
    select count(*) as reads, sum(entries) as entries
    from intermediate.int_playlist_reads as facts
    where exists (
        from landed.raw.answers as answers
        where answers.run_id = facts.run_id and answers.endpoint = 'playlist_reads'
    )
)

select landed.reads, facts.reads, landed.entries, facts.entries
from landed, facts
"""
LOST_CONTENTS = """
select count(*)
from intermediate.int_playlist_reads as reads
where
    content_hash is not null
    and not exists (
        from intermediate.int_playlist_versions as versions
        where versions.playlist_id = reads.playlist_id and versions.content_hash = reads.content_hash
    )
"""


RESTORE_WAREHOUSE = "run ./run.sh build --full-refresh; after a purge, restore a backup of the warehouse first"
PUBLISH = "run ./run.sh publish"
START_AGAIN = "move it away: the next daily run hands over the changes of the last observed day, and none before"


@dataclass
class Verified:
    """What was read, by stage, and what is wrong with it, with what to do."""

    read: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return 1 if self.problems else 0

    def __str__(self) -> str:
        lines = [f"{stage:<10} {text}" for stage, text in self.read.items()]
        lines += [f"{'problem':<10} {problem}" for problem in self.problems]
        return "\n".join(
            [*lines, f"{'result':<10} {counted(len(self.problems), 'problem') if self.problems else 'sound'}"]
        )


def verify_all(config: Config) -> Verified:
    """Read everything to its end, and compare counts and sums between the stages. Changes nothing.

    Whatever is damaged is a problem of the result, not an exception.
    """
    verified = Verified()
    lines = _verify_landing(config.landing, verified)
    stages: list[tuple[str, Path, str, Callable[[], None]]] = [
        ("raw", config.raw, _restore_raw(config), lambda: _verify_raw(config, lines, verified)),
        ("facts", config.warehouse, RESTORE_WAREHOUSE, lambda: _verify_facts(config, verified)),
        ("published", config.database, PUBLISH, lambda: _verify_published(config, verified)),
    ]
    if config.handed_over.exists():
        stages.append(("handed over", config.handed_over, START_AGAIN, lambda: _verify_handed_over(config, verified)))
    for stage, path, way_out, verify_stage in stages:
        if not path.exists():
            verified.read[stage] = "none yet"
            continue
        try:
            verify_stage()
        except WarehouseError as error:
            verified.problems.append(f"{error}; {way_out}")
    return verified


def _restore_raw(config: Config) -> str:
    return f"move {config.raw} away and run ./run.sh load: it is made again from the landing files"


def _verify_landing(landing: Path, verified: Verified) -> dict[str, int]:
    """Return the number of lines of each run, of its longest file."""
    lines: dict[str, int] = {}
    files = [path for path in sorted(landing.glob("????-??-??/*.ndjson.gz")) if not path.name.startswith(".")]
    for path in files:
        try:
            for number, envelope in checked_envelopes(path):
                run = str(envelope["run"])
                lines[run] = max(number, lines.get(run, 0))
        except LandingError as error:
            verified.problems.append(str(error))
    verified.read["landing"] = ", ".join(
        (counted(len(files), "file"), counted(len(lines), "run"), counted(sum(lines.values()), "line"))
    )
    return lines


def _verify_raw(config: Config, lines: dict[str, int], verified: Verified) -> None:
    rows = read_to_end(config.raw, config.memory)
    with opened(config.raw, read_only=True, memory_limit=config.memory) as raw:
        raw.execute(PURGED)
        loaded = raw.execute(LOADED).fetchall()
        for run, expected, found, total in loaded:
            if (found, total) != (expected, expected * (expected + 1) // 2):
                verified.problems.append(
                    f"{config.raw}: has {found} of the {expected} lines that were loaded of run {run}; "
                    + _restore_raw(config)
                )
            elif lines.get(run, expected) < expected:
                verified.problems.append(
                    f"{config.landing}: run {run} has {lines[run]} whole lines, {expected} were loaded: a file is "
                    "damaged or was replaced; raw has what is missing: keep it, and restore the file from a backup"
                )
        for run, playlist_id, expected, found in raw.execute(ENTRIES).fetchall():
            verified.problems.append(
                f"{config.raw}: has {found} of {expected} entries of playlist {playlist_id} in run {run}; "
                + _restore_raw(config)
            )
    waiting = sorted(lines.keys() - {run for run, *_ in loaded})
    told = f", waiting for ./run.sh load: {counted(len(waiting), 'run')}" if waiting else ""
    verified.read["raw"] = f"{counted(len(loaded), 'run')}, {counted(sum(rows.values()), 'row')}{told}"


def _verify_facts(config: Config, verified: Verified) -> None:
    rows = read_to_end(config.warehouse, config.memory)
    verified.read["facts"] = f"{counted(len(rows), 'table')}, {counted(sum(rows.values()), 'row')}"
    with opened(config.warehouse, read_only=True, memory_limit=config.memory) as connection:
        build = last_build(connection)
        if build is None or not build.has_passed or not config.raw.exists():
            verified.read["facts"] += "; no build has passed yet" if build is None else "; the last build did not pass"
            return
        if awaits_refresh(connection):
            verified.read["facts"] += "; the next build makes them without what was withdrawn"
            return
        attach(connection, config.raw, "landed")
        [(landed, known, entries, known_entries)] = connection.execute(
            FACTS, {"up_to_load": build.up_to_load}
        ).fetchall()
        if (landed, entries) != (known, known_entries):
            verified.problems.append(
                f"{config.warehouse}: knows {known} reads with {known_entries} entries, raw {landed} with {entries}; "
                + RESTORE_WAREHOUSE
            )
        if lost := number_of(connection, LOST_CONTENTS):
            verified.problems.append(f"{config.warehouse}: lacks the content of {lost} reads; {RESTORE_WAREHOUSE}")


def _verify_published(config: Config, verified: Verified) -> None:
    if logs := logs_of(config.database):
        verified.problems.append(f"{logs[0]}: changes the published file when it is opened; {PUBLISH}")
    rows = read_to_end(config.database, config.memory)
    verified.read["published"] = f"{counted(len(rows), 'table')}, {counted(sum(rows.values()), 'row')}"
    if not config.warehouse.exists():
        return
    with opened(config.warehouse, read_only=True) as connection:
        build, made, withdrawn = last_build(connection), rows_of(connection), awaits_refresh(connection)
    with opened(config.database, read_only=True) as connection:
        published_build, published = last_build(connection), rows_of(connection)
    if build != published_build or withdrawn:
        verified.read["published"] += "; older than " + ("what was withdrawn" if withdrawn else "the last build")
        return
    differing = sorted(table for table, number in published.items() if made.get(table) != number)
    if differing:
        verified.problems.append(f"{config.database}: differs from what was built: {', '.join(differing)}; {PUBLISH}")


def _verify_handed_over(config: Config, verified: Verified) -> None:
    rows = read_to_end(config.handed_over, config.memory)
    verified.read["handed over"] = f"{counted(len(rows), 'table')}, {counted(sum(rows.values()), 'row')}"
