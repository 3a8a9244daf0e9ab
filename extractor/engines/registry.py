"""Look up the engine that a configuration names."""

from __future__ import annotations

from importlib import import_module

from extractor.config.settings import Config
from extractor.engines.base import Target
from extractor.errors import ConfigError


def target_of(config: Config) -> Target:
    """Return the engine that a configuration names. Raises ConfigError if it is not installed."""
    try:
        target: Target = import_module(f"extractor.engines.{config.target}.engine").TARGET
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"target {config.target}: {error.name} is not installed. `./run.sh status --target {config.target}` "
            f"installs it beside ./run.sh; elsewhere it is pip install .[{config.target}]"
        ) from error
    return target
