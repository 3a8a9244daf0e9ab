"""The contents of a simulated Spotify: tracks, playlists and their entries, by day. Independent of HTTP and JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from extractor.simulator.failures import Failure
from extractor.simulator.faults import Fault


class Shape(StrEnum):
    """The API's shape of playlists: before February 2026, for apps created since, and for older apps now (both)."""

    TRACKS = "tracks"
    ITEMS = "items"
    BOTH = "both"

    @property
    def page_keys(self) -> tuple[str, ...]:
        """Return the keys of a playlist that hold its first page, which are also the endpoints of further pages."""
        return ("tracks", "items") if self is Shape.BOTH else (self.value,)

    @property
    def entry_keys(self) -> tuple[str, ...]:
        """Return the keys of an entry that hold the track."""
        return tuple(key.removesuffix("s") for key in self.page_keys)


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist of a track or an album."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Album:
    """An album as tracks show it; `release_date` may be a year, a month or a day."""

    id: str
    name: str
    artists: tuple[Artist, ...]
    album_type: str
    release_date: str | None
    total_tracks: int


@dataclass(frozen=True, slots=True)
class Track:
    """A track as returned on one day."""

    id: str
    name: str
    artists: tuple[Artist, ...]
    album: Album
    duration_ms: int
    explicit: bool
    isrc: str | None
    track_number: int
    popularity: int


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A listener's local file: it has a uri and no id."""

    uri: str
    name: str
    artist: str
    album: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Episode:
    """A podcast episode, returned as an episode."""

    id: str
    name: str
    show: str
    duration_ms: int
    release_date: str


@dataclass(frozen=True, slots=True)
class PseudoEpisode:
    """A podcast episode in the shape of a track: the API often sends it to clients that did not request episodes.

    Its album and its artist are the show, whose name may be missing.
    """

    id: str
    name: str
    show: str
    artist: str | None
    duration_ms: int


Content = Track | LocalFile | Episode | PseudoEpisode


@dataclass(frozen=True, slots=True)
class Entry:
    """A position of a playlist. Without content it is returned as `"track": null`."""

    added_at: str | None
    content: Content | None


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of a playlist."""

    id: str
    display_name: str


SPOTIFY = Owner("spotify", "Spotify")


@dataclass(frozen=True, slots=True)
class PlaylistState:
    """A playlist on one day. An entry that is None is returned as a null element of the page."""

    id: str
    name: str
    owner: Owner
    snapshot_id: str
    entries: tuple[Entry | None, ...]
    public: bool = True
    collaborative: bool = False


class World(Protocol):
    """A simulated Spotify on each day. Results depend on the arguments only."""

    @property
    def shape(self) -> Shape:
        """Return the API's shape of playlists."""

    @property
    def days(self) -> Sequence[date]:
        """Return the days of the world, in order."""

    @property
    def playlist_ids(self) -> Sequence[str]:
        """Return the ids of all playlists, whether or not they can be read on a day."""

    @property
    def faults(self) -> Sequence[Fault]:
        """Return the faults that belong to this world."""

    def label(self, playlist_id: str) -> str:
        """Return a short name for a playlist, as an analyst would write it in a seed."""

    def playlist(self, playlist_id: str, day: date) -> PlaylistState | Failure:
        """Return a playlist on a day, or why it can't be read."""

    def track(self, track_id: str, day: date) -> Track | None:
        """Return a track on a day; None for an unknown id."""

    def artist(self, artist_id: str) -> Artist | None:
        """Return an artist; None for an unknown id."""

    def album(self, album_id: str) -> Album | None:
        """Return an album; None for an unknown id."""
