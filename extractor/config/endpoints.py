"""Endpoints that are requested by id: tracks, and those that config.yaml adds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractor.errors import ConfigError

RESERVED = ("playlists", "playlist_items", "playlist_reads", "runs")
"""Names under which a run lands what is not requested by id."""

NAME = re.compile(rf"(?!(?:{'|'.join(RESERVED)})$)[a-z][a-z0-9_]{{0,62}}")
"""A valid name of an endpoint: raw answers carry it, and a model can have it."""

PATH = re.compile(r"[a-z][\w/-]*(\?ids=|/\{id\}[\w/-]*)")
IDS = re.compile(r"\w+(\.(\w+|\*))*")


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of the Web API that takes ids.

    A bulk endpoint has a `path` that ends with ?ids=, takes up to `batch` ids, and responds with the array `items`. A
    single endpoint has a `path` with {id} and responds with one object. `ids` is the path in a track object to the ids
    to request; None for `tracks`, which takes the ids of the followed tracks.
    """

    path: str
    batch: int = 1
    items: str | None = None
    ids: str | None = None

    def path_for(self, ids: Sequence[str]) -> str:
        """Return the request path for these ids, relative to the base URL."""
        return self.path.replace("{id}", ids[0]) if self.items is None else self.path + ",".join(ids)

    def single(self) -> Endpoint:
        """Return the endpoint that requests one id at a time, for apps that may not use the bulk endpoint."""
        if self.items is None:
            return self
        return replace(self, path=self.path.removesuffix("?ids=").rstrip("/") + "/{id}", batch=1, items=None)

    def check(self, name: str, where: str) -> None:
        """Raise ConfigError, naming `where`, if the endpoint is invalid."""
        if not PATH.fullmatch(self.path):
            raise ConfigError(f"{where}.path: must end with ?ids= or hold one {{id}}, not {self.path!r}")
        if not 1 <= self.batch <= 50:
            raise ConfigError(f"{where}.batch: must be 1 to 50, the most that Spotify accepts, not {self.batch}")
        if "{id}" in self.path and (self.batch, self.items) != (1, None):
            raise ConfigError(f"{where}: a path with {{id}} returns one object: leave out batch and items")
        if "{id}" not in self.path and self.items is None:
            raise ConfigError(f"{where}.items: missing: the key of the array in the response")
        if name == "tracks" and self.ids is not None:
            raise ConfigError(f"{where}.ids: tracks are requested by their own id; leave it out")
        if name != "tracks" and not IDS.fullmatch(self.ids or ""):
            raise ConfigError(f"{where}.ids: must be the path to the ids in a track object, such as artists.*.id")


TRACKS = Endpoint("tracks?ids=", 50, "tracks")
