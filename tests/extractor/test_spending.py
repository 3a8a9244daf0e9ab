"""A day costs as many requests as it must, and no more: each test says the sum."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from extractor.simulator.identifiers import spotify_id, spotify_owned_id
from extractor.simulator.window import Window
from tests.extractor.conftest import DAY, NEXT_DAY, Bench, MakeBench
from tests.extractor.listing import FIRST_REQUEST, LIST, one_list, spoiled

pytestmark = pytest.mark.slow

WATCHED = tuple(spotify_id(f"watched {number}") for number in range(130))


def spent(run: Bench) -> int:
    """Requests so far, the token aside."""
    return run.simulator.count("^/v1/")


def cost(run: Bench, day: date = DAY) -> int:
    """What a run for a day spends; all of it must be read."""
    before = spent(run)
    assert run.extract(day).exit_code == 0
    return spent(run) - before


def small(names: Iterable[str]) -> str:
    return ", ".join(f"{name}: {{days: {{2026-01-01: [A, B, C]}}}}" for name in names)


def world(*histories: str) -> str:
    return f"{{shape: tracks, tracks: 0, histories: {{{', '.join(histories)}}}}}"


def big(entries: int, days: str = "2026-01-01: [A]", name: str = "big") -> str:
    return f"{name}: {{days: {{{days}}}, pad_to: {entries}}}"


def test_small_lists_cost_one_request_each_on_the_first_day_and_on_every_other(bench: MakeBench) -> None:
    run = bench(world(small(f"l{number}" for number in range(20))))
    # 20 lists x 1; their tracks came with a popularity.
    assert cost(run) == 20
    assert cost(run, NEXT_DAY) == 20


def test_the_first_day_of_a_big_list_costs_its_pages_and_a_probe(bench: MakeBench) -> None:
    # 1 for the first 100 of 450 entries + 4 further pages + 1 to see that the snapshot_id has not moved.
    assert cost(bench(world(big(450)))) == 6


def test_a_quiet_day_of_a_big_list_costs_one_request_and_the_tracks_it_does_not_show(bench: MakeBench) -> None:
    run = bench(world(big(450)))
    cost(run)
    # 1 for the list, whose answer shows 100 tracks + 350 tracks at 50 a request.
    assert cost(run, NEXT_DAY) == 1 + 7


def test_a_quiet_day_without_discovery_costs_one_request(bench: MakeBench) -> None:
    run = bench(world(big(450)))
    run.set(discover_tracks=False)
    cost(run)
    assert cost(run, NEXT_DAY) == 1


def test_a_big_list_that_changed_costs_its_pages_again(bench: MakeBench) -> None:
    run = bench(world(big(450, "2026-01-01: [A], 2026-01-02: [B]")))
    cost(run)
    # 1 + 4 further pages + 1 probe; all tracks were seen.
    assert cost(run, NEXT_DAY) == 6


def test_a_list_of_spotify_costs_its_pages_every_day(bench: MakeBench) -> None:
    key = "spotifys"
    run = bench(world(f"{key}: {{owner: spotify, stuck_snapshot: true, days: {{2026-01-01: [A]}}, pad_to: 250}}"))
    assert spotify_owned_id(key) in run.simulator.world.playlist_ids
    # 1 + 2 further pages + 1 probe, though the snapshot_id is the same.
    assert cost(run) == 4
    assert cost(run, NEXT_DAY) == 4


def test_watched_tracks_in_no_list_cost_a_request_for_fifty(bench: MakeBench) -> None:
    run = bench(world(small(["l"])))
    run.watch(spotify_id("l"), tracks=WATCHED)
    # 1 list + 130 tracks at 50 a request.
    assert cost(run) == 1 + 3


def test_tracks_with_popularity_0_in_a_list_are_asked_fifty_at_a_time(bench: MakeBench) -> None:
    entries = ", ".join(f"{{track: T{number}, popularity: 0}}" for number in range(60))
    # 1 list + 60 tracks at 50 a request.
    assert cost(bench(one_list(f"2026-01-01: [{entries}]"))) == 1 + 2


def test_a_track_that_leaves_a_list_is_no_longer_discovered(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{track: A, popularity: 0}, B], 2026-01-02: [B]"))
    # 1 list + 1 request for A.
    assert cost(run) == 2
    # 1 list; B came with a popularity.
    assert cost(run, NEXT_DAY) == 1


def test_the_tracks_of_two_lists_share_their_requests(bench: MakeBench) -> None:
    run = bench(world(big(125), big(125, name="other")))
    # 2 lists x (1 + 1 further page + 1 probe).
    assert cost(run) == 6
    # 2 lists + (25 + 25) tracks that their answers do not show at 50 a request.
    assert cost(run, NEXT_DAY) == 2 + 1


def test_where_only_single_tracks_are_answered_each_costs_one(bench: MakeBench) -> None:
    run = bench(world(small(["l"])))
    run.watch(tracks=WATCHED[:30])
    run.simulator.restricted = True
    # 1 refused request for many + 30 for one each.
    assert cost(run) == 31


def test_where_no_popularity_is_told_discovered_tracks_are_not_asked_for(bench: MakeBench) -> None:
    def withhold(body: Any) -> None:
        for entry in body["tracks"]["items"]:
            del entry["track"]["popularity"]

    scenario = one_list(pad_to=80)
    run = bench(scenario, spoiled(scenario, FIRST_REQUEST, f"playlists/{LIST}", withhold))
    run.simulator.restricted = True
    # 1 list + 1 of its tracks, refused where many may be asked for, and answered without a popularity alone.
    assert cost(run) == 1 + 2
    run.watch(LIST, tracks=WATCHED[:3])
    # 1 list + 3 watched tracks, refused together, and answered alone.
    assert cost(run, NEXT_DAY) == 1 + 1 + 3


def test_the_same_day_again_costs_nothing(bench: MakeBench) -> None:
    run = bench(world(big(450), small(["l"])))
    run.watch(*run.simulator.world.playlist_ids, tracks=WATCHED)
    cost(run)
    assert cost(run) == 0


def test_in_a_window_of_a_hundred_a_day_takes_hardly_longer_than_it_must(bench: MakeBench) -> None:
    run = bench(world(small(f"l{number}" for number in range(400))))
    run.simulator.window = Window(100, now=run.time.clock.monotonic)
    # 400 lists and the one 429 that tells of the window.
    assert cost(run) == 400 + 1
    # 4 windows, the first of which costs no wait.
    assert 3 * 30 <= run.time.passed <= 3 * 30 * 1.1


def test_several_at_once_keep_one_pace(bench: MakeBench) -> None:
    run = bench(world(small(f"l{number}" for number in range(300))))
    run.simulator.window = Window(100, now=run.time.clock.monotonic)
    run.set(max_in_flight=4)
    # 300 lists, and a 429 for each of the four that were under way when the window was full.
    assert 300 + 1 <= cost(run) <= 300 + 4
