"""./run.sh bench: cost compared with a plain-SQL floor and with peers, and as the history grows."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import (
    conformance,
    engines,
    extraction,
    fixed_cost,
    full_day,
    growth,
    loading,
    page,
    reading,
    rebuild,
    storage,
    transform,
)
from benchmarks.bench import Bench
from benchmarks.peers.environment import Environment
from benchmarks.results import Result, table
from extractor.project import PROJECT

MEASURES: dict[str, Callable[[Bench], list[Result]]] = {
    "growth": growth.measure,
    "rebuild": rebuild.measure,
    "fixed-cost": fixed_cost.measure,
    "full-day": full_day.measure,
    "load": loading.measure,
    "storage": storage.measure,
    "extract": extraction.measure,
    "peers-transform": transform.measure,
    "peers-extract": reading.measure,
    "conformance": conformance.measure,
    "engines": engines.measure,
    "report": page.measure,
}


def main(arguments: Sequence[str]) -> int:
    """Run the measures, print and save their results; return the exit code: 1 if a target is missed."""
    options = _options(arguments)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        environment = Environment(Path(scratch) / "peers", may_install=not options.quick)
        for name in options.only or MEASURES:
            print(f"{name} …", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                results += MEASURES[name](Bench(Path(folder), environment, options.quick, options.lists))
    if options.quick:
        results = [replace(result, met=None) for result in results]
    print(table(results))
    if options.quick:
        print("\n--quick: the data is too small for meaningful times; no target counts")
    options.into.parent.mkdir(parents=True, exist_ok=True)
    found = _circumstances(options.quick) | {"results": [asdict(result) for result in results]}
    options.into.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if options.quick or all(result.met is not False for result in results) else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run.sh bench", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="small data, to check that everything runs; installs nothing; no target counts",
    )
    parser.add_argument(
        "--only", action="append", choices=tuple(MEASURES), help="run only this measure; can be repeated"
    )
    parser.add_argument(
        "--lists", type=int, default=1000, help="growth and load: number of playlists of 100 tracks; default: 1000"
    )
    parser.add_argument(
        "--scratch", type=Path, help="scratch folder; needs about 10 GB; default: the system's temporary folder"
    )
    default = PROJECT / "data" / "bench.json"
    parser.add_argument(
        "--into", type=Path, default=default, help="file for the results as JSON; default: data/bench.json"
    )
    return parser.parse_args(arguments)


def _circumstances(quick: bool) -> dict[str, Any]:
    """Return the machine and the versions: results of another machine compare only as ratios."""
    versions = {name: version(name) for name in ("duckdb", "dbt-core", "dbt-duckdb")}
    return {
        "quick": quick,
        "machine": {"system": platform.platform(), "processors": os.cpu_count(), "memory_gb": _memory()},
        "versions": {"python": platform.python_version()} | versions,
    }


def _memory() -> float:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
