"""Landing files into `raw` of a PostgreSQL database, by COPY, in one transaction. Loaders wait for each other."""

from __future__ import annotations

import csv
import gzip
import json
import re
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 (a class, though its name is not one's)

from extractor.config import Config
from extractor.endpoints import NAME
from extractor.errors import LandingError
from extractor.landed import envelopes
from extractor.load import ENDPOINTS, KNOWN, LEDGER, Loaded, NewFile, new_files
from extractor.postgres.server import ALONE, transaction

ANSWERS = """
create table if not exists raw."{endpoint}" (
    run_id varchar collate "C", line integer, worker integer, day date, asked jsonb, status integer,
    requests integer, observed_at timestamp, body jsonb, load_number integer
);
create index if not exists "{endpoint}_load_number" on raw."{endpoint}" using brin (load_number)
"""

PARTS = ("run", "line", "worker", "day", "endpoint", "asked", "status", "requests", "observed_at", "body")
INCOMING = """
create temp table incoming (
    file varchar, run varchar not null, line integer not null, worker integer not null, day date not null,
    endpoint varchar not null, asked jsonb not null, status integer, requests integer not null,
    observed_at timestamp not null, body jsonb
) on commit drop
"""

INSERT = """
insert into raw."{endpoint}"
select run, line, worker, day, asked, status, requests, observed_at, body, %s
from incoming
left join (select file, max(lines) as lines from raw.landing_files group by file) as loaded using (file)
where endpoint = %s and line > coalesce(loaded.lines, 0)
"""

ENTER = """
insert into raw.landing_files
select %s, %s, (select coalesce(max(line), 0) from incoming where incoming.file = %s), %s
"""

NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""The one character that jsonb can't hold, as JSON writes it."""


def load(config: Config) -> Loaded:
    """Load what is new in the landing folder, as extractor.load does. Raises LandingError as that does.

    A NUL character in an answer becomes U+FFFD, the mark of a character that is none; the landing file keeps it.
    """
    with transaction() as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [ALONE])
        cursor.execute(LEDGER)
        _create_tables(cursor, (*ENDPOINTS, *config.endpoints))
        number = _number(cursor, "select coalesce(max(load_number), 0) + 1 from raw.landing_files")
        cursor.execute(KNOWN)
        known = dict(cursor.fetchall())
        files = new_files(known, config.landing.glob("*/*.ndjson.gz"))
        watched = new_files(known, config.landing.glob("watched/*.csv.gz"))
        cursor.execute(INCOMING)
        damaged = [problem for file in list(files) if (problem := _copy(cursor, file, files))]
        answers = _insert_answers(cursor, number)
        for file, new in watched.items():
            _insert_watched(cursor, file.removesuffix(".csv"), new.path)
        for file, new in (files | watched).items():
            cursor.execute(ENTER, [file, new.bytes, file, number])
    if damaged:
        raise LandingError("\n".join(damaged))
    return Loaded(len(files), answers)


def _create_tables(cursor: Cursor, endpoints: Iterable[str]) -> None:
    for endpoint in endpoints:
        cursor.execute(ANSWERS.format(endpoint=endpoint))


def _copy(cursor: Cursor, file: str, files: dict[str, NewFile]) -> str | None:
    """Fill the table `incoming` from a file. A damaged one is taken out of `files`; returns what is wrong with it."""
    cursor.execute("savepoint whole_file")
    try:
        # On disk, because a file is as large as a day, and copied only once it is known to be sound.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", newline="") as rows:
            writer = csv.writer(rows)
            for _, answer in envelopes(files[file].path):
                answer |= {part: _json(answer[part]) for part in ("asked", "body")}
                writer.writerow([file, *(answer[part] for part in PARTS)])
            rows.seek(0)
            cursor.copy_expert("copy incoming from stdin (format csv)", rows)
    except LandingError as error:
        problem = str(error)
    except (psycopg2.DataError, psycopg2.IntegrityError) as error:
        problem = f"{files[file].path}: {str(error).strip()}"
    else:
        return None
    cursor.execute("rollback to savepoint whole_file")
    del files[file]
    return problem


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return NUL.sub("\\1\ufffd", text) if "\\u0000" in text else text


def _insert_answers(cursor: Cursor, number: int) -> int:
    cursor.execute("select distinct endpoint from incoming")
    endpoints = [name for (name,) in cursor.fetchall() if name in ENDPOINTS or NAME.fullmatch(name)]
    _create_tables(cursor, endpoints)
    answers = 0
    for name in endpoints:
        cursor.execute(INSERT.format(endpoint=name), [number, name])
        answers += cursor.rowcount
    return answers


def _insert_watched(cursor: Cursor, name: str, path: Path) -> None:
    cursor.execute("create temp table watched (kind varchar, id varchar, label varchar) on commit drop")
    try:
        with gzip.open(path) as lines:
            cursor.copy_expert("copy watched from stdin (format csv, header)", lines)
    except (OSError, EOFError, zlib.error) as error:
        raise LandingError(f"{path}: damaged, no gzip file of a watch-list ({error}); restore the file") from error
    cursor.execute("insert into raw.watched select %s, * from pg_temp.watched", [name])
    cursor.execute("drop table pg_temp.watched")


def _number(cursor: Cursor, sql: str) -> int:
    cursor.execute(sql)
    [(number,)] = cursor.fetchall()
    return int(number)
