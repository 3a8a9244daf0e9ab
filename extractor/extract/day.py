"""Fetch a day: each watched playlist, with proof that it was read completely, then the tracks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from typing import Any

from extractor.clock import Clock
from extractor.config.settings import Config
from extractor.config.watch_list import WatchList
from extractor.extract.by_id import BatchAsker, Outcome
from extractor.extract.parallel import map_concurrently
from extractor.extract.playlists import PlaylistReader, Read
from extractor.extract.progress import Progress
from extractor.landing.cache import (
    CachedContent,
    contents_of,
    last_answered_at,
    record_answered,
    tracks_after_leaving,
)
from extractor.landing.day import FINAL_OUTCOMES, DayReader
from extractor.landing.unavailable import (
    Unavailable,
    forget_unknown_track,
    record_read,
    record_unknown_track,
    unavailable_playlists,
    unknown_tracks,
)
from extractor.landing.writer import LandingWriter
from extractor.spotify.app_access import AppAccess
from extractor.spotify.client import Client, Response

PROBLEMS_KEPT = 10


@dataclass
class Tally:
    """Counts of what a run requested of one kind, each id once. `problems` are the first; `more` counts the others.

    `after_leaving` are those of `asked` that have left all playlists.
    """

    asked: int = 0
    after_leaving: int = 0
    answered: int = 0
    failed: int = 0
    problems: list[str] = field(default_factory=list)
    more: int = 0

    def ask(self, ids: Collection[str], after_leaving: Container[str]) -> None:
        self.asked += len(ids)
        self.after_leaving += sum(each in after_leaving for each in ids)

    def fail(self, count: int, problem: str) -> None:
        self.failed += count
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(problem)
        else:
            self.more += 1


@dataclass(frozen=True)
class RunContext:
    """What all parts of a run share: its configuration, its day (UTC), its clock, its progress display, and `names`,
    which looks up the names of playlists that have been published.
    """

    config: Config
    day: date
    clock: Clock
    progress: Progress = field(default_factory=Progress)
    names: Callable[[], Mapping[str, str]] = dict


class Fetcher:
    """Requests what a day still lacks. Each response is landed before it is used."""

    def __init__(self, run: RunContext, client: Client, writer: LandingWriter, landed: DayReader) -> None:
        self.tallies = {name: Tally() for name in ("playlists", *run.config.endpoints)}
        self.long_unavailable: list[Unavailable] = []
        self.long_unknown = 0
        self.access = AppAccess()
        self._client = client
        self._writer = writer
        self._landed = landed
        self._memory = landed.memory
        self._config = run.config
        self._day = run.day
        self._clock = run.clock
        self._progress = run.progress
        self._unknown = unknown_tracks(run.config.landing)
        self._watched_tracks: Container[str] = ()
        self._after_leaving: Collection[str] = ()
        self._reader = PlaylistReader(self._fetch, self.access, run.day)

    def fetch(self, watched: WatchList) -> None:
        """Read the playlists, then the tracks that still need a request, then the ids that tracks name for endpoints.

        A playlist that can't be read does not stop the others.
        """
        self._watched_tracks = watched.tracks
        self._record_what_landed(watched)
        wanted = [playlist_id for playlist_id in watched.playlists if playlist_id not in self._memory.read_playlists]
        tally = self.tallies["playlists"]
        tally.asked = len(wanted)
        # Least recently read playlists come first: a small budget covers the whole watch list over several days.
        wanted.sort(key=lambda playlist_id: last_answered_at(self._config.landing, playlist_id))
        for playlist_id, read in map_concurrently(self.read_playlist, wanted, self._config.api.max_in_flight):
            unavailable = record_read(self._config.landing, playlist_id, read.outcome, read.reason, self._day)
            if read.outcome in FINAL_OUTCOMES:
                tally.answered += 1
            elif unavailable and unavailable.is_tolerated(self._day, self._config.tolerate_unavailable_days):
                tally.failed += 1
                self.long_unavailable.append(unavailable)
            else:
                tally.fail(1, f"playlist {watched.playlist(playlist_id)}: {read.outcome}, {read.reason}")
            self._show("playlists", tally.asked)
        days = self._config.follow_after_leaving_days if self._config.discover_tracks else 0
        left = tracks_after_leaving(self._config.landing, watched.playlists, self._day, days)
        self._after_leaving = left - self._memory.found_tracks - watched.tracks.keys()
        followed = self._followed(watched)
        total = sum(1 for _ in self._unsettled("tracks", self._followed(watched)))
        if self._memory.popularity is False:
            # This app gets no popularity from playlists. If the first tracks have none either, the others won't.
            self._fetch_by_id("tracks", islice(followed, max(1, len(watched.tracks))), total)
        self._fetch_by_id("tracks", followed, total)
        self._landed.catch_up(self._writer.path)
        for name in self._config.endpoints:
            if ids := sorted(self._memory.found_ids[name]):
                self._fetch_by_id(name, ids, sum(1 for _ in self._unsettled(name, ids)))

    def _record_what_landed(self, watched: WatchList) -> None:
        """Record what the day's earlier runs found unknown or available, which a killed run may not have done."""
        for each in unavailable_playlists(self._config.landing):
            if each.playlist_id in self._memory.read_playlists:
                record_read(self._config.landing, each.playlist_id, "complete", None, self._day)
        answered = self._memory.answered_tracks & (watched.tracks.keys() | self._unknown.keys())
        tally = self.tallies["tracks"]
        for track_id in self._record_unknown(Outcome(sorted(answered), sorted(self._memory.unknown_tracks))):
            if track_id not in self._unknown:
                tally.asked += 1
                self._fail_unknown(track_id, tally)

    def read_playlist(self, playlist_id: str) -> Read:
        """Read a playlist and land the outcome; cache the content of a complete read for later days."""
        known = CachedContent.load(self._config.landing, playlist_id)
        read = self._reader.read(playlist_id, known)
        self._writer.write("playlist_reads", {"playlist_id": playlist_id}, read.landed(), self._clock.now())
        if read.outcome != "failed":
            record_answered(self._config.landing, playlist_id, self._clock.now())
        if read.outcome == "complete" and (known is None or known.day <= self._day):
            tracks = tuple(dict.fromkeys(read.tracks))
            if known is None or (known.snapshot_id, known.tracks) != (read.snapshot_id, tracks):
                path = self._writer.path
                content = CachedContent(
                    read.snapshot_id, self._day, tracks, path.name, path.stat().st_size, self._memory.popularity
                )
                content.save(self._config.landing, playlist_id, self._config.follow_after_leaving_days)
        return read

    def _followed(self, watched: WatchList) -> Iterator[str]:
        return chain(watched.tracks, self._found_tracks(watched))

    def _found_tracks(self, watched: WatchList) -> Iterator[str]:
        """Yield the tracks of watched playlists: as read today, or as cached if a playlist was unchanged or unreadable.

        Tracks that have left come last, so that a small budget goes to the others. Stops once responses for tracks
        carry no popularity: the playlists contained everything else.
        """
        if not self._config.discover_tracks:
            return
        known = contents_of(self._config.landing, watched.playlists)
        of_playlists = chain.from_iterable(content.tracks for content in known)
        for track_id in chain(sorted(self._memory.found_tracks), of_playlists, sorted(self._after_leaving)):
            if self._memory.answered_tracks and self._memory.popularity is False:
                return
            yield track_id

    def _unsettled(self, name: str, ids: Iterable[str]) -> Iterator[str]:
        """Yield ids without a response today; of tracks, also without a popularity above 0 in a playlist."""
        taken = set[str]()
        for each in ids:
            if each not in taken and not self._memory.is_settled(each, name):
                taken.add(each)
                yield each

    def _fetch_by_id(self, name: str, ids: Iterable[str], total: int) -> None:
        tally = self.tallies[name]
        asker = BatchAsker(name, self._config.endpoints[name], self._fetch, self.access)
        batches = asker.batches(self._unsettled(name, ids))

        def up_to_date() -> Iterator[list[str]]:
            self._landed.catch_up(self._writer.path)
            for batch in batches:
                tally.ask(batch, self._after_leaving)
                yield batch
                self._landed.catch_up(self._writer.path)  # skip what other workers have fetched meanwhile

        try:
            for _, outcome in map_concurrently(asker.ask, up_to_date(), self._config.api.max_in_flight):
                gone = self._record_unknown(outcome) if name == "tracks" else []
                tally.answered += len(outcome.answered) - len(gone)
                for track_id in gone:
                    self._fail_unknown(track_id, tally)
                if outcome.failed:
                    count, first = len(outcome.failed), outcome.failed[0]
                    which = f"{name.removesuffix('s')} {first}" if count == 1 else f"{count} {name} from {first}"
                    tally.fail(count, f"{which}: {outcome.reason}")
                self._show(name, total)
        finally:
            for batch in batches:  # what was not requested because the run stopped
                tally.ask(batch, self._after_leaving)

    def _record_unknown(self, outcome: Outcome) -> list[str]:
        """Record which watched tracks Spotify does not know, and which it knows again; return the former."""
        unknown = set(outcome.unknown)
        for track_id in self._unknown.keys() & (set(outcome.answered) - unknown):
            if self._unknown[track_id] <= self._day:  # a late day says nothing about later ones
                forget_unknown_track(self._config.landing, track_id)
        return [track_id for track_id in outcome.answered if track_id in unknown and track_id in self._watched_tracks]

    def _fail_unknown(self, track_id: str, tally: Tally) -> None:
        """Count a track that Spotify does not know as not read. It is named once; later only ./run.sh status has it."""
        if self._unknown.get(track_id, self._day) < self._day:
            tally.failed += 1
            self.long_unknown += 1
        else:
            record_unknown_track(self._config.landing, track_id, self._day)
            tally.fail(1, f"track {track_id}: Spotify does not know this id")

    def _show(self, what: str, total: int) -> None:
        tally = self.tallies[what]
        self._progress.show(what, tally.answered + tally.failed, total, self._client.requests.total())

    def _fetch(self, endpoint: str, path: str, asked: dict[str, Any]) -> Response:
        response = self._client.get(endpoint, path)
        body = response.body if response.body is not None else {"reason": response.reason}
        self._writer.write(endpoint, asked, body, response.observed_at, response.status, response.requests)
        return response
