"""Opening DuckDB files, with errors that say what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from extractor.errors import WarehouseError

STORAGE: dict[str, str | bool | int | float | list[str]] = {"storage_compatibility_version": "v1.2.0"}
"""Of new files: the first version that packs long text, such as raw answers, to a tenth of its size."""


@contextmanager
def opened(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a DuckDB file, closed at the end. Raises WarehouseError, for faults inside the block too."""
    try:
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
            _create(path)
        with duckdb.connect(str(path), read_only=read_only) as connection:
            yield connection
    except (duckdb.Error, OSError) as error:
        if "Conflicting lock" in str(error):
            raise WarehouseError(
                f"{path}: open in another process, and DuckDB lets only one write. Close it there (analysts open the "
                "published database instead) and run the same command again; nothing is lost"
            ) from error
        raise WarehouseError(f"{path}: {error}") from error


def _create(path: Path) -> None:
    """An empty database, put in place whole: DuckDB writes a new file in pieces, and a kill would leave half of one."""
    if path.exists() and path.stat().st_size > 0:
        return
    beside = path.with_name(f".{path.name}.new")
    remove(beside)
    duckdb.connect(str(beside), config=STORAGE).close()
    beside.replace(path)


def compact(path: Path) -> None:
    """Write a database anew, without the room of what was deleted, which DuckDB keeps. Raises WarehouseError."""
    beside = path.with_name(f".{path.name}.new")
    try:
        remove(beside)
        with duckdb.connect() as connection:
            name = attach(connection, path)
            version = STORAGE["storage_compatibility_version"]
            connection.execute(f"attach {quoted(str(beside))} as compacted (storage_version '{version}')")
            connection.execute(f"copy from database {name} to compacted")
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except (duckdb.Error, OSError) as error:
        raise WarehouseError(f"{path}: {error}") from error


def remove(path: Path) -> None:
    """Remove a database that a kill may have left, with the log it would otherwise take up again."""
    for leftover in (path, path.with_name(f"{path.name}.wal")):
        leftover.unlink(missing_ok=True)


def attach(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Attach a database to read from it; returns its name as SQL writes it: that of the file, which its views go by."""
    name = '"' + path.stem.replace('"', '""') + '"'
    connection.execute(f"attach {quoted(str(path))} as {name} (read_only)")
    return name


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
