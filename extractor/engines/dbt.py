"""Run dbt on the warehouse, in a controlled environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from extractor.config.settings import Config
from extractor.engines.base import Build, BuildOptions, Built
from extractor.errors import BuildError
from extractor.project import PROJECT
from extractor.spotify.credentials import without_secrets

ENVIRONMENT = {
    "duckdb": {},
    # The few large queries need memory for hash tables; JIT compilation doesn't pay off.
    "postgres": {"PGOPTIONS": "-c jit=off -c work_mem=128MB"},
    "spark": {"SPARK_CONF_DIR": str(Path(__file__).with_name("spark") / "conf"), "SPARK_LOCAL_IP": "127.0.0.1"},
}
"""Environment variables of an engine while dbt runs; those already set take precedence."""

NOT_FOR_DBT = ("DBT_", "PYTHON", "SPOTIFY_WAREHOUSE", "SPOTIFY_RAW", "SPOTIFY_SPARK", "SPOTIFY_MEMORY_LIMIT")
"""Prefixes of environment variables that would change what dbt builds, or where."""


def build_in_pieces(config: Config, options: BuildOptions, loads: int, last: Callable[[], Build | None]) -> Built:
    """Run dbt until all loads up to number `loads` are built; `last` returns the last build that dbt recorded.

    Raises BuildError if dbt fails, or did not record the build as passed.
    """
    built, before = _build_piece(config, options, last)
    while before.up_to_load < loads:
        more, now = _build_piece(config, BuildOptions(log_format=options.log_format), last)
        if now.up_to_load <= before.up_to_load:
            raise BuildError(f"dbt build stopped at load {now.up_to_load} of {loads}; nothing is published")
        built, before = built + more, now
    return built


def _build_piece(config: Config, options: BuildOptions, last: Callable[[], Build | None]) -> tuple[Built, Build]:
    before = last()
    all_rows = options.full_tests or options.full_refresh or not (before and before.has_passed)
    built = dbt_build(config, replace(options, full_tests=all_rows))
    now = last()
    if now is None or now == before or not now.has_passed:
        raise BuildError(
            "dbt build did not run every model and test; nothing was published, the published tables are unchanged"
        )
    return built, now


def dbt_folder(config: Config) -> Path:
    """Return the folder for dbt's own files: its parse cache, log and results."""
    return config.warehouse.parent / "dbt"


def models(config: Config) -> list[dict[str, Any]]:
    """Return the models in dbt's manifest, which dbt parses if there is none. Raises BuildError if it can't."""
    folder = dbt_folder(config)
    manifest = folder / "manifest.json"
    if not manifest.exists() and run_dbt(config, folder, "parse") != 0:  # the last build was on another machine
        raise BuildError(f"dbt can't parse the project (details above and in {folder / 'dbt.log'})")
    nodes: dict[str, dict[str, Any]] = json.loads(manifest.read_bytes())["nodes"]
    return [node for node in nodes.values() if node["resource_type"] == "model"]


def marts(config: Config) -> list[dict[str, Any]]:
    """Return the models that are published. Raises BuildError as `models` does."""
    return [model for model in models(config) if model["schema"] == "main"]


def dbt_build(config: Config, options: BuildOptions) -> Built:
    """Run `dbt build` on the target. Raises BuildError if a model or a data test failed."""
    target = dbt_folder(config)
    # Unit tests test the SQL, not the day's data: CI runs them.
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    arguments += ["--full-refresh"] if options.full_refresh else []
    arguments += [] if options.full_tests else ["--exclude", "tag:all_rows"]
    arguments += ["--vars", json.dumps({"forget_purged": True})] if options.forget_purged else []
    if run_dbt(config, target, *arguments, log_format=options.log_format) != 0:
        way_out = ". If this program was upgraded, rebuild the tables with ./run.sh build --full-refresh"
        raise BuildError(
            f"dbt build failed (details above and in {target / 'dbt.log'}); nothing was published, the published "
            f"tables are unchanged{way_out if _has_broken_model(target) else ''}"
        )
    return _what_was_built(target)


def run_dbt(config: Config, target: Path, *arguments: str, log_format: str = "text") -> int:
    """Run dbt on the target, with its own files in `target`; return its exit code."""
    # Logging every statement, at `debug`, costs a tenth of a quiet day; errors are logged at this level, too.
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "--log-level-file"]
    command += [os.environ.get("SPOTIFY_DBT_LOG", "info"), "--log-format", log_format, *arguments]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", config.target]
    command += ["--target-path", str(target), "--log-path", str(target)]
    folder, environment = config.warehouse.parent, dbt_environment(config, os.environ)
    folder.mkdir(parents=True, exist_ok=True)
    # close_fds=False: dbt inherits our lock, see lock.py
    return subprocess.run(command, env=environment, cwd=folder, check=False, close_fds=False).returncode  # noqa: S603 (our own)


def dbt_environment(config: Config, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for dbt: the locations of the databases, no options of dbt or Python, no secrets."""
    kept = {name: value for name, value in without_secrets(environment).items() if not name.startswith(NOT_FOR_DBT)}
    # Only file names, relative to their folder: dbt's parse cache stays valid for a copy of the warehouse elsewhere.
    ours = {"SPOTIFY_WAREHOUSE": config.warehouse.name, "SPOTIFY_RAW": config.raw.name}
    ours |= {"SPOTIFY_SPARK": str(config.warehouse.parent / "spark")}
    ours |= {} if "HOME" in kept else {"HOME": str(config.warehouse.parent)}  # a user without a name has none
    ours |= {"SPOTIFY_MEMORY_LIMIT": config.memory_limit} if config.memory_limit else {}
    return ENVIRONMENT[config.target] | kept | ours


def _what_was_built(target: Path) -> Built:
    results = json.loads((target / "run_results.json").read_bytes())
    kinds = Counter(result["unique_id"].split(".")[0] for result in results["results"])
    warnings = sum(result["status"] == "warn" for result in results["results"])
    return Built(kinds["model"], kinds["test"], warnings, results["elapsed_time"])


def _has_broken_model(target: Path) -> bool:
    """Return whether a model could not be built, as when its table has the columns of another version."""
    try:
        results = json.loads((target / "run_results.json").read_bytes())["results"]
    except (OSError, ValueError, KeyError):
        return False
    return any(each["unique_id"].startswith("model.") and each["status"] == "error" for each in results)
