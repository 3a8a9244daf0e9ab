"""dlt with its merge strategy scd2: a row while a membership is found, ended by the first read without it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.bench import run


class DltScd2:
    """A pipeline into a DuckDB file, one run a day, in the environment of the peers."""

    def __init__(self, folder: Path, python: str) -> None:
        self._folder = folder / "dlt"
        self._folder.mkdir(parents=True)
        self._python = python

    def day(self, answers: Path, day: date) -> None:
        """Process the answers of a day."""
        command = [self._python, "-m", "benchmarks.peers.dlt_program", str(self._folder), str(answers), str(day)]
        settings = {"DLT_DATA_DIR": str(self._folder), "RUNTIME__DLTHUB_TELEMETRY": "false"}
        run(command, self._folder / "log", settings)

    def periods(self) -> Sequence[tuple[str, str, str, str | None]]:
        """Return playlist, track, and the days from which and to which (exclusive, null: open) each row is valid."""
        with duckdb.connect(str(self._folder / "dlt.duckdb"), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(
                "select playlist_id, track_id, left(_dlt_valid_from::varchar, 10), left(_dlt_valid_to::varchar, 10) "
                "from peer.memberships"
            ).fetchall()
