"""The state of a day, computed from the responses that have landed."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

from extractor.config.endpoints import Endpoint
from extractor.errors import LandingError
from extractor.landing.cache import CachedContent
from extractor.landing.payloads import ids_at, is_answered, results_of, track_objects, tracks_of, unknown_ids
from extractor.landing.reader import LandingFile, live_files_of_day

FINAL_OUTCOMES = frozenset({"complete", "unchanged"})


@dataclass
class DayState:
    """The state of a day, so that a resumed run requests only the rest.

    `attempted_playlists` were requested, with any outcome. `unknown_tracks` were requested, but Spotify does not know
    them. `popular_tracks` appeared in a playlist with a popularity above 0. `valued_tracks` had a popularity in at
    least one response, `bare_tracks` lacked it in at least one. `found_ids` are the ids for `endpoints` in track
    objects.
    """

    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    attempted_playlists: set[str] = field(default_factory=set)
    read_playlists: set[str] = field(default_factory=set)
    answered_tracks: set[str] = field(default_factory=set)
    unknown_tracks: set[str] = field(default_factory=set)
    popular_tracks: set[str] = field(default_factory=set)
    found_tracks: set[str] = field(default_factory=set)
    valued_tracks: set[str] = field(default_factory=set)
    bare_tracks: set[str] = field(default_factory=set)
    found_ids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    answered_ids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _requests: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _lines: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def absorb(self, envelope: dict[str, Any]) -> bool:
        """Update the state by one landed envelope; return False if it is known, from a copy of the file."""
        with self._lock:
            run, line = envelope["run"], envelope["line"]
            if line <= self._lines[run]:
                return False
            self._lines[run] = line
            self._absorb(envelope)
            return True

    def is_settled(self, identifier: str, endpoint: str = "tracks") -> bool:
        """Return whether a track, or an id of another endpoint, needs no further request today."""
        if endpoint != "tracks":
            return identifier in self.answered_ids[endpoint]
        return identifier in self.popular_tracks or identifier in self.answered_tracks

    @property
    def requests(self) -> Counter[str]:
        """Return the requests so far by endpoint, retries included; of a killed run only those that landed."""
        return sum(self._requests.values(), Counter())

    def _absorb(self, envelope: dict[str, Any]) -> None:
        endpoint, asked, body = envelope["endpoint"], envelope["asked"], envelope["body"]
        spent = self._requests[envelope["run"]]
        spent[endpoint] += envelope["requests"]
        if endpoint == "runs":
            spent |= Counter(body.get("requests", {}))  # includes requests without a landed response
        elif endpoint == "playlist_reads":
            self.attempted_playlists.add(asked["playlist_id"])
            if body["outcome"] in FINAL_OUTCOMES:
                self.read_playlists.add(asked["playlist_id"])
        elif endpoint in ("playlists", "playlist_items") and isinstance(body, dict):
            for track_id, popularity in tracks_of(body):
                self.found_tracks.add(track_id)
                self._note_popularity(track_id, popularity)
                if popularity:
                    self.popular_tracks.add(track_id)
            self._note_ids(track_objects(body))
        elif endpoint == "tracks" and is_answered(envelope["status"], body, asked):
            self.answered_tracks.update(asked["ids"])
            self.unknown_tracks.difference_update(asked["ids"])
            self.unknown_tracks.update(unknown_ids(envelope["status"], body, asked))
            self._note_ids(results_of(body, asked) or ())
            for track_id, track in zip(asked["ids"], results_of(body, asked) or (), strict=False):
                if isinstance(track, dict) and "id" in track:
                    self._note_popularity(track_id, track.get("popularity"))
        elif endpoint in self.endpoints and is_answered(envelope["status"], body, asked):
            self.answered_ids[endpoint].update(asked["ids"])

    def _note_ids(self, tracks: Iterable[Any]) -> None:
        for track, (name, endpoint) in product(tracks, self.endpoints.items()):
            if endpoint.ids:
                self.found_ids[name].update(ids_at(track, endpoint.ids.split(".")))

    def _note_popularity(self, track_id: str, popularity: object) -> None:
        (self.valued_tracks if isinstance(popularity, int) else self.bare_tracks).add(track_id)

    @property
    def tracks_without_popularity(self) -> int:
        """Return the number of tracks that were returned, but never with a popularity."""
        return len(self.bare_tracks - self.valued_tracks)

    @property
    def popularity(self) -> bool | None:
        """Return whether any track had a popularity; None if no track was returned."""
        return bool(self.valued_tracks) if self.valued_tracks or self.bare_tracks else None


class DayReader:
    """Reads the landing files of a day, of all runs, while they grow; `memory` is the state so far.

    A file that can't be read is passed over; `problems` says what is wrong with it.
    """

    def __init__(self, folder: Path, day: date, endpoints: Mapping[str, Endpoint] | None = None) -> None:
        self.memory = DayState(endpoints or {})
        self._folder = folder
        self._day = day
        self._files: dict[Path, LandingFile] = {}
        self.problems: dict[Path, str] = {}
        self._held: dict[tuple[Path, str], list[str]] = {}

    def catch_up(self, own: Path | None = None) -> DayState:
        """Read what has landed since the last call, except the run's `own` file, whose envelopes it already knows.

        Caches the content of complete reads, which a killed run may not have done.
        """
        for path in live_files_of_day(self._folder, self._day):
            if path == own or path in self.problems:
                continue
            try:
                for envelope in self._files.setdefault(path, LandingFile(path)).envelopes():
                    if self.memory.absorb(envelope):
                        self._keep_content(path, envelope)
            except LandingError as error:
                self.problems[path] = str(error)
        return self.memory

    def _keep_content(self, path: Path, envelope: dict[str, Any]) -> None:
        endpoint, asked, body = envelope["endpoint"], envelope["asked"], envelope["body"]
        playlist_id = asked.get("playlist_id", "")
        if endpoint == "playlists" and "fields" not in asked:
            self._held[path, playlist_id] = []  # a new attempt
        if endpoint in ("playlists", "playlist_items") and isinstance(body, dict):
            held = self._held.setdefault((path, playlist_id), [])
            held.extend(track_id for track_id, _ in tracks_of(body))
        elif endpoint == "playlist_reads":
            tracks = tuple(dict.fromkeys(self._held.pop((path, playlist_id), ())))
            if body["outcome"] == "complete":
                snapshot_id, landed_bytes = body.get("snapshot_id"), path.stat().st_size
                content = CachedContent(snapshot_id, self._day, tracks, path.name, landed_bytes, self.memory.popularity)
                content.save_if_newer(self._folder, playlist_id)


def read_day(folder: Path, day: date) -> DayState:
    """Return the state of a day after everything that has landed."""
    return DayReader(folder, day).catch_up()
