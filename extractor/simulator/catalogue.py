"""Synthetic tracks, and how popular they are day by day: a pure function of seed, track and day."""

from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from threading import Lock

from extractor.simulator import names
from extractor.simulator.identifiers import randomness, spotify_id
from extractor.simulator.world import Album, Artist, Episode, LocalFile, PseudoEpisode, Track

TRACKS_PER_ARTIST = 5
NEVER_HEARD = 0.06
RETITLED = 0.03
# Daily steps of a popularity: mostly 0, rarely 2 points.
STEPS = (-2, -1, -1, 0, 0, 0, 0, 0, 0, 1, 1, 2)


@dataclass(frozen=True, slots=True)
class Recording:
    """A track without its popularity, and its title from a later day of the scenario."""

    track: Track
    later_title: str
    retitled_on: int


class Popularity:
    """A random walk from 0 to 100, computed lazily up to the last day requested."""

    def __init__(self, steps: Random, lowest: int) -> None:
        self._steps = steps
        self._lowest = lowest
        self._moves = steps.random() >= NEVER_HEARD or lowest > 0
        self._values = [round(steps.triangular(5, 95, 40)) if self._moves else 0]
        self._lock = Lock()

    def on(self, index: int) -> int:
        """Return the popularity on a day (0 is the first of the scenario); days before have that of the first."""
        with self._lock:
            while len(self._values) <= index:
                step = self._steps.choice(STEPS) if self._moves else 0
                self._values.append(min(100, max(self._lowest, self._values[-1] + step)))
            return self._values[max(0, index)]


class Catalogue:
    """The tracks of a scenario: `size` anonymous ones, and those that playlists refer to by name."""

    def __init__(self, seed: str, size: int) -> None:
        self._seed = seed
        self._recordings: dict[str, Recording] = {}
        self._popularities: dict[str, Popularity] = {}
        self.artists: dict[str, Artist] = {}
        self.albums: dict[str, Album] = {}
        self.ids = tuple(spotify_id(f"{seed}/track/{number}") for number in range(size))
        for number, track_id in enumerate(self.ids):
            artist = _artist(f"{seed}/artist/{number // TRACKS_PER_ARTIST}")
            self._add(track_id, None, artist, lowest=0)

    def add_named(self, name: str) -> str:
        """Add the track that playlists call `name`, whose popularity is never 0; return its id."""
        track_id = spotify_id(name)
        if track_id not in self._recordings:
            self._add(track_id, None if name == track_id else name, _artist(f"{self._seed}/by/{name}"), lowest=1)
        return track_id

    def __contains__(self, track_id: str) -> bool:
        return track_id in self._recordings

    def track(self, track_id: str, index: int, popularity: int | None = None) -> Track:
        """Return a track on a day (0 is the first of the scenario), or with another `popularity`."""
        recording = self._recordings[track_id]
        return replace(
            recording.track,
            name=recording.later_title if index >= recording.retitled_on else recording.track.name,
            popularity=self._popularities[track_id].on(index) if popularity is None else popularity,
        )

    def _add(self, track_id: str, name: str | None, artist: Artist, lowest: int) -> None:
        recording = _recording(randomness(self._seed, "recording", track_id), track_id, name, artist)
        self._recordings[track_id] = recording
        self.artists |= {each.id: each for each in recording.track.artists}
        self.albums[recording.track.album.id] = recording.track.album
        self._popularities[track_id] = Popularity(randomness(self._seed, "popularity", track_id), lowest)


def local_file(name: str) -> LocalFile:
    """Return the local file that playlists call `name`."""
    chance = randomness("local", name)
    artist, album = names.artist_name(chance), names.title(chance)
    seconds = chance.randrange(90, 400)
    words = ":".join(part.replace(" ", "+") for part in (artist, album, name))
    return LocalFile(f"spotify:local:{words}:{seconds}", name, artist, album, seconds * 1000)


def episode(name: str) -> Episode:
    """Return the podcast episode that playlists call `name`."""
    chance = randomness("episode", name)
    duration = chance.randrange(900_000, 4_000_000)
    return Episode(spotify_id(name), name, names.show_name(chance), duration, _release_date(chance)[:4] + "-05-17")


def pseudo_episode(name: str) -> PseudoEpisode:
    """Return the podcast episode that playlists call `name`, in the form it has where tracks are expected."""
    whole = episode(name)
    artist = whole.show if randomness("pseudo episode", name).random() < 0.5 else None
    return PseudoEpisode(whole.id, whole.name, whole.show, artist, whole.duration_ms)


@lru_cache(maxsize=4096)
def _artist(key: str) -> Artist:
    return Artist(spotify_id(key), names.artist_name(randomness(key)))


def _recording(chance: Random, track_id: str, name: str | None, artist: Artist) -> Recording:
    title = names.title(chance) if name is None else name
    guests = (_artist(f"guest/{chance.randrange(40)}"),) if chance.random() < 0.15 else ()
    album_type, total = chance.choice((("single", 1), ("single", 3), ("album", 9), ("album", 12), ("album", 14)))
    album = Album(
        id=spotify_id(f"album/{track_id}"),
        name=title if album_type == "single" else names.title(chance),
        artists=(artist,),
        album_type=album_type,
        release_date=_release_date(chance),
        total_tracks=total,
    )
    track = Track(
        id=track_id,
        name=title,
        artists=(artist, *guests),
        album=album,
        duration_ms=chance.randrange(95_000, 380_000),
        explicit=chance.random() < 0.1,
        isrc=f"ZZSIM{chance.randrange(10, 26)}{chance.randrange(100_000):05}",
        track_number=chance.randint(1, total),
        popularity=0,
    )
    retitled = name is None and chance.random() < RETITLED
    return Recording(track, f"{title} - Remastered" if retitled else title, chance.randrange(1, 28))


def _release_date(chance: Random) -> str:
    """Return a year, a month or a day: Spotify does not always know the full date."""
    year, month, day = chance.randrange(1968, 2026), chance.randint(1, 12), chance.randint(1, 28)
    length = chance.choices((4, 7, 10), weights=(6, 2, 92))[0]
    return f"{year}-{month:02}-{day:02}"[:length]
