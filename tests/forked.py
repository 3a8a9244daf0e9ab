"""Commands and dbt for tests, forked from a process that has already imported them to save the import time.

Each runs in its own process and does the same as under ./run.sh.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.reduction import DupFd
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from unittest.mock import patch

from extractor.clock import interruptible_clock
from extractor.engines import dbt as transform

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.warm"])
DBT = str(Path(sys.executable).with_name("dbt"))


def run_command(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, timeout: float
) -> "subprocess.CompletedProcess[str]":
    """Run `python -m extractor` and return its exit code and output."""
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        streams = [DupFd(stream.fileno()) for stream in (out, err)]
        process = CONTEXT.Process(target=_command, args=(arguments, environment, folder, streams))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()  # or pytest would wait for it at its own end
            raise AssertionError(f"{arguments}: not done after {timeout} seconds")
        for stream in (out, err):
            stream.seek(0)
        return subprocess.CompletedProcess(arguments, process.exitcode, out.read(), err.read())


def run(command: Sequence[str], **how: Any) -> "subprocess.CompletedProcess[bytes]":
    """Like subprocess.run, but faster for the project's own dbt."""
    if command[0] != DBT:
        return subprocess.run(command, **how)  # noqa: PLW1510 (the caller decides)
    streams = [DupFd(stream) for stream in (1, 2)]
    process = CONTEXT.Process(target=_dbt, args=(command[1:], how["env"], how["cwd"], streams))
    process.start()
    process.join()
    return subprocess.CompletedProcess(command, process.exitcode or 0)


def _command(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, streams: Sequence[Any]) -> None:
    from extractor.cli.commands import main  # noqa: PLC0415 (here it has been imported)

    _become(environment, folder, streams)
    with ProcessPoolExecutor(1, get_context("fork")) as pool, patch.object(transform, "subprocess") as replaced:
        pool.submit(os.getpid).result()  # forks dbt's process now: later, DuckDB would have threads that it lacked

        def run_dbt(command: Sequence[str], **how: Any) -> "subprocess.CompletedProcess[bytes]":
            code = pool.submit(dbt_code, command[1:], how["env"], how["cwd"]).result()
            pool.shutdown()  # as dbt's end would, this lets go of the warehouse; no command runs dbt twice
            return subprocess.CompletedProcess(command, code)

        replaced.run = run_dbt
        sys.exit(main(arguments, interruptible_clock()))


def dbt_code(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> Any:
    """Run dbt in this process, which it changes, and return its exit code."""
    try:
        _dbt(arguments, environment, folder, ())
    except SystemExit as end:
        return end.code


def _dbt(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, streams: Sequence[Any]) -> None:
    from dbt.cli.main import cli  # noqa: PLC0415 (here it has been imported)

    _become(environment, folder, streams)
    cli(list(arguments))


def _become(environment: Mapping[str, str], folder: Path, streams: Sequence[Any]) -> None:
    for number, stream in enumerate(streams, 1):
        os.dup2(stream.detach(), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
