"""dbt for tests, forked from a process that has imported it: that takes longer than most of what tests have it do."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["dbt.cli.main", "dbt.adapters.duckdb", "tests.ready_dbt"])
DBT = str(Path(sys.executable).with_name("dbt"))


def run(command: Sequence[str], **how: Any) -> "subprocess.CompletedProcess[bytes]":
    """What subprocess.run does, for the project's own dbt sooner."""
    if command[0] != DBT:
        return subprocess.run(command, **how)  # noqa: PLW1510 (as whoever calls it wants)
    streams = [DupFd(stream) for stream in (1, 2)]
    process = CONTEXT.Process(target=_run, args=(command[1:], how["env"], how["cwd"], streams))
    process.start()
    process.join()
    return subprocess.CompletedProcess(command, process.exitcode or 0)


def _run(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, streams: Sequence[Any]) -> None:
    for number, stream in enumerate(streams, 1):
        os.dup2(stream.detach(), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    from dbt.cli.main import cli  # noqa: PLC0415 (here it has been imported)

    cli(list(arguments))
