"""One day's questions: each watched playlist with proof that it was read whole, then the tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from itertools import chain, islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

from extractor.client import Answer, Client
from extractor.clock import Clock
from extractor.config import Config, WatchList
from extractor.landing import FINAL_OUTCOMES, DayMemory, KnownContent, Landing, answers_of, page_of, tracks_of

ATTEMPTS_PER_READ = 3
"""A list that keeps changing under the reader is given up as partial after so many attempts."""

REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass
class Read:
    """How the reading of a list ended, and what was seen on the way; `entries` is None where none were shown."""

    outcome: str
    attempt: int = 0
    reason: str | None = None
    entries: int | None = None
    total: int | None = None
    snapshot_id: str | None = None
    tracks: list[str] = field(default_factory=list)

    def add(self, page: dict[str, Any]) -> None:
        self.entries = (self.entries or 0) + len(page["items"])
        self.total = page.get("total")
        self.tracks.extend(track_id for track_id, _ in tracks_of(page))

    def landed(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "tracks"}


class _NotProven(Exception):
    """Entries were read, but not all of one version of the list."""


@dataclass
class Tally:
    """What a run asked and got: playlists and tracks, each once."""

    asked: int = 0
    answered: int = 0
    failed: int = 0
    problems: list[str] = field(default_factory=list)

    def fail(self, count: int, problem: str) -> None:
        self.failed += count
        self.problems.append(problem)


class Fetcher:
    """Reads what a day still lacks. Each answer is landed before anything is made of it."""

    def __init__(
        self, client: Client, landing: Landing, memory: DayMemory, config: Config, day: date, clock: Clock
    ) -> None:
        self.playlists = Tally()
        self.tracks = Tally()
        self._client = client
        self._landing = landing
        self._memory = memory
        self._config = config
        self._day = day
        self._clock = clock

    def fetch(self, watched: WatchList) -> None:
        """Read the lists, then the tracks no list has told enough about. One bad list never stops the others."""
        wanted = [playlist_id for playlist_id in watched.playlists if playlist_id not in self._memory.read_playlists]
        self.playlists.asked = len(wanted)
        for playlist_id, read in self._in_parallel(self.read_playlist, wanted):
            if read.outcome in FINAL_OUTCOMES:
                self.playlists.answered += 1
            else:
                self.playlists.fail(1, f"playlist {playlist_id}: {read.outcome}, {read.reason}")
        self._fetch_tracks(self._tracks_to_ask(watched))

    def read_playlist(self, playlist_id: str) -> Read:
        """Read a list, up to three times if it changes meanwhile, and land how that ended."""
        known = KnownContent.load(self._config.landing, playlist_id)
        read = Read("failed")
        for attempt in range(1, ATTEMPTS_PER_READ + 1):
            try:
                latest = self._attempt(playlist_id, attempt, known)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                latest = Read("failed", attempt, f"an answer of an unknown shape: {error!r}")
            if latest.entries is not None or read.entries is None:
                read = latest
            if latest.outcome != "partial":
                break
        self._landing.write("playlist_reads", {"playlist_id": playlist_id}, read.landed(), self._clock.now())
        if read.outcome == "complete" and (known is None or known.day <= self._day):
            tracks = tuple(dict.fromkeys(read.tracks))
            if known is None or (known.snapshot_id, known.tracks) != (read.snapshot_id, tracks):
                path = self._landing.path
                content = KnownContent(read.snapshot_id, self._day, tracks, path.name, path.stat().st_size)
                content.save(self._config.landing, playlist_id)
        return read

    def _attempt(self, playlist_id: str, attempt: int, known: KnownContent | None) -> Read:
        asked = {"playlist_id": playlist_id, "attempt": attempt}
        answer = self._ask("playlists", f"playlists/{playlist_id}", asked)
        read = Read("failed", attempt, answer.reason)
        if answer.status != HTTPStatus.OK or answer.body is None:
            read.outcome = "unavailable" if answer.status in REFUSALS else "failed"
            return read
        read.snapshot_id = answer.body.get("snapshot_id")
        page = page_of(answer.body)
        if page is None:
            # A missing key is not an empty list: the app may not see the items.
            read.outcome, read.reason = "unavailable", "items withheld"
            return read
        read.add(page)
        if page.get("next") and _is_unchanged(playlist_id, answer.body, known, self._day):
            read.outcome = "unchanged"
            return read
        try:
            if page.get("next"):
                self._follow(page, read, asked)
            if read.entries != read.total:
                raise _NotProven(f"{read.entries} entries of {read.total}")
            read.outcome = "complete"
        except _NotProven as unproven:
            read.outcome, read.reason = "partial", str(unproven)
        return read

    def _follow(self, page: dict[str, Any], read: Read, asked: dict[str, Any]) -> None:
        """The further pages, exactly as `next` says, then the snapshot_id once more: raises _NotProven on any doubt."""
        while page.get("next"):
            offset = read.entries or 0
            path = _path_below(page["next"], asked["playlist_id"])
            if path is None or offset >= (read.total or 0):
                raise _NotProven(f"paging goes on after {offset} entries of {read.total}")
            answer = self._ask("playlist_items", path, asked | {"offset": offset})
            following = page_of(answer.body or {})
            if answer.status != HTTPStatus.OK or not following or not following["items"]:
                raise _NotProven(f"page at {offset}: {answer.reason or 'no entries'}")
            if following.get("offset", offset) != offset:
                raise _NotProven(f"page at {offset}: the answer is for {following['offset']}")
            page = following
            read.add(page)
        probe = asked | {"fields": "snapshot_id"}
        after = self._ask("playlists", f"playlists/{asked['playlist_id']}?fields=snapshot_id", probe)
        if not read.snapshot_id or (after.body or {}).get("snapshot_id") != read.snapshot_id:
            raise _NotProven(after.reason or "the list changed while it was read")

    def _tracks_to_ask(self, watched: WatchList) -> Iterator[str]:
        """Followed tracks without an answer of their own or a popularity above 0 in a list today."""
        done = self._memory.popular_tracks | self._memory.answered_tracks
        found: Iterable[str] = self._found_tracks(watched) if self._config.discover_tracks else ()
        for track_id in chain(watched.tracks, found):
            if track_id not in done:
                done.add(track_id)
                yield track_id

    def _found_tracks(self, watched: WatchList) -> Iterator[str]:
        """Tracks of the watched lists: as read today, or as last known of a list that was unchanged or unreadable."""
        yield from sorted(self._memory.found_tracks)
        for playlist_id in watched.playlists:
            known = KnownContent.load(self._config.landing, playlist_id)
            yield from known.tracks if known else ()

    def _fetch_tracks(self, track_ids: Iterator[str]) -> None:
        endpoint = self._config.endpoints["tracks"]
        batches = list(_batches(track_ids, endpoint.batch))
        self.tracks.asked = sum(map(len, batches))

        def ask(batch: Sequence[str]) -> Answer:
            return self._ask("tracks", endpoint.path_for(batch), {"ids": batch, "items": endpoint.items})

        for batch, answer in self._in_parallel(ask, batches):
            asked = {"ids": batch, "items": endpoint.items}
            if answer.status == HTTPStatus.OK and answers_of(answer.body, asked) is not None:
                self.tracks.answered += len(batch)
            else:
                reason = answer.reason or f"no array of {len(batch)} in the answer"
                self.tracks.fail(len(batch), f"{len(batch)} tracks from {batch[0]}: {reason}")

    def _ask(self, endpoint: str, path: str, asked: dict[str, Any]) -> Answer:
        answer = self._client.get(endpoint, path)
        body = answer.body if answer.body is not None else {"reason": answer.reason}
        self._landing.write(endpoint, asked, body, answer.observed_at, answer.status, answer.requests)
        return answer

    def _in_parallel(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result]]:
        with ThreadPoolExecutor(self._config.api.max_in_flight) as pool:
            waiting = {pool.submit(work, item): item for item in items}
            try:
                for future in as_completed(waiting):
                    yield waiting.pop(future), future.result()
            finally:
                pool.shutdown(cancel_futures=True)


def _is_unchanged(playlist_id: str, body: dict[str, Any], known: KnownContent | None, day: date) -> bool:
    # Spotify's own lists keep their snapshot_id while their tracks change: they are always read in full.
    owner = body.get("owner") or {}
    by_spotify = owner.get("id") == "spotify" or playlist_id.startswith("37i9dQZ")
    if known is None or by_spotify or known.snapshot_id is None or known.day > day:
        return False
    return known.snapshot_id == body.get("snapshot_id")


def _path_below(link: str, playlist_id: str) -> str | None:
    """A `next` link as a path below our base URL, so that the token never goes to a host that an answer names."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    for kind in ("tracks", "items"):
        path = f"playlists/{playlist_id}/{kind}"
        if parts.path.endswith(path):
            return f"{path}?{parts.query}"
    return None


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
