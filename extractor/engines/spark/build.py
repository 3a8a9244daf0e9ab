"""Run dbt on Spark, and read which builds it recorded."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from extractor.config.settings import Config
from extractor.engines.base import LAST_BUILD, Build, BuildOptions, Built
from extractor.engines.dbt import build_in_pieces
from extractor.engines.duckdb.files import path_text
from extractor.engines.spark.folder import PUBLICATION, folder_of
from extractor.engines.spark.load import last_load


def build(config: Config, options: BuildOptions) -> Built:
    """Run `dbt build`. Raises BuildError if it fails, or did not record the build as passed.

    After a build that failed or was killed, everything is rebuilt from what is loaded: an interrupted write leaves
    files that are not in Spark's catalog and make it fail.
    """
    folder = folder_of(config)
    before = last_build(folder)
    if not (before and before.has_passed):
        _remove_tables(folder)
    return build_in_pieces(config, options, last_load(folder / "raw"), lambda: last_build(folder))


def last_build(folder: Path) -> Build | None:
    """Return the last build, whether it passed or not; None before the first."""
    files = state_files(folder)
    if not files:
        return None
    with duckdb.connect() as connection:
        connection.execute("create schema state")
        listed = ", ".join(map(path_text, files))
        connection.execute(f"create view state.builds as select * from read_parquet([{listed}])")  # noqa: S608 (our own)
        found = connection.execute(LAST_BUILD).fetchall()
    return Build(*found[0]) if found else None


def state_files(folder: Path) -> list[Path]:
    """Return the files of table state.builds. Each row has its own file, with a unique name."""
    return sorted((folder / "tables" / "state.db" / "builds").glob("*.parquet"))


def _remove_tables(folder: Path) -> None:
    """Remove all tables but the published ones."""
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    for schema in (folder / "tables").glob("*.db"):
        if not PUBLICATION.fullmatch(schema.stem):
            shutil.rmtree(schema)
    shutil.rmtree(folder / "catalog", ignore_errors=True)
