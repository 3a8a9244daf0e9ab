"""Tracks that have left all watched playlists are requested for some days more."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from shutil import move, rmtree

import pytest

from extractor.config.endpoints import Endpoint
from extractor.config.watch_list import read_watch_list
from extractor.extract.plan import plan
from extractor.landing.budget import Budget
from extractor.landing.cache import CachedContent
from extractor.landing.day import read_day
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id
from tests.extractor.conftest import DAY, NEXT_DAY, Bench, MakeBench
from tests.extractor.listing import LIST, one_list
from tests.extractor.test_resume import DAMAGES

A, B, C = (spotify_id(name) for name in "ABC")
LEAVES = "2026-01-01: [A, B], 2026-01-02: [B]"
BULK = r"/v1/tracks\?"


def january(number: int) -> date:
    return date(2026, 1, number)


def two_lists(first: str, second: str) -> str:
    return f"{{tracks: 0, histories: {{one: {{days: {{{first}}}}}, two: {{days: {{{second}}}}}}}}}"


def following(bench: MakeBench, days: int, world: str, *faults: Fault) -> Bench:
    run = bench(world, *faults)
    run.set(follow_after_leaving_days=days)
    return run


def asked(run: Bench, numbers: Sequence[int]) -> dict[int, list[str]]:
    """Extract days of January; return the tracks that were requested by id on each, if any."""
    for number in numbers:
        run.extract(january(number))
    days = {number: run.asked_tracks(january(number)) for number in numbers}
    return {number: tracks for number, tracks in days.items() if tracks}


def planned(run: Bench, day: date) -> str:
    memory = read_day(run.config.landing, day)
    budget = Budget(run.config.landing, day, None, memory.requests)
    return str(plan(run.config, day, read_watch_list(run.config), memory, budget))


@pytest.mark.parametrize("days", [1, 3])
def test_track_is_requested_on_the_day_of_absence_and_so_many_days_after(bench: MakeBench, days: int) -> None:
    run = following(bench, days, one_list(LEAVES))
    assert asked(run, range(1, 8)) == {number: [A] for number in range(2, 2 + days + 1)}


def test_0_days_switch_it_off(bench: MakeBench) -> None:
    assert asked(following(bench, 0, one_list(LEAVES)), range(1, 5)) == {}


def test_without_discovery_tracks_that_have_left_are_not_requested(bench: MakeBench) -> None:
    run = following(bench, 9, one_list(LEAVES))
    run.set(discover_tracks=False)
    assert asked(run, range(1, 5)) == {}
    assert planned(run, january(5)) == "needs at least 1 request (1 playlist, 0 tracks)"


def test_return_ends_it_and_another_exit_begins_it_anew(bench: MakeBench) -> None:
    run = following(bench, 2, one_list(f"{LEAVES}, 2026-01-03: [B, A], 2026-01-05: [B]"))
    assert asked(run, range(1, 10)) == {2: [A], 5: [A], 6: [A], 7: [A]}


def test_track_in_another_playlist_has_not_left(bench: MakeBench) -> None:
    run = following(bench, 2, two_lists(LEAVES, "2026-01-01: [A], 2026-01-03: []"))
    assert asked(run, range(1, 10)) == {3: [A], 4: [A], 5: [A]}
    assert run.landed("runs", january(3))[-1]["body"]["tracks_after_leaving"] == 1


def test_track_in_another_playlist_with_popularity_0_is_requested_but_has_not_left(bench: MakeBench) -> None:
    run = following(bench, 2, two_lists(LEAVES, "2026-01-01: [{track: A, popularity: 0}]"))
    assert asked(run, (1, 2)) == {2: [A]}
    assert "1 of 1 tracks; requests" in run.extract(january(3)).summary


@pytest.mark.parametrize("status", [404, 403, 500])
def test_tracks_of_an_unreadable_playlist_have_not_left(bench: MakeBench, status: int) -> None:
    run = following(bench, 1, one_list(f"{LEAVES}, 2026-01-03: {{status: {status}}}, 2026-01-05: [C]"))
    # On the 3rd the last known track, B, is requested too; from the 5th it has left.
    assert asked(run, range(1, 8)) == {2: [A], 3: [B, A], 5: [B], 6: [B]}


def test_tracks_missing_from_a_partial_read_have_not_left(bench: MakeBench) -> None:
    scenario = one_list("2026-01-01: [A]", pad_to=150)
    run = following(bench, 9, scenario, Fault(r"fields=snapshot_id", after=1, body={}))
    run.extract()
    rmtree(run.config.landing / "contents")
    run.extract()
    assert run.extract(NEXT_DAY).facts["tracks_after_leaving"] == 0


def test_late_day_is_asked_too_and_changes_nothing(bench: MakeBench) -> None:
    run = following(bench, 1, one_list("2026-01-01: [A, B], 2026-01-03: [B]"))
    assert asked(run, (1, 4)) == {4: [A]}
    run.simulator.day = january(4)
    run.extract(january(2))  # whose read shows A
    assert asked(run, (3, 5, 6)) == {3: [A], 5: [A]}


def test_day_without_a_run_counts(bench: MakeBench) -> None:
    run = following(bench, 3, one_list(LEAVES))
    assert asked(run, (1, 2, 5, 6)) == {2: [A], 5: [A]}


def test_second_run_of_a_day_requests_nothing_again(bench: MakeBench) -> None:
    run = following(bench, 9, one_list(LEAVES))
    asked(run, (1, 2))
    assert run.extract(NEXT_DAY).summary.endswith("no playlists to request, no tracks to request; requests: none")
    assert asked(run, (3,)) == {3: [A]}


def test_exit_whose_run_was_killed_before_caching_is_noticed_on_the_same_day(bench: MakeBench) -> None:
    run = following(bench, 1, one_list(LEAVES), Fault(BULK, times=1, status=429, headers={"Retry-After": "9000"}))
    run.extract()
    cached = run.config.landing / "contents" / f"{LIST}.json"
    before = cached.read_bytes()
    assert run.extract(NEXT_DAY).exit_code == 75
    cached.write_bytes(before)
    (run.config.landing / "not_before.json").unlink()
    assert asked(run, (2, 3, 4)) == {2: [A], 3: [A]}


def test_tracks_of_a_playlist_no_longer_watched_are_not_requested_nor_those_that_left_it(bench: MakeBench) -> None:
    run = following(bench, 9, two_lists(LEAVES, "2026-01-01: [C]"))
    assert asked(run, (1, 2)) == {2: [A]}
    run.watch(spotify_id("two"))
    assert asked(run, (3,)) == {}


def test_tracks_after_leaving_come_last_and_share_requests(bench: MakeBench) -> None:
    many = ", ".join(f"T{number}" for number in range(60))
    run = following(bench, 9, two_lists(f"2026-01-01: [{many}], 2026-01-02: []", "2026-01-01: [A]"))
    run.watch(*run.simulator.world.playlist_ids, tracks=(B, spotify_id("T0")))
    run.set(endpoints={"tracks": Endpoint("tracks?ids=", 50, "tracks")})
    ended = [run.extract(day) for day in (DAY, NEXT_DAY)][-1]
    requests = [each["asked"]["ids"] for each in run.landed("tracks", NEXT_DAY)]
    assert [len(ids) for ids in requests] == [50, 11]
    assert requests[0][:2] == [B, spotify_id("T0")]
    assert ended.facts["tracks_after_leaving"] == 59
    assert "60 of 61 tracks (59 after leaving, 1 not read); requests: 2 playlists, 2 tracks" in ended.summary


def test_tracks_after_leaving_are_requested_one_by_one_where_bulk_is_refused(bench: MakeBench) -> None:
    run = following(bench, 9, one_list("2026-01-01: [A, B, C], 2026-01-02: [C]"), Fault(BULK, status=403))
    run.extract()
    assert run.extract(NEXT_DAY).exit_code == 0
    answered = [each["asked"]["ids"] for each in run.landed("tracks", NEXT_DAY) if each["status"] == 200]
    assert sorted(answered) == sorted([[A], [B]])


def test_they_cost_nothing_if_the_app_gets_no_popularity(bench: MakeBench) -> None:
    many = ", ".join(f"T{number}" for number in range(60))
    run = following(bench, 9, one_list(f"2026-01-01: [A, {many}], 2026-01-02: [A]"), Fault(BULK, status=403))
    run.set(drop_fields=("popularity",))
    assert planned(run, DAY) == "needs at least 1 request (1 playlist, 0 tracks)"
    for number in (1, 2, 3):
        run.extract(january(number))
        # One track of the playlist, refused in bulk, then returned alone, without a popularity.
        assert len(run.landed("tracks", january(number))) == 2
        assert (A in run.asked_tracks(january(number))) == (number > 1)
        assert planned(run, january(number + 1)) == "needs at least 1 request (1 playlist, 0 tracks)"
        assert planned(run, january(number)) == "needs at least 0 requests (0 playlists, 0 tracks)"


@pytest.mark.parametrize(
    "content", [*DAMAGES, b'{"snapshot_id":"x","day":"2026-01-02","tracks":[],"landed_in":"x","left":{"a":5}}']
)
def test_damaged_cache_is_as_if_there_were_none(bench: MakeBench, content: bytes) -> None:
    run = following(bench, 9, one_list(f"{LEAVES}, 2026-01-04: [C]"))
    assert asked(run, (1, 2)) == {2: [A]}
    (run.config.landing / "contents" / f"{LIST}.json").write_bytes(content)
    assert asked(run, (3, 4)) == {4: [B]}


@pytest.mark.parametrize("left", ['["a"]', '{"a": 5}', '{"a": "x"}', "null"])
def test_damaged_exits_make_a_damaged_cache(bench: MakeBench, left: str) -> None:
    run = bench(one_list())
    run.extract()
    path = run.config.landing / "contents" / f"{LIST}.json"
    assert CachedContent.load(run.config.landing, LIST)
    path.write_text(path.read_text().replace('"left": {}', f'"left": {left}'))
    assert CachedContent.load(run.config.landing, LIST) is None


def test_cache_of_an_earlier_version_is_used(bench: MakeBench) -> None:
    run = following(bench, 9, one_list(LEAVES))
    run.extract()
    path = run.config.landing / "contents" / f"{LIST}.json"
    path.write_text(path.read_text().replace(', "popularity": true, "left": {}', ""))
    assert asked(run, (2,)) == {2: [A]}


def test_exits_are_noticed_and_kept_after_a_purge_of_the_landing_files(bench: MakeBench) -> None:
    run = following(bench, 9, one_list(f"{LEAVES}, 2026-01-03: [C]"))
    asked(run, (1, 2))
    for day in (DAY, NEXT_DAY):
        rmtree(run.config.landing / day.isoformat())
    assert asked(run, (3,)) == {3: sorted([A, B])}


def test_tracks_of_a_withdrawn_read_have_not_left(bench: MakeBench) -> None:
    run = following(bench, 9, one_list(f"{LEAVES}, 2026-01-03: [C]"))
    asked(run, (1, 2))
    withdrawn = run.config.landing / "withdrawn"
    withdrawn.mkdir()
    move(run.config.landing / NEXT_DAY.isoformat(), withdrawn)
    assert asked(run, (3,)) == {3: [A]}  # it was also in the read of the 1st


def test_exits_of_long_ago_are_not_kept(bench: MakeBench) -> None:
    run = following(bench, 2, one_list("2026-01-01: [A, B, C], 2026-01-02: [B, C], 2026-01-05: [C]"))
    asked(run, (1, 2, 5))
    known = CachedContent.load(run.config.landing, LIST)
    assert known
    assert known.left == {B: january(5)}


def test_plan_counts_tracks_after_leaving(bench: MakeBench) -> None:
    many = ", ".join(f"T{number}" for number in range(60))
    run = following(bench, 2, two_lists(f"2026-01-01: [{many}], 2026-01-02: []", "2026-01-01: [T0]"))
    asked(run, (1, 2))
    assert planned(run, january(2)) == "needs at least 0 requests (0 playlists, 0 tracks)"
    assert planned(run, january(3)) == "needs at least 4 requests (2 playlists, 2 tracks)"
    assert planned(run, january(5)) == "needs at least 2 requests (2 playlists, 0 tracks)"
    run.set(batch_size=1, batch_number=2)
    assert planned(run, january(3)) == "needs at least 1 request (1 playlist, 0 tracks)"


def test_worker_does_not_request_a_track_that_another_found_in_its_playlist(bench: MakeBench) -> None:
    run = following(bench, 9, two_lists(LEAVES, "2026-01-02: [A]"))
    for day in (DAY, NEXT_DAY):
        for number in (2, 1):
            run.set(batch_size=1, batch_number=number)
            run.extract(day)
    assert run.asked_tracks(NEXT_DAY) == []


@pytest.mark.parametrize("first", [1, 2])
def test_track_that_left_the_playlists_of_two_workers_is_requested_once(bench: MakeBench, first: int) -> None:
    run = following(bench, 9, two_lists(LEAVES, LEAVES))
    for day in (DAY, NEXT_DAY):
        for number in (first, 3 - first):
            run.set(batch_size=1, batch_number=number)
            run.extract(day)
    assert run.asked_tracks(NEXT_DAY) == [A]


NAMES = "ABCDEF"


def random_days(random: Random) -> dict[date, set[str] | None]:
    """Return the days of a playlist: its tracks, or None if it can't be read."""
    chances = (None, *([set[str]()] * 8))
    days = {january(number): random.choice(chances) for number in range(1, 15)}
    some = {day: set(random.sample(NAMES, random.randrange(5))) for day in days}
    return {day: None if known is None else some[day] for day, known in days.items()}


def expected(lists: Sequence[Mapping[date, set[str] | None]], days: int) -> dict[date, set[str]]:
    """Return the tracks to request on each day: not seen in any playlist, and last known there or left recently."""
    known: list[set[str]] = [set() for _ in lists]
    left: list[dict[str, date]] = [{} for _ in lists]
    wanted = {}
    for day in lists[0]:
        seen = set[str]()
        for number, tracks in enumerate(lists):
            now = tracks[day]
            if now is None:
                continue
            left[number] |= dict.fromkeys(known[number] - now, day)
            left[number] = {name: since for name, since in left[number].items() if name not in now}
            known[number] = now
            seen |= now
        recent = {name for each in left for name, since in each.items() if day <= since + timedelta(days)}
        wanted[day] = set().union(recent, *known) - seen
    return wanted


@pytest.mark.parametrize("seed", range(12))
def test_random_worlds_are_requested_as_by_plain_loops(bench: MakeBench, seed: int) -> None:
    random = Random(seed)
    lists = [random_days(random) for _ in range(3)]
    texts = [
        ", ".join(f"{day}: {'{status: 404}' if now is None else sorted(now)}" for day, now in each.items())
        for each in lists
    ]
    histories = ", ".join(f"l{number}: {{days: {{{text}}}}}" for number, text in enumerate(texts))
    run = following(bench, random.randrange(1, 5), f"{{tracks: 0, histories: {{{histories}}}}}")
    wanted = expected(lists, run.config.follow_after_leaving_days)
    for day in lists[0]:
        run.extract(day)
        assert sorted(run.asked_tracks(day)) == sorted(map(spotify_id, wanted[day])), day
    assert any(wanted.values())
