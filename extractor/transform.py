"""dbt, run on the warehouse, and the proof of its success that publishing asks for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from extractor.config import Config, without_secrets
from extractor.errors import BuildError
from extractor.warehouse import opened

PROJECT = Path(__file__).resolve().parent.parent

ENVIRONMENT = {
    "duckdb": {},
    # Few large queries need memory to hash what is known, and compiling them wins nothing.
    "postgres": {"PGOPTIONS": "-c jit=off -c work_mem=128MB"},
    "spark": {"SPARK_CONF_DIR": str(PROJECT / "extractor" / "spark" / "conf"), "SPARK_LOCAL_IP": "127.0.0.1"},
}
"""What an engine goes by while dbt is at work, unless the environment says otherwise."""


@dataclass(frozen=True)
class BuildOptions:
    """How to build: everything anew or what is new, testing all rows or the changed ones; and how dbt tells."""

    full_refresh: bool = False
    full_tests: bool = False
    forget_purged: bool = False
    log_format: str = "text"


@dataclass(frozen=True)
class Built:
    """What a build that passed has done."""

    models: int
    tests: int
    warnings: int
    seconds: float

    def __str__(self) -> str:
        told = f"built {self.models} tables and views, {self.tests} tests passed in {self.seconds:.1f} s"
        return told + (f", {self.warnings} with warnings" if self.warnings else "")


def build(config: Config, options: BuildOptions = BuildOptions()) -> Built:
    """Run `dbt build` on the warehouse and remember that it passed. Raises BuildError as `dbt_build` does."""
    with opened(config.warehouse):
        pass  # a lock held elsewhere is told now, in our words
    _passed_file(config).unlink(missing_ok=True)
    built = dbt_build(config, options)
    remember_passed(config)
    return built


def dbt_build(config: Config, options: BuildOptions) -> Built:
    """Run `dbt build` on the target. Raises BuildError if a model or a data test failed."""
    target = config.warehouse.parent / "dbt"
    # Unit tests test the SQL, not the day: CI runs them.
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    arguments += ["--full-refresh"] if options.full_refresh else []
    # What is only derived from tested tables is tested with all rows, or not at all: its rows are no day's. So are some
    # tables of all history.
    arguments += [] if options.full_tests else ["--exclude", "tag:derived+1,resource_type:test", "tag:all_rows"]
    variables: dict[str, object] = {} if options.full_tests else {"test_scope": "changed"}
    variables |= {"forget_purged": True} if options.forget_purged else {}
    arguments += ["--vars", json.dumps(variables)]
    if run_dbt(config, target, *arguments, log_format=options.log_format) != 0:
        raise BuildError(
            f"dbt build failed (details above and in {target / 'dbt.log'}); nothing is published, what was published "
            "stays as it was"
        )
    return _what_was_built(target)


def run_dbt(config: Config, target: Path, *arguments: str, log_format: str = "text") -> int:
    """Run dbt on the target, with its own files in `target`; returns its exit code."""
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "--log-format", log_format, *arguments]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", config.target]
    command += ["--target-path", str(target), "--log-path", str(target)]
    # The name alone, seen from its folder: what dbt has parsed for one warehouse holds for a copy elsewhere.
    folder, environment = config.warehouse.parent, without_secrets(os.environ)
    environment |= {"SPOTIFY_WAREHOUSE": config.warehouse.name, "SPOTIFY_SPARK": str(folder / "spark")}
    # Every statement, at `debug`, costs a tenth of a quiet day; errors are in the log at this level, too.
    environment = {"DBT_LOG_LEVEL_FILE": "info"} | ENVIRONMENT[config.target] | environment
    folder.mkdir(parents=True, exist_ok=True)
    # close_fds: dbt holds our lock, too, see lock.py
    return subprocess.run(command, env=environment, cwd=folder, check=False, close_fds=False).returncode  # noqa: S603 (our own)


def remember_passed(config: Config) -> None:
    """Note that the marts are those of a passed build, for publishing to see."""
    _passed_file(config).write_text(_state_of(config.warehouse))


def has_passed(config: Config) -> bool:
    """Whether the warehouse is as the last passed build left it."""
    passed = _passed_file(config)
    return passed.exists() and passed.read_text() == _state_of(config.warehouse)


def _passed_file(config: Config) -> Path:
    return config.warehouse.with_name(f"{config.warehouse.name}.passed")


def _state_of(warehouse: Path) -> str:
    state = warehouse.stat()
    return f"{state.st_size} {state.st_mtime_ns}"


def _what_was_built(target: Path) -> Built:
    results = json.loads((target / "run_results.json").read_bytes())
    kinds = Counter(result["unique_id"].split(".")[0] for result in results["results"])
    warnings = sum(result["status"] == "warn" for result in results["results"])
    return Built(kinds["model"], kinds["test"], warnings, results["elapsed_time"])
