"""fixed cost: a daily run of five small playlists, compared with `dbt build` of a project with one model."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench, Project, run
from benchmarks.results import Result, ratio
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.server import Simulator

LISTS = 5
WORLD = "{tracks: 200, days: 30, playlists: {" + ", ".join(f"list {n}: {{size: 20}}" for n in range(LISTS)) + "}}"
PROFILE = "one: {target: it, outputs: {it: {type: duckdb, path: one.duckdb, threads: 4}}}\n"


def measure(bench: Bench) -> list[Result]:
    """Run both equally often, after a first run that creates everything; return the medians."""
    times = 1 if bench.quick else 5
    world = GeneratedWorld.from_text(WORLD)
    with Simulator(world) as simulator:
        api = {"base_url": simulator.base_url, "token_url": simulator.token_url}
        project = Project(bench.folder / "daily", api=api)
        watch(project, world.playlist_ids)
        project.run("daily", "--date", str(world.days[0]), "--insist", environment=simulator.credentials)
        daily = []
        for day in world.days[1 : times + 1]:
            simulator.day = day
            daily.append(
                project.run("daily", "--date", str(day), "--insist", environment=simulator.credentials).seconds
            )
    steps = {command: project.run(command).seconds for command in ("load", "build", "publish")}
    nodes = project.nodes()
    one_model = _one_model(bench.folder / "one")
    run(one_model, bench.folder / "one.log")
    least = [run(one_model, bench.folder / "one.log").seconds for _ in range(times)]
    ours, floor = median(daily), median(least)
    busy = max(node.ended for node in nodes)
    told = f"{ours:.1f} s, a one-model project {floor:.1f} s; dbt's {len(nodes)} nodes take {busy:.1f} s"
    shares = {"steps_alone": steps, "nodes": len(nodes), "nodes_seconds": busy}
    return [ratio("fixed cost", ours / floor, 2.0, told, seconds=ours, floor_seconds=floor, **shares)]


def watch(project: Project, playlist_ids: Sequence[str]) -> None:
    """Write the seeds."""
    project.config.seeds.mkdir()
    for kind, ids in (("playlist", playlist_ids), ("track", ())):
        with (project.config.seeds / f"{kind}s.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([(f"{kind}_id", "label"), *((each, "") for each in ids)])


def _one_model(folder: Path) -> list[str]:
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "one.sql").write_text("select 1 as one\n", encoding="utf-8")
    settings = "name: one\nprofile: one\nflags: {send_anonymous_usage_stats: false}\n"
    (folder / "dbt_project.yml").write_text(settings, encoding="utf-8")
    (folder / "profiles.yml").write_text(PROFILE.replace("one.duckdb", str(folder / "one.duckdb")), encoding="utf-8")
    dbt = str(Path(sys.executable).with_name("dbt"))
    where = ["--project-dir", str(folder), "--profiles-dir", str(folder)]
    return [dbt, "--quiet", "build", *where, "--target-path", str(folder), "--log-path", str(folder)]
