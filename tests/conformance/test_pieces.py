"""A history too long for one build is built in pieces, load by load, with the same result as in one build."""

from pathlib import Path

import pytest

from extractor.config.settings import read_config
from extractor.engines.dbt import dbt_folder, run_dbt
from extractor.engines.duckdb.builds import last_build_of, last_load
from tests.conformance.conftest import Conformance
from tests.conformance.ways import Store

pytestmark = pytest.mark.slow

PIECES = 3
DBT_BUILD = ("build", "--exclude-resource-type", "unit_test", "--vars", '{"entries_at_once": 1}')


def test_history_built_in_pieces_has_the_same_rows_as_one_built_at_once(
    conformance: Conformance, tmp_path: Path
) -> None:
    store = Store(conformance.source, tmp_path / "pieces")
    config = read_config(store.config)
    for number in range(PIECES):
        store.receive(conformance.files[number::PIECES])
        store.run("load")
    for number in range(PIECES):
        assert run_dbt(config, dbt_folder(config), *DBT_BUILD) == 0
        build = last_build_of(config.warehouse)
        assert build is not None
        assert (build.up_to_load, build.has_passed) == (number + 1, True)
    assert last_load(config.raw) == PIECES
    store.run("publish")
    assert store.marts() == conformance.ways["at once"]
