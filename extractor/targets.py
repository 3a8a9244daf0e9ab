"""The engines that tables can live in, and how each does the steps of a daily run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from extractor.config import Config
from extractor.errors import ConfigError
from extractor.load import load
from extractor.loading import Loaded
from extractor.publish import Published, is_published, publish
from extractor.reports import PublishedReport
from extractor.transform import BuildOptions, Built, build


@dataclass(frozen=True)
class Target:
    """An engine: its steps, which raise what those of DuckDB raise, and what is published.

    `is_published` says whether the last publication is that of the last build, which has passed with every load.
    """

    load: Callable[[Config], Loaded]
    build: Callable[[Config, BuildOptions], Built]
    publish: Callable[[Config], Published]
    report: Callable[[Config], PublishedReport]
    is_published: Callable[[Config], bool] = lambda _: False


DUCKDB = Target(
    load=load,
    build=build,
    publish=publish,
    report=lambda config: PublishedReport.of(config.database),
    is_published=is_published,
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
