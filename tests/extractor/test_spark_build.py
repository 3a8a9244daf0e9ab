"""What a Spark build leaves behind, and what the next one makes of it; dbt itself runs in tests/spark."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from extractor.config import Config
from extractor.errors import BuildError
from extractor.spark.build import build, has_passed
from extractor.spark.load import load
from extractor.transform import BuildOptions, Built
from tests.extractor.test_load import land

TABLE = "tables/intermediate.db/int_runs/rows.parquet"
PUBLISHED = "tables/published_1.db/runs/rows.parquet"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(landing=tmp_path / "landing", warehouse=tmp_path / "warehouse.duckdb")


@pytest.fixture
def spark(config: Config) -> Path:
    """Make a folder in which something was built and published."""
    folder = config.warehouse.parent / "spark"
    for name in (TABLE, PUBLISHED, "catalog/service.properties"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).touch()
    return folder


def passes(_: Config, __: BuildOptions) -> Built:
    return Built(1, 1, 0, 0.0)


def fails(_: Config, __: BuildOptions) -> Built:
    raise BuildError("a test failed")


def run(config: Config, how: Callable[[Config, BuildOptions], Built], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("extractor.spark.build"), "dbt_build", how)
    build(config, BuildOptions())


def test_after_a_build_that_passed_its_tables_are_gone_on_from(
    config: Config, spark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (spark / "passed").write_text("0")
    run(config, passes, monkeypatch)
    assert (spark / TABLE).exists()
    assert (spark / "catalog").exists()


def test_after_a_build_that_did_not_pass_all_but_what_is_published_is_made_anew(
    config: Config, spark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (spark / "passed").write_text("0")
    with pytest.raises(BuildError):
        run(config, fails, monkeypatch)
    assert (spark / TABLE).exists(), "to look for the reason"
    run(config, passes, monkeypatch)
    assert not (spark / TABLE).exists()
    assert not (spark / "catalog").exists()
    assert (spark / PUBLISHED).exists()


def test_what_was_loaded_since_is_not_passed(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not has_passed(config)
    run(config, passes, monkeypatch)
    assert has_passed(config)
    land(config.landing, "a", "tracks")
    load(config.landing, config.warehouse.parent / "spark" / "raw")
    assert not has_passed(config)
