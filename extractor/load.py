"""Landing files into `raw`, in one transaction. A ledger makes it idempotent: each line is loaded once, ever."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

from extractor.endpoints import NAME
from extractor.errors import LandingError
from extractor.landed import envelopes, is_sound
from extractor.warehouse import opened

ENDPOINTS = ("runs", "playlists", "playlist_items", "playlist_reads", "tracks")
LEDGER = """
create schema if not exists raw;
create table if not exists raw.landing_files (file varchar, bytes bigint, lines integer, load_number integer);
create table if not exists raw.watched (watched varchar, kind varchar, id varchar, label varchar);
create table if not exists raw.built (model varchar, load_number integer);
create table if not exists raw.purged (before_day date, answers bigint);
"""

KNOWN = "select file, max(bytes) from raw.landing_files group by file"
"""The files in the ledger, each with the size up to which it was loaded."""

ANSWERS = """
create table if not exists raw."{endpoint}" (
    run_id varchar, line integer, worker integer, day date, asked json, status integer,
    requests integer, observed_at timestamp, body json, load_number integer
)
"""

INCOMING = """
create temp table incoming (
    file varchar, run_id varchar, line integer, worker integer, day date, endpoint varchar, asked json,
    status integer, requests integer, observed_at timestamp, body json
)
"""

READ = r"""
insert into incoming
select regexp_replace(filename, '^.*/|\.gz$', '', 'g'), * exclude (filename)
from read_json(
    ?, format = 'newline_delimited', filename = true,
    columns = {run: 'varchar', line: 'integer', worker: 'integer', day: 'date', endpoint: 'varchar', asked: 'json',
               status: 'integer', requests: 'integer', observed_at: 'timestamp', body: 'json'}
)
"""

# Whole: every line from the first to the run's end, and no part of an envelope missing.
WHOLE_FILES = """
select file from incoming
group by file
having
    count(*) = max(line)
    and bool_or(endpoint = 'runs' and line > 1)
    and count(*) = count(run_id || line || worker || day || endpoint || asked || requests || observed_at)
"""

# A file that was loaded while it was still written has grown since: only its further lines are new.
INSERT = """
insert into raw."{endpoint}"
select run_id, line, worker, day, asked, status, requests, observed_at, body, ?
from incoming
left join (select file, max(lines) as lines from raw.landing_files group by file) as loaded using (file)
where endpoint = ? and line > coalesce(loaded.lines, 0)
"""

# Nothing is left to detection: a label late in the file may be the first with a comma or a quote.
INSERT_WATCHED = """
insert into raw.watched
select ?, * from read_csv(
    ?, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
    columns = {kind: 'varchar', id: 'varchar', label: 'varchar'}
)
"""

ENTER = """
insert into raw.landing_files
select ?, ?, (select coalesce(max(line), 0) from incoming where incoming.file = ?), ?
"""


@dataclass(frozen=True)
class Loaded:
    """What a load added."""

    files: int
    answers: int

    def __str__(self) -> str:
        return f"loaded {self.answers} answers from {self.files} new files"


@dataclass(frozen=True)
class NewFile:
    """A file to load, with the size it had before it was read: what is written later is for the next load."""

    path: Path
    bytes: int


def load(landing: Path, warehouse: Path, *, endpoints: Iterable[str] = ()) -> Loaded:
    """Load what is new in the landing folder: new files, and the new lines of files that have grown.

    Models of `endpoints` find a table, answered or not yet.

    Raises LandingError naming file and line if a file holds anything but envelopes: nothing of that file is loaded,
    all of the others is.
    """
    with opened(warehouse) as connection:
        connection.execute(LEDGER)
        _create_tables(connection, (*ENDPOINTS, *endpoints))
        number = _number(connection, "select coalesce(max(load_number), 0) + 1 from raw.landing_files")
        known = dict(connection.execute(KNOWN).fetchall())
        files = new_files(known, landing.glob("*/*.ndjson.gz"))
        watched = new_files(known, landing.glob("watched/*.csv.gz"))
        # An error ends a transaction in DuckDB: files are tried before it begins.
        damaged = _read(connection, files)
        connection.begin()
        answers = _insert_answers(connection, number)
        for file, new in watched.items():
            connection.execute(INSERT_WATCHED, [file.removesuffix(".csv"), str(new.path)])
        _enter_in_ledger(connection, files | watched, number)
        connection.commit()
    if damaged:
        raise LandingError("\n".join(damaged))
    return Loaded(len(files), answers)


def _create_tables(connection: duckdb.DuckDBPyConnection, endpoints: Iterable[str]) -> None:
    for endpoint in endpoints:
        connection.execute(ANSWERS.format(endpoint=endpoint))


def new_files(known: Mapping[str, int], paths: Iterable[Path]) -> dict[str, NewFile]:
    """Files that are larger than the ledger knows them, by name: a copy elsewhere is the same file."""
    files: dict[str, NewFile] = {}
    for found in sorted((NewFile(path, path.stat().st_size) for path in paths), key=lambda found: found.bytes):
        file = found.path.name.removesuffix(".gz")
        if found.bytes > known.get(file, -1):
            files[file] = found
    return files


def _read(connection: duckdb.DuckDBPyConnection, files: dict[str, NewFile]) -> list[str]:
    """Fill the temporary table `incoming`. Damaged files are taken out of `files`; returns what is wrong with them."""
    connection.execute(INCOMING)
    # DuckDB does not look at a gzip file's checksum: only what Python, meanwhile, unpacks to a sound end is left.
    with ThreadPoolExecutor() as threads:
        checks = {file: threads.submit(is_sound, new.path) for file, new in files.items()}
        fault = _insert_incoming(connection, [new.path for new in files.values()])
        sound = {file for file, check in checks.items() if check.result()}
    if fault and _insert_incoming(connection, [files[file].path for file in sound]):
        sound.clear()
    whole = {file for (file,) in connection.execute(WHOLE_FILES).fetchall()}
    damaged = []
    for file in sorted(files.keys() - (sound & whole)):
        connection.execute("delete from incoming where file = ?", [file])
        if problem := _read_line_by_line(connection, file, files[file].path):
            damaged.append(problem)
            del files[file]
    return damaged


def _read_line_by_line(connection: duckdb.DuckDBPyConnection, file: str, path: Path) -> str | None:
    """Read a file that was cut off, or is damaged, as far as it is sound; returns what is wrong with it."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / file
        try:
            with sound.open("w", encoding="utf-8") as lines:
                lines.writelines(json.dumps(envelope, ensure_ascii=False) + "\n" for _, envelope in envelopes(path))
        except LandingError as error:
            return str(error)
        fault = _insert_incoming(connection, [sound])
        return fault and f"{path}: {fault}"


def _insert_incoming(connection: duckdb.DuckDBPyConnection, paths: list[Path]) -> str | None:
    if not paths:
        return None
    try:
        connection.execute(READ, [[str(path) for path in paths]])
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException) as error:
        return str(error)
    return None


def _insert_answers(connection: duckdb.DuckDBPyConnection, number: int) -> int:
    names = [name for (name,) in connection.execute("select distinct endpoint from incoming").fetchall()]
    endpoints = [name for name in names if name in ENDPOINTS or NAME.fullmatch(name)]
    _create_tables(connection, endpoints)
    return sum(_number(connection, INSERT.format(endpoint=name), [number, name]) for name in endpoints)


def _enter_in_ledger(connection: duckdb.DuckDBPyConnection, files: dict[str, NewFile], number: int) -> None:
    for file, new in files.items():
        connection.execute(ENTER, [file, new.bytes, file, number])


def _number(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[object] | None = None) -> int:
    """The one number that an aggregate or an insert answers with."""
    [(number,)] = connection.execute(sql, parameters).fetchall()
    return int(number)
