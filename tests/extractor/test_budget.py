"""The request budget: counted before sending, shared by all runs and workers of a day."""

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import pytest

from extractor.errors import StoppedByQuota
from extractor.landing.budget import Budget
from extractor.landing.day import read_day
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id
from tests.extractor.conftest import DAY, NEXT_DAY, Bench, FakeTime, MakeBench

NAMES = tuple(f"l{number}" for number in range(8))
LISTS = ", ".join(f"{name}: {{days: {{2026-01-01: [A], 2026-12-31: [B]}}}}" for name in NAMES)
EIGHT = f"{{tracks: 0, histories: {{{LISTS}}}}}"
NOON = FakeTime().now()


def asked_lists(run: Bench, day: date) -> list[str]:
    ids = [each["asked"]["playlist_id"] for each in run.landed("playlists", day)]
    return [name for playlist_id in ids for name in NAMES if spotify_id(name) == playlist_id]


def take_all(folder: Path) -> int:
    """Take from a budget of 50 until it is spent; return how many requests were allowed."""
    budget, taken = Budget(folder, DAY, 50, Counter()), 0
    while True:
        try:
            budget.take("tracks", NOON)
        except StoppedByQuota:
            return taken
        taken += 1


def test_concurrent_workers_never_exceed_the_budget(tmp_path: Path) -> None:
    with get_context("spawn").Pool(2) as processes, ThreadPoolExecutor(2) as threads:
        others = processes.map_async(take_all, [tmp_path] * 2)
        taken = sum(threads.map(take_all, [tmp_path] * 2)) + sum(others.get(30))
    assert taken == 50


def test_two_workers_share_the_daily_budget(bench: MakeBench) -> None:
    run = bench(EIGHT)
    codes = []
    for number in (1, 2):
        run.set(batch_number=number, batch_size=4, requests_per_day=6)
        codes.append(run.extract().exit_code)
    assert codes == [0, 75]
    assert run.simulator.count("/v1/") == 6


def test_request_without_a_landed_response_counts_against_the_budget(bench: MakeBench) -> None:
    run = bench(EIGHT, Fault("/v1/", after=2, times=3, status=429, headers={"Retry-After": "100"}))
    run.set(requests_per_day=8)
    assert run.extract().exit_code == 75  # its third request and two more are refused
    shutil.rmtree(run.config.landing / "contents")
    (run.config.landing / "not_before.json").unlink()
    for ledger in (run.config.landing / DAY.isoformat()).glob("*.requests"):
        ledger.unlink()
    assert read_day(run.config.landing, DAY).requests["playlists"] == run.simulator.count("/v1/") == 4
    assert run.extract().exit_code == 75
    assert run.simulator.count("/v1/") == 8


def test_budget_spent_is_read_from_a_copy_of_the_landing_folder(bench: MakeBench, tmp_path: Path) -> None:
    run = bench(EIGHT)
    run.set(requests_per_day=5)
    run.extract()
    run.set(landing=Path(shutil.copytree(run.config.landing, tmp_path / "copy")))
    assert run.extract().exit_code == 75
    assert run.simulator.count("/v1/") == 5


def test_budget_set_during_the_day_counts_earlier_requests(bench: MakeBench) -> None:
    run = bench(EIGHT, Fault("/v1/", after=5, times=1, status=500))
    run.extract()
    run.set(requests_per_day=9)
    run.watch(tracks=(spotify_id("B"),))
    assert Budget(run.config.landing, DAY, 9, read_day(run.config.landing, DAY).requests).left("playlists") == 0
    assert run.extract().exit_code == 0  # tracks have their own budget


def test_small_budget_rotates_through_the_whole_watch_list(bench: MakeBench) -> None:
    run = bench(EIGHT, Fault(spotify_id("l0"), status=404))
    run.set(requests_per_day=3)
    days = [DAY.replace(day=number) for number in (1, 2, 3)]
    for day in days:
        assert run.extract(day).exit_code == 75
        run.time.passed += 86_400
    assert [asked_lists(run, day) for day in days] == [["l0", "l1", "l2"], ["l3", "l4", "l5"], ["l6", "l7", "l0"]]


@pytest.mark.parametrize("endpoint", ["playlists", "tracks"])
def test_requests_are_not_counted_without_a_budget(bench: MakeBench, endpoint: str) -> None:
    run = bench(EIGHT)
    run.extract(NEXT_DAY)
    assert not list(run.config.landing.glob("*/*.requests"))
    assert Budget(run.config.landing, NEXT_DAY, None, Counter()).left(endpoint) is None
