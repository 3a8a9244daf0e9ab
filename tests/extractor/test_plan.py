"""The minimum number of requests, reported before a run; and what no slice has requested."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from extractor.cli.commands import main
from extractor.config.watch_list import read_watch_list
from extractor.extract.plan import plan, unasked
from extractor.landing.budget import Budget
from extractor.landing.day import read_day
from extractor.simulator.identifiers import spotify_id
from tests.extractor.conftest import DAY, NEXT_DAY, Bench, MakeBench

LISTS = ", ".join(f"l{number}: {{days: {{2026-01-01: [A{number}], 2026-12-31: [A8]}}}}" for number in range(8))
EIGHT = f"{{tracks: 0, histories: {{{LISTS}}}}}"
TRACKS = tuple(spotify_id(f"A{number}") for number in range(120))


def planned(run: Bench, day: date = DAY) -> str:
    memory = read_day(run.config.landing, day)
    budget = Budget(run.config.landing, day, run.config.api.requests_per_day, memory.requests)
    return str(plan(run.config, day, read_watch_list(run.config), memory, budget))


def test_plan_counts_a_request_per_playlist_and_per_fifty_tracks(bench: MakeBench) -> None:
    run = bench(EIGHT)
    run.watch(*run.simulator.world.playlist_ids)
    run.extract()
    run.watch(*run.simulator.world.playlist_ids, tracks=TRACKS)
    # 112 tracks are in no playlist.
    assert planned(run, NEXT_DAY) == "needs at least 11 requests (8 playlists, 3 tracks)"


def test_plan_assumes_an_unread_playlist_shows_a_hundred_tracks(bench: MakeBench) -> None:
    run = bench(EIGHT)
    run.watch(spotify_id("l0"), tracks=TRACKS)
    assert planned(run) == "needs at least 2 requests (1 playlist, 1 track)"


def test_plan_skips_tracks_known_to_be_in_a_playlist(bench: MakeBench) -> None:
    run = bench(EIGHT)
    run.watch(*run.simulator.world.playlist_ids, tracks=TRACKS[:8])
    run.extract()
    assert planned(run, NEXT_DAY) == "needs at least 8 requests (8 playlists, 0 tracks)"
    assert planned(run) == "needs at least 0 requests (0 playlists, 0 tracks)"


def test_plan_reports_the_remaining_budget(bench: MakeBench) -> None:
    run = bench(EIGHT)
    run.set(requests_per_day=600)
    assert planned(run).endswith("; 600 of 600 left today")
    Budget(run.config.landing, DAY, 600, Counter()).take("tracks", run.time.now())
    assert planned(run).endswith("; 600 playlists and 599 tracks of 600 left today")


def test_missing_requests_are_reported_by_slice(bench: MakeBench) -> None:
    run = bench(EIGHT)
    run.watch(*run.simulator.world.playlist_ids, tracks=TRACKS[:9])
    for number in (1, 3):
        run.set(batch_number=number, batch_size=3)
        assert run.extract().exit_code == 0
    missing = unasked(run.config, read_day(run.config.landing, DAY))
    assert missing.playlists == tuple(spotify_id(f"l{number}") for number in (3, 4, 5))
    assert str(missing) == "3 playlists and 3 tracks were not requested: slice 2 did not finish"
    run.set(batch_number=2)
    run.extract()
    assert unasked(run.config, read_day(run.config.landing, DAY)).slices == ()


@pytest.mark.usefixtures("fake_dbt")
def test_daily_exits_3_if_a_slice_is_missing_and_extract_of_one_slice_exits_0(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = bench(EIGHT)
    for name, value in run.simulator.credentials.items():
        monkeypatch.setenv(name, value)

    def command(name: str, number: int) -> int:
        config = tmp_path / "config.yaml"
        api = f"{{base_url: '{run.simulator.base_url}', token_url: '{run.simulator.token_url}'}}"
        config.write_text(
            f"{{api: {api}, landing: landing, warehouse: w.duckdb, database: s.duckdb, "
            f"batch_number: {number}, batch_size: 4}}"
        )
        return main([name, "--config", str(config), "--date", DAY.isoformat()], run.time.clock)

    assert command("extract", 1) == 0
    assert "slice" not in capsys.readouterr().err
    assert command("daily", 1) == 3
    assert "warning: 4 playlists and 0 tracks were not requested: slice 2 did not finish" in capsys.readouterr().err
    assert command("extract", 2) == 0
    assert command("daily", 1) == 0
