"""Run dbt on the warehouse file; compact it afterwards."""

from __future__ import annotations

from dataclasses import replace

from extractor.config.settings import Config
from extractor.engines.base import DAILY, BuildOptions, Built
from extractor.engines.dbt import build_in_pieces, models
from extractor.engines.duckdb.builds import awaits_refresh, distrust_last_build, last_build, last_build_of, last_load
from extractor.engines.duckdb.compact import compact, compactable, shrink
from extractor.engines.duckdb.files import opened
from extractor.engines.duckdb.load import create


def build(config: Config, options: BuildOptions = DAILY) -> Built:
    """Build everything that is loaded, a long history in several builds, and compact the warehouse where that is due.

    Raises BuildError if dbt fails or did not record the build as passed, WarehouseError if the disk is full.
    """
    create(config)  # dbt attaches raw.duckdb even if nothing was loaded
    with opened(config.warehouse) as connection:  # a lock held by another process is reported here, clearly
        before = last_build(connection)
        options = replace(options, full_refresh=options.full_refresh or awaits_refresh(connection))
        if options.full_tests and before and before.has_passed:
            distrust_last_build(connection)
    built = build_in_pieces(config, options, last_load(config.raw), lambda: last_build_of(config.warehouse))
    compact(config.warehouse, compactable(models(config)), memory_limit=config.memory)
    shrink(config.warehouse, memory_limit=config.memory)
    return built
