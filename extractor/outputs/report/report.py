"""The report: one HTML file, made from the published database alone."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Any

import duckdb

from extractor.config.settings import Config
from extractor.engines.base import megabytes
from extractor.engines.duckdb.files import opened
from extractor.engines.published import id_of
from extractor.errors import counted
from extractor.files import replace_file
from extractor.outputs.changes.read import playlist_names
from extractor.outputs.missing import check_published

ASSETS = Path(__file__).parent / "assets"
QUERIES = Path(__file__).parent / "sql"
SCRIPTS = (
    "words",
    "world",
    "tracklists",
    "shown",
    "dom",
    "table",
    "charts",
    "gantt",
    "lines",
    "metrics",
    "period",
    "movers",
    "runs",
    "changes",
    "playlists",
    "artists",
    "coverage",
    "overview",
    "tracklist",
    "churn",
    "playlist_days",
    "stays",
    "survival",
    "related",
    "playlist",
    "positions",
    "around",
    "track",
    "artist",
    "overlap",
    "compare",
    "search",
    "main",
)
"""JavaScript modules of the page, each after those it imports; they are joined into one script."""

CELLS = 15_000_000
"""Maximum of tracks times days in a page: about 4 MB of the file and 15 MB of the browser's memory."""
STAYS = 500_000
"""Maximum number of stays in a page: about 5 MB of the file."""
ENTRIES = 20_000_000
"""Maximum number of entries of tracklists in a page: about 3 MB of the file and 20 MB of the browser's memory."""

PREPARED = ("create_playlist_numbers", "create_track_numbers", "create_artist_numbers", "create_versions")
"""Queries that make the temporary tables which the others read."""
COLUMNAR = (
    "playlists",
    "reasons",
    "history",
    "artists",
    "tracks",
    "stays",
    "replacements",
    "versions",
    "entered",
    "runs",
    "run_days",
)
"""Queries that become one array per column: days count from the first day shown, playlists and tracks are indices."""
BINARY = ("popularity", "places")
"""Queries whose single column has bytes."""

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Excerpt:
    """What a page shows: some playlists, by ids, URIs, links, labels or names, and the last days; otherwise all."""

    playlists: tuple[str, ...] = ()
    days: int | None = None


@dataclass(frozen=True)
class Reported:
    """The page that was written."""

    output: Path
    bytes: int
    playlists: int
    tracks: int
    days: int
    days_left_out: int

    def __str__(self) -> str:
        less = f", without the {counted(self.days_left_out, 'earlier day')}" if self.days_left_out else ""
        sizes = (self.playlists, "playlist"), (self.tracks, "track"), (self.days, "day")
        content = ", ".join(counted(*size) for size in sizes) + less
        return f"wrote {self.output} ({megabytes(self.bytes)}): {content}"


def report(config: Config, output: Path, excerpt: Excerpt | None = None) -> Reported:
    """Write the page; an existing one is replaced once the new one is complete.

    Raises WarehouseError if nothing is published yet, QueryError for a playlist that is unknown or ambiguous, FileError
    if the page can't be written.
    """
    check_published(config.database)
    with opened(config.database, read_only=True, memory_limit=config.memory) as connection:
        published_at = datetime.fromtimestamp(config.database.stat().st_mtime, UTC)
        facts, blocks = _facts(connection, excerpt or Excerpt())
    facts["published_at"] = published_at.isoformat(timespec="minutes")
    replace_file(output, _page(facts, blocks).encode())
    playlists, tracks, days = len(facts["playlists"]["id"]), len(facts["tracks"]["id"]), facts["days"]
    return Reported(output, output.stat().st_size, playlists, tracks, days, facts["days_known"] - days)


@cache
def query(name: str) -> str:
    """Return the SQL of a query in the folder sql/."""
    return (QUERIES / f"{name}.sql").read_text("utf-8")


def _facts(connection: duckdb.DuckDBPyConnection, excerpt: Excerpt) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the content of the page: a JSON object, and blocks of bytes by name."""
    playlists = [id_of(connection, "playlist", name) for name in excerpt.playlists] or None
    limits = {"cells": CELLS, "stays": STAYS, "entries": ENTRIES, "days": excerpt.days}
    [(first, last, last_read, known, all_playlists)] = _ask(connection, "span", limits).fetchall()
    days = (last - first).days + 1 if last else 0
    shown = {"first_day": first or date(1970, 1, 1), "days": days, "playlists": playlists}
    for name in PREPARED:
        _ask(connection, name, shown)
    facts: dict[str, Any] = {"first_day": first and first.isoformat(), "days": days}
    facts |= {"last_read": last_read and last_read.isoformat()}
    facts |= {"days_known": known or 0, "playlists_known": all_playlists}
    for name in COLUMNAR:
        facts[name] = _columns(_ask(connection, name, shown))
    titles = playlist_names(connection)
    facts["playlists"]["title"] = [titles[each][0] for each in facts["playlists"]["id"]]
    blocks = {name: b"".join(bytes(row) for (row,) in _ask(connection, name, shown).fetchall()) for name in BINARY}
    return facts, blocks


def _ask(connection: duckdb.DuckDBPyConnection, name: str, known: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """Run a query with those of the known values that it asks for."""
    sql = query(name)
    return connection.execute(sql, {key: value for key, value in known.items() if f"${key}" in sql} or None)


def _columns(cursor: duckdb.DuckDBPyConnection) -> dict[str, tuple[Any, ...]]:
    """Return the rows as one tuple per column."""
    columns = [column[0] for column in cursor.description or ()]
    rows: Rows = cursor.fetchall()
    return dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(columns, ())


def _page(facts: dict[str, Any], blocks: dict[str, bytes]) -> str:
    """Return the HTML. Names can't inject markup: data is compressed, and the script inserts it as text."""
    style, script = _read("page.css"), "\n".join(inlined(name) for name in SCRIPTS)
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:"
    return Template(_read("page.html")).substitute(
        policy=policy,
        style=style,
        script=script,
        facts=_compressed(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()),
        **{name: _compressed(block) for name, block in blocks.items()},
    )


def _read(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def inlined(module: str) -> str:
    """Return a module as part of the joined script: a scope of its own, with its exports visible to all modules."""
    code = _read(f"{module}.js")
    body = re.sub(r"^import [^;]*;\n|^export ", "", code, flags=re.MULTILINE)
    exported = ", ".join(re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", code, flags=re.MULTILINE))
    return f"const {{{exported}}} = (() => {{\n{body}\nreturn {{{exported}}};\n}})();"


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _compressed(content: bytes) -> str:
    return b64encode(gzip.compress(content, compresslevel=6, mtime=0)).decode()
