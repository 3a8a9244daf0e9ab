"""Playlists unavailable for long: named, without an alert every day."""

from datetime import date, timedelta
from pathlib import Path
from shutil import rmtree

import pytest

from extractor.errors import FileError
from extractor.landing.unavailable import forget_unknown_track, record_read, unavailable_playlists
from extractor.simulator.identifiers import spotify_id
from tests.extractor.conftest import DAY, Bench, MakeBench
from tests.extractor.listing import LIST


def gone(*days: int) -> str:
    """Return a world in which a playlist is not found on some days in January."""
    written = "".join(f"{january(number)}: {{status: 404}}, " for number in days)
    lists = f"list: {{days: {{2026-01-01: [A], {written}}}}}, other: {{days: {{2026-01-01: [B]}}}}"
    return f"{{tracks: 0, histories: {{{lists}}}}}"


def january(number: int) -> date:
    return date(2026, 1, number)


def codes(run: Bench, first: int, last: int) -> dict[int, int]:
    """Return the exit codes of runs on days in January."""
    return {number: run.extract(january(number)).exit_code for number in range(first, last + 1)}


@pytest.mark.parametrize(
    ("tolerated", "alarms"), [(7, [3, 4, 5, 6, 7, 8, 9]), (2, [3, 4, 5]), (0, [3]), (None, [3, 4, 5, 6, 7, 8, 9])]
)
def test_unavailable_playlist_alerts_until_the_tolerated_days_have_passed(
    bench: MakeBench, tolerated: int | None, alarms: list[int]
) -> None:
    run = bench(gone(*range(3, 10)))
    run.set(tolerate_unavailable_days=tolerated)
    assert [number for number, code in codes(run, 1, 10).items() if code == 3] == alarms


def test_tolerated_playlist_is_warned_about_and_counted_as_not_read(bench: MakeBench) -> None:
    run = bench(gone(*range(3, 10)))
    run.set(tolerate_unavailable_days=1)
    codes(run, 1, 4)
    ended = run.extract(january(5))
    assert ended.exit_code == 0
    assert "1 of 2 playlists (1 not read)" in ended.summary
    warning = f"warning: 1 playlist unavailable for long, {LIST} since 2026-01-03"
    assert warning in ended.summary
    assert "  not read:" not in ended.summary
    assert ended.facts["playlists_failed"] == 1
    assert ended.facts["long_unavailable"] == {LIST: january(3)}


def test_playlist_that_came_back_alerts_again(bench: MakeBench) -> None:
    run = bench(gone(2, 3, 4, 6, 7))
    run.set(tolerate_unavailable_days=1)
    assert [number for number, code in codes(run, 1, 7).items() if code == 3] == [2, 3, 6, 7]


def test_never_readable_playlist_counts_from_its_first_attempt(bench: MakeBench) -> None:
    run = bench(gone(*range(3, 10)))
    run.watch(spotify_id("missing"), LIST)
    run.set(tolerate_unavailable_days=1)
    assert codes(run, 1, 2) == {1: 3, 2: 3}
    (missing,) = unavailable_playlists(run.config.landing)
    assert (missing.playlist_id, missing.since) == (spotify_id("missing"), DAY)
    assert missing.reason == "404 Resource not found"


def test_unavailability_is_kept_after_a_purge_of_landing_files(bench: MakeBench) -> None:
    run = bench(gone(*range(3, 10)))
    run.set(tolerate_unavailable_days=3)
    codes(run, 1, 6)
    for path in run.config.landing.glob("2026-*"):
        rmtree(path)
    assert codes(run, 7, 7) == {7: 0}


def test_each_worker_tracks_its_own_unavailable_playlists(bench: MakeBench) -> None:
    run = bench(gone(3, 4, 5))
    run.watch(LIST, spotify_id("missing"))
    run.set(tolerate_unavailable_days=1, batch_size=1)
    for number in (3, 4, 5):
        for worker in (1, 2):
            run.set(batch_number=worker)
            code = run.extract(january(number)).exit_code
            assert code == (3 if number < 5 else 0)
    assert {each.since for each in unavailable_playlists(run.config.landing)} == {january(3)}


def test_failed_read_does_not_change_unavailability(tmp_path: Path) -> None:
    for day, outcome in enumerate(("unavailable", "failed", "unavailable"), 1):
        found = record_read(tmp_path, LIST, outcome, "why", january(day))
        assert (found and found.since) == (None if outcome == "failed" else january(1))


def test_backfilled_day_does_not_change_unavailability(tmp_path: Path) -> None:
    record_read(tmp_path, LIST, "unavailable", "why", january(5))
    for outcome in ("complete", "unavailable"):
        record_read(tmp_path, LIST, outcome, "why", january(2))
    assert [each.since for each in unavailable_playlists(tmp_path)] == [january(5)]
    record_read(tmp_path, LIST, "complete", None, january(5) + timedelta(days=1))
    assert list(unavailable_playlists(tmp_path)) == []


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"since": "soon", "reason": null}', b"\xff"])
def test_damaged_unavailability_file_is_rewritten(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "unavailable").mkdir()
    (tmp_path / "unavailable" / f"{LIST}.json").write_bytes(content)
    assert list(unavailable_playlists(tmp_path)) == []
    found = record_read(tmp_path, LIST, "unavailable", "why", january(2))
    assert found
    assert list(unavailable_playlists(tmp_path)) == [found]


def test_record_that_cannot_be_removed_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "unknown_tracks" / LIST).mkdir(parents=True)  # a folder can't be unlinked
    with pytest.raises(FileError, match=rf"unknown_tracks/{LIST}: can't be removed"):
        forget_unknown_track(tmp_path, LIST)
