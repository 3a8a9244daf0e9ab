"""Replay recorded days from four Parquet files (format: README.md)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from extractor.simulator.failures import Failure
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import SPOTIFY_OWNED_PREFIX, spotify_id
from extractor.simulator.world import (
    SPOTIFY,
    Album,
    Artist,
    Content,
    Entry,
    LocalFile,
    Owner,
    PlaylistState,
    PseudoEpisode,
    Shape,
    Track,
)

if TYPE_CHECKING:
    import duckdb

CURATOR = Owner("curator", "Curator")
DURATION_MS = 200_000

# The files and their sort order: sorted by content version, the entries of a version are contiguous and found quickly.
TABLES = {
    "snapshots": "snapshot_date, playlist_id",
    "playlist_versions": "blob",
    "items": "blob",
    "tracks": "track_id",
}
READS = "select snapshot_date, playlist_id, blob from snapshots order by all"
VERSIONS = "select blob, name, snapshot_id, public, collaborative from playlist_versions"
ENTRIES = """
    select track_id, uri, type, is_local, added_at, name, artists, popularity
    from items where blob = ? order by position
"""
# The latest value up to a day counts; if two playlists differ on that day, the higher value.
POPULARITIES = """
    select track_id, max_by(popularity, (snapshot_date, popularity))
    from snapshots join items using (blob)
    where snapshot_date <= ? and uri like 'spotify:track:%' and popularity is not null
    group by track_id
"""
TRACKS = """
    select track_id, coalesce(name, ''), coalesce(artists, ''), album_id, album, release_date,
        duration_ms, explicit, isrc
    from tracks
    where track_id not in (select track_id from items where uri like 'spotify:episode:%')
"""


class RecordingError(ValueError):
    """A folder does not hold a recording."""


@dataclass(frozen=True, slots=True)
class Version:
    """The metadata of a playlist, without entries."""

    name: str
    snapshot_id: str
    public: bool
    collaborative: bool


class RecordedEntry(NamedTuple):
    """A row of items.parquet."""

    track_id: str | None
    uri: str | None
    type: str | None
    is_local: bool | None
    added_at: str | None
    name: str | None
    artists: str | None
    popularity: int | None


class RecordedTrack(NamedTuple):
    """A row of tracks.parquet, or the part of it that an entry has."""

    track_id: str
    name: str
    artists: str
    album_id: str | None = None
    album: str | None = None
    release_date: str | None = None
    duration_ms: int | None = None
    explicit: bool | None = None
    isrc: str | None = None


class ReplayWorld:
    """A world that serves recorded responses, in the shape of that time. A playlist not read on a day returns 404."""

    def __init__(self, folder: Path, shape: Shape = Shape.TRACKS) -> None:
        """Read the recording in `folder`. Raises RecordingError if it is invalid."""
        self.shape = shape
        self.faults: Sequence[Fault] = ()
        self._lock = Lock()
        self._connection = _load(Path(folder))
        self._recorded = {row[0]: RecordedTrack(*row) for row in self._rows(TRACKS)}
        self._versions = {blob: Version(*rest) for blob, *rest in self._rows(VERSIONS)}
        reads = self._rows(READS)
        self._blobs: dict[tuple[str, date], str] = {(playlist_id, day): blob for day, playlist_id, blob in reads}
        self.days: Sequence[date] = tuple(dict.fromkeys(day for day, _, _ in reads))
        self.playlist_ids: Sequence[str] = tuple(sorted({playlist_id for _, playlist_id, _ in reads}))
        self._labels = {playlist_id: self._versions[blob].name for _, playlist_id, blob in reads}
        if not self.days:
            raise RecordingError(f"{folder}: snapshots.parquet holds no reads")
        # Cached: a content version often lasts many days, and the popularities of a day are requested repeatedly.
        self._entries = lru_cache(maxsize=256)(self._read_entries)
        self._popularities = lru_cache(maxsize=2)(self._read_popularities)

    def label(self, playlist_id: str) -> str:
        """Return the last name of a playlist."""
        return self._labels[playlist_id]

    def playlist(self, playlist_id: str, day: date) -> PlaylistState | Failure:
        """Return the read of a playlist on a day."""
        blob = self._blobs.get((playlist_id, day))
        if blob is None:
            return Failure.usual(404)
        version = self._versions[blob]
        return PlaylistState(
            id=playlist_id,
            name=version.name,
            owner=SPOTIFY if playlist_id.startswith(SPOTIFY_OWNED_PREFIX[:4]) else CURATOR,
            snapshot_id=version.snapshot_id,
            entries=self._entries(blob),
            public=version.public,
            collaborative=version.collaborative,
        )

    def track(self, track_id: str, day: date) -> Track | None:
        """Return a track with its popularity on a day: the latest value until then, or 0 if there is none yet."""
        recorded = self._recorded.get(track_id)
        if recorded is None:
            return None
        return replace(_track(recorded), popularity=self._popularities(day).get(track_id, 0))

    def artist(self, artist_id: str) -> Artist | None:
        """Return an artist of a recorded track."""
        return self._artists.get(artist_id)

    def album(self, album_id: str) -> Album | None:
        """Return the album of a recorded track."""
        return self._albums.get(album_id)

    @cached_property
    def _artists(self) -> dict[str, Artist]:
        return {artist.id: artist for recorded in self._recorded.values() for artist in _track(recorded).artists}

    @cached_property
    def _albums(self) -> dict[str, Album]:
        return {album.id: album for album in (_track(recorded).album for recorded in self._recorded.values())}

    def _read_entries(self, blob: str) -> tuple[Entry, ...]:
        return tuple(self._entry(RecordedEntry(*row)) for row in self._rows(ENTRIES, blob))

    def _read_popularities(self, day: date) -> dict[str, int]:
        return dict(self._rows(POPULARITIES, day))

    def _rows(self, query: str, *parameters: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()

    def _entry(self, row: RecordedEntry) -> Entry:
        return Entry(row.added_at, self._content(row))

    def _content(self, row: RecordedEntry) -> Content | None:
        uri, name, artists = row.uri or "", row.name or "", row.artists or ""
        if row.is_local or uri.startswith("spotify:local:"):
            return LocalFile(uri, name, artists, "", DURATION_MS)
        if row.track_id is None:
            return None
        if row.type == "episode" or uri.startswith("spotify:episode:"):
            return PseudoEpisode(row.track_id, name, artists, artists or None, DURATION_MS)
        recorded = self._recorded.get(row.track_id) or RecordedTrack(row.track_id, name, artists)
        return replace(_track(recorded), popularity=row.popularity or 0)


def _load(folder: Path) -> "duckdb.DuckDBPyConnection":
    import duckdb  # noqa: PLC0415 (only replays need it)

    connection = duckdb.connect()
    try:
        for name, order in TABLES.items():
            source = str(folder / f"{name}.parquet")
            connection.execute(f"create table {name} as from read_parquet(?) order by {order}", [source])
    except duckdb.Error as error:
        raise RecordingError(f"{folder}: {error}") from error
    return connection


def _track(row: RecordedTrack) -> Track:
    people = tuple(Artist(spotify_id(f"artist/{name}"), name) for name in row.artists.split(", ") if name)
    album_id = row.album_id or spotify_id(f"album/{row.track_id}")
    return Track(
        id=row.track_id,
        name=row.name,
        artists=people,
        album=Album(album_id, row.album or row.name, people, "album", row.release_date, 12),
        duration_ms=row.duration_ms or DURATION_MS,
        explicit=bool(row.explicit),
        isrc=row.isrc,
        track_number=1,
        popularity=0,
    )
