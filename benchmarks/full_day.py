"""full day: entries as long as Spotify's, from landing file to tested tables, compared with plain SQL."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.bench import Bench, Project, run
from benchmarks.results import Result, ratio
from benchmarks.worlds import World

MOST_MEMORY = 2_000
"""MB."""


def measure(bench: Bench) -> list[Result]:
    """Measure the second day of a history, in CPU seconds; then its publication, and a run that finds nothing new."""
    playlists = 20 if bench.quick else bench.lists * 10
    world = World(playlists, tracks=playlists * 20, detailed=True)
    project, floor = Project(bench.folder / "ours"), bench.folder / "floor"
    floor.mkdir()
    days, plain = [], []
    for number in range(2):
        path = world.land(project.config.landing, number)
        command = [sys.executable, "-m", "benchmarks.floor", str(floor), str(number + 1), str(path)]
        plain.append(run(command, bench.folder / "floor.log"))
        days.append(project.day())
        bench.say(f"full day: {days[-1]}")
    ours, least = days[-1], plain[-1]
    processors = sum(ours[step].cpu_seconds for step in ("load", "build"))
    memory = max(ours[step].memory for step in ("load", "build")) / 1e6
    told = (
        f"load {ours['load'].cpu_seconds:.1f} s, build {ours['build'].cpu_seconds:.1f} s CPU, "
        f"plain SQL {least.cpu_seconds:.1f} s: {playlists:,} playlists x 100 entries"
    )
    numbers = {step: asdict(ran) for step, ran in ours.items()} | {"plain": asdict(least)}
    results = [ratio("full day", processors / least.cpu_seconds, 1.67, told, **numbers)]
    told = f"{memory:,.0f} MB, plain SQL {least.memory / 1e6:,.0f} MB"
    results.append(Result("full day, memory", told, f"≤ {MOST_MEMORY:,} MB", memory <= MOST_MEMORY, {"mb": memory}))
    results.append(_publishing(bench, project))
    results.append(_nothing_new(project))
    return results


def _publishing(bench: Bench, project: Project) -> Result:
    """Compare with a file copy, the fastest of three. Unlike a copy, the program also starts and compares rows."""
    size = project.config.warehouse.stat().st_size
    ours = min(project.run("publish").seconds for _ in range(3))
    starting = min(project.run("load").seconds for _ in range(3))
    copying = min(_copy(project.config.warehouse, bench.folder / "copy") for _ in range(3))
    told = (
        f"{ours - starting:.2f} s, without the {starting:.2f} s of starting any command; "
        f"copy and fsync {copying:.2f} s: {size / 1e6:,.0f} MB"
    )
    return ratio("publish", (ours - starting) / copying, 1.3, told, seconds=ours, copy_seconds=copying, bytes=size)


def _copy(source: Path, target: Path) -> float:
    started = time.monotonic()
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(1 << 24):
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    return time.monotonic() - started


def _nothing_new(project: Project) -> Result:
    load = min(project.run("load").seconds for _ in range(3))
    return Result("load, nothing new", f"{load:.2f} s", "≤ 1 s", load <= 1, {"seconds": load})
