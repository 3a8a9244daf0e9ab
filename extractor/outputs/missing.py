"""Check that something is published."""

from __future__ import annotations

from pathlib import Path

from extractor.errors import WarehouseError
from extractor.project import DEMO


def check_published(database: Path) -> None:
    """Raise WarehouseError, saying what to do, unless the published file exists."""
    if not database.exists():
        demo = " (or add --demo to use the demo's)" if (DEMO / "spotify.duckdb").exists() else ""
        raise WarehouseError(f"{database}: nothing is published yet; run `./run.sh daily`{demo}")
