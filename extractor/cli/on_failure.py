"""Run the command `on_failure` of config.yaml after a daily run that did not end with exit code 0."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryFile

from extractor.cli.console import Console

SECONDS = 60
"""Time limit of the command in seconds; after it, the command and its child processes are killed."""


def report_failure(
    command: tuple[str, ...], folder: Path, exit_code: int, console: Console, limit: float = SECONDS
) -> None:
    """Run the command in `folder`, with the summary of the run as JSON on its standard input.

    Never raises. A failing command is reported and does not change the run's exit code.
    """
    summary = json.dumps(console.summary(exit_code), ensure_ascii=False, default=str)
    try:
        problem = _run(command, folder, summary.encode("utf-8", "replace"), limit)
    except (OSError, ValueError) as error:
        problem = f"could not be run: {error}"
    if problem:
        console.note("warning", f"on_failure: {command[0]} {problem} (this run's own exit code stays {exit_code})")


def _environment() -> dict[str, str]:
    """Return this program's environment without credentials and anything else that says where its data is."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "SPOTIFY_"))}


def _run(command: tuple[str, ...], folder: Path, summary: bytes, limit: float) -> str:
    """Return what went wrong, as text to follow the name of the command; empty if it ended with 0."""
    # Files, not pipes: a background process of the command could keep a pipe open and block us.
    with TemporaryFile() as given, TemporaryFile() as said:
        given.write(summary)
        given.seek(0)
        process = subprocess.Popen(  # noqa: S603 (the user's own command)
            command,
            cwd=folder,
            env=_environment(),
            stdin=given,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"took longer than {limit:g} s and was killed"
        said.seek(0)
        return f"ended with {code}: {said.read().decode('utf-8', 'replace').strip()}" if code else ""
