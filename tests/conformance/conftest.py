"""Loads all histories and random worlds into three stores once; the tests only compare the results."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.differences import Names
from tests.conformance.expected import Sighting
from tests.conformance.history import DAYS, History
from tests.conformance.notation import read_folder
from tests.conformance.runs import runs_of
from tests.conformance.ways import Marts, Store, at_once, day_by_day, shuffled
from tests.conformance.worlds import generate
from tests.conformance.writing import Written, write

HISTORIES = read_folder(Path(__file__).with_name("histories"))
WORLDS = 240
WAYS = ("at once", "day by day", "shuffled", "full refresh")


@dataclass(frozen=True)
class Conformance:
    """All histories, and the marts that each load path produced."""

    histories: Sequence[History]
    files: Sequence[Written]
    source: Path
    ways: Mapping[str, Marts]
    days: Mapping[date, Marts]
    names: Names

    @property
    def worlds(self) -> Sequence[History]:
        return self.histories[len(HISTORIES) :]

    def rows(self, marts: Marts, mart: str, *columns: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return some or all columns of a mart, by history."""
        table = marts[mart]
        by_history = self.names.by_history(table)
        places = [table.columns.index(column) for column in columns or table.columns]
        return {
            history: sorted((tuple(row[place] for place in places) for row in rows), key=str)
            for history, rows in by_history.items()
        }

    def sightings(self, history: History, today: date = DAYS[-1]) -> list[Sighting]:
        """Return every track seen in the responses that have arrived."""
        arrived = [file for file in self.files if file.run.arrival <= today]
        return [sighting for file in arrived for sighting in file.sightings.get(history.name, ())]


@pytest.fixture(scope="session")
def conformance(tmp_path_factory: pytest.TempPathFactory) -> Conformance:
    histories = [*HISTORIES, *generate(WORLDS)]
    folder = tmp_path_factory.mktemp("conformance")
    source = folder / "source"
    files = [write(run, source) for run in runs_of(histories)]
    # Two cores: the path with daily builds uses one, the other paths share the second.
    with ThreadPoolExecutor(2) as pool:
        days_to_come = pool.submit(day_by_day, Store(source, folder / "days"), files)
        without_order = pool.submit(shuffled, Store(source, folder / "shuffled"), files)
        all_at_once = at_once(Store(source, folder / "once"), files)
        days = days_to_come.result()
        ways = {"at once": all_at_once, "day by day": days[DAYS[-1]], **without_order.result()}
    return Conformance(histories, files, source, ways, days, Names(histories))
