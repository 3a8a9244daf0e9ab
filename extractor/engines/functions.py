"""The published functions: one file each in the folder functions/.

A function is written once, in SQL that DuckDB and PostgreSQL share. Its header states the types of its arguments and
columns, which a macro of DuckDB lacks. Where engines differ, one has a file of its own; Spark has one for some of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import duckdb

from extractor.engines.duckdb.files import quoted
from extractor.project import PROJECT

FUNCTIONS = (
    "id_in",
    "playlist_id_of",
    "track_id_of",
    "artist_id_of",
    "period",
    "can_be",
    "stays",
    "tracks_during",
    "playlists_of",
    "playlists_of_isrc",
    "tracklist_on",
    "popularity_of",
    "popularity_around_stays",
    "coverage",
    "find",
    "changes_since",
    "positions_of",
    "compare_playlists",
    "overlap",
    "artist_presence",
    "uris_of",
    "turnover",
    "survival",
    "feeders",
    "reach_of",
    "lift_of",
    "lift_of_adds",
    "lift_of_removals",
    "curation",
)
"""Names of the functions, each after the functions that it calls."""

HEADER = re.compile(
    r"create function (?P<name>\w+)\((?P<arguments>[^)]*)\)\s+"
    r"returns (?:table \((?P<columns>.*?)\)|(?P<type>\w+))\s+as\n(?P<body>.*)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Function:
    """A function: its arguments with types and defaults, what it returns, its query, and what it is for.

    `columns` of the rows that it returns, with their types, or the `type` of its one value.
    """

    name: str
    comment: str
    arguments: str
    columns: str | None
    type: str | None
    body: str

    @classmethod
    def of(cls, name: str) -> Function:
        """Return the function that a file defines."""
        definition = file_of(name).read_text("utf-8")
        [found] = HEADER.finditer(definition)
        parts = {key: value and " ".join(value.split()) for key, value in found.groupdict().items()}
        return cls(**(parts | {"comment": comment_of(definition), "body": found["body"].strip().rstrip(";")}))

    @property
    def signature(self) -> str:
        """Return the call with its arguments and their defaults, as DuckDB writes it."""
        arguments = re.sub(r"(\w+) \w+( default)?", lambda each: each[1] + (" :=" if each[2] else ""), self.arguments)
        return f"{self.name}({arguments})"

    def duckdb(self) -> str:
        """Return the statement that creates the macro. The types are PostgreSQL's.

        DuckDB replaces each unqualified column named like a parameter. It also refuses a parameter named like a column
        in the query of a view (day), unless it comes to an expression without a type first: the first CTE selects the
        parameter as it is, and the next one casts it.
        """
        if self.columns is None:
            return f"create macro {self.signature} as (\n{self.body}\n)"
        columns = re.sub(r"(\w+) ([^,]+)", r"cast(\1 as \2) as \1", self.columns)
        return f"create macro {self.signature} as table select {columns} from (\n{self.body}\n)"  # noqa: S608 (our own)

    def postgres(self) -> str:
        """Return the statement that creates the function in schema `spotify`; it calls only what is there."""
        columns = re.sub(r"(\w+) ([^,]+)", r'"\1" \2', self.columns or "")
        return (
            f"create or replace function spotify.{self.name}({self.arguments})\n"
            f"returns {f'table ({columns})' if self.columns else self.type}\n"
            f"language sql stable set search_path = pg_catalog, spotify, pg_temp as $$\n{self.body}\n$$"
        )


def file_of(function: str, engine: str | None = None) -> Path:
    """Return the file that defines a function, in DuckDB and PostgreSQL or in another engine."""
    return PROJECT / "functions" / (f"{function}.{engine}.sql" if engine else f"{function}.sql")


def define(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Create the macro of a function, with its comment."""
    function = Function.of(name)
    connection.execute(function.duckdb())
    macro = "macro table" if function.columns else "macro"
    connection.execute(f'comment on {macro} main."{name}" is {quoted(function.comment)}')


def comment_of(definition: str) -> str:
    """Return the comment at the top of a definition, as one line."""
    comment = takewhile(lambda line: line.startswith("-- "), definition.splitlines())
    return " ".join(line.removeprefix("-- ") for line in comment)
