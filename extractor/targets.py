"""The engines that tables can live in, and how each does the steps of a daily run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from extractor.config import Config
from extractor.errors import ConfigError
from extractor.load import Loaded, load
from extractor.publish import Published, publish
from extractor.reports import PublishedReport
from extractor.transform import BuildOptions, Built, build


@dataclass(frozen=True)
class Target:
    """An engine: its steps, which raise what those of DuckDB raise, and what is published. True: publish all anew."""

    load: Callable[[Config], Loaded]
    build: Callable[[Config, BuildOptions], Built]
    publish: Callable[[Config, bool], Published]
    report: Callable[[Config], PublishedReport]


DUCKDB = Target(
    load=lambda config: load(config.landing, config.warehouse, endpoints=config.endpoints),
    build=build,
    publish=lambda config, anew: publish(config, anew=anew),
    report=lambda config: PublishedReport.of(config.database),
)


def target_of(config: Config) -> Target:
    """The engine that a configuration names. Raises ConfigError if it is not installed."""
    if config.target == "duckdb":
        return DUCKDB
    try:
        target: Target = import_module(f"extractor.{config.target}").TARGET
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"target {config.target}: {error.name} is not installed. `./run.sh status --target {config.target}` "
            f"installs it beside ./run.sh; elsewhere it is pip install .[{config.target}]"
        ) from error
    return target
