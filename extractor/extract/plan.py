"""Compute what a day still lacks: for this run before its first request, for all workers before publishing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from extractor.config.settings import Config
from extractor.config.watch_list import WatchList, read_watch_list
from extractor.errors import counted
from extractor.landing.budget import Budget
from extractor.landing.cache import CachedContent, contents_of, tracks_after_leaving
from extractor.landing.day import DayState

FIRST_PAGE = 100
"""Entries in the first response for a playlist, which every read costs."""


@dataclass(frozen=True)
class Plan:
    """The minimum of requests that a run needs, and what is left of the day's budget (None: no budget), by endpoint.

    Changed playlists and newly found tracks need more.
    """

    playlists: int
    tracks: int
    playlists_left: int | None
    tracks_left: int | None
    requests_per_day: int | None

    def __str__(self) -> str:
        needs = f"{counted(self.playlists, 'playlist')}, {counted(self.tracks, 'track')}"
        text = f"needs at least {counted(self.playlists + self.tracks, 'request')} ({needs})"
        if self.requests_per_day is None:
            return text
        left = f"{self.playlists_left:,}"
        if self.playlists_left != self.tracks_left:
            left = f"{counted(self.playlists_left or 0, 'playlist')} and {counted(self.tracks_left or 0, 'track')}"
        return f"{text}; {left} of {self.requests_per_day:,} left today"


def plan(config: Config, day: date, watched: WatchList, memory: DayState, budget: Budget) -> Plan:
    """Count one request per playlist, and the tracks that no playlist contains according to the cache.

    Those are watched, or have left: these need no request if the app gets no popularity.
    """
    unread = [playlist_id for playlist_id in watched.playlists if playlist_id not in memory.read_playlists]
    followed = set(watched.tracks)
    if config.discover_tracks and _expects_popularity(config, watched, memory):
        days = config.follow_after_leaving_days
        followed |= tracks_after_leaving(config.landing, watched.playlists, day, days)
    tracks = {track_id for track_id in followed if not memory.is_settled(track_id)}
    unseen = 0
    for playlist_id in unread if tracks else ():
        known = CachedContent.load(config.landing, playlist_id)
        tracks.difference_update(known.tracks if known else ())
        unseen += known is None
    by_id = max(0, len(tracks) - unseen * FIRST_PAGE)
    return Plan(
        playlists=len(unread),
        tracks=-(-by_id // config.endpoints["tracks"].batch),
        playlists_left=budget.left("playlists"),
        tracks_left=budget.left("tracks"),
        requests_per_day=budget.requests_per_day,
    )


def _expects_popularity(config: Config, watched: WatchList, memory: DayState) -> bool:
    """Return whether tracks have a popularity today, or had one when the cached contents were read."""
    if memory.popularity is not None:
        return memory.popularity
    return any(content.popularity is not False for content in contents_of(config.landing, watched.playlists))


@dataclass(frozen=True)
class Unasked:
    """The part of the whole watch list that no worker requested on a day, and its slices."""

    playlists: tuple[str, ...]
    tracks: int
    slices: tuple[int, ...]

    def __str__(self) -> str:
        which = f"slice{'s' if len(self.slices) > 1 else ''} {', '.join(map(str, self.slices))}"
        what = f"{counted(len(self.playlists), 'playlist')} and {counted(self.tracks, 'track')}"
        return f"{what} were not requested: {which} did not finish"


def unasked(config: Config, memory: DayState) -> Unasked:
    """Return what no worker has requested on a day, of the whole watch list instead of this worker's slice only."""
    watched = read_watch_list(replace(config, batch_number=1, batch_size=None))
    playlists = [playlist_id not in memory.attempted_playlists for playlist_id in watched.playlists]
    tracks = [not memory.is_settled(track_id) for track_id in watched.tracks]
    return Unasked(
        playlists=tuple(each for each, missing in zip(watched.playlists, playlists, strict=True) if missing),
        tracks=sum(tracks),
        slices=tuple(sorted(_slices(playlists, config.batch_size) | _slices(tracks, config.batch_size))),
    )


def _slices(missing: Iterable[bool], batch_size: int | None) -> set[int]:
    return {index // batch_size + 1 if batch_size else 1 for index, is_missing in enumerate(missing) if is_missing}
