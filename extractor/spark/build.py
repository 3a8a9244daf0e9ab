"""dbt, run on Spark, and the proof of its success that publishing asks for."""

from __future__ import annotations

from extractor.config import Config
from extractor.spark.folder import folder_of
from extractor.spark.load import last_load
from extractor.transform import BuildOptions, Built, dbt_build


def build(config: Config, options: BuildOptions) -> Built:
    """Run `dbt build` and remember that it passed. Raises BuildError as `dbt_build` does."""
    folder = folder_of(config)
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    passed = folder / "passed"
    passed.unlink(missing_ok=True)
    built = dbt_build(config, options)
    passed.write_text(str(last_load(folder / "raw")))
    return built


def has_passed(config: Config) -> bool:
    """Whether all that is loaded was built, and passed its tests."""
    folder = folder_of(config)
    passed = folder / "passed"
    return passed.exists() and passed.read_text() == str(last_load(folder / "raw"))
