"""Events of generated playlists."""

import pytest

from extractor.simulator.failures import Failure
from tests.simulator.questions import nth, one_list, opened, track_ids


def test_null_entries_hide_tracks_for_a_day_without_a_new_snapshot_id() -> None:
    world, playlist_id = one_list("{size: 20, events: {2026-01-03: {nulls: 4}}}")
    before, on, after = (opened(world, playlist_id, nth(number)) for number in (2, 3, 4))
    assert before.entries != on.entries
    assert track_ids(before) == track_ids(after)
    hidden = [position for position, each in enumerate(on.entries) if each and each.content is None]
    assert len(hidden) == 4
    claims = [[each and each.added_at for each in state.entries] for state in (before, on, after)]
    assert claims[0] == claims[1] == claims[2]
    assert before.snapshot_id == on.snapshot_id == after.snapshot_id


@pytest.mark.parametrize("status", [403, 404, 500])
def test_outage_lasts_only_for_its_days(status: int) -> None:
    world, playlist_id = one_list(f"{{churn: 0.1, events: {{2026-01-03: {{status: {status}}}}}}}")
    assert world.playlist(playlist_id, nth(3)) == Failure.usual(status)
    assert opened(world, playlist_id, nth(2)) != opened(world, playlist_id, nth(4))


def test_rename_persists_and_changes_the_snapshot_id() -> None:
    world, playlist_id = one_list("{name: Old, events: {2026-01-03: {rename: New}}}")
    states = [opened(world, playlist_id, nth(number)) for number in (1, 2, 3, 4)]
    assert [state.name for state in states] == ["Old", "Old", "New", "New"]
    assert [state.snapshot_id == states[0].snapshot_id for state in states] == [True, True, False, False]


def test_emptied_playlist_is_refilled_with_new_claims() -> None:
    world, playlist_id = one_list("{size: 20, events: {2026-01-03: {emptied: true}}}")
    before, on, after = (opened(world, playlist_id, nth(number)) for number in (2, 3, 4))
    assert on.entries == ()
    assert track_ids(before) == track_ids(after)
    assert all(str(each.added_at).startswith("2026-01-04T") for each in after.entries if each)
    assert len({before.snapshot_id, on.snapshot_id, after.snapshot_id}) == 3


def test_claims_can_be_rewritten_once_or_daily() -> None:
    once, once_id = one_list("{size: 20, events: {2026-01-03: {claims_rewritten: true}}}")
    daily, daily_id = one_list("{size: 20, claims_rewritten: true}")
    for number, expected in ((2, 0), (3, 20), (4, 0)):
        for world, playlist_id, count in ((once, once_id, expected), (daily, daily_id, 20)):
            state = opened(world, playlist_id, nth(number))
            assert sum(str(each.added_at).startswith(f"2026-01-0{number}") for each in state.entries if each) == count
    assert opened(once, once_id, nth(2)).snapshot_id != opened(once, once_id, nth(3)).snapshot_id


def test_snapshot_id_can_miss_a_change() -> None:
    once, once_id = one_list("{size: 40, churn: 0.5, owner: spotify, events: {2026-01-03: {same_snapshot: true}}}")
    never, never_id = one_list("{size: 40, churn: 0.5, owner: spotify, stuck_snapshot: true}")
    first, second, third, fourth = (opened(once, once_id, nth(number)) for number in (1, 2, 3, 4))
    assert track_ids(second) != track_ids(third)
    assert first.snapshot_id != second.snapshot_id == third.snapshot_id != fourth.snapshot_id
    assert len({opened(never, never_id, day).snapshot_id for day in never.days}) == 1
