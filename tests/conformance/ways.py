"""Three paths from the same landing files to the same marts: at once, day by day, and shuffled."""

import shutil
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from random import Random

import duckdb
import yaml

from extractor.cli.commands import main
from tests.conformance.history import DAYS
from tests.conformance.writing import Written
from tests.pipeline.harness import MARTS, lend_parsed
from tests.published import Table, read_table

SHUFFLED = 3
"""Builds of the shuffled way, before the two that bring nothing new."""


Marts = dict[str, Table]


class Store:
    """A project in its own folder, without an extractor: files are copied in."""

    def __init__(self, source: Path, folder: Path, target: str = "duckdb") -> None:
        self._source = source
        self._folder = folder
        paths = {"landing": "landing", "warehouse": "warehouse.duckdb", "database": "spotify.duckdb"}
        folder.mkdir()
        lend_parsed(folder)
        self.config.write_text(yaml.safe_dump({**paths, "target": target}), encoding="utf-8")

    @property
    def config(self) -> Path:
        return self._folder / "config.yaml"

    @property
    def landing(self) -> Path:
        return self._folder / "landing"

    def receive(self, files: Iterable[Written]) -> None:
        for file in files:
            for path in filter(None, (file.watched, file.landing)):
                self._copy(path)

    def receive_half(self, file: Written) -> None:
        """Copy half of a file, as if it were still being written: only its whole lines count."""
        if file.watched:
            self._copy(file.watched)
        landing = self._copy(file.landing)
        content = landing.read_bytes()
        landing.write_bytes(content[: len(content) // 2])

    def run(self, *commands: str) -> None:
        """Run commands as ./run.sh does, without starting a Python process for each; a command can have options."""
        for command in commands:
            arguments = [*command.split(), "--config", str(self.config)]
            assert main(arguments) == 0, command

    def marts(self, names: Iterable[str] = MARTS) -> Marts:
        """What is published."""
        with duckdb.connect(str(self._folder / "spotify.duckdb"), read_only=True) as connection:
            return {name: read_table(connection.cursor(), name) for name in names}

    def _copy(self, path: Path) -> Path:
        to = self.landing / path
        to.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(self._source / path, to))


def at_once(store: Store, files: Sequence[Written]) -> Marts:
    store.receive(files)
    store.run("load", "build", "publish")
    return store.marts()


def day_by_day(store: Store, files: Sequence[Written]) -> dict[date, Marts]:
    """Return the marts at the end of every day, with what had arrived by then."""
    marts = {}
    for today in DAYS:
        store.receive(file for file in files if file.run.arrival == today)
        store.run("load", "build", "publish")
        marts[today] = store.marts()
    return marts


def shuffled(store: Store, files: Sequence[Written]) -> dict[str, Marts]:
    """Return the marts after everything arrived shuffled and partly torn, and again after a full refresh.

    In each group of arrivals, one file arrives in two halves with a build in between. Repeating a load
    or a build changes nothing.
    """
    rng = Random("conformance")  # deterministic order
    order = rng.sample(files, len(files))
    halves: list[Written] = []
    for number in range(SHUFFLED):
        store.receive(halves)
        *whole, torn = order[number::SHUFFLED]
        store.receive(whole)
        halves = [torn]
        store.receive_half(torn)
        store.run("load", "load", "build", *(["build"] if number == SHUFFLED // 2 else []))
    store.receive(halves)
    store.run("load", "build", "publish", "load")
    arrived = store.marts()
    store.run("build --full-refresh", "publish")
    return {"shuffled": arrived, "full refresh": store.marts()}
