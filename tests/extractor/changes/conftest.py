"""Fixtures: `./run.sh changes` on published files of a hand-made world."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from extractor.config.settings import Config
from tests.extractor.changes.world import Shown, publish


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Return a function that returns a published file whose last day is given; it is made once."""
    folder = tmp_path_factory.mktemp("published")

    def file(through: int) -> Path:
        path = folder / f"{through}.duckdb"
        if not path.exists():
            publish(path, through)
        return path

    return file


@pytest.fixture
def make(published: Callable[[int], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Shown]:
    def shown(through: int = 16) -> Shown:
        shutil.copy(published(through), tmp_path / "s.duckdb")
        path = tmp_path / "config.yaml"
        path.write_text("{landing: landing, warehouse: w.duckdb, database: s.duckdb}")
        config = Config(landing=tmp_path / "l", warehouse=tmp_path / "w.duckdb", database=tmp_path / "s.duckdb")
        return Shown(config, path, capsys)

    return shown


@pytest.fixture
def shown(make: Callable[..., Shown]) -> Shown:
    return make()
