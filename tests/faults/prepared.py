"""A small project after some days, without dbt: landing files, raw, and a warehouse such as a build leaves."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from extractor.config.settings import Config, read_config
from extractor.engines.duckdb.files import STORAGE
from extractor.engines.duckdb.load import load
from extractor.simulator.identifiers import spotify_id
from tests.extractor.conftest import WAREHOUSE, empty_marts

FIRST = date(2026, 1, 1)
Rows = dict[str, list[tuple[Any, ...]]]

KNOWN: dict[bytes, Rows] = {}
"""What is in files that were read before, by their hash."""


@dataclass(frozen=True)
class Prepared:
    """A folder with config.yaml, and the content of its databases."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def config(self) -> Config:
        return read_config(self.path)

    def raw(self) -> Rows:
        return contents(self.config.raw)

    def published(self) -> Rows:
        return contents(self.config.database)

    def landed(self) -> dict[str, str]:
        """Return the names of all landing files, with the hashes of their content."""
        files = self.config.landing.glob("????-??-??/*.gz")
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def files(self) -> list[str]:
        """Return all files except locks, publication records and write-ahead logs.

        If an import could not remove one of its temporary files, that one is not returned: the next import removes it.
        """
        paths = (str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())
        logs = ("data/raw.duckdb.wal", "data/w.duckdb.wal")
        found = sorted(path for path in paths if not path.endswith((".lock", ".published")) and path not in logs)
        temporary = [path for path in found if path.startswith("landing/.importing/")]
        return [path for path in found if path not in temporary] if len(temporary) == 1 else found


def prepare(folder: Path) -> Prepared:
    """Make an empty project."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "{landing: landing, warehouse: data/w.duckdb, database: public/s.duckdb, seeds: seeds}"
    (folder / "config.yaml").write_text(text)
    return Prepared(folder)


def contents(path: Path) -> Rows:
    """Return all rows of a database, by table; empty if the file does not exist."""
    log = path.with_name(f"{path.name}.wal")
    if not path.exists():
        return {}
    if log.exists():
        return _contents(path)
    digest = hashlib.sha256(path.read_bytes()).digest()
    if digest not in KNOWN:
        KNOWN[digest] = _contents(path)
    return KNOWN[digest]


def _contents(path: Path) -> Rows:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as looked_at (read_only)")
        tables = "select schema_name, table_name from duckdb_tables() where database_name = 'looked_at'"
        return {
            f"{schema}.{table}": connection.execute(f"from looked_at.{schema}.{table} order by all").fetchall()
            for schema, table in connection.execute(tables).fetchall()
        }


def land(config: Config, day: date, name: str = "", *, ended: bool = True, lines: int | None = None) -> Path:
    """Write the landing file of a run that read a playlist and requested a track; optionally only its first lines."""
    run = f"{day:%Y%m%d}T060000-w1-{name or 'aaaaaaaa'}"
    track, other = spotify_id("A"), spotify_id(f"{day}")
    entries = [{"added_at": f"{day}T00:00:00Z", "track": {"id": each, "popularity": 7}} for each in (track, other)]
    of_list = {"playlist_id": spotify_id("list"), "attempt": 1}
    answers = [
        ("runs", {}, None, {"event": "start", "batch_number": 1}),
        ("playlists", of_list, 200, {"name": "a list", "snapshot_id": "s", "tracks": {"total": 2, "items": entries}}),
        ("playlist_reads", of_list, None, {"outcome": "complete", "attempt": 1, "total": 2}),
        ("tracks", {"ids": [track], "items": "tracks"}, 200, {"tracks": [{"id": track, "popularity": 7}]}),
    ]
    answers += [("runs", {}, None, {"event": "end", "exit_code": 0})] if ended else []
    at = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
    envelopes = [
        {
            "run": run,
            "worker": 1,
            "day": day.isoformat(),
            "line": line,
            "endpoint": endpoint,
            "asked": asked,
            "status": status,
            "requests": 1,
            "observed_at": (at + timedelta(seconds=line)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "body": body,
        }
        for line, (endpoint, asked, status, body) in enumerate(answers, 1)
    ]
    path = config.landing / day.isoformat() / f"{run}.ndjson.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(json.dumps(each) + "\n" for each in envelopes[:lines]).encode(), mtime=0))
    return path


def build(config: Config, *, has_passed: bool = True) -> None:
    """Create or update the warehouse as if everything loaded had been built; adds 1 to `n` of the mart."""
    config.warehouse.parent.mkdir(parents=True, exist_ok=True)
    is_new = not config.warehouse.exists()
    with duckdb.connect(str(config.warehouse), config=STORAGE if is_new else {}) as connection:
        if is_new:
            connection.execute("".join(empty_marts()) + WAREHOUSE.format(n=0))
        connection.execute(f"attach '{config.raw}' as landed (read_only)")
        connection.execute("update main.tracks_in_playlist set n = n + 1")
        connection.execute(
            "insert into state.builds select (select count(*) + 1 from state.builds), coalesce(max(load_number), 0), "
            "false, false, ?, 1 from landed.raw.landing_files",
            [has_passed],
        )


def live(config: Config, *days: date) -> None:
    """Land, load and build each day."""
    for day in days:
        land(config, day)
        load(config)
        build(config)
