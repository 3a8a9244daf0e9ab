"""Responses of every shape are split into rows of the raw tables."""

from dataclasses import replace
from pathlib import Path

import pytest

from extractor.config.settings import Config
from extractor.engines import pieces
from extractor.engines.base import Loaded
from extractor.engines.duckdb.load import load
from tests.extractor.loads import LISTS, UNKNOWN, land_answers, landed, raw_of


@pytest.fixture
def config(folder: Path, warehouse: Path) -> Config:
    return Config(landing=folder, warehouse=warehouse)


@pytest.mark.parametrize("shape", LISTS)
def test_response_is_split_into_entries_and_objects(config: Config, shape: str) -> None:
    land_answers(config.landing, "a", [LISTS[shape]])
    assert load(config) == Loaded(files=1, answers=1)
    assert raw_of(config) == landed(config.landing)


@pytest.mark.parametrize("shape", UNKNOWN)
def test_response_of_unknown_shape_is_kept_whole_and_counted(config: Config, shape: str) -> None:
    land_answers(config.landing, "a", [UNKNOWN[shape]])
    assert load(config) == Loaded(files=1, answers=1, unknown=1)
    assert raw_of(config) == landed(config.landing)
    assert not raw_of(config).entries + raw_of(config).objects


def test_responses_of_all_shapes_can_share_a_file(config: Config) -> None:
    land_answers(config.landing, "a", [*LISTS.values(), *UNKNOWN.values(), *LISTS.values()])
    loaded = load(config)
    assert (loaded.answers, loaded.unknown) == (2 * len(LISTS) + len(UNKNOWN), len(UNKNOWN))
    assert str(loaded) == f"loaded {loaded.answers} answers from 1 new file, {len(UNKNOWN)} of an unknown shape"
    assert raw_of(config) == landed(config.landing)


def test_error_response_is_kept_whole_and_not_counted_as_unknown(config: Config) -> None:
    land_answers(config.landing, "a", [*LISTS.values(), *UNKNOWN.values()], status=404)
    assert load(config) == Loaded(1, len(LISTS) + len(UNKNOWN))
    assert raw_of(config) == landed(config.landing)


def test_piece_size_does_not_change_the_rows(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    for run in ("a", "b"):
        land_answers(config.landing, run, [*LISTS.values(), *UNKNOWN.values()])
    for size in (1, 500, 2000):
        monkeypatch.setattr(pieces, "PIECE_BYTES", size)
        smaller = replace(config, warehouse=config.warehouse.with_name(str(size)) / "w.duckdb")
        assert load(smaller).unknown == 2 * len(UNKNOWN)
        assert raw_of(smaller) == landed(config.landing)
