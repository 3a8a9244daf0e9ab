"""on_failure: the command of config.yaml that is told of a daily run that did not end well."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryFile

from extractor.cli.console import Console
from extractor.spotify.credentials import without_secrets

SECONDS = 60
"""Time for the command; then it is ended, with what it has started."""


def report_failure(
    command: tuple[str, ...], folder: Path, exit_code: int, console: Console, limit: float = SECONDS
) -> None:
    """Run the command in `folder`, the summary of the run as JSON on its standard input.

    Raises nothing: whatever becomes of it is said, and the run ends as it would have ended.
    """
    summary = json.dumps(console.summary(exit_code), ensure_ascii=False, default=str)
    try:
        problem = _run(command, folder, summary.encode("utf-8", "replace"), limit)
    except (OSError, ValueError) as error:
        problem = f"could not be run: {error}"
    if problem:
        console.note("warning", f"on_failure: {command[0]} {problem} (this run's own exit code stays {exit_code})")


def _run(command: tuple[str, ...], folder: Path, summary: bytes, limit: float) -> str:
    """What is wrong, in words that follow the name of the command; empty if it ended with 0."""
    # Files, not pipes: what the command leaves running may keep a pipe open, and would be waited for.
    with TemporaryFile() as given, TemporaryFile() as said:
        given.write(summary)
        given.seek(0)
        process = subprocess.Popen(  # noqa: S603 (the user's own command)
            command,
            cwd=folder,
            env=without_secrets(os.environ),
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
            return f"took longer than {limit:g} s and was ended"
        said.seek(0)
        return f"ended with {code}: {said.read().decode('utf-8', 'replace').strip()}" if code else ""
