"""Run a command of config.yaml, `on_failure` or `on_change`, with a time limit and without credentials."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from io import FileIO
from pathlib import Path
from select import select
from tempfile import TemporaryFile

from extractor.errors import MOST_SHOWN

SECONDS = 60
"""Time limit of the command in seconds; after it, the command and its child processes are killed."""

MOST_READ = 1 << 16
"""Bytes that a pipe holds."""

MOST_KEPT = 4 * MOST_SHOWN
"""Bytes of the end of what the command prints: a character has up to four."""

LOOK = 0.05
"""Seconds between two looks at whether the command has ended."""


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
    reading, writing = os.pipe()
    with TemporaryFile() as stdin, os.fdopen(reading, "rb", buffering=0) as said:
        stdin.write(given)
        stdin.seek(0)
        with os.fdopen(writing, "wb") as stdout:
            process = subprocess.Popen(  # noqa: S603 (the user's own command)
                command,
                cwd=folder,
                env=_environment(),
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            words = _listen(process, said, limit)
        except BaseException as stop:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(stop, subprocess.TimeoutExpired):
                return f"took longer than {limit:g} s and was killed"
            raise
        code = process.returncode
        how = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
        return f"{how}{_last_words(words)}" if code else ""


def _listen(process: subprocess.Popen[bytes], pipe: FileIO, limit: float) -> bytes:
    """Return the end of what the command printed until it ended. Raises TimeoutExpired.

    Nothing waits for the end of the pipe: a process that the command leaves behind may keep it open.
    """
    os.set_blocking(pipe.fileno(), False)
    end = time.monotonic() + limit
    said, is_open = b"", True
    while process.poll() is None:
        left = end - time.monotonic()
        if left <= 0:
            raise subprocess.TimeoutExpired(process.args, limit)
        if not is_open:
            process.wait(left)
        elif select([pipe], [], [], min(left, LOOK))[0]:
            printed = pipe.read(MOST_READ)
            is_open = printed != b""
            said = (said + printed)[-MOST_KEPT:]
    return (said + (pipe.read(MOST_READ) or b""))[-MOST_KEPT:]  # None if nothing is in it


def _last_words(said: bytes) -> str:
    """Return the end of what a command printed, on one line: errors come last."""
    words = " ".join(said.decode("utf-8", "replace").split())
    return f": {words if len(words) <= MOST_SHOWN else '…' + words[-MOST_SHOWN:]}" if words else ""
