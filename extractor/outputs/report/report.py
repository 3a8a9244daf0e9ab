"""The report: one HTML file, made from the published database alone."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Any

import duckdb

from extractor.config.settings import Config
from extractor.engines.base import megabytes
from extractor.engines.duckdb.files import opened
from extractor.files import replace_file
from extractor.outputs.missing import check_published

ASSETS = Path(__file__).parent / "assets"
QUERIES = Path(__file__).parent / "sql"
SCRIPTS = (
    "words",
    "world",
    "dom",
    "charts",
    "gantt",
    "movers",
    "runs",
    "overview",
    "playlist",
    "track",
    "search",
    "main",
)
"""JavaScript modules of the page, each after those it imports; they are joined into one script."""

CELLS = 15_000_000
"""Maximum of tracks times days in a page: about 4 MB of the file and 15 MB of the browser's memory."""
STAYS = 500_000
"""Maximum number of stays in a page: about 5 MB of the file."""

COLUMNAR = ("playlists", "reasons", "tracks", "stays", "runs")
"""Queries that become one list per column: days count from the first day shown, playlists and tracks are indices."""

Rows = list[tuple[Any, ...]]


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
        less = f", without the {self.days_left_out} earlier days" if self.days_left_out else ""
        content = f"{self.playlists} playlists, {self.tracks} tracks, {self.days} days{less}"
        return f"wrote {self.output} ({megabytes(self.bytes)}): {content}"


def report(config: Config, output: Path) -> Reported:
    """Write the page; an existing one is replaced once the new one is complete.

    Raises WarehouseError if nothing is published yet, FileError if the page can't be written.
    """
    check_published(config.database)
    with opened(config.database, read_only=True, memory_limit=config.memory) as connection:
        facts, popularity = _facts(connection)
    replace_file(output, _page(facts, popularity).encode())
    playlists, tracks, days = len(facts["playlists"]["id"]), len(facts["tracks"]["id"]), facts["days"]
    return Reported(output, output.stat().st_size, playlists, tracks, days, facts["days_known"] - days)


@cache
def query(name: str) -> str:
    """Return the SQL of a query in the folder sql/."""
    return (QUERIES / f"{name}.sql").read_text("utf-8")


def _facts(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], bytes]:
    """Return the content of the page: a JSON object, and the popularity of each track and day as bytes."""
    [(first, last, known)] = connection.execute(query("span"), {"cells": CELLS, "stays": STAYS}).fetchall()
    days = (last - first).days + 1 if last else 0
    shown = {"first_day": first or date(1970, 1, 1)}
    connection.execute(query("create_playlist_numbers"))
    connection.execute(query("create_track_numbers"), shown)
    facts: dict[str, Any] = {"first_day": first and first.isoformat(), "days": days, "days_known": known or 0}
    for name in COLUMNAR:
        facts[name] = _columns(connection, query(name), shown)
    values = connection.execute(query("popularity"), shown | {"days": days}).fetchall()
    return facts, b"".join(bytes(steps) for (steps,) in values)


def _columns(connection: duckdb.DuckDBPyConnection, sql: str, shown: dict[str, date]) -> dict[str, tuple[Any, ...]]:
    """Run a query and return its rows as one tuple per column."""
    cursor = connection.execute(sql, shown if "$first_day" in sql else None)
    columns = [column[0] for column in cursor.description or ()]
    rows: Rows = cursor.fetchall()
    return dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(columns, ())


def _page(facts: dict[str, Any], popularity: bytes) -> str:
    """Return the HTML. Names can't inject markup: data is compressed, and the script inserts it as text."""
    style, script = _read("page.css"), "\n".join(_inlined(name) for name in SCRIPTS)
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:"
    return Template(_read("page.html")).substitute(
        policy=policy,
        style=style,
        script=script,
        facts=_compressed(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()),
        popularity=_compressed(popularity),
    )


def _read(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _inlined(module: str) -> str:
    """Return a module as part of the joined script: a scope of its own, with its exports visible to all modules."""
    code = _read(f"{module}.js")
    body = re.sub(r"^import [^;]*;\n|^export ", "", code, flags=re.MULTILINE)
    exported = ", ".join(re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", code, flags=re.MULTILINE))
    return f"const {{{exported}}} = (() => {{\n{body}\nreturn {{{exported}}};\n}})();"


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _compressed(content: bytes) -> str:
    return b64encode(gzip.compress(content, compresslevel=6, mtime=0)).decode()
