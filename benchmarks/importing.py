"""import: a neutral table of ten million entries imported, loaded and built, compared with reading it by DuckDB."""

from __future__ import annotations

import time

import duckdb

from benchmarks.bench import Bench, Project
from benchmarks.results import Result
from benchmarks.worlds import SLOTS

DAYS, ENTRIES = 500, 100

TABLE = """
copy (
    select
        lpad(l::varchar, 22, 'L') as playlist_id,
        date '2020-01-01' + cast(d as integer) as day,
        s + 1 as position,
        left(md5(t::varchar), 22) as track_id,
        date '2019-01-01' + cast(v as integer) as added_at,
        {entries} as total,
        'List ' || l as playlist_name,
        'Track ' || t as track_name,
        'Artist ' || t // 4 as artists,
        'Album ' || t // 9 as album,
        120000 + t as duration_ms,
        (t + (e + t) // 7) % 90 + 5 as popularity
    from ({slots})
) to '{path}' (format parquet)
"""
READ = "from read_parquet(?) select count(*), any_value(columns(*))"


def measure(bench: Bench) -> list[Result]:
    """Import, load, build and publish a table of DAYS days; without a limit, because only reading it is comparable."""
    lists, days = (2, 3) if bench.quick else (bench.lists // 5, DAYS)
    path = bench.folder / "snapshots.parquet"
    slots = SLOTS.format(
        still_from=days, period=50, tracks=200_000, first=0, last=days - 1, lists=lists, entries=ENTRIES
    )
    with duckdb.connect() as connection:
        connection.execute(TABLE.format(entries=ENTRIES, slots=slots, path=path))
        started = time.monotonic()
        connection.execute(READ, [str(path)])
        read_seconds = time.monotonic() - started
    project = Project(bench.folder / "import")
    ran = {
        "import": project.run("import", "table", str(path)),
        "load": project.run("load"),
        "build": project.run("build"),
        "publish": project.run("publish"),
    }
    took = ", ".join(f"{name} {each.seconds:.0f} s ({each.memory / 1e9:.1f} GB)" for name, each in ran.items())
    entries = lists * days * ENTRIES
    told = f"{entries:,} entries: {took}; read by DuckDB in {read_seconds:.1f} s"
    numbers = {f"{name}_seconds": each.seconds for name, each in ran.items()}
    numbers |= {f"{name}_memory": each.memory for name, each in ran.items()}
    memory = ran["import"].memory
    met = memory < 2e9
    return [Result("import", told, "< 2 GB", met, numbers | {"entries": entries, "read_seconds": read_seconds})]
