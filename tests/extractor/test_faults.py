"""Transient faults leave no trace: at the end of the day the data is that of a day without faults."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from extractor.errors import LandingError
from extractor.landing.reader import envelopes
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id
from tests.extractor.conftest import DAY, Bench, MakeBench
from tests.extractor.listing import FURTHER_PAGE, PROBE, Restless, one_list, spoiled
from tests.extractor.test_landing import disk_of

pytestmark = pytest.mark.slow

LONG = spotify_id("long")
WORLD = """{shape: tracks, tracks: 0, histories: {
    small: {days: {2026-01-01: [A, {'null': N}, null, {local: x}, {episode: e}, {track: Z, popularity: 0}]}},
    long: {days: {2026-01-01: [B]}, pad_to: 250},
    other: {days: {2026-01-01: [C, {track: Y, popularity: 0}]}}}}"""
WATCHED = tuple(spotify_id(name) for name in "AYZ")
SECOND_PAGE = f"playlists/{LONG}/tracks?offset=100&limit=100"
THIRD_PAGE = SECOND_PAGE.replace("100", "200", 1)
HTML = "<html>no</html>"


def knowledge(run: Bench) -> dict[str, Any]:
    """Return the landed data of a day: playlists by their last complete read, tracks by their last response."""
    known: dict[str, Any] = {}
    entries: dict[Any, list[Any]] = {}
    for path in sorted((run.config.landing / DAY.isoformat()).glob("*.ndjson.gz"), key=lambda path: path.name):
        for _, envelope in envelopes(path):
            asked, body = envelope["asked"], envelope["body"]
            read = (envelope["run"], asked.get("playlist_id"), asked.get("attempt") or body.get("attempt"))
            if envelope["endpoint"] == "playlist_reads" and body["outcome"] == "complete":
                known[asked["playlist_id"]] = (body["snapshot_id"], body["total"], entries[read])
            elif envelope["endpoint"].startswith("playlist") and envelope["status"] == 200 and "fields" not in asked:
                entries.setdefault(read, []).extend(body.get("tracks", body).get("items", ()))
            elif envelope["endpoint"] == "tracks" and envelope["status"] == 200:
                known |= {each["id"]: each for each in body["tracks"] if each}
    return known


def saying(**body: Any) -> Callable[[Any], None]:
    return lambda answer: answer.get("tracks", answer).update(body)


FAULTS: dict[str, tuple[Fault, ...]] = {
    "a token that expires between two pages": (Fault(FURTHER_PAGE, times=1, status=401),),
    "tokens that expire again and again": (Fault("/v1/", times=1, status=401), Fault(PROBE, times=1, status=401)),
    "429 with a second": (Fault("/v1/", after=3, times=2, status=429, headers={"Retry-After": "1"}),),
    "429 without a time": (Fault("/v1/", after=3, times=2, status=429),),
    "429 with 48,925 seconds": (Fault("/v1/", after=3, times=1, status=429, headers={"Retry-After": "48925"}),),
    "500": (Fault("/v1/", after=2, times=3, status=500),),
    "502 in HTML": (Fault("/v1/", after=2, times=3, status=502, body=HTML),),
    "503 with nothing": (Fault("/v1/", after=2, times=3, status=503, body=""),),
    "504 after a stall": (Fault("/v1/", after=2, times=2, status=504, delay=0.2, body=HTML),),
    "a stall": (Fault("/v1/", after=2, times=2, delay=0.5),),
    "an outage of a page that outlasts all patience": (Fault(FURTHER_PAGE, times=20, status=500),),
    "200 with {}": (Fault("/v1/", after=2, times=2, body={}),),
    "a cut body": (Fault("/v1/", after=2, times=2, truncate=300),),
    "a reset connection": (Fault("/v1/", after=2, times=2, drop=True),),
    "a total that is wrong": (spoiled(WORLD, "offset=200", THIRD_PAGE, saying(total=249), times=1),),
    "a page that comes twice": (
        spoiled(WORLD, FURTHER_PAGE, f"playlists/{LONG}/tracks?offset=0&limit=100", saying(), times=1),
    ),
    "an empty page": (spoiled(WORLD, FURTHER_PAGE, SECOND_PAGE, saying(items=[]), times=1),),
    "another list's answer": (
        spoiled(WORLD, FURTHER_PAGE, SECOND_PAGE, saying(next=f"https://x.invalid/playlists/{LONG}/x"), times=1),
    ),
    "a batch that is too short": (Fault(r"/v1/tracks\?", times=1, body={"tracks": [None]}),),
    "a list that is gone for a moment": (Fault(spotify_id("other"), times=1, status=404),),
}


def day(run: Bench) -> Bench:
    run.watch(*run.simulator.world.playlist_ids, tracks=WATCHED)
    return run


@pytest.fixture
def undisturbed(bench: MakeBench) -> dict[str, Any]:
    run = day(bench(WORLD))
    run.set(landing=run.config.landing.with_name("undisturbed"))
    assert run.extract().exit_code == 0
    return knowledge(run)


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_day_with_faults_lands_the_same_data_as_a_day_without(
    bench: MakeBench, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch, faults: tuple[Fault, ...]
) -> None:
    monkeypatch.setattr("extractor.spotify.http.TIMEOUTS", (1, 0.1))
    run = day(bench(WORLD, *faults))
    codes = [run.extract().exit_code]
    if codes != [0]:
        run.time.passed += 50_000
        codes.append(run.extract().exit_code)
    assert codes in ([0], [3, 0], [75, 0])
    assert knowledge(run) == undisturbed
    assert len(run.simulator.requests) > 8  # the token and the requests of the day


@pytest.mark.parametrize("jump", [timedelta(days=-1), timedelta(hours=-3), timedelta(days=400)])
def test_clock_jump_changes_nothing(bench: MakeBench, undisturbed: dict[str, Any], jump: timedelta) -> None:
    run = day(bench(WORLD, Fault("/v1/", after=4, times=1, status=429, headers={"Retry-After": "20"})))
    time, calls = run.time, iter(range(10**6))
    time.clock = replace(time.clock, now=lambda: time.now() + (jump if next(calls) > 6 else timedelta()))
    assert run.extract().exit_code == 0
    assert knowledge(run) == undisturbed
    assert 20 <= time.passed < 40
    assert run.simulator.count("^/api/token") == 1


def test_run_resumes_after_a_full_disk(bench: MakeBench, undisturbed: dict[str, Any]) -> None:
    run = day(bench(WORLD))
    with pytest.raises(LandingError, match="make room"), disk_of(5000):
        run.extract()
    assert 0 < len(knowledge(run)) < len(undisturbed)
    assert run.extract().exit_code == 0
    assert knowledge(run) == undisturbed


def test_playlist_that_changes_during_three_attempts_is_read_in_the_fourth(bench: MakeBench) -> None:
    days = ", ".join(f"2026-01-0{number}: [A, T{number}]" for number in range(1, 5))
    # Each attempt: first page, second page, probe; the first three probes report a change.
    run = bench(Restless(one_list(days, pad_to=101), [1, 1, 2, 2, 2, 3, 3, 3, 4]))
    assert run.extract().exit_code == 0
    ((snapshot_id, total, entries),) = knowledge(run).values()
    assert (total, len(entries)) == (101, 101)
    assert spotify_id("T4") in {entry["track"]["id"] for entry in entries}
    assert snapshot_id == run.landed("playlists")[-1]["body"]["snapshot_id"]


def test_fifty_missing_playlists_are_named_and_the_other_950_are_read(bench: MakeBench) -> None:
    lists = ", ".join(
        f"l{n}: {{days: {{2026-01-01: {'{status: 404}' if n % 20 == 7 else '[A]'}}}}}" for n in range(1000)
    )
    run = bench(f"{{shape: tracks, tracks: 0, histories: {{{lists}}}}}")
    ended = run.extract()
    assert ended.exit_code == 3
    assert run.simulator.count("/v1/") == 1000
    outcomes = [read["outcome"] for read in run.reads()]
    assert (outcomes.count("complete"), outcomes.count("unavailable")) == (950, 50)
    assert ended.summary.count("404 Resource not found") == 10
    assert "… and 40 more" in ended.summary
