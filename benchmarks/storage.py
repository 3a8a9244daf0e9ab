"""storage: the disk space of a day of a playlist and of a popularity value, all files, with and without purge."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from benchmarks.bench import Bench, Project
from benchmarks.results import Result
from benchmarks.worlds import World

KEPT_DAYS = 7
MOST = 0.2
ROWS = "select (select count(*) from playlist_days), (select count(*) from track_daily_popularity)"


def measure(bench: Bench) -> list[Result]:
    """Compare with each day's gzipped answers, kept: the landing files before a purge."""
    lists, days = (5, 12) if bench.quick else (50, 120)
    world = World(lists, tracks=lists * 20, detailed=True)
    project = Project(bench.folder / "storage")
    for day in range(days):
        world.land(project.config.landing, day)
    project.day()
    answers = sum(path.stat().st_size for path in project.config.landing.glob("*/*.gz"))
    whole = _sizes(project)
    with duckdb.connect(str(project.config.database), read_only=True) as connection:
        [(list_days, popularities)] = connection.execute(ROWS).fetchall()
    last = date(2020, 1, 1) + timedelta(days=days - 1)
    project.run("purge", "--keep-days", str(KEPT_DAYS), "--date", str(last))
    purged = _sizes(project)
    results = []
    for how, sizes in (("", whole), (f", {KEPT_DAYS} days of answers kept", purged)):
        total = sum(sizes.values())
        told = f"{total / list_days:,.0f} bytes a playlist-day, {total / popularities:,.0f} a popularity"
        numbers = {f"{name}_bytes": size for name, size in sizes.items()}
        numbers |= {"list_days": list_days, "popularities": popularities, "gzipped_answers_bytes": answers}
        share = total / answers
        target = f"≤ {MOST:g}x of gzipped answers"
        results.append(Result(f"storage{how}", f"{share:.2f}x  {told}", target, share <= MOST, numbers))
    return results


def _sizes(project: Project) -> dict[str, int]:
    landing = sum(path.stat().st_size for path in project.config.landing.rglob("*") if path.is_file())
    config = project.config
    files = {"raw": config.raw, "warehouse": config.warehouse, "database": config.database}
    return {"landing": landing} | {name: path.stat().st_size for name, path in files.items() if path.exists()}
