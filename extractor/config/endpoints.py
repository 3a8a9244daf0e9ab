"""What is asked by id, beside the lists: tracks, and whatever config.yaml adds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractor.errors import ConfigError

OWN_TABLES = ("playlists", "playlist_items", "playlist_reads", "runs", "watched", "landing_files", "built", "purged")
"""Tables of `raw` that no endpoint of the configuration may share a name with."""

NAME = re.compile(rf"(?!(?:{'|'.join(OWN_TABLES)})$)[a-z][a-z0-9_]{{0,62}}")
"""What may become the name of a table of answers."""

PATH = re.compile(r"[a-z][\w/-]*(\?ids=|/\{id\}[\w/-]*)")
IDS = re.compile(r"\w+(\.(\w+|\*))*")


@dataclass(frozen=True)
class Endpoint:
    """`path` ends with ?ids= and takes `batch` ids, answered in the array `items`; or it has {id}, and no array.

    `ids` is where a track object has the ids to ask for; None for `tracks`, which is asked for the followed tracks.
    """

    path: str
    batch: int = 1
    items: str | None = None
    ids: str | None = None

    def path_for(self, ids: Sequence[str]) -> str:
        """The path, below the base URL, that asks for these ids."""
        return self.path.replace("{id}", ids[0]) if self.items is None else self.path + ",".join(ids)

    def one_by_one(self) -> Endpoint:
        """The same endpoint for an app that may not ask for several ids at once: the answer is the object itself."""
        if self.items is None:
            return self
        return replace(self, path=self.path.removesuffix("?ids=").rstrip("/") + "/{id}", batch=1, items=None)

    def check(self, name: str, where: str) -> None:
        """Raise ConfigError, naming `where`, for what can't be asked."""
        if not PATH.fullmatch(self.path):
            raise ConfigError(f"{where}.path: must end with ?ids= or hold one {{id}}, not {self.path!r}")
        if not 1 <= self.batch <= 50:
            raise ConfigError(f"{where}.batch: must be 1 to 50, which is all that Spotify takes, not {self.batch}")
        if "{id}" in self.path and (self.batch, self.items) != (1, None):
            raise ConfigError(f"{where}: a path with {{id}} is answered with one object: leave out batch and items")
        if "{id}" not in self.path and self.items is None:
            raise ConfigError(f"{where}.items: missing: the key of the array in the answer")
        if name == "tracks" and self.ids is not None:
            raise ConfigError(f"{where}.ids: tracks are asked for by their own id; leave it out")
        if name != "tracks" and not IDS.fullmatch(self.ids or ""):
            raise ConfigError(f"{where}.ids: must say where a track object has the ids, such as artists.*.id")


TRACKS = Endpoint("tracks?ids=", 50, "tracks")
