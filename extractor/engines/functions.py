"""The published functions: one file each in the folder functions/, with a variant for each other engine."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

import duckdb

from extractor.engines.duckdb.files import quoted
from extractor.project import PROJECT

FUNCTIONS = (
    "playlist_id_of",
    "track_id_of",
    "stays",
    "tracks_during",
    "playlists_of",
    "playlists_of_isrc",
    "tracklist_on",
    "popularity_of",
    "popularity_around_stays",
    "coverage",
)
"""Names of the functions, each after the functions that it calls."""

KIND = "select function_type from duckdb_functions() where function_name = $name and schema_name = 'main'"


def file_of(function: str, engine: str | None = None) -> Path:
    """Return the file that defines a function, in DuckDB or in another engine."""
    return PROJECT / "functions" / (f"{function}.{engine}.sql" if engine else f"{function}.sql")


def define(connection: duckdb.DuckDBPyConnection, function: str) -> None:
    """Create the macro of a function, with the comment at the top of its file."""
    definition = file_of(function).read_text("utf-8")
    connection.execute(definition)
    [(kind,)] = connection.execute(KIND, {"name": function}).fetchall()
    macro = "macro table" if kind == "table_macro" else "macro"
    connection.execute(f'comment on {macro} main."{function}" is {quoted(comment_of(definition))}')


def comment_of(definition: str) -> str:
    """Return the comment at the top of a definition, as one line."""
    comment = takewhile(lambda line: line.startswith("-- "), definition.splitlines())
    return " ".join(line.removeprefix("-- ") for line in comment)
