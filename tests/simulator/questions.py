"""Helpers to query a world."""

from collections.abc import Sequence
from datetime import date

from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.world import PlaylistState, Track, World


def fingerprint(world: World, days: Sequence[date]) -> dict[str, str]:
    """Return all content of a world on some days, in a fixed order."""
    said = {}
    for day in days:
        for playlist_id in world.playlist_ids:
            state = world.playlist(playlist_id, day)
            said[f"{day} {playlist_id}"] = repr(state)
            if isinstance(state, PlaylistState):
                ids = [each.content.id for each in state.entries if each and isinstance(each.content, Track)]
                said |= {f"{day} {track_id}": repr(world.track(track_id, day)) for track_id in ids}
    return dict(sorted(said.items()))


def opened(world: World, playlist_id: str, day: date) -> PlaylistState:
    """Return a playlist, which must be readable."""
    state = world.playlist(playlist_id, day)
    assert isinstance(state, PlaylistState), state
    return state


def track_ids(state: PlaylistState) -> set[str]:
    return {each.content.id for each in state.entries if each and isinstance(each.content, Track)}


def one_list(options: str, tracks: int = 200) -> tuple[GeneratedWorld, str]:
    world = GeneratedWorld.from_text(f"{{days: 30, tracks: {tracks}, playlists: {{walk: {options}}}}}")
    return world, world.playlist_ids[0]


def nth(number: int) -> date:
    return date(2026, 1, number)
