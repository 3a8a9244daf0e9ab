"""The benchmarks run; nothing is timed here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from extractor.transform import PROJECT


def test_the_cheapest_benchmarks_run_and_are_written_down(tmp_path: Path) -> None:
    into = tmp_path / "bench.json"
    only = ["--only", "load", "--only", "extract"]
    command = [sys.executable, "-m", "benchmarks", "--quick", *only, "--into", str(into), "--scratch", str(tmp_path)]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    found = json.loads(into.read_text(encoding="utf-8"))
    assert [result["measure"] for result in found["results"]] == ["load", "extract", "extract, memory"]
    assert all(result["measure"] in told and result["result"] in told for result in found["results"])
    assert found["quick"] and found["machine"]["processors"] and found["versions"]["duckdb"]
