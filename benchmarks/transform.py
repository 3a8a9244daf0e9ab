"""peers, transform: the same days through this project and its peers, and the fixed part of their times.

All get the same landing files, and store which track was in which playlist, and when; row by row also popularity. The
time of this project includes all its tables, their tests, and publishing.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.bench import Bench, Project, Ran
from benchmarks.peers.peer import DLT, peers
from benchmarks.results import Result
from benchmarks.worlds import World

OURS = "this project"
FIXED = 10
"""Few enough memberships that all the time is fixed cost."""
SIZES = (FIXED, 10**4, 10**5, 10**6)
COUNTS_FROM = 10**5


def measure(bench: Bench) -> list[Result]:
    """Measure from a day's landing file to the tables, in wall time."""
    results: list[Result] = []
    fixed: dict[str, Took] = {}
    for size in SIZES[:1] if bench.quick else SIZES:
        ours = _Ours(bench.folder / str(size))
        others = peers(bench.folder / str(size), bench.environment)
        took = _took(bench, size, {OURS: ours.day} | {name: peer.day for name, peer in others.items()})
        fixed = fixed or took
        told = [f"{name} {each} ({fixed[name].seconds:.1f} s fixed)" for name, each in took.items()]
        absence = bench.environment.absence
        if absence:
            told.append(f"{DLT} {absence}")
        counts = size >= COUNTS_FROM and not absence
        met = took[OURS] == min(took.values()) if counts else None
        target = "faster than each" if counts else ""
        numbers: dict[str, Any] = {name: each._asdict() for name, each in took.items()}
        numbers["steps"] = {step: asdict(ran) for step, ran in ours.steps.items()}
        results.append(Result(f"peers, {size:,} memberships", "; ".join(told), target, met, numbers))
        bench.say(results[-1].result)
    return results


class Took(NamedTuple):
    """Wall seconds, and CPU seconds, which exclude other programs of a busy machine."""

    seconds: float
    cpu_seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, CPU {self.cpu_seconds:.1f}"


class _Ours:
    """This project, run a day at a time."""

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


def _took(bench: Bench, size: int, ways: Mapping[str, Callable[[Path, date], None]]) -> dict[str, Took]:
    """Return the median cost of a day, without the first, which creates everything."""
    world = World(lists=max(1, size // 100), entries=min(100, size), tracks=max(2_000, size // 5))
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range(2 if bench.quick else 4)]
    files = [world.land(bench.folder / str(size) / "answers", number) for number in range(len(days))]
    took = {}
    for name, take_in in ways.items():
        each_day = []
        for path, day in zip(files, days, strict=True):
            seconds, cpu_seconds = _now()
            take_in(path, day)
            each_day.append(Took(_now().seconds - seconds, _now().cpu_seconds - cpu_seconds))
        took[name] = sorted(each_day[1:])[len(each_day[1:]) // 2]
    return took


def _now() -> Took:
    return Took(time.monotonic(), sum(os.times()[:4]))
