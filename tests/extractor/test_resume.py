"""Resumed runs request only what is missing, however the previous run ended."""

import os
import signal
import subprocess
import sys
import time as real_time
from functools import partial
from pathlib import Path

import pytest

from extractor.landing.day import read_day
from extractor.landing.reader import envelopes
from extractor.landing.unavailable import (
    record_read,
    record_unknown_track,
    unavailable_playlists,
    unknown_tracks,
)
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id
from tests.extractor.conftest import DAY, NEXT_DAY, Bench, MakeBench
from tests.extractor.listing import FIRST_REQUEST, LIST, one_list

LISTS = ", ".join(f"l{number}: {{days: {{2026-01-01: [A{number}], 2026-12-31: [B]}}}}" for number in range(8))
EIGHT = f"{{tracks: 0, histories: {{{LISTS}}}}}"
PROJECT = Path(__file__).resolve().parents[2]


def asked(run: Bench) -> int:
    return run.simulator.count("/v1/")


def test_run_after_a_complete_one_sends_no_requests(bench: MakeBench) -> None:
    run = bench(EIGHT)
    run.watch(*run.simulator.world.playlist_ids, tracks=(spotify_id("B"), spotify_id("A1")))
    assert run.extract().exit_code == 0
    before = asked(run)
    again = run.extract()
    assert again.exit_code == 0
    assert asked(run) == before == 9
    assert "no playlists to request" in again.summary


def test_run_stopped_by_the_rate_limit_is_resumed(bench: MakeBench) -> None:
    run = bench(EIGHT, Fault("/v1/", after=5, times=1, status=429, headers={"Retry-After": "9000"}))
    run.watch(*run.simulator.world.playlist_ids, tracks=(spotify_id("B"),))
    stopped = run.extract()
    assert stopped.exit_code == 75
    assert "stopped: " in stopped.summary
    assert "2026-01-02 08:30" in stopped.summary
    assert len(run.reads()) == 5
    before = asked(run)
    run.time.passed += 9001
    assert run.extract().exit_code == 0
    assert asked(run) - before == 4
    lists = [each["asked"]["playlist_id"] for each in run.landed("playlist_reads")]
    assert lists == list(run.simulator.world.playlist_ids)


def test_no_requests_on_any_day_before_the_rate_limit_ends(bench: MakeBench) -> None:
    run = bench(EIGHT, Fault("/v1/", after=5, times=1, status=429, headers={"Retry-After": "48925"}))
    stops = [run.extract().summary.splitlines()[-1]]
    before = len(run.simulator.requests)
    for day in (DAY, NEXT_DAY):
        again = run.extract(day)
        assert again.exit_code == 75
        stops.append(again.summary.splitlines()[-1])
        run.time.passed += 24_000
    assert set(stops) == {
        "  stopped: Spotify's quota is used up: continue after 2026-01-02 19:35 UTC with the same command"
    }
    assert len(run.simulator.requests) == before
    run.time.passed += 1000
    assert run.extract().exit_code == 0


def test_stopped_run_lands_its_outcome_in_its_last_line(bench: MakeBench) -> None:
    run = bench(EIGHT, Fault("/v1/", after=5, times=1, status=429, headers={"Retry-After": "9000"}))
    run.extract()
    start, end = (each["body"] for each in run.landed("runs"))
    assert (start["event"], start["playlists"], start["tracks"], start["discover_tracks"]) == ("start", 8, 0, True)
    assert (end["event"], end["exit_code"], end["playlists_asked"], end["playlists_answered"]) == ("end", 75, 8, 5)
    assert end["requests"] == {"playlists": 6}


def test_complete_run_lands_its_outcome_in_its_last_line(bench: MakeBench) -> None:
    run = bench(EIGHT)
    run.watch(*run.simulator.world.playlist_ids, tracks=(spotify_id("B"),))
    run.extract()
    end = run.landed("runs")[-1]["body"]
    assert (end["exit_code"], end["playlists_answered"], end["playlists_failed"]) == (0, 8, 0)
    assert (end["tracks_asked"], end["tracks_answered"], end["tracks_failed"]) == (1, 1, 0)
    assert end["requests"] == {"playlists": 8, "tracks": 1}


def test_unknown_track_that_a_killed_run_did_not_name_is_named(bench: MakeBench) -> None:
    run = bench(EIGHT)
    gone = spotify_id("gone")
    run.watch(tracks=(gone,))
    run.extract()
    (run.config.landing / "unknown_tracks" / gone).unlink()  # what it had not written yet
    again = run.extract()
    assert again.exit_code == 3
    assert f"not read: track {gone}: Spotify does not know this id" in again.summary
    assert [again.facts[f"tracks_{what}"] for what in ("asked", "answered", "failed")] == [1, 0, 1]
    assert unknown_tracks(run.config.landing) == {gone: DAY}
    assert run.extract().exit_code == 0
    assert asked(run) == 1


def test_records_of_what_is_missing_end_also_after_a_killed_run(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{track: A, popularity: 0}]"))
    run.watch(*run.simulator.world.playlist_ids, tracks=(spotify_id("A"),))
    run.extract()
    record_read(run.config.landing, LIST, "unavailable", "why", DAY)  # what it had not removed yet
    record_unknown_track(run.config.landing, spotify_id("A"), DAY)
    before = asked(run)
    assert run.extract().exit_code == 0
    assert asked(run) == before
    assert list(unavailable_playlists(run.config.landing)) == []
    assert unknown_tracks(run.config.landing) == {}


def test_late_day_does_not_end_the_record_of_a_later_one(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{track: A, popularity: 0}]"))
    run.extract()
    record_unknown_track(run.config.landing, spotify_id("A"), NEXT_DAY)
    run.extract()
    assert unknown_tracks(run.config.landing) == {spotify_id("A"): NEXT_DAY}


def test_slices_read_everything_exactly_once(bench: MakeBench) -> None:
    run = bench(EIGHT)
    for number in range(1, 5):
        run.set(batch_number=number, batch_size=3)
        assert run.extract().exit_code == 0
    lists = [each["asked"]["playlist_id"] for each in run.landed("playlist_reads")]
    assert lists == list(run.simulator.world.playlist_ids)
    assert [each["worker"] for each in run.landed("playlist_reads")] == [1, 1, 1, 2, 2, 2, 3, 3]
    assert asked(run) == 8


def end_while_asking(run: Bench, requests: int, number: signal.Signals) -> tuple[int, str]:
    """Start a run as a process and signal it after some requests; return its exit code and last output."""
    config = run.config.landing.parent / "config.yaml"
    api = f"{{base_url: '{run.simulator.base_url}', token_url: '{run.simulator.token_url}', max_in_flight: 1}}"
    config.write_text(f"api: {api}\nlanding: {run.config.landing}\nwarehouse: {run.config.warehouse}\n")
    run.simulator.day = DAY
    command = [
        sys.executable,
        "-m",
        "extractor",
        "extract",
        "--config",
        str(config),
        "--date",
        DAY.isoformat(),
        "--insist",
    ]
    environment = os.environ | run.simulator.credentials
    # In a background job, which tests can be, SIGINT is ignored, and child processes inherit that.
    accept_sigint = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=accept_sigint,  # noqa: PLW1509 (it holds no lock)
    ) as process:
        patience = real_time.monotonic() + 10
        while asked(run) < requests and process.poll() is None and real_time.monotonic() < patience:
            real_time.sleep(0.01)
        process.send_signal(number)
        _, told = process.communicate(timeout=10)
    assert asked(run) == requests, told
    return process.returncode, told


def test_killed_run_leaves_whole_lines_and_is_resumed(bench: MakeBench) -> None:
    run = bench(EIGHT, Fault("/v1/", after=5, times=1, delay=30))
    end_while_asking(run, 6, signal.SIGKILL)
    (path,) = (run.config.landing / DAY.isoformat()).iterdir()
    lines = [envelope["endpoint"] for _, envelope in envelopes(path)]
    assert lines == ["runs", *["playlists", "playlist_reads"] * 5]
    assert len(read_day(run.config.landing, DAY).read_playlists) == 5
    assert run.extract().exit_code == 0
    assert asked(run) == 6 + 3
    assert len(read_day(run.config.landing, DAY).read_playlists) == 8


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sigterm_interrupts_a_wait(bench: MakeBench, number: signal.Signals) -> None:
    run = bench(EIGHT, Fault("/v1/", after=5, times=1, status=429, headers={"Retry-After": "100"}))
    code, told = end_while_asking(run, 6, number)
    assert code == 130, told
    assert "interrupted: all responses so far are landed" in told
    assert "Traceback" not in told
    assert len(read_day(run.config.landing, DAY).read_playlists) == 5
    assert run.extract().exit_code == 0
    assert asked(run) == 6 + 3


DAMAGES = [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"snapshot_id": "x"}', b'{"snapshot_id":"x","day":5,"tracks":[]}']


@pytest.mark.parametrize("content", [None, *DAMAGES])
def test_lost_or_damaged_cache_only_costs_requests(bench: MakeBench, content: bytes | None) -> None:
    run = bench(one_list(pad_to=101))
    run.extract()
    for path in (run.config.landing / "contents").iterdir():
        path.unlink() if content is None else path.write_bytes(content)
    assert run.extract(NEXT_DAY).exit_code == 0
    assert run.reads(NEXT_DAY)[0]["outcome"] == "complete"
    third = NEXT_DAY.replace(day=3)
    run.extract(third)
    assert run.reads(third)[0]["outcome"] == "unchanged"


def test_damaged_cache_of_an_unreadable_playlist_is_tolerated(bench: MakeBench) -> None:
    run = bench(one_list(), Fault(FIRST_REQUEST, status=404))
    (run.config.landing / "contents").mkdir(parents=True)
    (run.config.landing / "contents" / f"{LIST}.json").write_bytes(b"{")
    assert run.extract().exit_code == 3


def test_refused_login_lands_nothing(bench: MakeBench, tmp_path: Path) -> None:
    run = bench(one_list(), Fault("/api/token", status=400, body={"error": "invalid_client"}))
    with pytest.raises(Exception, match="refused the client id or secret"):
        run.extract()
    assert not (tmp_path / "landing").exists()


def test_each_run_has_its_own_file(bench: MakeBench) -> None:
    run = bench(one_list())
    run.extract()
    run.extract()
    paths = list((run.config.landing / DAY.isoformat()).iterdir())
    assert len(paths) == 2
    assert all(next(envelopes(path))[1]["run"] == path.name.removesuffix(".ndjson.gz") for path in paths)
