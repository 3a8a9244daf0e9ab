"""peers, transform: the same days through this project, a program that writes row by row, and `dbt snapshot`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from statistics import median

from benchmarks.bench import Bench, Project, Ran
from benchmarks.peers.row_by_row import RowByRow
from benchmarks.peers.snapshot import Snapshot
from benchmarks.results import Result
from benchmarks.worlds import World

DAYS = 4
"""The first creates everything; of the others the middle counts."""

COUNTS_FROM = 10**5


def measure(bench: Bench) -> list[Result]:
    """From a day's landing file to the tables: for this project load, build with all its tests, and publish."""
    sizes = (10**3,) if bench.quick else tuple(size for size in (10**4, 10**5, 10**6) if size <= bench.lists * 100)
    return [_at(bench, size) for size in sizes]


def _at(bench: Bench, memberships: int) -> Result:
    folder = bench.folder / str(memberships)
    project = Project(folder / "ours")
    world = World(lists=memberships // 100, tracks=max(2_000, memberships // 5))
    files = [world.land(folder / "answers", day) for day in range(DAYS)]
    shutil.copytree(folder / "answers" / "watched", project.config.landing / "watched")
    row_by_row, snapshot = RowByRow(folder), Snapshot(folder)

    steps: list[dict[str, Ran]] = []

    def ours(day: int) -> None:
        landed = project.config.landing / files[day].relative_to(folder / "answers")
        landed.parent.mkdir(parents=True)
        landed.hardlink_to(files[day])
        steps.append(project.day())

    ways: dict[str, Callable[[int], object]] = {
        "this project": ours,
        "row by row": lambda day: row_by_row.day(files[day], _day(day)),
        "dbt snapshot": lambda day: snapshot.day(files[day], _day(day)),
    }
    seconds = {name: _middle(way) for name, way in ways.items()}
    row_by_row.close()
    fastest_peer = min(taken for name, taken in seconds.items() if name != "this project")
    told = ", ".join(f"{name} {taken:.1f} s" for name, taken in seconds.items())
    met = seconds["this project"] <= fastest_peer if memberships >= COUNTS_FROM else None
    target = "faster than each" if memberships >= COUNTS_FROM else ""
    numbers = {"seconds": seconds, "steps": {step: asdict(ran) for step, ran in steps[-1].items()}}
    return Result(f"peers, {memberships:,} memberships", told, target, met, numbers)


def _middle(way: Callable[[int], object]) -> float:
    taken = []
    for day in range(DAYS):
        started = time.monotonic()
        way(day)
        taken.append(time.monotonic() - started)
    return median(taken[1:])


def _day(number: int) -> date:
    return date(2020, 1, 1) + timedelta(days=number)
