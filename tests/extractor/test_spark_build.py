"""What a Spark build leaves and how the next one uses it; dbt itself runs in tests/spark."""

from importlib import import_module
from pathlib import Path

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.engines import dbt as transform
from extractor.engines.base import BuildOptions, Built
from extractor.engines.spark.build import build, last_build
from extractor.engines.spark.load import load
from extractor.engines.spark.publish import is_published, publish
from extractor.errors import BuildError
from tests.extractor.loads import land

TABLE = "tables/intermediate.db/int_runs/rows.parquet"
PUBLISHED = "tables/published_1.db/runs/rows.parquet"
STATE = """
copy (
    select
        {number} as build_number, {load} as up_to_load, false as is_full_refresh, false as rebuilds_facts,
        {passed} as has_passed, 1 as facts_format
) to '{path}' (format parquet)
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        landing=tmp_path / "landing",
        warehouse=tmp_path / "warehouse.duckdb",
        database=tmp_path / "spotify.duckdb",
        target="spark",
    )


@pytest.fixture
def spark(config: Config) -> Path:
    """Make a folder with a published build."""
    folder = config.warehouse.parent / "spark"
    for name in (TABLE, PUBLISHED, "catalog/service.properties"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).touch()
    return folder


class FakeDbt:
    """Replaces dbt: adds rows to state.builds as Spark does, and records how it was called."""

    def __init__(self, folder: Path, *, passes: bool = True, load: int = 0) -> None:
        self.options: list[BuildOptions] = []
        self._folder = folder
        self._passes = passes
        self._load = load

    def __call__(self, _: Config, options: BuildOptions) -> Built:
        self.options.append(options)
        before = last_build(self._folder)
        number = before.build_number + 1 if before else 1
        builds = self._folder / "tables" / "state.db" / "builds"
        builds.mkdir(parents=True, exist_ok=True)
        for passed in (False, True) if self._passes else (False,):
            path = builds / f"{number}-{passed}.parquet"
            duckdb.execute(STATE.format(number=number, load=self._load, passed=passed, path=path))
        return Built(1, 1, 0, 0.0)


def run(config: Config, dbt: FakeDbt, patch: pytest.MonkeyPatch, *, full_tests: bool = False) -> None:
    patch.setattr(transform, "dbt_build", dbt)
    build(config, BuildOptions(full_tests=full_tests))


def test_passed_build_keeps_its_tables(config: Config, spark: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dbt = FakeDbt(spark)
    run(config, dbt, monkeypatch)
    assert not (spark / TABLE).exists(), "nothing is known of the build that left them"
    (spark / TABLE).parent.mkdir(parents=True)
    (spark / TABLE).touch()
    run(config, dbt, monkeypatch)
    run(config, dbt, monkeypatch, full_tests=True)
    assert (spark / TABLE).exists()
    assert [options.full_tests for options in dbt.options] == [True, False, True]
    build = last_build(spark)
    assert build is not None
    assert (build.build_number, build.has_passed) == (3, True)


def test_failed_build_removes_everything_but_the_published_tables(
    config: Config, spark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeDbt(spark)(config, BuildOptions())
    with pytest.raises(BuildError, match="did not run every model and test"):
        run(config, FakeDbt(spark, passes=False), monkeypatch)
    assert (spark / TABLE).exists(), "to look for the reason"
    run(config, FakeDbt(spark), monkeypatch)
    assert not (spark / TABLE).exists()
    assert not (spark / "catalog").exists()
    assert (spark / PUBLISHED).exists()


def test_only_a_passed_build_is_published(config: Config, spark: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BuildError, match=r"there is none; run `\./run\.sh build --target spark` first"):
        publish(config)
    with pytest.raises(BuildError):
        run(config, FakeDbt(spark, passes=False), monkeypatch)
    with pytest.raises(BuildError):
        publish(config)


def test_is_published_is_false_until_the_last_build_is_published(
    config: Config, spark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("extractor.engines.spark.publish")
    monkeypatch.setattr(module, "run_dbt", lambda *_: 0)
    (config.warehouse.parent / "dbt").mkdir()
    (config.warehouse.parent / "dbt" / "manifest.json").write_text('{"nodes": {}}')
    monkeypatch.setattr(module, "FUNCTIONS", ())
    run(config, FakeDbt(spark), monkeypatch)
    assert not is_published(config)
    publish(config)
    assert is_published(config)
    land(config.landing, "a", "tracks")
    load(config)
    assert not is_published(config)
    run(config, FakeDbt(spark, load=1), monkeypatch)
    assert not is_published(config)
    publish(config)
    assert is_published(config)
