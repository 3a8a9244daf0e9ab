"""peers, transform: the same days through this project and its peers, and what of their times is fixed.

All are given the same landing files, and tell which track was in which list, and when; row by row also popularity. For
this project all its tables count, their tests, and publishing them.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench, Project, Ran
from benchmarks.peers.peer import DLT, peers
from benchmarks.results import Result
from benchmarks.worlds import World

OURS = "this project"
FIXED = 10
"""Memberships so few that all the time they take is fixed."""

SIZES = (FIXED, 10**4, 10**5, 10**6)
COUNTS_FROM = 10**5


def measure(bench: Bench) -> list[Result]:
    """From a day's landing file to the tables, by the wall."""
    results: list[Result] = []
    fixed: dict[str, float] = {}
    for size in SIZES[:1] if bench.quick else SIZES:
        ours = _Ours(bench.folder / str(size))
        others = peers(bench.folder / str(size), bench.environment)
        seconds = _seconds(bench, size, {OURS: ours.day} | {name: peer.day for name, peer in others.items()})
        fixed = fixed or seconds
        told = [f"{name} {taken:.1f} s ({fixed[name]:.1f} fixed)" for name, taken in seconds.items()]
        if absence := bench.environment.absence:
            told.append(f"{DLT} {absence}")
        counts = size >= COUNTS_FROM
        met = seconds[OURS] <= min(seconds.values()) if counts else None
        target = "faster than each" if counts else ""
        numbers = {"seconds": seconds, "steps": {step: asdict(ran) for step, ran in ours.steps.items()}}
        results.append(Result(f"peers, {size:,} memberships", ", ".join(told), target, met, numbers))
        bench.say(results[-1].result)
    return results


class _Ours:
    """This project, a day at a time."""

    def __init__(self, folder: Path) -> None:
        self._project = Project(folder / "ours")
        self.steps: dict[str, Ran] = {}

    def day(self, answers: Path, day: date) -> None:
        """Load, build with its tests, publish."""
        landing = self._project.config.landing
        shutil.copytree(answers.parents[1] / "watched", landing / "watched", dirs_exist_ok=True)
        (landing / str(day)).mkdir()
        (landing / str(day) / answers.name).hardlink_to(answers)
        self.steps = self._project.day()


def _seconds(bench: Bench, size: int, ways: Mapping[str, Callable[[Path, date], None]]) -> dict[str, float]:
    """What a day takes: of all but the first, which creates everything, the middle one."""
    world = World(lists=max(1, size // 100), entries=min(100, size), tracks=max(2_000, size // 5))
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range(2 if bench.quick else 4)]
    files = [world.land(bench.folder / str(size) / "answers", number) for number in range(len(days))]
    seconds = {}
    for name, take_in in ways.items():
        taken = []
        for path, day in zip(files, days, strict=True):
            started = time.monotonic()
            take_in(path, day)
            taken.append(time.monotonic() - started)
        seconds[name] = median(taken[1:])
    return seconds
