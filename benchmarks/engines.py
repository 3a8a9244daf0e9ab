"""engines: the same days on each engine, from landing file to published tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from benchmarks.bench import Bench, Project
from benchmarks.results import Result
from benchmarks.worlds import World

SIZES = (1_000, 10_000, 100_000)
DAYS = 2
"""The first day creates everything; the last day counts."""

NEEDS = {"duckdb": "duckdb", "postgres": "psycopg2", "spark": "pyspark"}


def measure(bench: Bench) -> list[Result]:
    """Measure the installed engines. PostgreSQL is a temporary server of our own that does not wait for the disk."""
    results = []
    with _environments(bench) as environments:
        for size in SIZES[:1] if bench.quick else SIZES:
            folder = bench.folder / str(size)
            world = World(lists=size // 100, tracks=max(2_000, size // 5))
            projects = {
                name: Project(folder / name, target=name, landing=str(folder / "landing")) for name in environments
            }
            days: dict[str, dict[str, Any]] = {}
            for day in range(DAYS):
                world.land(folder / "landing", day)
                for name, project in projects.items():
                    ran = project.day({**environments[name], "PGDATABASE": f"bench {size}"})
                    days[name] = {step: asdict(each) for step, each in ran.items()}
                    days[name]["seconds"] = sum(each.seconds for each in ran.values())
            told = [f"{name} {days[name]['seconds']:.1f} s" if name in days else f"{name}: absent" for name in NEEDS]
            results.append(Result(f"engines, {size:,} memberships", ", ".join(told), numbers=days))
            bench.say(results[-1].result)
    return results


@contextmanager
def _environments(bench: Bench) -> Iterator[Mapping[str, Mapping[str, str]]]:
    """Yield the available engines and their environment variables; --quick has no time for all but DuckDB."""
    with ExitStack() as stack:
        found: dict[str, Mapping[str, str]] = {"duckdb": {}}
        if not bench.quick and find_spec(NEEDS["postgres"]):
            from tests.cluster import programs, running  # noqa: PLC0415 (needs what may not be installed)

            if programs_folder := programs():
                cluster = stack.enter_context(running(programs_folder))
                databases = [cluster.database(f"bench {size}") for size in SIZES]
                found["postgres"] = databases[0].environment
        if not bench.quick and find_spec(NEEDS["spark"]):
            found["spark"] = {}
        yield found
