"""Write dbt's documentation of the project as one page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from extractor.config.settings import Config
from extractor.engines.base import megabytes
from extractor.engines.dbt import run_dbt
from extractor.engines.duckdb.files import opened
from extractor.engines.duckdb.load import create
from extractor.errors import BuildError
from extractor.files import replace_file


@dataclass(frozen=True)
class Documented:
    """The page that was written."""

    page: Path
    bytes: int

    def __str__(self) -> str:
        return f"wrote {self.page} ({megabytes(self.bytes)}): open it in a browser; it needs no server"


def docs(config: Config, page: Path) -> Documented:
    """Write the documentation to `page`. Raises BuildError if dbt fails, WarehouseError if the warehouse is in use."""
    create(config)
    with opened(config.warehouse):
        pass  # creates a missing warehouse; the page then lacks only the sizes of tables
    # a folder of its own, so that builds keep their partial parse
    folder = config.warehouse.parent / "dbt-docs"
    if run_dbt(config, folder, "docs", "generate", "--static") != 0:
        raise BuildError(f"dbt docs failed (details above and in {folder / 'dbt.log'}); {page} is unchanged")
    made = (folder / "static_index.html").read_bytes()
    replace_file(page, made)
    return Documented(page, len(made))
