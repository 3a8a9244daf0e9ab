"""The raw tables: their columns and types, for every engine that creates them."""

from __future__ import annotations

RAW_TABLES = {
    "landing_files": {"name": "varchar", "bytes": "bigint", "lines": "integer", "load_number": "integer"},
    "answers": {
        "run_id": "varchar",
        "line": "integer",
        "worker": "integer",
        "day": "date",
        "endpoint": "varchar",
        "asked": "json",
        "status": "integer",
        "requests": "integer",
        "observed_at": "timestamp",
        "body": "large json",
        "load_number": "integer",
    },
    "playlist_entries": {
        "run_id": "varchar",
        "line": "integer",
        "day": "date",
        "playlist_id": "varchar",
        "attempt": "integer",
        "position": "integer",
        "added_at": "varchar",
        "entry": "large json",
        "observed_at": "timestamp",
        "load_number": "integer",
    },
    "answered_objects": {
        "run_id": "varchar",
        "line": "integer",
        "day": "date",
        "endpoint": "varchar",
        "asked_id": "varchar",
        "object": "large json",
        "observed_at": "timestamp",
        "load_number": "integer",
    },
    "watched": {"watched": "varchar", "kind": "varchar", "id": "varchar", "label": "varchar"},
    "purged": {"up_to_load": "integer", "before_day": "date", "answers": "bigint"},
}
"""Columns and types by table; `large json` is JSON from Spotify, which an engine compresses if it can."""

ANSWER_TABLES = tuple(table for table, columns in RAW_TABLES.items() if "run_id" in columns)
"""Tables with rows of answers, which a purge deletes."""


def known_files(schema: str = "") -> str:
    """Return the query of the ledger: of each landing file, the size and lines loaded, and the last load."""
    return f"select name, max(bytes), max(lines), max(load_number) from {schema}landing_files group by name"  # noqa: S608 (our own)


def create_statements(types: dict[str, str], schema: str = "") -> list[str]:
    """Return a `create table` statement for each raw table, with the types of an engine."""
    statements = []
    for table, columns in RAW_TABLES.items():
        described = ", ".join(f"{name} {types.get(kind, kind)}" for name, kind in columns.items())
        statements.append(f"create table {schema}{table} ({described})")
    return statements
