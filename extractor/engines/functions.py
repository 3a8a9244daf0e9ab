"""The published functions: one file each in the folder functions/."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

import duckdb

from extractor.engines.duckdb.files import quoted

ANSWERS = (
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
"""The functions of the folder answers/, each after those that it calls."""


def define(connection: duckdb.DuckDBPyConnection, answer: Path) -> None:
    """Create the macro that a file defines, with the comment that the file begins with."""
    definition = answer.read_text("utf-8")
    connection.execute(definition)
    comment = comment_of(definition)
    kind = "macro table" if ") as table\n" in definition else "macro"
    connection.execute(f'comment on {kind} main."{answer.stem}" is {quoted(comment)}')


def comment_of(definition: str) -> str:
    """The lines of comment that a definition begins with, as one."""
    comment = takewhile(lambda line: line.startswith("-- "), definition.splitlines())
    return " ".join(line.removeprefix("-- ") for line in comment)
