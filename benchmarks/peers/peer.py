"""The interface of a peer, and the list of peers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Protocol

from benchmarks.peers.dlt_scd2 import DltScd2
from benchmarks.peers.environment import Environment
from benchmarks.peers.row_by_row import RowByRow
from benchmarks.peers.snapshot import Snapshot

Period = tuple[str, str, str, str | None]
"""Playlist, track, first day, end: a stay as reported by a peer."""

DLT = "dlt scd2"


class Peer(Protocol):
    """Keeps which track was in which playlist, and when."""

    def day(self, answers: Path, day: date) -> None:
        """Process the answers of a day."""

    def periods(self) -> Sequence[Period]:
        """Return all periods: each ends with its last day, or with the first day that is no longer in it."""


def peers(folder: Path, environment: Environment) -> dict[str, Peer]:
    """Return the peers by name; dlt only if an environment with it is given."""
    found: dict[str, Peer] = {"row by row": RowByRow(folder), "dbt snapshot": Snapshot(folder)}
    if environment.absence is None:
        found[DLT] = DltScd2(folder, environment.python)
    return found
