"""All histories and random worlds on PostgreSQL: law 1 there, and the rows that DuckDB has."""

from pathlib import Path

import pytest

from extractor.config import read_config
from extractor.transform import run_dbt
from tests.cluster import Cluster, Database
from tests.conformance.conftest import Conformance
from tests.conformance.history import DAYS
from tests.conformance.test_conformance import check
from tests.conformance.ways import Marts, Store
from tests.pipeline.harness import MARTS

WAYS = ("half of the days after the other", "full refresh")


class OnServer:
    """A database that has got the files of all histories."""

    def __init__(self, conformance: Conformance, folder: Path, database: Database) -> None:
        self.database = database
        self.store = Store(conformance.source, folder / "postgres", "postgres")
        self.ways = dict(zip(WAYS, self._build(conformance), strict=True))

    def _build(self, conformance: Conformance) -> tuple[Marts, Marts]:
        half = DAYS[len(DAYS) // 2]
        self.store.receive(file for file in conformance.files if file.run.arrival < half)
        self.store.run("load", "build", "publish")
        self.store.receive(file for file in conformance.files if file.run.arrival >= half)
        self.store.run("load", "load", "build", "publish")
        by_halves = self.database.published(MARTS)
        self.store.run("build --full-refresh --full-tests", "publish")
        return by_halves, self.database.published(MARTS)


@pytest.fixture(scope="module")
def on_server(conformance: Conformance, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> OnServer:
    with pytest.MonkeyPatch.context() as patch:
        database = cluster.database("conformance")
        for name, value in database.environment.items():
            patch.setenv(name, value)
        return OnServer(conformance, tmp_path_factory.mktemp("server"), database)


@pytest.mark.parametrize("mart", MARTS)
@pytest.mark.parametrize("way", WAYS)
def test_postgres_has_the_rows_that_duckdb_has(
    conformance: Conformance, on_server: OnServer, way: str, mart: str
) -> None:
    tables = (on_server.ways[way], conformance.ways["at once"])
    check(conformance, *(conformance.rows(marts, mart) for marts in tables))
    actual, wanted = (marts[mart] for marts in tables)
    assert actual == wanted


def test_the_rules_hold_on_postgres(on_server: OnServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in on_server.database.environment.items():
        monkeypatch.setenv(name, value)
    assert run_dbt(read_config(on_server.store.config), tmp_path, "test", "--select", "test_type:unit") == 0
