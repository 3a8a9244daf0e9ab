"""All histories and random worlds on PostgreSQL: law 1, and the same rows as DuckDB."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from extractor.cli.commands import main
from extractor.config.settings import read_config
from extractor.engines.dbt import dbt_folder, run_dbt
from tests.cluster import Cluster, Database
from tests.conformance.conftest import Conformance
from tests.conformance.history import DAYS
from tests.conformance.test_conformance import check
from tests.conformance.ways import Marts, Store
from tests.pipeline.harness import MARTS

pytestmark = pytest.mark.slow

WAYS = ("in parts, one after a build that has not passed", "full refresh")


class OnServer:
    """A database into which the files of all histories were loaded."""

    def __init__(self, conformance: Conformance, folder: Path, database: Database) -> None:
        self.database = database
        self.store = Store(conformance.source, folder / "postgres", "postgres")
        self.ways = dict(zip(WAYS, self._build(conformance), strict=True))

    def publish(self) -> None:
        """Publish, which compares only rows that builds may have changed; check that no row is missing or left over."""
        self.store.run("publish")
        for mart in MARTS:
            made, published = f"select * from main.{mart}", f"select * from spotify.{mart}"
            for difference in (f"{made} except all {published}", f"{published} except all {made}"):
                assert self.database.rows(difference) == [], mart

    def _build(self, conformance: Conformance) -> tuple[Marts, Marts]:
        half = len(DAYS) // 2
        self._receive(conformance, DAYS[:half])
        self.store.run("load", "build")
        self.publish()
        for day in DAYS[half : half + 2]:
            self._receive(conformance, [day])
            self.store.run("load", "build")
            self.publish()
        self._receive(conformance, DAYS[half + 2 : half + 3])
        self.store.run("load")
        config = read_config(self.store.config)
        assert run_dbt(config, dbt_folder(config), "run") == 0
        assert main(["publish", "--config", str(self.store.config)]) == 1, "nothing was tested"
        self._receive(conformance, DAYS[half + 3 :])
        self.store.run("load", "load", "build")
        self.publish()
        by_parts = self.database.published(MARTS)
        self.store.run("build --full-refresh --full-tests")
        self.publish()
        return by_parts, self.database.published(MARTS)

    def _receive(self, conformance: Conformance, days: Sequence[date]) -> None:
        self.store.receive(file for file in conformance.files if file.run.arrival in days)


@pytest.fixture(scope="module")
def on_server(conformance: Conformance, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> OnServer:
    with pytest.MonkeyPatch.context() as patch:
        database = cluster.database("conformance")
        for name, value in database.environment.items():
            patch.setenv(name, value)
        return OnServer(conformance, tmp_path_factory.mktemp("server"), database)


@pytest.mark.parametrize("mart", MARTS)
@pytest.mark.parametrize("way", WAYS)
def test_postgres_has_the_same_rows_as_duckdb(
    conformance: Conformance, on_server: OnServer, way: str, mart: str
) -> None:
    tables = (on_server.ways[way], conformance.ways["at once"])
    check(conformance, *(conformance.rows(marts, mart) for marts in tables))
    actual, wanted = (marts[mart] for marts in tables)
    assert actual == wanted


def test_dbt_unit_tests_pass_on_postgres(on_server: OnServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in on_server.database.environment.items():
        monkeypatch.setenv(name, value)
    assert run_dbt(read_config(on_server.store.config), tmp_path, "test", "--select", "test_type:unit") == 0


def test_full_refresh_after_a_purge_keeps_every_row(on_server: OnServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in on_server.database.environment.items():
        monkeypatch.setenv(name, value)
    for table in ("answers", "playlist_entries", "answered_objects"):
        small = "and endpoint not in ('runs', 'playlist_reads')" if table == "answers" else ""
        on_server.database.rows(f"delete from raw.{table} where load_number = 1 {small}")
    on_server.database.rows("insert into raw.purged values (1, %s, 1)", DAYS[len(DAYS) // 2])
    on_server.store.run("build --full-refresh")
    on_server.publish()
    assert on_server.database.published(MARTS) == on_server.ways["full refresh"]
