"""What a simulated Spotify holds: tracks, lists and their entries, day by day. Knows neither HTTP nor JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from extractor.simulator.failures import Failure
from extractor.simulator.faults import Fault


class Shape(StrEnum):
    """How lists are spelled: before February 2026, for apps made since, and for older apps now (both at once)."""

    TRACKS = "tracks"
    ITEMS = "items"
    BOTH = "both"

    @property
    def page_keys(self) -> tuple[str, ...]:
        """Keys of a playlist that hold its first page; also the endpoints that hold the others."""
        return ("tracks", "items") if self is Shape.BOTH else (self.value,)

    @property
    def entry_keys(self) -> tuple[str, ...]:
        """Keys of an entry that hold the track."""
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
    """A track as it is answered on one day."""

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
    """A file of a listener's own: it has a uri and no id."""

    uri: str
    name: str
    artist: str
    album: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Episode:
    """A podcast episode, answered as what it is."""

    id: str
    name: str
    show: str
    duration_ms: int
    release_date: str


@dataclass(frozen=True, slots=True)
class PseudoEpisode:
    """A podcast episode dressed up as a track: what the API often sends to who did not ask for episodes.

    The show is its album, and its artist as well, whose name may be missing.
    """

    id: str
    name: str
    show: str
    artist: str | None
    duration_ms: int


Content = Track | LocalFile | Episode | PseudoEpisode


@dataclass(frozen=True, slots=True)
class Entry:
    """A position of a list. Without content it is answered as `"track": null`."""

    added_at: str | None
    content: Content | None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose list it is."""

    id: str
    display_name: str


SPOTIFY = Owner("spotify", "Spotify")


@dataclass(frozen=True, slots=True)
class PlaylistState:
    """A list on one day. An entry that is None is answered as a null element of the page."""

    id: str
    name: str
    owner: Owner
    snapshot_id: str
    entries: tuple[Entry | None, ...]
    public: bool = True
    collaborative: bool = False


class World(Protocol):
    """A Spotify of its own, as it is on each day. Answers depend on the arguments only."""

    @property
    def shape(self) -> Shape:
        """How lists are spelled."""

    @property
    def days(self) -> Sequence[date]:
        """The days worth asking about, in order."""

    @property
    def playlist_ids(self) -> Sequence[str]:
        """The lists that exist, whether or not they can be read on a day."""

    @property
    def faults(self) -> Sequence[Fault]:
        """Faults that belong to this world."""

    def label(self, playlist_id: str) -> str:
        """Return a short name for a list, as an analyst would write it into a seed."""

    def playlist(self, playlist_id: str, day: date) -> PlaylistState | Failure:
        """Return a list as it is on a day, or why it cannot be read."""

    def track(self, track_id: str, day: date) -> Track | None:
        """Return a track as it is on a day, or None for an id nobody knows."""

    def artist(self, artist_id: str) -> Artist | None:
        """Return an artist, or None for an id nobody knows."""

    def album(self, album_id: str) -> Album | None:
        """Return an album, or None for an id nobody knows."""
