"""Write the reads of an import as landing files: one per day, named by the hash of its content."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from extractor.errors import LandingError
from extractor.files import sync
from extractor.imports.problems import Problems
from extractor.imports.reads import DAYS, ranges
from extractor.landing.reader import IMPORT

LEVEL = 4
"""Of gzip: 6 takes twice as long for a twentieth of the size."""

BLOCK = 1 << 20
DIFFERS = (
    "has other lines than this import, as ./run.sh forget --playlist leaves it, and stays so; to import the whole day "
    "again: ./run.sh forget --run {name}, then the same import"
)

# A read with more entries restored is known better: a millisecond for each makes it count, if both were imported.
READS = """
with numbered as (
    select
        *,
        row_number() over (partition by playlist_id, day order by observed_at) as attempt
    from reads
    where day between $first and $last
),

nulls as (
    select
        playlist_id, day, observed_at, count(*) as restored,
        string_agg('{"added_at":' || json_text(added_at) || ',"item":null}', ',' order by number) as text
    from restored
    where day between $first and $last
    group by all
),

distinct_entries as (
    select entries.playlist_id, entries.day, entries.observed_at, entries.position, entries.entry
    from entries
    inner join numbered using (playlist_id, day, observed_at)
    where entries.day between $first and $last and repeated = 0 and entry is not null

    union all

    select distinct entries.playlist_id, entries.day, entries.observed_at, entries.position, entries.entry
    from entries
    inner join numbered using (playlist_id, day, observed_at)
    where entries.day between $first and $last and repeated > 0 and entry is not null
),

texts as (
    select playlist_id, day, observed_at, string_agg(entry, ',' order by position, entry) as text
    from distinct_entries
    group by all
)

select
    numbered.day,
    numbered.playlist_id,
    numbered.attempt,
    numbered.observed_at + least(coalesce(restored, 0), 999) * interval 1 millisecond,
    numbered.outcome,
    numbered.reason,
    numbered.entries + coalesce(restored, 0),
    coalesce(total, case when outcome = 'complete' then numbered.entries end) + coalesce(restored, 0),
    snapshot_id,
    concat_ws(
        ',',
        '"id":' || json_text(numbered.playlist_id),
        '"kind":' || json_text(kind),
        '"name":' || json_text(name),
        '"description":' || json_text(description),
        '"owner":{"id":' || json_text(owner_id) || '}',
        '"snapshot_id":' || json_text(snapshot_id),
        '"followers":{"total":' || followers || '}'
    ),
    concat_ws(',', texts.text, nulls.text)
from numbered
left join texts using (playlist_id, day, observed_at)
left join nulls using (playlist_id, day, observed_at)
order by 1, 2, 3
"""


class _Read(NamedTuple):
    """A row of READS. `head` and `items` are parts of the response, as text."""

    day: date
    playlist_id: str
    attempt: int
    observed_at: datetime
    outcome: str
    reason: str | None
    entries: int
    total: int | None
    snapshot_id: str | None
    head: str
    items: str

    def envelopes(self) -> Iterator[tuple[str, dict[str, Any], datetime, str]]:
        """Yield endpoint, request, time and body, as text, of the response and of the verdict on it."""
        asked = {"playlist_id": self.playlist_id, "attempt": self.attempt}
        total = "" if self.total is None else f'"total":{self.total},'
        yield "playlists", asked, self.observed_at, f'{{{self.head},"items":{{{total}"items":[{self.items}]}}}}'
        verdict = {
            "outcome": self.outcome,
            "attempt": self.attempt,
            "reason": self.reason,
            "entries": self.entries,
            "total": self.total,
            "snapshot_id": self.snapshot_id,
        }
        yield "playlist_reads", {"playlist_id": self.playlist_id}, self.observed_at, _json(verdict)


@dataclass
class Written:
    """How many landing files were written, how many were there already, and the bytes of the former.

    `differing` are those that are there with other content, and stay as they are.
    """

    new: int = 0
    known: int = 0
    bytes: int = 0
    differing: Problems = field(default_factory=Problems)


def write_days(
    work: duckdb.DuckDBPyConnection,
    landing: Path,
    folder: Path,
    source: str,
    done: Callable[[int], object] = lambda _: None,
) -> Written:
    """Write a landing file for each day that has reads, unless it is there; `folder` is for temporary files.

    Each file is whole from the first moment: it is written in `folder`, synced, read back and renamed. Raises
    LandingError.
    """
    written = Written()
    rows = (row for days in ranges(work.execute(DAYS).fetchall()) for row in _reads(work, *days))
    for number, (day, reads) in enumerate(groupby(rows, key=lambda read: read.day), 1):
        spool = folder / "day.ndjson"
        name = f"{IMPORT}{source}-{_spooled(spool, day, source, reads)}"
        path = landing / day.isoformat() / f"{name}.ndjson.gz"
        is_held = _is_held(path, spool, _prefix(name, day))
        if is_held is None:
            _put_in_place(spool, path, name, day)
            written.new += 1
            written.bytes += path.stat().st_size
        elif is_held:
            written.known += 1
        else:
            written.differing.add(f"{path}: {DIFFERS.format(name=name)}")
        done(number)
    return written


def _is_held(path: Path, spool: Path, prefix: bytes) -> bool | None:
    """Return whether a landing file has the lines of `spool`; None if there is none, or if it is damaged."""
    try:
        with gzip.open(path) as packed, spool.open("rb") as lines:
            is_same = all(held == prefix + (line or b"") for held, line in zip_longest(packed, lines))
            while packed.read(BLOCK):  # to its end, which has the checksum
                pass
            return is_same
    except (OSError, EOFError, zlib.error):
        return None


def _prefix(name: str, day: date) -> bytes:
    return f'{{"run":"{name}","worker":0,"day":"{day}",'.encode()


def _reads(work: duckdb.DuckDBPyConnection, first: object, last: object) -> Iterator[_Read]:
    work.execute(READS, {"first": first, "last": last})
    while rows := work.fetchmany(500):
        yield from (_Read(*row) for row in rows)


def _spooled(spool: Path, day: date, source: str, reads: Iterator[_Read]) -> str:
    """Write the lines of a day, without the name of their run, which is the hash that this returns."""
    digest = hashlib.sha256(f"{source} {day}\n".encode())
    lines = 0
    first = last = None
    answered = asked = 0
    with spool.open("wb") as file:

        def write(endpoint: str, request: dict[str, Any], at: datetime, body: str, status: str = "200") -> None:
            nonlocal lines
            lines += 1
            stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
            line = (
                f'"line":{lines},"endpoint":"{endpoint}","asked":{_json(request)},"status":{status},"requests":0,'
                f'"observed_at":"{stamp}","body":{body}}}\n'
            ).encode("utf-8", "replace")
            digest.update(line)
            file.write(line)

        for read in reads:
            if first is None:
                first = read.observed_at
                start = {"event": "start", "kind": "import", "source": source, "discover_tracks": False}
                write("runs", {}, first, _json(start))
            last = max(last or read.observed_at, read.observed_at)
            asked += 1
            answered += read.outcome == "complete"
            for envelope in read.envelopes():
                write(*envelope)
        if last:
            write("runs", {}, last, _json(_counts(asked, answered)))
    return digest.hexdigest()[:16]


def _counts(asked: int, answered: int) -> dict[str, Any]:
    return {
        "event": "end",
        "playlists_asked": asked,
        "playlists_answered": answered,
        "playlists_failed": asked - answered,
        "tracks_asked": 0,
        "tracks_answered": 0,
        "tracks_failed": 0,
        "requests": {},
        "waited_seconds": 0.0,
        "exit_code": 0,
    }


def _put_in_place(spool: Path, path: Path, name: str, day: date) -> None:
    new = spool.with_suffix(".packed")
    prefix = _prefix(name, day)
    digest = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with spool.open("rb") as lines, new.open("wb") as raw:
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=LEVEL, mtime=0) as packed:
                for line in lines:
                    packed.write(prefix + line)
                    digest.update(prefix + line)
            raw.flush()
            os.fsync(raw.fileno())
        if _digest_of(new) != digest.digest():
            raise LandingError(f"{path}: can't be read back as it was written; import again")
        new.replace(path)
        sync(path.parent)
    except OSError as error:
        raise LandingError(
            f"{path}: can't be written: {error.strerror}. Days before it are imported; make room and import again"
        ) from error


def _digest_of(path: Path) -> bytes:
    digest = hashlib.sha256()
    with gzip.open(path) as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.digest()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
