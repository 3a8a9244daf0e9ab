"""The folder for all of Spark's files: beside the path of DuckDB's warehouse."""

from __future__ import annotations

import re
from pathlib import Path

from extractor.config.settings import Config

PUBLICATION = re.compile(r"published_(\d+)")
"""Prefix of the numbered schemas with published tables."""


def folder_of(config: Config) -> Path:
    """Return the folder with `raw` (what is loaded), `tables` (Parquet files) and `catalog` (Spark's metastore)."""
    return config.warehouse.parent / "spark"
