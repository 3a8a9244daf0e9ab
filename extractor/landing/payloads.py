"""Parse responses in any of Spotify's shapes, as far as extraction needs it to decide what to request next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

from extractor.config.watch_list import SPOTIFY_ID

ABOUT_AN_ID = re.compile(r"\bid\b", re.IGNORECASE)


def page_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the paging object of a playlist response or an items response; None if the items are withheld.

    Old responses call it `tracks`, new ones `items`; in an items response, `items` is the array itself.
    """
    for candidate in (body.get("items"), body.get("tracks"), body):
        if isinstance(candidate, dict) and isinstance(candidate.get("items"), list):
            return candidate
    return None


def track_objects(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the track objects of a page: no local files, episodes or null entries."""
    for entry in (page_of(body) or {}).get("items", ()):
        thing = (entry.get("item") or entry.get("track")) if isinstance(entry, dict) else None
        if not isinstance(thing, dict) or not str(thing.get("uri", "spotify:track:")).startswith("spotify:track:"):
            continue
        if SPOTIFY_ID.fullmatch(str(thing.get("id"))) and thing.get("type") != "episode":
            yield thing


def tracks_of(body: dict[str, Any]) -> Iterator[tuple[str, int | None]]:
    """Yield the id and the popularity (None if missing) of every track of a page."""
    for track in track_objects(body):
        popularity = track.get("popularity")
        yield track["id"], popularity if isinstance(popularity, int) else None


def identity_of(entry: Any) -> tuple[object, ...]:
    """Return what tells an entry of a playlist from others: its claim and its content's id, URI and type."""
    if not isinstance(entry, dict):
        return (entry,)
    thing = entry.get("item") or entry.get("track")
    thing = thing if isinstance(thing, dict) else {}
    return (entry.get("added_at"), *(str(thing.get(key)) for key in ("id", "uri", "type")))


def ids_at(value: Any, path: Sequence[str]) -> Iterator[str]:
    """Yield the Spotify ids at a path in an object; the key `*` means every element of an array."""
    if not path:
        if isinstance(value, str) and SPOTIFY_ID.fullmatch(value):
            yield value
    elif path[0] == "*":
        for each in value if isinstance(value, list) else ():
            yield from ids_at(each, path[1:])
    elif isinstance(value, dict):
        yield from ids_at(value.get(path[0]), path[1:])


def results_of(body: Any, asked: dict[str, Any]) -> list[Any] | None:
    """Return the result for each requested id, an object or None, in order; None if the response has no such array.

    If `items` names no array, the response to a single id is the object itself.
    """
    if asked.get("items") is None:
        return [body] if isinstance(body, dict) and len(asked["ids"]) == 1 else None
    array = body.get(asked.get("items")) if isinstance(body, dict) else None
    if not isinstance(array, list) or len(array) != len(asked["ids"]):
        return None
    return array if all(each is None or isinstance(each, dict) for each in array) else None


def unknown_ids(status: int | None, body: Any, asked: dict[str, Any]) -> list[str]:
    """Return the ids of an answered request that Spotify does not know."""
    results = results_of(body, asked) if status == HTTPStatus.OK else None
    if results is None:
        return list(asked["ids"])
    return [each for each, result in zip(asked["ids"], results, strict=True) if result is None]


def is_answered(status: int | None, body: Any, asked: dict[str, Any]) -> bool:
    """Return whether a response settles its ids for the day: with results, or because Spotify does not know the id."""
    if status == HTTPStatus.OK:
        return results_of(body, asked) is not None
    if status == HTTPStatus.NOT_FOUND:
        return (
            asked.get("items") is None and "service" not in str(body).lower()
        )  # a 404 of the service: no such endpoint
    return status == HTTPStatus.BAD_REQUEST and len(asked["ids"]) == 1 and bool(ABOUT_AN_ID.search(str(body)))
