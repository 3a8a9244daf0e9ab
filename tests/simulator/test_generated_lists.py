"""Generated playlists change as the scenario says, deterministically."""

import base64
import os
import random
import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from extractor.simulator.failures import Failure
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.world import Episode, LocalFile, PseudoEpisode, Track
from tests.simulator.questions import fingerprint, nth, one_list, opened, track_ids

ROOT = Path(__file__).resolve().parents[2]

LIVELY = """
days: 12
tracks: 150
playlists:
  walk: {size: 40, churn: 0.1, returns: 0.5, local_files: 1, episodes: 1, pseudo_episodes: 1}
  shelf: {size: 20, churn: 0.2, owner: spotify, claims_rewritten: true, events: {2026-01-04: {nulls: 2}}}
histories:
  notes: {pad_to: 5, days: {2026-01-02: [A, B], 2026-01-05: [B]}}
"""


def test_days_are_the_same_in_any_order_and_instance() -> None:
    in_order = GeneratedWorld.from_text(LIVELY)
    shuffled = list(in_order.days) * 2
    random.Random(1).shuffle(shuffled)
    assert fingerprint(GeneratedWorld.from_text(LIVELY), shuffled) == fingerprint(in_order, in_order.days)


def test_another_process_gives_the_same_responses() -> None:
    program = (
        "import hashlib, sys\n"
        "from tests.simulator.questions import GeneratedWorld, fingerprint\n"
        "world = GeneratedWorld.from_text(sys.argv[1])\n"
        "print(hashlib.sha256(repr(fingerprint(world, world.days)).encode()).hexdigest())"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program, LIVELY],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


def test_different_seed_gives_a_different_world() -> None:
    world, other = (GeneratedWorld.from_text(f"seed: {seed}\n{LIVELY}") for seed in ("one", "two"))
    assert fingerprint(world, world.days) != fingerprint(other, other.days)


def test_churn_replaces_its_share_and_keeps_the_size() -> None:
    world, playlist_id = one_list("{size: 100, churn: 0.05}", tracks=900)
    left = 0
    for before, after in pairwise(world.days):
        was, is_now = (opened(world, playlist_id, day) for day in (before, after))
        assert len(is_now.entries) == 100
        left += len(track_ids(was) - track_ids(is_now))
    assert left == pytest.approx(29 * 100 * 0.05, rel=0.25)


@pytest.mark.parametrize(("returns", "least", "most"), [(0.0, 0, 0), (1.0, 30, 200)])
def test_returns_bring_back_removed_tracks(returns: float, least: int, most: int) -> None:
    world, playlist_id = one_list(f"{{size: 40, churn: 0.1, returns: {returns}}}", tracks=900)
    gone: set[str] = set()
    before: set[str] = set()
    came_back = 0
    for day in world.days:
        now = track_ids(opened(world, playlist_id, day))
        came_back += len((now - before) & gone)
        gone |= before - now
        before = now
    assert least <= came_back <= most


def test_remaining_tracks_keep_their_claim_and_new_tracks_claim_the_day() -> None:
    world, playlist_id = one_list("{size: 40, churn: 0.1}")
    first, second = (opened(world, playlist_id, day) for day in world.days[:2])
    claims = {each.content: each.added_at for each in first.entries if each}
    for entry in second.entries:
        assert entry is not None
        assert isinstance(entry.content, Track)
        held = [claim for track, claim in claims.items() if isinstance(track, Track) and track.id == entry.content.id]
        assert [entry.added_at] == held if held else str(entry.added_at).startswith("2026-01-02T")
    assert track_ids(first) != track_ids(second)


def test_snapshot_id_is_kept_until_the_content_changes() -> None:
    world, playlist_id = one_list("{size: 20, churn: 0.02}")
    states = [opened(world, playlist_id, day) for day in world.days]
    changes = 0
    for was, is_now in pairwise(states):
        assert (was.snapshot_id == is_now.snapshot_id) == (track_ids(was) == track_ids(is_now))
        changes += was.snapshot_id != is_now.snapshot_id
    assert 0 < changes < len(states) - 1
    assert len(base64.b64decode(states[0].snapshot_id)) == 24
    revisions = [int.from_bytes(base64.b64decode(state.snapshot_id)[:4], "big") for state in states]
    assert revisions[-1] - revisions[0] == changes


def test_playlists_of_spotify_have_spotify_as_owner() -> None:
    world, playlist_id = one_list("{owner: spotify}")
    assert playlist_id.startswith("37i9dQZF1")
    assert len(playlist_id) == 22
    assert opened(world, playlist_id, nth(1)).owner.id == "spotify"


def test_entries_other_than_tracks_are_added_to_the_size_and_stay() -> None:
    world, playlist_id = one_list(
        "{size: 10, churn: 0.5, local_files: 2, episodes: 1, pseudo_episodes: 1,"
        " events: {2026-01-05: {local_files: 1, episodes: 1}}}"
    )
    for day, kinds in ((nth(4), (2, 1, 1)), (nth(9), (3, 2, 1))):
        contents = [each.content for each in opened(world, playlist_id, day).entries if each]
        counts = tuple(sum(isinstance(each, kind) for each in contents) for kind in (LocalFile, Episode, PseudoEpisode))
        assert counts == kinds
        assert sum(isinstance(each, Track) for each in contents) == 10


def test_popularity_changes_slowly_and_playlists_agree_with_tracks() -> None:
    world, playlist_id = one_list("{size: 200}")
    ids = sorted(track_ids(opened(world, playlist_id, nth(1))))
    days = [nth(1) + timedelta(days=number) for number in range(60)]
    walks = [[track.popularity for day in days if (track := world.track(each, day))] for each in ids]
    assert all(0 <= value <= 100 for walk in walks for value in walk)
    assert all(abs(b - a) <= 2 for walk in walks for a, b in pairwise(walk))
    assert 0 < sum(set(walk) == {0} for walk in walks) < 40
    assert sum(len(set(walk)) > 3 for walk in walks) > 150
    shown = [each.content for each in opened(world, playlist_id, nth(9)).entries if each]
    assert all(isinstance(each, Track) and each == world.track(each.id, nth(9)) for each in shown)


def test_playlist_can_have_popularity_0_for_a_track_with_more() -> None:
    world, playlist_id = one_list("{size: 100, list_popularity_zero: 0.3}")
    tracks = [each.content for each in opened(world, playlist_id, nth(2)).entries if each]
    quiet = [
        each.id
        for each in tracks
        if isinstance(each, Track) and (real := world.track(each.id, nth(2))) and each.popularity != real.popularity
    ]
    assert 15 < len(quiet) < 45


def test_some_tracks_are_renamed() -> None:
    world, playlist_id = one_list("{size: 200}")
    ids = track_ids(opened(world, playlist_id, nth(1)))
    titles = [{track.name for day in world.days if (track := world.track(each, day))} for each in ids]
    assert {len(each) for each in titles} == {1, 2}


def test_playlist_draws_from_its_pool() -> None:
    text = (
        "{tracks: 60, playlists: {a: {size: 10, churn: 0.3, pool: [0, 20]}, b: {size: 10, churn: 0.3, pool: [20, 60]}}}"
    )
    world = GeneratedWorld.from_text(text)
    seen = [
        {each for day in world.days for each in track_ids(opened(world, playlist_id, day))}
        for playlist_id in world.playlist_ids
    ]
    assert len(seen[0]) == 20
    assert not seen[0] & seen[1]


def test_playlist_exists_after_its_last_day_but_not_before_its_first() -> None:
    world, playlist_id = one_list("{churn: 0.2}")
    assert world.playlist(playlist_id, date(2025, 12, 31)) == Failure.usual(404)
    assert opened(world, playlist_id, date(2026, 3, 1)) != opened(world, playlist_id, world.days[-1])
    assert world.playlist("0000000000000000000000", nth(1)) == Failure.usual(404)
