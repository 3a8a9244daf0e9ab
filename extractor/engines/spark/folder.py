"""Where Spark has everything: beside the warehouse that DuckDB would have."""

from __future__ import annotations

import re
from pathlib import Path

from extractor.config.settings import Config

PUBLICATION = re.compile(r"published_(\d+)")
"""Names of schemas with published tables, which are numbered."""


def folder_of(config: Config) -> Path:
    """The folder with `raw` (what is loaded), `tables` (Parquet files) and `catalog` (what Spark knows of them)."""
    return config.warehouse.parent / "spark"
