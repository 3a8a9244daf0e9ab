"""growth: what a day costs late against early; quiet day: what a day costs on which nothing has changed."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.bench import Bench, Project
from benchmarks.results import Result, ratio
from benchmarks.worlds import World

SLOWEST = 12


@dataclass(frozen=True)
class Day:
    """The seconds of a daily run's steps, of processors, of its models and tests; and the most memory that it took."""

    cpu_seconds: float
    steps: dict[str, float]
    nodes: dict[str, float]
    memory: int

    @property
    def seconds(self) -> float:
        return sum(self.steps.values())

    def __str__(self) -> str:
        steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in self.steps.items())
        return f"{self.seconds:.1f} s ({steps}; processors {self.cpu_seconds:.1f})"

    def told(self) -> dict[str, Any]:
        slowest = sorted(self.nodes.items(), key=lambda node: -node[1])[:SLOWEST]
        return {
            "seconds": round(self.seconds, 2),
            "cpu_seconds": round(self.cpu_seconds, 2),
            "steps": {step: round(seconds, 2) for step, seconds in self.steps.items()},
            "nodes": round(sum(self.nodes.values()), 2),
            "slowest": {name: round(seconds, 2) for name, seconds in slowest},
            "memory_mb": self.memory // 10**6,
        }


@dataclass(frozen=True)
class Grown:
    """The days measured at one age: with the usual churn (the one in the middle), without any, and with no answers."""

    churn: Day
    quiet: Day
    idle: Day
    bytes: int


def measure(bench: Bench) -> list[Result]:
    """Build history at once, then run days by the real commands; at two ages, from landing file to published file."""
    early, late = (10, 30) if bench.quick else (30, 700)
    world = World(lists=10 if bench.quick else bench.lists)
    young, old = (_grown(bench, world, age) for age in (early, late))
    numbers: dict[str, Any] = {f"day_{early}": young.churn.told(), f"day_{late}": old.churn.told()}
    numbers |= {"lists": world.lists, f"bytes_day_{early}": young.bytes, f"bytes_day_{late}": old.bytes}
    told = f"day {late}: {old.churn}; day {early}: {young.churn}; {world.lists} lists"
    growth = ratio("growth", old.churn.seconds / young.churn.seconds, 1.2, told, **numbers)
    # What dbt and the steps cost when there is nothing to do is no work on data. Of so small a difference, walls on a
    # busy machine say nothing.
    churn, quiet = (max(0.1, day.cpu_seconds - old.idle.cpu_seconds) for day in (old.churn, old.quiet))
    told = f"{quiet:.1f} s of processors on data, with churn {churn:.1f} s; {old.idle.cpu_seconds:.1f} s for no answers"
    numbers = {"churn": old.churn.told(), "quiet": old.quiet.told(), "idle": old.idle.told()}
    return [growth, ratio("quiet day", quiet / churn, 0.3, told, **numbers)]


def _grown(bench: Bench, world: World, age: int) -> Grown:
    project = Project(bench.folder / f"day-{age}")
    history = age if bench.quick else age - 2  # then three days, of which the middle one counts
    world.load_at_once(project.config.landing, project.config.warehouse, history)
    bench.say(f"growth: {history} days of {world.lists} lists loaded")
    project.run("build")
    bench.say("growth: built")
    days = []
    for day in range(history, age + 1):
        world.land(project.config.landing, day)
        days.append(_day(project))
        bench.say(f"growth: day {day}: {days[-1].told()}")
    world.land(project.config.landing, age + 1, still_from=age)
    quiet = _day(project)
    bench.say(f"growth: quiet: {quiet.told()}")
    idle = _day(project)
    bench.say(f"growth: idle: {idle.told()}")
    middle = median(day.seconds for day in days)
    return Grown(next(day for day in days if day.seconds == middle), quiet, idle, project.bytes())


def _day(project: Project) -> Day:
    steps = project.day()
    return Day(
        sum(ran.cpu_seconds for ran in steps.values()),
        {step: ran.seconds for step, ran in steps.items()},
        {node.name: node.seconds for node in project.nodes()},
        max(ran.memory for ran in steps.values()),
    )
