"""The JSON of playlist entries, field for field as recorded in 2024-2026."""

import hashlib
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from extractor.simulator.identifiers import randomness, spotify_id
from extractor.simulator.world import Album, Artist, Content, Episode, LocalFile, PseudoEpisode, Track

JsonObject = dict[str, Any]

API = "https://api.spotify.com/v1"
OPEN = "https://open.spotify.com"
# Real responses list about 180 country codes; here it only matters that there is a list.
MARKETS = ["AT", "DE", "GB", "SE", "US"]
GENRES = ("chamber pop", "dream folk", "garage", "slow house")
IMAGE_SIZES = (640, 300, 64)


def content_object(content: Content) -> JsonObject:
    """Return the JSON of the content of an entry."""
    match content:
        case Track():
            # Only in playlists do track objects have the fields that distinguish them from episodes.
            return {**track_object(content), "episode": False, "track": True}
        case LocalFile():
            return _local_file(content)
        case Episode():
            return _episode(content)
        case PseudoEpisode():
            return _pseudo_episode(content)


def track_object(track: Track) -> JsonObject:
    """Return the track object of `GET /tracks`."""
    return {
        "album": _album(track.album),
        "artists": _artists(track.artists),
        "available_markets": MARKETS,
        "disc_number": 1,
        "duration_ms": track.duration_ms,
        "explicit": track.explicit,
        "external_ids": {} if track.isrc is None else {"isrc": track.isrc},
        **links("track", track.id),
        "is_local": False,
        "name": track.name,
        "popularity": track.popularity,
        "preview_url": None,
        "track_number": track.track_number,
    }


def artist_object(artist: Artist, day: date) -> JsonObject:
    """Return the artist object of `GET /artists`; the number of followers grows daily."""
    chance = randomness("artist", artist.id)
    followers = chance.randrange(50_000) + chance.randrange(1, 9) * day.toordinal()
    return {
        **links("artist", artist.id),
        "followers": {"href": None, "total": followers},
        "genres": sorted(chance.sample(GENRES, chance.randrange(3))),
        "images": _images(artist.id),
        "name": artist.name,
        "popularity": chance.randrange(101),
    }


def album_object(album: Album) -> JsonObject:
    """Return the album object of `GET /albums`, without its tracks."""
    chance = randomness("album", album.id)
    label = f"{album.artists[0].name} Recordings" if album.artists else ""
    return {**_album(album), "genres": [], "label": label, "popularity": chance.randrange(101)}


# Cached: albums are the greater part of a page and the same every day. Don't modify the result.
@lru_cache(maxsize=8192)
def _album(album: Album) -> JsonObject:
    precision = None if album.release_date is None else {4: "year", 7: "month"}.get(len(album.release_date), "day")
    return {
        "album_type": album.album_type,
        "artists": _artists(album.artists),
        "available_markets": MARKETS,
        **links("album", album.id),
        "images": _images(album.id),
        "name": album.name,
        "release_date": album.release_date,
        "release_date_precision": precision,
        "total_tracks": album.total_tracks,
    }


def _artists(artists: Sequence[Artist]) -> list[JsonObject]:
    return [{**links("artist", artist.id), "name": artist.name} for artist in artists]


def _local_file(file: LocalFile) -> JsonObject:
    nowhere: JsonObject = {"external_urls": {}, "href": None, "id": None, "uri": None}
    return {
        "album": {
            "album_type": None,
            "artists": [],
            "available_markets": [],
            **nowhere,
            "images": [],
            "name": file.album,
            "release_date": None,
            "release_date_precision": None,
            "type": "album",
        },
        "artists": [{**nowhere, "name": file.artist, "type": "artist"}],
        "available_markets": [],
        "disc_number": 0,
        "duration_ms": file.duration_ms,
        "explicit": False,
        "external_ids": {},
        **nowhere,
        "uri": file.uri,
        "is_local": True,
        "name": file.name,
        "popularity": 0,
        "preview_url": None,
        "track_number": 0,
        "type": "track",
    }


def _episode(episode: Episode) -> JsonObject:
    told = {"explicit": False, "is_externally_hosted": False, "languages": ["en"]}
    show_id = spotify_id(episode.show)
    return {
        "audio_preview_url": None,
        "available_markets": MARKETS,
        "description": f"{episode.name}, told in full.",
        "duration_ms": episode.duration_ms,
        "episode": True,
        **links("episode", episode.id),
        "html_description": f"<p>{episode.name}, told in full.</p>",
        "images": _images(show_id),
        **told,
        "language": "en",
        "name": episode.name,
        "release_date": episode.release_date,
        "release_date_precision": "day",
        "show": {
            "available_markets": MARKETS,
            "copyrights": [],
            "description": f"{episode.show}, week by week.",
            **links("show", show_id),
            "html_description": f"<p>{episode.show}, week by week.</p>",
            "images": _images(show_id),
            **told,
            "media_type": "audio",
            "name": episode.show,
            "publisher": episode.show,
            "total_episodes": 120,
        },
        "track": False,
    }


def _pseudo_episode(episode: PseudoEpisode) -> JsonObject:
    show = links("show", spotify_id(episode.show))
    artists = [{**show, "name": episode.artist}]
    address = f"{OPEN}/episode/{episode.id}"
    return {
        "album": {
            "album_type": "compilation",
            "artists": artists,
            "available_markets": MARKETS,
            **show,
            "images": _images(show["id"]),
            "name": episode.show,
            "release_date": None,
            "release_date_precision": None,
            "total_tracks": 1,
        },
        "artists": artists,
        "available_markets": MARKETS,
        "disc_number": 0,
        "duration_ms": episode.duration_ms,
        "episode": False,
        "explicit": False,
        "external_ids": {"spotify": address},
        **links("episode", episode.id),
        "is_local": False,
        "name": episode.name,
        "popularity": 0,
        "preview_url": None,
        "track": True,
        "track_number": 0,
    }


def links(kind: str, identifier: str, href_base: str = API) -> JsonObject:
    """Return the five fields that identify every object of the API."""
    return {
        "external_urls": {"spotify": f"{OPEN}/{kind}/{identifier}"},
        "href": f"{href_base}/{kind}s/{identifier}",
        "id": identifier,
        "type": kind,
        "uri": f"spotify:{kind}:{identifier}",
    }


def _images(name: str) -> list[JsonObject]:
    return [{"height": size, "url": image(name, size), "width": size} for size in IMAGE_SIZES]


def image(name: str, size: int) -> str:
    """Return the URL of an image."""
    digest = hashlib.sha1(f"{name}/{size}".encode(), usedforsecurity=False).hexdigest()
    return f"https://i.scdn.co/image/{digest}"
