"""dbt, run on Spark, and the proof of its success that publishing asks for."""

from __future__ import annotations

import shutil
from pathlib import Path

from extractor.config import Config
from extractor.spark.folder import PUBLICATION, folder_of
from extractor.spark.load import last_load
from extractor.transform import BuildOptions, Built, dbt_build


def build(config: Config, options: BuildOptions) -> Built:
    """Run `dbt build` and remember that it passed. Raises BuildError as `dbt_build` does.

    After a build that did not pass, or was killed, all is made anew from what is loaded: of tables that were being
    written, Spark has files that no catalog knows, and would stumble over them.
    """
    folder = folder_of(config)
    passed = folder / "passed"
    if not passed.exists():
        _forget_tables(folder)
    passed.unlink(missing_ok=True)
    built = dbt_build(config, options)
    passed.write_text(str(last_load(folder / "raw")))
    return built


def has_passed(config: Config) -> bool:
    """Whether all that is loaded was built, and passed its tests."""
    folder = folder_of(config)
    passed = folder / "passed"
    return passed.exists() and passed.read_text() == str(last_load(folder / "raw"))


def _forget_tables(folder: Path) -> None:
    """Remove all tables but the published ones."""
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    for schema in (folder / "tables").glob("*.db"):
        if not PUBLICATION.fullmatch(schema.stem):
            shutil.rmtree(schema)
    shutil.rmtree(folder / "catalog", ignore_errors=True)
