"""growth: the cost of a late day compared with an early one; quiet day: the cost of a day without changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.bench import Bench, Project
from benchmarks.results import Result, ratio
from benchmarks.worlds import World

SLOWEST = 12
UNSTEADY = ("everything is published again", "there is no spare file yet")
"""Why the first days differ from later ones."""


@dataclass(frozen=True)
class Day:
    """The wall and CPU seconds of a daily run, the seconds of its steps, models and tests; and its peak memory."""

    cpu_seconds: float
    steps: dict[str, float]
    nodes: dict[str, float]
    memory: int

    @property
    def seconds(self) -> float:
        return sum(self.steps.values())

    @property
    def work_seconds(self) -> float:
        """Return the seconds of load and build; publishing copies the whole file."""
        return self.steps["load"] + self.steps["build"]

    def __str__(self) -> str:
        steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in self.steps.items())
        return f"{self.seconds:.1f} s ({steps}; CPU {self.cpu_seconds:.1f})"

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


def measure(bench: Bench) -> list[Result]:
    """Create history directly, then run days by the real commands, from landing to published file; at two ages."""
    early, late = (10, 30) if bench.quick else (30, 700)
    world = World(lists=10 if bench.quick else bench.lists)
    young, old = (Project(bench.folder / f"day-{age}") for age in (early, late))
    young_day, old_day = _grown(bench, world, young, early), _grown(bench, world, old, late)
    numbers: dict[str, Any] = {f"day_{early}": young_day.told(), f"day_{late}": old_day.told()}
    numbers |= {"lists": world.lists, f"bytes_day_{early}": young.bytes(), f"bytes_day_{late}": old.bytes()}
    told = f"day {late}: {old_day}; day {early}: {young_day}; {world.lists} playlists"
    growth = ratio("growth", old_day.work_seconds / young_day.work_seconds, 1.2, told, **numbers)
    world.land(old.config.landing, late + 1, still_from=late)
    quiet_day = _day(old)
    bench.say(f"growth: quiet: {quiet_day.told()}")
    idle_day = _day(old)
    bench.say(f"growth: idle: {idle_day.told()}")
    # The time of dbt and the steps with nothing to do is not work on data. So small a difference of wall times is noise
    # on a busy machine.
    churn, quiet = (max(0.1, day.cpu_seconds - idle_day.cpu_seconds) for day in (old_day, quiet_day))
    told = f"{quiet:.1f} s CPU on data, with churn {churn:.1f} s; {idle_day.cpu_seconds:.1f} s for no answers"
    numbers = {"churn": old_day.told(), "quiet": quiet_day.told(), "idle": idle_day.told()}
    return [growth, ratio("quiet day", quiet / churn, 0.3, told, **numbers)]


def _grown(bench: Bench, world: World, project: Project, age: int) -> Day:
    """Grow a history to an age; return the median cost of three days, after those that publish differently."""
    history = age if bench.quick else age - 2 - len(UNSTEADY)
    world.load_at_once(project.config, history)
    bench.say(f"growth: {history} days of {world.lists} playlists loaded")
    if not bench.quick:
        project.run("build")
        bench.say("growth: built")
    days = []
    for day in range(history, age + 1):
        world.land(project.config.landing, day)
        days.append(_day(project))
        bench.say(f"growth: day {day}: {days[-1].told()}")
    steady = days if bench.quick else days[len(UNSTEADY) :]
    return sorted(steady, key=lambda day: day.work_seconds)[len(steady) // 2]


def _day(project: Project) -> Day:
    steps = project.day()
    return Day(
        sum(ran.cpu_seconds for ran in steps.values()),
        {step: ran.seconds for step, ran in steps.items()},
        {node.name: node.seconds for node in project.nodes()},
        max(ran.memory for ran in steps.values()),
    )
