"""Playlists with explicit days, and the defaults of what is not written."""

from datetime import date
from itertools import pairwise

from extractor.simulator.failures import Failure
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.world import Entry, Episode, LocalFile, PlaylistState, PseudoEpisode, Track
from tests.simulator.questions import nth, opened, track_ids


def history(days: str, options: str = "") -> tuple[GeneratedWorld, str]:
    world = GeneratedWorld.from_text(f"{{histories: {{list: {{days: {{{days}}} {options}}}}}}}")
    return world, world.playlist_ids[0]


def names(state: PlaylistState) -> list[str | None]:
    return [each.content.name if each and each.content else None for each in state.entries]


def claim(state: PlaylistState, name: str) -> str | None:
    """Return the claim of the first track with this name."""
    for each in state.entries:
        if each and isinstance(each.content, Track) and each.content.name == name:
            return each.added_at
    raise AssertionError(name)


def test_names_become_ids() -> None:
    assert spotify_id("A") == "2Bx902CBZVlhJTjCu0FGxd"
    assert spotify_id("2Bx902CBZVlhJTjCu0FGxd") == "2Bx902CBZVlhJTjCu0FGxd"
    world, playlist_id = history("2026-01-01: [A, 7, 4cOdK2wGLETKBW3PvgPWqT]")
    assert playlist_id == spotify_id("list")
    assert track_ids(opened(world, playlist_id, nth(1))) == {spotify_id("A"), spotify_id("7"), "4cOdK2wGLETKBW3PvgPWqT"}


def test_every_kind_of_entry_can_be_written() -> None:
    world, playlist_id = history(
        "2026-01-01: [A, {local: x}, {episode: e}, {pseudo_episode: e}, {null: C}, {'null': D}, null]"
    )
    entries = opened(world, playlist_id, nth(1)).entries
    kinds = [type(each.content) if each else None for each in entries]
    assert kinds == [Track, LocalFile, Episode, PseudoEpisode, type(None), type(None), None]
    local = entries[1].content if entries[1] else None
    assert isinstance(local, LocalFile)
    assert local.uri.startswith("spotify:local:")


def test_unwritten_days_repeat_the_day_before() -> None:
    world, playlist_id = history("2026-01-01: [A, B], 2026-01-03: same, 2026-01-05: [A]")
    by_day = [names(opened(world, playlist_id, nth(number))) for number in range(1, 8)]
    assert by_day == [["A", "B"]] * 4 + [["A"]] * 3
    assert world.days == tuple(nth(number) for number in range(1, 6))


def test_outage_keeps_claims_and_snapshot_id() -> None:
    world, playlist_id = history(
        "2026-01-01: [A], 2026-01-02: {status: 404}, 2026-01-03: same, 2026-01-04: {status: 502, body: '<html>'}"
    )
    assert world.playlist(playlist_id, nth(2)) == Failure.usual(404)
    assert world.playlist(playlist_id, nth(4)) == Failure(502, "<html>")
    first, third = (opened(world, playlist_id, nth(number)) for number in (1, 3))
    assert (names(third), third.snapshot_id) == (["A"], first.snapshot_id)
    assert claim(third, "A") == claim(first, "A")


def test_entry_claims_the_first_day_of_its_stay() -> None:
    world, playlist_id = history(
        "2026-01-01: [A, B], 2026-01-02: {status: 404}, 2026-01-03: [B], 2026-01-04: [B, A],"
        "2026-01-05: [A, {null: B}], 2026-01-06: [A, B]"
    )
    days = {number: opened(world, playlist_id, nth(number)) for number in (1, 3, 4, 5, 6)}
    assert str(claim(days[1], "A")).startswith("2026-01-01T")
    assert str(claim(days[4], "A")).startswith("2026-01-04T")
    assert str(claim(days[3], "B")).startswith("2026-01-01T")
    assert days[5].entries[1] == Entry(claim(days[3], "B"), None)
    assert claim(days[6], "B") == claim(days[1], "B")


def test_written_claim_applies_until_the_stay_ends_or_another_is_written() -> None:
    world, playlist_id = history(
        "2026-01-01: [{track: A, added_at: '2020-01-01T00:00:00Z'}, {track: B, added_at: null}], 2026-01-02: [A, B],"
        "2026-01-03: [{track: A, added_at: 2026-01-03T04:05:06Z}], 2026-01-04: [A, B]"
    )
    days = [opened(world, playlist_id, nth(number)) for number in range(1, 5)]
    early, late = "2020-01-01T00:00:00Z", "2026-01-03T04:05:06Z"
    assert [claim(day, "A") for day in days] == [early, early, late, late]
    assert [claim(day, "B") for day in days[:2]] == [None, None]
    assert str(claim(days[3], "B")).startswith("2026-01-04T")


def test_entries_of_one_day_claim_different_times() -> None:
    world, playlist_id = history("2026-01-01: [A, B, C, D, E]", ", pad_to: 150")
    claims = [each.added_at for each in opened(world, playlist_id, nth(1)).entries if each]
    assert len(set(claims)) == len(claims) == 150


def test_track_can_be_present_twice_with_separate_claims() -> None:
    world, playlist_id = history(
        "2026-01-01: [A], 2026-01-02: [A, A], 2026-01-03: [A, A]",
    )
    for number in (2, 3):
        claims = [str(each.added_at)[:10] for each in opened(world, playlist_id, nth(number)).entries if each]
        assert claims == ["2026-01-01", "2026-01-02"]


def test_hidden_tracks_keep_the_snapshot_id_and_other_changes_do_not() -> None:
    world, playlist_id = history(
        "2026-01-01: [A, B], 2026-01-02: [A, {null: B}], 2026-01-03: [B, A], 2026-01-04: [B, A, null],"
        "2026-01-05: {name: New}, 2026-01-06: {entries: [B], same_snapshot: true}, 2026-01-07: same"
    )
    ids = [opened(world, playlist_id, nth(number)).snapshot_id for number in range(1, 8)]
    assert [later == earlier for earlier, later in pairwise(ids)] == [
        True,
        False,
        False,
        False,
        True,
        True,
    ]
    assert opened(world, playlist_id, nth(7)).name == "New"


def test_filler_is_constant_and_keeps_empty_days_empty() -> None:
    days = "2026-01-01: [A, B, C], 2026-01-02: [A], 2026-01-03: [], 2026-01-04: [C]"
    for padding, position in (("after", 0), ("before", -1)):
        world, playlist_id = history(days, f", pad_to: 150, padding: {padding}")
        states = [opened(world, playlist_id, nth(number)) for number in range(1, 5)]
        assert [len(state.entries) for state in states] == [150, 148, 0, 148]
        assert names(states[1])[position] == "A"
        assert track_ids(states[0]) - track_ids(states[1]) == {spotify_id("B"), spotify_id("C")}


def test_entry_can_have_another_popularity_than_its_track() -> None:
    world, playlist_id = history("2026-01-01: [{track: A, popularity: 0}, B]")
    shown = {
        each.content.name: each.content for each in opened(world, playlist_id, nth(1)).entries if each and each.content
    }
    real = {name: world.track(spotify_id(name), nth(1)) for name in "AB"}
    assert isinstance(shown["A"], Track)
    assert shown["A"].popularity == 0
    assert real["A"] is not None
    assert real["A"].popularity > 0
    assert shown["B"] == real["B"]


def test_named_tracks_never_have_popularity_0() -> None:
    world, playlist_id = history("2026-01-01: [A]", ", pad_to: 300")
    ids = track_ids(opened(world, playlist_id, nth(1)))
    tracks = [world.track(track_id, nth(number)) for track_id in ids for number in range(1, 32)]
    assert min(track.popularity for track in tracks if track) > 0


def test_tracks_that_are_always_hidden_exist() -> None:
    world, _ = history("2026-01-01: [{null: C}, {episode: e}]")
    assert world.track(spotify_id("C"), nth(1)) is not None
    assert world.track(spotify_id("e"), nth(1)) is None


def test_playlist_does_not_exist_before_its_first_written_day() -> None:
    world = GeneratedWorld.from_text("{first_day: 2025-12-30, histories: {list: {days: {2026-01-01: [A]}}}}")
    assert world.days[0] == date(2025, 12, 30)
    assert world.playlist(world.playlist_ids[0], date(2025, 12, 31)) == Failure.usual(404)
    assert names(opened(world, world.playlist_ids[0], nth(1))) == ["A"]
