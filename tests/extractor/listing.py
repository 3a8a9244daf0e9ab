"""Worlds with one playlist, playlists that change while they are read, and corrupted responses."""

import itertools
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from extractor.simulator.failures import Failure
from extractor.simulator.faults import Fault
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.world import Album, Artist, PlaylistState, Shape, Track
from tests.extractor.conftest import DAY, usual_body

LIST = spotify_id("list")
FIRST_REQUEST = r"/v1/playlists/[^/?]+$"
FURTHER_PAGE = r"/(tracks|items)\?"
PROBE = r"fields=snapshot_id"


def one_list(days: str = "2026-01-01: [A, B]", pad_to: int = 0, shape: str = "tracks") -> str:
    """Return a scenario with one playlist, `list`, with explicit days."""
    return f"{{shape: {shape}, tracks: 0, histories: {{list: {{days: {{{days}}}, pad_to: {pad_to}}}}}}}"


class Restless:
    """A world in which the n-th request for a playlist returns its state on the n-th of these days; then the last."""

    def __init__(self, scenario: str, days: Sequence[int]) -> None:
        self._world = GeneratedWorld.from_text(scenario)
        self._days = itertools.chain(days, itertools.repeat(days[-1]))

    @property
    def shape(self) -> Shape:
        return self._world.shape

    @property
    def days(self) -> Sequence[date]:
        return self._world.days

    @property
    def playlist_ids(self) -> Sequence[str]:
        return self._world.playlist_ids

    @property
    def faults(self) -> Sequence[Fault]:
        return self._world.faults

    def label(self, playlist_id: str) -> str:
        return self._world.label(playlist_id)

    def playlist(self, playlist_id: str, day: date) -> PlaylistState | Failure:  # noqa: ARG002 (it is as it likes)
        return self._world.playlist(playlist_id, date(2026, 1, next(self._days)))

    def track(self, track_id: str, day: date) -> Track | None:
        return self._world.track(track_id, day)

    def artist(self, artist_id: str) -> Artist | None:
        return self._world.artist(artist_id)

    def album(self, album_id: str) -> Album | None:
        return self._world.album(album_id)


def spoiled(scenario: str, where: str, target: str, spoil: Callable[[Any], Any], **rule: Any) -> Fault:
    """Return the fault that requests matching `where` return the corrupted response of `target`."""
    body = usual_body(scenario, target, DAY)
    changed = spoil(body)
    return Fault(where, body=body if changed is None else changed, **rule)
