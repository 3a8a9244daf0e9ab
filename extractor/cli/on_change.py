"""Hand the changes of the playlists to the command `on_change` of config.yaml, each once."""

from __future__ import annotations

from pathlib import Path

from extractor.cli.console import Console
from extractor.cli.hook import SECONDS, run_hook
from extractor.config.settings import Config
from extractor.errors import counted
from extractor.outputs.changes.formats import as_objects
from extractor.outputs.changes.handed_over import collect, finish, next_batch


def hand_over(config: Config, folder: Path, console: Console, limit: float = SECONDS) -> None:
    """Run the command in `folder`, with a JSON array of the changes that it does not have yet on its standard input.

    A failing command is reported and does not change the run's exit code; the changes are handed over again next time.
    Raises ConfigError for a rule that names nothing, WarehouseError if the record can't be written.
    """
    collect(config)
    while batch := next_batch(config):
        given = as_objects(batch.objects)
        changes = counted(len(batch.objects), "change")
        if problem := run_hook(config.on_change.command, folder, given.encode(), limit):
            console.note("warning", f"on_change: {problem}; the next daily run hands {changes} over again")
            return
        finish(config, batch)
        corrections = sum("correction" in each for each in batch.objects)
        text = f"on_change: {changes} handed over" + (f", {corrections:,} of them corrections" if corrections else "")
        console.result("handed_over", text, changes=len(batch.objects), corrections=corrections)
