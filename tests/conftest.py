"""For all tests: dbt that starts sooner; a PostgreSQL server, and an empty database for each that asks for one."""

import os
from collections.abc import Iterator
from itertools import count
from unittest.mock import patch

import pytest

from extractor.engines import dbt as transform
from tests import forked
from tests.cluster import Cluster, Database, programs, running

NUMBERS = count(1)

SHARED = ("conformance", "published_histories", "demo")
"""Fixtures of a session that take minutes: the tests that share one run in one process."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put slow files first, so that no process is left with one at the end; keep the tests of a file together."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        shared = [fixture for fixture in SHARED if fixture in getattr(item, "fixturenames", ())]
        item.add_marker(pytest.mark.xdist_group(shared[0] if shared else item.nodeid.split("::")[0]))


@pytest.fixture(scope="session", autouse=True)
def ready_dbt() -> Iterator[None]:
    """Take time off every build in a test's own process; what ./run.sh starts is not touched."""
    with patch.object(transform, "subprocess") as replaced:
        replaced.run = forked.run
        yield


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Start the server; without one, CI fails, where others are told what they have not tested."""
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
