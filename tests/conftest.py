"""Fixtures for all tests: a dbt that starts faster, a PostgreSQL server, and an empty database per test."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from xdist.scheduler import LoadScopeScheduling

from extractor.engines import dbt as transform
from tests import forked
from tests.cluster import Cluster, Database, programs, running

NUMBERS = count(1)
REPO = Path(__file__).parent.parent

SHARED = ("conformance", "published_histories", "demo", "long_history")
"""Fixtures of a session that take minutes: the files that use one run in one process."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow files first, so that none is left for one process at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Runs the tests of a file in one process, together with those of files that use the same shared fixture.

    (The groups of `--dist loadgroup` have no effect with pytest 9.)
    """

    def _split_scope(self, nodeid: str) -> str:
        return _scope_of(nodeid.split("::", maxsplit=1)[0])


@cache
def _scope_of(file: str) -> str:
    text = (REPO / file).read_text("utf-8")
    return next((fixture for fixture in SHARED if f"{fixture}: " in text), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Return the scheduler of `pytest -n`."""
    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def ready_dbt() -> Iterator[None]:
    """Speed up every build in the test's own process; ./run.sh is not affected."""
    with patch.object(transform, "subprocess") as replaced:
        replaced.run = forked.run
        yield


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Start the server. Without PostgreSQL, CI fails; elsewhere the tests are skipped with a message."""
    found = programs()
    if found is None:
        assert "CI" not in os.environ, "PostgreSQL is not installed: apt-get install postgresql"
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with running(found) as started:
        yield started


@pytest.fixture
def server(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Make a database that the project's commands find in the environment of this process."""
    database = cluster.database(f"test {next(NUMBERS)}")
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    return database


@dataclass(frozen=True)
class Demo:
    """Output and files of ./run.sh demo."""

    told: str
    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "spotify.duckdb"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Run the demo once for all tests."""
    folder = tmp_path_factory.mktemp("demo") / "here"
    command = [str(REPO / "run.sh"), "demo", "--folder", str(folder)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return Demo(finished.stdout, folder)
