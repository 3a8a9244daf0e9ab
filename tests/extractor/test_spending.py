"""The number of requests of a day: each test states the sum."""

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
    """The number of requests so far, without those of the token."""
    return run.simulator.count("^/v1/")


def cost(run: Bench, day: date = DAY) -> int:
    """Return the number of requests of a complete run for a day."""
    before = spent(run)
    assert run.extract(day).exit_code == 0
    return spent(run) - before


def small(names: Iterable[str]) -> str:
    return ", ".join(f"{name}: {{days: {{2026-01-01: [A, B, C]}}}}" for name in names)


def world(*histories: str) -> str:
    return f"{{shape: tracks, tracks: 0, histories: {{{', '.join(histories)}}}}}"


def knowing_tracks() -> str:
    """Return a small playlist that has all WATCHED tracks, but later: Spotify knows them."""
    later = ", ".join(f"watched {number}" for number in range(len(WATCHED)))
    return f"l: {{days: {{2026-01-01: [A, B, C], 2026-12-31: [{later}]}}}}"


def big(entries: int, days: str = "2026-01-01: [A]", name: str = "big") -> str:
    return f"{name}: {{days: {{{days}}}, pad_to: {entries}}}"


def test_small_playlist_costs_one_request_every_day(bench: MakeBench) -> None:
    run = bench(world(small(f"l{number}" for number in range(20))))
    # 20 playlists x 1; their tracks have a popularity.
    assert cost(run) == 20
    assert cost(run, NEXT_DAY) == 20


def test_first_day_of_a_large_playlist_costs_its_pages_and_a_probe(bench: MakeBench) -> None:
    # 1 for the first 100 of 450 entries + 4 further pages + 1 to check that the snapshot_id is unchanged.
    assert cost(bench(world(big(450)))) == 6


def test_unchanged_large_playlist_costs_one_request_and_its_hidden_tracks(bench: MakeBench) -> None:
    run = bench(world(big(450)))
    cost(run)
    # 1 for the playlist, whose response shows 100 tracks + 350 tracks at 50 a request.
    assert cost(run, NEXT_DAY) == 1 + 7


def test_unchanged_large_playlist_without_discovery_costs_one_request(bench: MakeBench) -> None:
    run = bench(world(big(450)))
    run.set(discover_tracks=False)
    cost(run)
    assert cost(run, NEXT_DAY) == 1


def test_changed_large_playlist_costs_its_pages_again(bench: MakeBench) -> None:
    run = bench(world(big(450, "2026-01-01: [A], 2026-01-02: [B]")))
    cost(run)
    # 1 + 4 further pages + 1 probe + 1 request for A, which has left; all other tracks were seen.
    assert cost(run, NEXT_DAY) == 7


def test_spotify_owned_playlist_costs_its_pages_every_day(bench: MakeBench) -> None:
    key = "spotifys"
    run = bench(world(f"{key}: {{owner: spotify, stuck_snapshot: true, days: {{2026-01-01: [A]}}, pad_to: 250}}"))
    assert spotify_owned_id(key) in run.simulator.world.playlist_ids
    # 1 + 2 further pages + 1 probe, though the snapshot_id is the same.
    assert cost(run) == 4
    assert cost(run, NEXT_DAY) == 4


def test_watched_tracks_in_no_playlist_cost_a_request_per_fifty(bench: MakeBench) -> None:
    run = bench(world(knowing_tracks()))
    run.watch(spotify_id("l"), tracks=WATCHED)
    # 1 playlist + 130 tracks at 50 a request.
    assert cost(run) == 1 + 3


def test_tracks_with_popularity_0_in_a_playlist_are_requested_fifty_at_a_time(bench: MakeBench) -> None:
    entries = ", ".join(f"{{track: T{number}, popularity: 0}}" for number in range(60))
    # 1 playlist + 60 tracks at 50 a request.
    assert cost(bench(one_list(f"2026-01-01: [{entries}]"))) == 1 + 2


def test_tracks_removed_from_playlists_cost_a_request_per_fifty_while_they_are_followed(bench: MakeBench) -> None:
    tracks = ", ".join(f"watched {number}" for number in range(len(WATCHED)))
    run = bench(one_list(f"2026-01-01: [{tracks}, B], 2026-01-02: [B]"))
    run.set(follow_after_leaving_days=1)
    # 1 playlist + 1 further page + 1 probe.
    assert cost(run) == 3
    for number in (2, 3):
        # 1 playlist + 130 tracks at 50 a request.
        assert cost(run, DAY.replace(day=number)) == 1 + 3
    # 1 playlist.
    assert cost(run, DAY.replace(day=4)) == 1


def test_track_removed_from_a_playlist_costs_nothing_if_it_is_not_followed(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{track: A, popularity: 0}, B], 2026-01-02: [B]"))
    run.set(follow_after_leaving_days=0)
    # 1 playlist + 1 request for A.
    assert cost(run) == 2
    # 1 playlist; B has a popularity.
    assert cost(run, NEXT_DAY) == 1


def test_tracks_of_two_playlists_share_bulk_requests(bench: MakeBench) -> None:
    run = bench(world(big(125), big(125, name="other")))
    # 2 playlists x (1 + 1 further page + 1 probe).
    assert cost(run) == 6
    # 2 playlists + (25 + 25) tracks that their responses do not show at 50 a request.
    assert cost(run, NEXT_DAY) == 2 + 1


def test_each_track_costs_one_request_without_bulk_access(bench: MakeBench) -> None:
    run = bench(world(knowing_tracks()))
    run.watch(tracks=WATCHED[:30])
    run.simulator.restricted = True
    # 1 refused bulk request + 30 single requests.
    assert cost(run) == 31


def test_discovered_tracks_are_not_requested_if_the_app_gets_no_popularity(bench: MakeBench) -> None:
    def withhold(body: Any) -> None:
        for entry in body["tracks"]["items"]:
            del entry["track"]["popularity"]

    scenario = one_list("2026-01-01: [A, B], 2026-12-31: [watched 0, watched 1, watched 2]", pad_to=80)
    run = bench(scenario, spoiled(scenario, FIRST_REQUEST, f"playlists/{LIST}", withhold))
    run.simulator.restricted = True
    # 1 playlist + 1 of its tracks, refused in bulk, then returned alone without a popularity.
    assert cost(run) == 1 + 2
    run.watch(LIST, tracks=WATCHED[:3])
    # 1 playlist + 3 watched tracks, refused in bulk, returned one by one.
    assert cost(run, NEXT_DAY) == 1 + 1 + 3


def test_rerun_of_a_day_costs_no_requests(bench: MakeBench) -> None:
    run = bench(world(big(450), knowing_tracks()))
    run.watch(*run.simulator.world.playlist_ids, tracks=WATCHED)
    cost(run)
    assert cost(run) == 0


def test_rate_limited_day_takes_at_most_a_tenth_longer_than_needed(bench: MakeBench) -> None:
    run = bench(world(small(f"l{number}" for number in range(400))))
    run.simulator.window = Window(100, now=run.time.clock.monotonic)
    # 400 playlists and the one 429 that reveals the window.
    assert cost(run) == 400 + 1
    # 4 windows; the first costs no wait.
    assert 3 * 30 <= run.time.passed <= 3 * 30 * 1.1


def test_concurrent_requests_share_one_pace(bench: MakeBench) -> None:
    run = bench(world(small(f"l{number}" for number in range(300))))
    run.simulator.window = Window(100, now=run.time.clock.monotonic)
    run.set(max_in_flight=4)
    # 300 playlists, and a 429 for each of the four requests in flight when the window was full.
    assert 300 + 1 <= cost(run) <= 300 + 4
