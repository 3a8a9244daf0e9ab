"""Run a command of config.yaml, `on_failure` or `on_change`, with a time limit and without credentials."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from extractor.errors import MOST_SHOWN

SECONDS = 60
"""Time limit of the command in seconds; after it, the command and its child processes are killed."""


MOST_KEPT = 1 << 20
"""Bytes of what the command prints that may be on disk; beyond it, what was printed until then is dropped."""

LOOK = 0.05
"""Seconds between two looks at how much that is."""


def run_hook(command: tuple[str, ...], folder: Path, given: bytes, limit: float = SECONDS) -> str:
    """Run a command in `folder` with `given` on its standard input. Return what went wrong; empty if it ended with 0.

    Raises nothing but an interruption, after killing the command.
    """
    try:
        problem = _run(command, folder, given, limit)
    except (OSError, ValueError) as error:
        problem = f"could not be run: {error}"
    return f"{command[0]} {problem}" if problem else ""


def _environment() -> dict[str, str]:
    """Return this program's environment without credentials and anything else that says where its data is."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "SPOTIFY_"))}


def _run(command: tuple[str, ...], folder: Path, given: bytes, limit: float) -> str:
    """Return what went wrong, to follow the name of the command; empty if it ended with 0."""
    # Files, not pipes: a background process of the command could keep a pipe open and block us.
    with TemporaryFile() as stdin, TemporaryFile() as said:
        stdin.write(given)
        stdin.seek(0)
        process = subprocess.Popen(  # noqa: S603 (the user's own command)
            command,
            cwd=folder,
            env=_environment(),
            stdin=stdin,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = _wait(process, said, limit)
        except BaseException as stop:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(stop, subprocess.TimeoutExpired):
                return f"took longer than {limit:g} s and was killed"
            raise
        how = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
        return f"{how}{_last_words(said)}" if code else ""


def _wait(process: subprocess.Popen[bytes], said: BinaryIO, limit: float) -> int:
    """Return the exit code of the command, which can't fill the disk with what it prints. Raises TimeoutExpired."""
    end = time.monotonic() + limit
    while True:
        left = end - time.monotonic()
        try:
            return process.wait(min(max(left, 0), LOOK))
        except subprocess.TimeoutExpired:
            if left <= 0:
                raise
            if os.fstat(said.fileno()).st_blocks * 512 > MOST_KEPT:
                said.truncate(0)  # the command goes on at its place: what is before it takes no space


def _last_words(said: BinaryIO) -> str:
    """Return the end of what a command printed, on one line: errors come last."""
    said.seek(max(said.seek(0, os.SEEK_END) - 4 * MOST_SHOWN, 0))
    words = " ".join(said.read().lstrip(b"\0").decode("utf-8", "replace").split())
    return f": {words if len(words) <= MOST_SHOWN else '…' + words[-MOST_SHOWN:]}" if words else ""
