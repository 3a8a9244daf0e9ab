"""load: landing files into raw, split into rows, compared with DuckDB's own reader into a table."""

from __future__ import annotations

import gzip
import time
from statistics import median

import duckdb

from benchmarks.bench import Bench
from benchmarks.results import Result, ratio
from benchmarks.worlds import World
from extractor.config.settings import Config
from extractor.engines.duckdb.files import STORAGE
from extractor.engines.duckdb.load import load

FLOOR = """
create table answers as from read_json(
    ?, format = 'newline_delimited',
    columns = {run: 'varchar', line: 'integer', worker: 'integer', day: 'date', endpoint: 'varchar', asked: 'json',
               status: 'integer', requests: 'integer', observed_at: 'timestamp', body: 'json'}
)
"""
ROUNDS = 3


def measure(bench: Bench) -> list[Result]:
    """Load a day's file of detailed answers; both from a gzipped file into a new database file, the median of three."""
    landing = bench.folder / "load"
    path = World(lists=10 if bench.quick else bench.lists, detailed=True).land(landing, 0)
    with gzip.open(path) as unpacked:
        megabytes = sum(len(line) for line in unpacked) / 1e6
    ours, floor = [], []
    for number in range(ROUNDS):
        config = Config(landing=landing, warehouse=bench.folder / f"load-{number}" / "warehouse.duckdb")
        started = time.monotonic()
        load(config)
        ours.append(time.monotonic() - started)
        started = time.monotonic()
        with duckdb.connect(str(bench.folder / f"floor-{number}.duckdb"), config=STORAGE) as connection:
            connection.execute(FLOOR, [str(path)])
        floor.append(time.monotonic() - started)
    taken, least = median(ours), median(floor)
    told = (
        f"{megabytes / taken:.0f} MB/s of JSON, read_json {megabytes / least:.0f} MB/s, one file of {megabytes:.0f} MB"
    )
    return [ratio("load", taken / least, 1.2, told, seconds=taken, floor_seconds=least, unpacked_mb=megabytes)]
