"""Kills a part of the extractor at the n-th call of a function written in C, such as a database's `commit`.

python -m tests.extractor.killing NAME NUMBER load LANDING WAREHOUSE
python -m tests.extractor.killing NAME NUMBER publish CONFIG
python -m tests.extractor.killing NAME NUMBER export DATABASE FOLDER
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from extractor.config.settings import Config, read_config
from extractor.engines.duckdb.load import load
from extractor.engines.duckdb.publish import publish
from extractor.outputs.export import export

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable


def at_call(name: str, number: int, then: Callable[[], None]) -> Callable[[FrameType, str, Any], None]:
    """Return a profile function for `sys.setprofile` that calls `then` just before the n-th call."""
    calls = 0

    def watch(_: FrameType, event: str, called: Any) -> None:
        nonlocal calls
        if event == "c_call" and getattr(called, "__name__", "") == name:
            calls += 1
            if calls == number:
                then()

    return watch


def killed_at(name: str, number: int, *arguments: object) -> bool:
    """Run a part in a process that kills itself at a call; return whether it reached the call."""
    command = [PYTHON, "-m", "tests.extractor.killing", name, str(number), *map(str, arguments)]
    finished = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)
    assert finished.returncode in (0, -signal.SIGKILL), finished.stderr.decode()
    return finished.returncode != 0


def main(name: str, number: str, piece: str, *paths: str) -> None:
    """Run the part until it is killed or ends."""
    sys.setprofile(at_call(name, int(number), lambda: os.kill(os.getpid(), signal.SIGKILL)))
    if piece == "load":
        landing, warehouse = map(Path, paths)
        load(Config(landing=landing, warehouse=warehouse))
    elif piece == "export":
        database, folder = map(Path, paths)
        export(Config(database=database), "csv", folder)
    else:
        publish(read_config(*map(Path, paths)))


if __name__ == "__main__":
    main(*sys.argv[1:])
