"""Which tracks are asked for by id, and how."""

from collections.abc import Sequence
from datetime import date
from threading import Condition
from typing import Any

import pytest

from extractor.simulator.failures import Failure
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.world import PlaylistState
from tests.extractor.conftest import NEXT_DAY, MakeBench
from tests.extractor.listing import Restless, one_list

A, B, C = (spotify_id(name) for name in "ABC")
NOTHING = "{tracks: 0, histories: {list: {days: {2026-01-01: []}}}}"
MANY = tuple(spotify_id(f"watched {number}") for number in range(120))
TRACKS = r"/v1/tracks\?"


def batches(requests: Sequence[Any]) -> list[int]:
    return [len(each["asked"]["ids"]) for each in requests]


def test_watched_tracks_are_asked_fifty_at_a_time(bench: MakeBench) -> None:
    run = bench(NOTHING)
    run.watch(tracks=MANY)
    assert run.extract().exit_code == 0
    assert batches(run.landed("tracks")) == [50, 50, 20]
    assert run.asked_tracks() == list(MANY)
    assert run.simulator.count(TRACKS) == 3


def test_a_smaller_batch_can_be_configured(bench: MakeBench) -> None:
    run = bench(NOTHING)
    run.watch(tracks=MANY[:5])
    run.set(endpoints={"tracks": type(run.config.endpoints["tracks"])("tracks?ids=", 2, "tracks")})
    run.extract()
    assert batches(run.landed("tracks")) == [2, 2, 1]


def test_a_track_seen_with_a_popularity_in_a_list_is_not_asked(bench: MakeBench) -> None:
    run = bench(one_list())
    run.watch(*run.simulator.world.playlist_ids, tracks=(A, C))
    run.extract()
    assert run.asked_tracks() == [C]


def test_a_track_seen_with_popularity_0_is_asked(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{track: A, popularity: 0}, B]"))
    run.extract()
    assert run.asked_tracks() == [A]
    assert run.landed("tracks")[0]["body"]["tracks"][0]["popularity"] > 0


def test_a_track_seen_with_0_in_one_list_and_more_in_another_is_not_asked(bench: MakeBench) -> None:
    days = "{days: {2026-01-01: [A]}}"
    quiet = "{days: {2026-01-01: [{track: A, popularity: 0}]}}"
    run = bench(f"{{tracks: 0, histories: {{list: {quiet}, other: {days}}}}}")
    run.extract()
    assert run.asked_tracks() == []


def test_a_track_both_watched_and_found_is_asked_once(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{track: A, popularity: 0}]"))
    run.watch(*run.simulator.world.playlist_ids, tracks=(A,))
    run.extract()
    assert run.asked_tracks() == [A]


def test_only_tracks_are_asked_and_no_files_or_episodes(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{local: x}, {episode: e}, {pseudo_episode: p}, {'null': D}, null]"))
    run.extract()
    assert run.landed("tracks") == []


def test_unknown_tracks_are_answered_with_null_and_done(bench: MakeBench) -> None:
    run = bench(NOTHING)
    run.watch(tracks=(A, B))
    assert run.extract().exit_code == 0
    assert run.landed("tracks")[0]["body"] == {"tracks": [None, None]}
    run.extract()
    assert run.simulator.count(TRACKS) == 1


@pytest.mark.parametrize("tracks", [[], [None], [None, None, None], {}, "text", None])
def test_an_answer_of_another_length_is_not_an_answer(bench: MakeBench, tracks: object) -> None:
    run = bench(NOTHING, Fault(TRACKS, times=1, body={"tracks": tracks}))
    run.watch(tracks=(A, B))
    first = run.extract()
    assert first.exit_code == 3
    assert "not read: 2 tracks" in first.summary
    assert run.extract().exit_code == 0
    assert run.simulator.count(TRACKS) == 2


def test_a_list_of_something_else_beside_the_tracks_is_not_the_answer(bench: MakeBench) -> None:
    run = bench(NOTHING, Fault(TRACKS, body={"warnings": ["slow"], "tracks": []}))
    run.watch(tracks=(A,))
    assert run.extract().exit_code == 3


def test_one_failing_batch_stops_no_other(bench: MakeBench) -> None:
    run = bench(NOTHING, Fault(MANY[50], status=500))
    run.watch(tracks=MANY)
    ended = run.extract()
    assert ended.exit_code == 3
    assert f"50 tracks from {MANY[50]}: 500" in ended.summary
    assert [each["status"] for each in run.landed("tracks")] == [200, 500, 200]


def test_without_discovery_only_watched_tracks_are_asked(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{track: A, popularity: 0}, {track: B, popularity: 0}]"))
    run.watch(*run.simulator.world.playlist_ids, tracks=(B, C))
    run.set(discover_tracks=False)
    run.extract()
    assert run.asked_tracks() == [B, C]


def test_without_discovery_a_popularity_seen_in_a_list_still_saves_a_question(bench: MakeBench) -> None:
    run = bench(one_list())
    run.watch(*run.simulator.world.playlist_ids, tracks=(B, C))
    run.set(discover_tracks=False)
    run.extract()
    assert run.asked_tracks() == [C]


@pytest.mark.parametrize("status", [404, 403, 500])
def test_the_tracks_of_an_unreadable_list_are_followed_as_last_known(bench: MakeBench, status: int) -> None:
    run = bench(one_list(f"2026-01-01: [A, B, A], 2026-01-02: {{status: {status}}}"))
    run.extract()
    assert run.asked_tracks() == []
    run.extract(NEXT_DAY)
    assert run.asked_tracks(NEXT_DAY) == [A, B]


def test_the_tracks_on_further_pages_of_an_unchanged_list_are_asked(bench: MakeBench) -> None:
    run = bench(one_list(pad_to=120))
    run.extract()
    run.extract(NEXT_DAY)
    unseen = [spotify_id(f"list filler {number}") for number in range(98, 118)]
    assert run.asked_tracks(NEXT_DAY) == unseen


def test_the_tracks_of_a_list_no_longer_watched_are_not_followed(bench: MakeBench) -> None:
    run = bench(f"{one_list()[:-2]}, other: {{days: {{2026-01-01: [C]}}}}}}}}")
    run.extract()
    run.watch(spotify_id("other"))
    run.extract(NEXT_DAY)
    assert run.asked_tracks(NEXT_DAY) == []


def test_the_spent_budget_of_a_day_holds_for_its_next_run(bench: MakeBench) -> None:
    run = bench(NOTHING)
    run.watch(tracks=MANY)
    run.set(requests_per_day=2)
    assert run.extract().exit_code == 75
    assert run.extract().exit_code == 75
    assert run.simulator.count(TRACKS) == 2
    run.set(requests_per_day=3)
    assert run.extract().exit_code == 0
    assert run.asked_tracks() == list(MANY)


def test_the_next_day_has_a_budget_of_its_own(bench: MakeBench) -> None:
    run = bench(NOTHING)
    run.watch(tracks=MANY[:50])
    run.set(requests_per_day=1)
    run.extract()
    assert run.extract(NEXT_DAY).exit_code == 0
    assert len(run.asked_tracks(NEXT_DAY)) == 50


class Crowd(Restless):
    """A world that answers for a list only when `wanted` ask at once, and then waits a moment for one too many."""

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
def test_as_many_requests_as_configured_are_in_flight_and_no_more(bench: MakeBench, wanted: int) -> None:
    lists = ", ".join(f"l{number}: {{days: {{2026-01-01: [A]}}}}" for number in range(10))
    world = Crowd(f"{{tracks: 0, histories: {{{lists}}}}}", wanted)
    run = bench(world)
    run.set(max_in_flight=wanted)
    assert run.extract().exit_code == 0
    assert world.most == wanted
    assert len(run.reads()) == 10
