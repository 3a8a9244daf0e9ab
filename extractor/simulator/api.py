"""The endpoints of the Web API for a world: a pure function of request and day."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from re import Pattern
from typing import Any

from extractor.simulator.answers import page_object, playlist_object
from extractor.simulator.failures import Failure
from extractor.simulator.fields import FieldsError, pick_fields
from extractor.simulator.identifiers import is_spotify_id
from extractor.simulator.messages import Answer, Request
from extractor.simulator.objects import JsonObject, album_object, artist_object, track_object
from extractor.simulator.world import PlaylistState, World

TRACKS_CACHE = "public, max-age=7200"
PLAYLISTS_CACHE = "public, max-age=0"
MOST_IDS = {"tracks": 50, "artists": 50, "albums": 20}
USUAL_LIMIT = 20
MOST_ENTRIES = 100

# Fields of tracks, artists and albums that apps created since February 2026 don't get.
WITHHELD_FIELDS = ("popularity", "available_markets", "followers", "label")

# Parameters that a link to another page repeats. A playlist's `fields` apply to the playlist, not to its pages.
PASSED_ON = ("additional_types", "locale", "market")
PAGE_PASSED_ON = (*PASSED_ON, "fields")


class RefusedError(Exception):
    """Raised to respond to a request with a failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.status)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A kind of request: its name in counts, the pattern of its path, and its handler."""

    name: str
    path: Pattern[str]
    answer: Callable[[Request, date, tuple[str, ...]], Answer]


class WebApi:
    """Handles authorized requests below /v1 for one world.

    `restricted`: the app was created since February 2026. It gets no bulk requests, no popularity, and entries only of
    `own_lists`, the ids of playlists that belong to the logged-in user.
    """

    def __init__(self, world: World, base_url: str) -> None:
        self._world = world
        self._base_url = base_url
        self.restricted = False
        self.own_lists: frozenset[str] = frozenset()
        self._endpoints = (
            Endpoint("/v1/playlists/{id}", re.compile(r"/v1/playlists/([^/]+)/?"), self._playlist),
            Endpoint("/v1/playlists/{id}/tracks", re.compile(r"/v1/playlists/([^/]+)/(tracks)/?"), self._page),
            Endpoint("/v1/playlists/{id}/items", re.compile(r"/v1/playlists/([^/]+)/(items)/?"), self._page),
            *(Endpoint(f"/v1/{kind}", re.compile(f"/v1/({kind})/?"), self._several) for kind in MOST_IDS),
            *(Endpoint(f"/v1/{kind}/{{id}}", re.compile(f"/v1/({kind})/([^/]+)/?"), self._single) for kind in MOST_IDS),
        )

    def endpoint(self, path: str) -> str:
        """Return the name under which requests for `path` are counted."""
        return next((end.name for end in self._endpoints if end.path.fullmatch(path)), path)

    def answer(self, request: Request, day: date) -> Answer:
        """Return the response to a request as of `day`."""
        for end in self._endpoints:
            match = end.path.fullmatch(request.path)
            if match and request.method == "GET":
                try:
                    return end.answer(request, day, match.groups())
                except RefusedError as refused:
                    return failure_answer(refused.failure)
        return failure_answer(Failure.usual(404, "Service not found"))

    def _playlist(self, request: Request, day: date, parts: tuple[str, ...]) -> Answer:
        state = self._readable(parts[0], day)
        body = playlist_object(state, self._world.shape, self._base_url, _parameters(request, PASSED_ON), day)
        if self._withholds(request, parts[0]):
            body = _without(body, self._world.shape.page_keys)
        return Answer.of(200, _with_fields(request, body), PLAYLISTS_CACHE)

    def _page(self, request: Request, day: date, parts: tuple[str, ...]) -> Answer:
        playlist_id, key = parts
        if self._withholds(request, playlist_id):
            refusal = (
                Failure.usual(403) if key == "tracks" else Failure.usual(401, "Valid user authentication required")
            )
            raise RefusedError(refusal)
        state = self._readable(playlist_id, day)
        if key not in self._world.shape.page_keys:
            # New apps are denied the old endpoint; the old API does not have the new one.
            raise RefusedError(Failure.usual(403) if key == "tracks" else Failure.usual(404, "Service not found"))
        limit = _number(request, "limit", USUAL_LIMIT, 1, MOST_ENTRIES)
        offset = _number(request, "offset", 0, 0, None)
        url = f"{self._base_url}/playlists/{playlist_id}/{key}"
        body = page_object(state, self._world.shape, url, offset, limit, _parameters(request, PAGE_PASSED_ON))
        return Answer.of(200, _with_fields(request, body), PLAYLISTS_CACHE)

    def _several(self, request: Request, day: date, parts: tuple[str, ...]) -> Answer:
        if self.restricted:
            raise RefusedError(Failure.usual(403))
        (kind,) = parts
        asked = request.query.get("ids", "")
        if not asked:
            raise RefusedError(Failure.usual(400, "Missing required field: ids"))
        ids = asked.split(",")
        if len(ids) > MOST_IDS[kind]:
            raise RefusedError(Failure.usual(400, "too many ids requested"))
        return Answer.of(200, {kind: [self._object(kind, each, day) for each in ids]}, TRACKS_CACHE)

    def _single(self, _: Request, day: date, parts: tuple[str, ...]) -> Answer:
        kind, identifier = parts
        body = self._object(kind, _valid(identifier), day)
        if body is None:
            raise RefusedError(Failure.usual(404))
        return Answer.of(200, _without(body, WITHHELD_FIELDS) if self.restricted else body, TRACKS_CACHE)

    def _object(self, kind: str, identifier: str, day: date) -> JsonObject | None:
        if kind == "tracks":
            track = self._world.track(identifier, day)
            return None if track is None else track_object(track)
        if kind == "artists":
            artist = self._world.artist(identifier)
            return None if artist is None else artist_object(artist, day)
        album = self._world.album(identifier)
        return None if album is None else album_object(album)

    def _withholds(self, request: Request, playlist_id: str) -> bool:
        return self.restricted and not (request.of_user and playlist_id in self.own_lists)

    def _readable(self, playlist_id: str, day: date) -> PlaylistState:
        state = self._world.playlist(_valid(playlist_id), day)
        if isinstance(state, Failure):
            raise RefusedError(state)
        return state


def failure_answer(failure: Failure) -> Answer:
    """Return the response of a failure."""
    return Answer.of(failure.status, failure.body)


def _without(body: JsonObject, names: tuple[str, ...]) -> JsonObject:
    return {name: value for name, value in body.items() if name not in names}


def _valid(identifier: str) -> str:
    if not is_spotify_id(identifier):
        raise RefusedError(Failure.usual(400, "Invalid base62 id"))
    return identifier


def _number(request: Request, name: str, usual: int, least: int, most: int | None) -> int:
    text = request.query.get(name, str(usual))
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < least or (most is not None and int(text) > most):
        raise RefusedError(Failure.usual(400, f"Invalid {name}"))
    return int(text)


def _parameters(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in request.query.items() if name in names}


def _with_fields(request: Request, body: JsonObject) -> Any:
    fields = request.query.get("fields")
    if not fields:
        return body
    try:
        return pick_fields(body, fields)
    except FieldsError as error:
        raise RefusedError(Failure.usual(400, f"Invalid fields: {error}")) from error
