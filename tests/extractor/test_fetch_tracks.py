"""Which tracks are requested by id, and how."""

from collections.abc import Sequence
from datetime import date
from threading import Condition
from typing import Any

import pytest

from extractor.landing.unavailable import unknown_tracks
from extractor.simulator.failures import Failure
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.world import PlaylistState
from tests.extractor.conftest import DAY, NEXT_DAY, MakeBench
from tests.extractor.listing import Restless, one_list

A, B, C = (spotify_id(name) for name in "ABC")
NOTHING = "{tracks: 0, histories: {list: {days: {2026-01-01: []}}}}"
MANY = tuple(spotify_id(f"watched {number}") for number in range(120))
LATER = ", ".join(["A", "B", *(f"watched {number}" for number in range(120))])
KNOWN = f"{{tracks: 0, histories: {{list: {{days: {{2026-01-01: [], 2026-12-31: [{LATER}]}}}}}}}}"
"""The playlist is empty; the tracks are known to Spotify."""
TRACKS = r"/v1/tracks\?"


def batches(requests: Sequence[Any]) -> list[int]:
    return [len(each["asked"]["ids"]) for each in requests]


def test_watched_tracks_are_requested_fifty_at_a_time(bench: MakeBench) -> None:
    run = bench(KNOWN)
    run.watch(tracks=MANY)
    assert run.extract().exit_code == 0
    assert batches(run.landed("tracks")) == [50, 50, 20]
    assert run.asked_tracks() == list(MANY)
    assert run.simulator.count(TRACKS) == 3


def test_track_batch_size_is_configurable(bench: MakeBench) -> None:
    run = bench(KNOWN)
    run.watch(tracks=MANY[:5])
    run.set(endpoints={"tracks": type(run.config.endpoints["tracks"])("tracks?ids=", 2, "tracks")})
    run.extract()
    assert batches(run.landed("tracks")) == [2, 2, 1]


def test_track_with_popularity_in_a_playlist_is_not_requested(bench: MakeBench) -> None:
    run = bench(one_list())
    run.watch(*run.simulator.world.playlist_ids, tracks=(A, C))
    run.extract()
    assert run.asked_tracks() == [C]


def test_track_with_popularity_0_in_a_playlist_is_requested(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{track: A, popularity: 0}, B]"))
    run.extract()
    assert run.asked_tracks() == [A]
    assert run.landed("tracks")[0]["body"]["tracks"][0]["popularity"] > 0


def test_track_with_popularity_above_0_in_any_playlist_is_not_requested(bench: MakeBench) -> None:
    days = "{days: {2026-01-01: [A]}}"
    quiet = "{days: {2026-01-01: [{track: A, popularity: 0}]}}"
    run = bench(f"{{tracks: 0, histories: {{list: {quiet}, other: {days}}}}}")
    run.extract()
    assert run.asked_tracks() == []


def test_track_both_watched_and_discovered_is_requested_once(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{track: A, popularity: 0}]"))
    run.watch(*run.simulator.world.playlist_ids, tracks=(A,))
    run.extract()
    assert run.asked_tracks() == [A]


def test_local_files_and_episodes_are_not_requested_as_tracks(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{local: x}, {episode: e}, {pseudo_episode: p}, {'null': D}, null]"))
    run.extract()
    assert run.landed("tracks") == []


def test_unknown_track_is_not_read_and_not_requested_again_that_day(bench: MakeBench) -> None:
    run = bench(NOTHING)
    run.watch(tracks=(A, B))
    extraction = run.extract()
    assert extraction.exit_code == 3
    assert run.landed("tracks")[0]["body"] == {"tracks": [None, None]}
    assert f"not read: track {A}: Spotify does not know this id" in extraction.summary
    assert [extraction.facts[f"tracks_{what}"] for what in ("asked", "answered", "failed")] == [2, 0, 2]
    run.extract()
    assert run.simulator.count(TRACKS) == 1


@pytest.mark.parametrize("faults", [(), (Fault(TRACKS, status=403),)])
def test_unknown_track_is_named_once(bench: MakeBench, faults: tuple[Fault, ...]) -> None:
    run = bench(NOTHING, *faults)
    run.watch(tracks=(A,))
    assert run.extract().exit_code == 3
    later = run.extract(NEXT_DAY)
    assert later.exit_code == 0
    assert A not in later.summary
    assert [later.facts[f"tracks_{what}"] for what in ("asked", "answered", "failed")] == [1, 0, 1]
    assert unknown_tracks(run.config.landing) == {A: DAY}


def test_track_that_spotify_knows_again_is_read(bench: MakeBench) -> None:
    run = bench(one_list(), Fault(TRACKS, times=1, body={"tracks": [None]}))
    run.watch(tracks=(A,))
    assert run.extract().exit_code == 3
    later = run.extract(NEXT_DAY)
    assert [later.facts[f"tracks_{what}"] for what in ("asked", "answered", "failed")] == [1, 1, 0]
    assert unknown_tracks(run.config.landing) == {}


def test_unknown_track_that_nobody_watches_is_no_problem(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{track: A, popularity: 0}]"), Fault(TRACKS, body={"tracks": [None]}))
    assert run.extract().exit_code == 0
    assert unknown_tracks(run.config.landing) == {}


@pytest.mark.parametrize("tracks", [[], [None], [None, None, None], {}, "text", None])
def test_response_of_wrong_length_is_rejected(bench: MakeBench, tracks: object) -> None:
    run = bench(KNOWN, Fault(TRACKS, times=1, body={"tracks": tracks}))
    run.watch(tracks=(A, B))
    first = run.extract()
    assert first.exit_code == 3
    assert "not read: 2 tracks" in first.summary
    assert run.extract().exit_code == 0
    assert run.simulator.count(TRACKS) == 2


def test_other_array_beside_tracks_is_not_taken_as_the_response(bench: MakeBench) -> None:
    run = bench(NOTHING, Fault(TRACKS, body={"warnings": ["slow"], "tracks": []}))
    run.watch(tracks=(A,))
    assert run.extract().exit_code == 3


def test_failing_track_batch_does_not_stop_other_batches(bench: MakeBench) -> None:
    run = bench(KNOWN, Fault(MANY[50], status=500))
    run.watch(tracks=MANY)
    ended = run.extract()
    assert ended.exit_code == 3
    assert f"50 tracks from {MANY[50]}: 500" in ended.summary
    assert [each["status"] for each in run.landed("tracks")] == [200, 500, 200]


def test_without_discovery_only_watched_tracks_are_requested(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{track: A, popularity: 0}, {track: B, popularity: 0}]"))
    run.watch(*run.simulator.world.playlist_ids, tracks=(B, C))
    run.set(discover_tracks=False)
    run.extract()
    assert run.asked_tracks() == [B, C]


def test_without_discovery_popularity_in_a_playlist_still_saves_a_request(bench: MakeBench) -> None:
    run = bench(one_list())
    run.watch(*run.simulator.world.playlist_ids, tracks=(B, C))
    run.set(discover_tracks=False)
    run.extract()
    assert run.asked_tracks() == [C]


@pytest.mark.parametrize("status", [404, 403, 500])
def test_tracks_of_an_unreadable_playlist_are_requested_as_last_known(bench: MakeBench, status: int) -> None:
    run = bench(one_list(f"2026-01-01: [A, B, A], 2026-01-02: {{status: {status}}}"))
    run.extract()
    assert run.asked_tracks() == []
    run.extract(NEXT_DAY)
    assert run.asked_tracks(NEXT_DAY) == [A, B]


def test_tracks_on_further_pages_of_an_unchanged_playlist_are_requested(bench: MakeBench) -> None:
    run = bench(one_list(pad_to=120))
    run.extract()
    run.extract(NEXT_DAY)
    unseen = [spotify_id(f"list filler {number}") for number in range(98, 118)]
    assert run.asked_tracks(NEXT_DAY) == unseen


def test_tracks_of_a_playlist_no_longer_watched_are_not_requested(bench: MakeBench) -> None:
    run = bench(f"{one_list()[:-2]}, other: {{days: {{2026-01-01: [C]}}}}}}}}")
    run.extract()
    run.watch(spotify_id("other"))
    run.extract(NEXT_DAY)
    assert run.asked_tracks(NEXT_DAY) == []


def test_spent_budget_applies_to_the_next_run_of_the_day(bench: MakeBench) -> None:
    run = bench(KNOWN)
    run.watch(tracks=MANY)
    run.set(requests_per_day=2)
    assert run.extract().exit_code == 75
    assert run.extract().exit_code == 75
    assert run.simulator.count(TRACKS) == 2
    run.set(requests_per_day=3)
    assert run.extract().exit_code == 0
    assert run.asked_tracks() == list(MANY)


def test_each_day_has_its_own_budget(bench: MakeBench) -> None:
    run = bench(KNOWN)
    run.watch(tracks=MANY[:50])
    run.set(requests_per_day=1)
    run.extract()
    assert run.extract(NEXT_DAY).exit_code == 0
    assert len(run.asked_tracks(NEXT_DAY)) == 50


class Crowd(Restless):
    """A world that returns a playlist only once `wanted` requests are in flight, then waits for one too many."""

    def __init__(self, scenario: str, wanted: int) -> None:
        super().__init__(scenario, [1])
        self.most = 0
        self._wanted = wanted
        self._inside = 0
        self._change = Condition()

    def playlist(self, playlist_id: str, day: date) -> PlaylistState | Failure:
        with self._change:
            self._inside += 1
            self.most = max(self.most, self._inside)
            self._change.notify_all()
            self._change.wait_for(lambda: self.most >= self._wanted, 5)
            self._change.wait_for(lambda: self.most > self._wanted, 0.02)
            self._inside -= 1
        return super().playlist(playlist_id, day)


@pytest.mark.parametrize("wanted", [1, 2, 5])
def test_requests_in_flight_reach_but_never_exceed_max_in_flight(bench: MakeBench, wanted: int) -> None:
    lists = ", ".join(f"l{number}: {{days: {{2026-01-01: [A]}}}}" for number in range(10))
    world = Crowd(f"{{tracks: 0, histories: {{{lists}}}}}", wanted)
    run = bench(world)
    run.set(max_in_flight=wanted)
    assert run.extract().exit_code == 0
    assert world.most == wanted
    assert len(run.reads()) == 10
