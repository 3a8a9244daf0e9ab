"""The benchmarks run; nothing is timed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.conformance import mistakes, tell
from benchmarks.peers.row_by_row import RowByRow
from extractor.project import PROJECT
from tests.conformance.history import DAYS
from tests.conformance.notation import read_text

pytestmark = pytest.mark.slow

HISTORIES = """
a track leaves:
  why: A plain program can tell.
  reads:
    - {day: 1, outcome: complete, entries: [A, B]}
    - {day: 2, outcome: complete, entries: [B]}
  rows:
    - {track: A, first_seen: 1, last_seen: 1, first_absent: 2, days_seen: 1, starts_before_watch: true}
    - {track: B, first_seen: 1, last_seen: 2, first_absent: null, days_seen: 2, starts_before_watch: true}
all claims are rewritten:
  why: A plain program takes each claim for another stay.
  reads:
    - {day: 1, outcome: complete, entries: [{track: A, added_at: 1}]}
    - {day: 2, outcome: complete, entries: [{track: A, added_at: 2}]}
  rows:
    - track: A
      first_seen: 1
      last_seen: 2
      first_absent: null
      days_seen: 2
      added_at: 1
      added_at_source: claimed
      starts_before_watch: true
"""


def test_cheapest_benchmarks_run_and_write_their_results(tmp_path: Path) -> None:
    into = tmp_path / "bench.json"
    only = ["--only", "load", "--only", "extract"]
    command = [sys.executable, "-m", "benchmarks", "--quick", *only, "--into", str(into), "--scratch", str(tmp_path)]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    found = json.loads(into.read_text(encoding="utf-8"))
    assert [result["measure"] for result in found["results"]] == ["load", "extract", "extract, memory"]
    assert all(result["measure"] in told and result["result"] in told for result in found["results"])
    assert found["quick"] and found["machine"]["processors"] and found["versions"]["duckdb"]


def test_peer_comparison_names_the_mistakes_of_a_peer(tmp_path: Path) -> None:
    right, wrong = read_text(HISTORIES)
    peer = RowByRow(tmp_path)
    tell([right, wrong], DAYS[:2], [peer], tmp_path)
    assert mistakes(right, peer.periods()) == set()
    assert mistakes(wrong, peer.periods()) == {"one stay reported as several"}
