"""Run the command `on_failure` of config.yaml after a daily run that did not end with exit code 0."""

from __future__ import annotations

import json
from pathlib import Path

from extractor.cli.console import Console
from extractor.cli.hook import SECONDS, run_hook


def report_failure(
    command: tuple[str, ...], folder: Path, exit_code: int, console: Console, limit: float = SECONDS
) -> None:
    """Run the command in `folder`, with the summary of the run as JSON on its standard input.

    Never raises. A failing command is reported and does not change the run's exit code.
    """
    summary = json.dumps(console.summary(exit_code), ensure_ascii=False, default=str)
    if problem := run_hook(command, folder, summary.encode("utf-8", "replace"), limit):
        console.note("warning", f"on_failure: {problem} (this run's own exit code stays {exit_code})")
