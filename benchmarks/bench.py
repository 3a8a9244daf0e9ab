"""The scratch folder and size of a benchmark, and how commands are run and measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from benchmarks.peers.environment import Environment
from extractor.config.settings import Config, read_config
from extractor.project import PROJECT


@dataclass(frozen=True)
class Bench:
    """The scratch folder, the peers' environment, and whether data is small: too small for meaningful times."""

    folder: Path
    environment: Environment
    quick: bool
    lists: int

    def say(self, text: str) -> None:
        """Print progress on standard error."""
        print(f"  {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Ran:
    """The cost of a command that succeeded: wall and CPU seconds, and peak memory of its largest process in bytes."""

    seconds: float
    cpu_seconds: float
    memory: int


# A process inherits the peak memory of its parent, so a small watcher starts the command.
WATCHER = """
import os, sys
_, status, usage = os.wait4(os.spawnv(os.P_NOWAIT, sys.argv[2], sys.argv[2:]), 0)
open(sys.argv[1], "w").write(f"{usage.ru_maxrss} {usage.ru_utime + usage.ru_stime}")
sys.exit(min(1, abs(os.waitstatus_to_exitcode(status))))
"""


def run(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    *,
    cwd: Path = PROJECT,
) -> Ran:
    """Run a command, with its output in `log`. Raises RuntimeError, with the end of the log, if it fails."""
    usage = log.with_suffix(".usage")
    watched = [sys.executable, "-I", "-S", "-c", WATCHER, str(usage), *command]
    started = time.monotonic()
    with log.open("ab") as output:
        done = subprocess.run(
            watched, cwd=cwd, env={**os.environ, **(environment or {})}, stdout=output, stderr=output, check=False
        )
    seconds = time.monotonic() - started
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: failed\n{log.read_text(encoding='utf-8')[-4000:]}")
    memory, cpu_seconds = usage.read_text(encoding="utf-8").split()
    return Ran(seconds, float(cpu_seconds), int(memory) * (1 if sys.platform == "darwin" else 1024))


@dataclass(frozen=True)
class Node:
    """A model or test of a build: when it ran, in seconds since the build's first node started."""

    name: str
    kind: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class Project:
    """A configured project in its own folder, run by the real commands."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        paths = {"landing": "landing", "warehouse": "warehouse.duckdb", "database": "spotify.duckdb", "seeds": "seeds"}
        (folder / "config.yaml").write_text(yaml.safe_dump(paths | options), encoding="utf-8")
        self.config: Config = read_config(folder / "config.yaml")

    def run(self, command: str, *options: str, environment: Mapping[str, str] | None = None) -> Ran:
        """Run `./run.sh COMMAND`, without the shell."""
        arguments = [sys.executable, "-m", "extractor", command, "--config", str(self.folder / "config.yaml"), *options]
        return run(arguments, self.folder / "log", environment)

    def day(self, environment: Mapping[str, str] | None = None) -> dict[str, Ran]:
        """Run the steps of a daily run, except the extraction."""
        return {command: self.run(command, environment=environment) for command in ("load", "build", "publish")}

    def dbt(self, *arguments: str) -> Ran:
        """Run dbt on the warehouse, as a build does."""
        target = str(self.folder / "dbt")
        command = [str(Path(sys.executable).with_name("dbt")), "--quiet", *arguments]
        command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        command += ["--target-path", target, "--log-path", target]
        warehouse = self.config.warehouse
        files = {"SPOTIFY_WAREHOUSE": warehouse.name, "SPOTIFY_RAW": self.config.raw.name}
        return run(command, self.folder / "log", files, cwd=warehouse.parent)

    def nodes(self) -> list[Node]:
        """Return the nodes that the last build ran, slowest first."""
        results = json.loads((self.folder / "dbt" / "run_results.json").read_bytes())["results"]
        timed = [(each["unique_id"].split("."), _seconds(each["timing"])) for each in results if each["timing"]]
        first = min(began for _, (began, _) in timed)
        nodes = [Node(name[2], name[0], began - first, ended - first) for name, (began, ended) in timed]
        return sorted(nodes, key=lambda node: -node.seconds)

    def bytes(self) -> int:
        """Return the size of all that is kept: landing files, raw, warehouse and published database, in bytes."""
        databases = (self.config.raw, self.config.warehouse, self.config.database)
        files = [*databases, *self.config.landing.rglob("*")]
        return sum(path.stat().st_size for path in files if path.is_file())


def _seconds(timing: list[dict[str, str]]) -> tuple[float, float]:
    """Return when a node started and ended, in seconds since a fixed time."""
    moments = [datetime.fromisoformat(phase[end]) for phase in timing for end in ("started_at", "completed_at")]
    return min(moments).timestamp(), max(moments).timestamp()
