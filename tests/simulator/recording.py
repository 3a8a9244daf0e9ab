"""Writes a small recording for tests: the four files that a replay reads."""

from pathlib import Path
from typing import Any

import duckdb

COLUMNS = {
    "snapshots": "snapshot_date date, playlist_id varchar, blob varchar",
    "playlist_versions": (
        "blob varchar, playlist_id varchar, name varchar, snapshot_id varchar, public boolean, collaborative boolean,"
        " n_items bigint"
    ),
    "items": (
        "blob varchar, position bigint, track_id varchar, uri varchar, type varchar, is_local boolean,"
        " added_at varchar, name varchar, artists varchar, popularity bigint"
    ),
    "tracks": (
        "track_id varchar, name varchar, artists varchar, album_id varchar, album varchar, release_date varchar,"
        " duration_ms bigint, explicit boolean, isrc varchar"
    ),
}


def write_recording(folder: Path, tables: dict[str, list[tuple[Any, ...]]]) -> Path:
    """Write the rows of each table into the file of its name; a table not given is empty. Return the folder."""
    with duckdb.connect() as connection:
        for name, columns in COLUMNS.items():
            connection.execute(f"create table {name} ({columns})")
            for row in tables.get(name, []):
                connection.execute(f"insert into {name} values ({', '.join('?' * len(row))})", row)
            connection.execute(f"copy {name} to '{folder / name}.parquet'")
    return folder
