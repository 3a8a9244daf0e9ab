"""Read a playlist: its entries, and the proof that they all belong to one version."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from extractor.landing.cache import CachedContent
from extractor.landing.payloads import identity_of, page_of, tracks_of
from extractor.spotify.app_access import WITHHELD, AppAccess, explain_reason
from extractor.spotify.client import Fetch, Response

ATTEMPTS_PER_READ = 4
"""A playlist that keeps changing during reads is recorded as partial after so many attempts."""

MOST_PAGES = 1000
"""A playlist with more pages is refused; Spotify limits playlists to about 11,000 entries."""

MOST_PER_ITEMS_PAGE = 50
REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


LANDED = ("outcome", "attempt", "reason", "entries", "total", "snapshot_id")
"""What lands of a Read: its responses have the rest."""


@dataclass
class Read:
    """The outcome of reading a playlist, and what was seen; `entries` is None if no entries were shown.

    `changed_id` is the snapshot_id after everything was read, if it was another one.
    """

    outcome: str
    attempt: int = 0
    reason: str | None = None
    entries: int | None = None
    total: int | None = None
    snapshot_id: str | None = None
    tracks: list[str] = field(default_factory=list)
    content: list[tuple[object, ...]] = field(default_factory=list)
    changed_id: str | None = None

    def add(self, page: dict[str, Any]) -> None:
        self.entries = (self.entries or 0) + len(page["items"])
        self.total = page.get("total")
        self.tracks.extend(track_id for track_id, _ in tracks_of(page))
        self.content.extend(map(identity_of, page["items"]))

    def landed(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name in LANDED}

    def is_proven_by(self, before: Read) -> bool:
        """Return whether every request showed another snapshot_id, but the attempt before the same entries in order."""
        ids = {self.snapshot_id, self.changed_id, before.snapshot_id, before.changed_id} - {None}
        return len(ids) == 4 and self.entries == self.total and self.content == before.content


SAME_TWICE = "proven by two reads with the same entries: its snapshot_id differs at every request"


class _NotProven(Exception):
    """The entries read do not provably belong to one version of the playlist."""


class PlaylistReader:
    """Reads the playlists of a day; safe to use from several threads."""

    def __init__(self, ask: Fetch, access: AppAccess, day: date) -> None:
        self._ask = ask
        self._access = access
        self._day = day

    def read(self, playlist_id: str, known: CachedContent | None) -> Read:
        """Read a playlist, and retry if it changes meanwhile. Never raises because of the content of a response.

        Some playlists have another snapshot_id at every request. Two equal reads in a row prove those.
        """
        read, before = Read("failed"), Read("failed")
        for attempt in range(1, ATTEMPTS_PER_READ + 1):
            try:
                latest = self._attempt(playlist_id, attempt, known)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                latest = Read("failed", attempt, f"unexpected shape of the response: {error!r}")
            if latest.outcome == "partial" and latest.is_proven_by(before):
                latest.outcome, latest.reason = "complete", SAME_TWICE
            if latest.entries is not None or read.entries is None:
                read = latest
            before = latest
            if latest.outcome != "partial":
                break
        return read

    def _attempt(self, playlist_id: str, attempt: int, known: CachedContent | None) -> Read:
        asked = {"playlist_id": playlist_id, "attempt": attempt}
        response = self._ask("playlists", f"playlists/{playlist_id}", asked)
        read = Read("failed", attempt, explain_reason(response.reason))
        if response.status != HTTPStatus.OK or response.body is None:
            read.outcome = "unavailable" if response.status in REFUSALS else "failed"
            return read
        read.snapshot_id = response.body.get("snapshot_id")
        page = page_of(response.body)
        if page is None:
            # A missing key is not an empty playlist: the app may not see the items.
            read.outcome, read.reason = "unavailable", WITHHELD
            return read
        read.add(page)
        if page.get("next") and _is_unchanged(playlist_id, response.body, known, self._day):
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
        """Read further pages by their `next` links, then the snapshot_id again. Raises _NotProven on any doubt."""
        for _ in range(MOST_PAGES):
            offset = read.entries or 0
            link = _Link.below(page["next"], asked["playlist_id"])
            if link is None or offset >= (read.total or 0):
                raise _NotProven(f"paging goes on after {offset} entries of {read.total}")
            response = self._ask_page(link, asked | {"offset": offset})
            following = page_of(response.body or {})
            if response.status != HTTPStatus.OK or not following or not following["items"]:
                raise _NotProven(f"page at {offset}: {explain_reason(response.reason) or 'no entries'}")
            if following.get("offset", offset) != offset:
                raise _NotProven(f"page at {offset}: the response is for offset {following['offset']}")
            page = following
            read.add(page)
            if not page.get("next"):
                break
        else:
            raise _NotProven(f"no end after {MOST_PAGES} pages")
        probe = asked | {"fields": "snapshot_id"}
        after = self._ask("playlists", f"playlists/{asked['playlist_id']}?fields=snapshot_id", probe)
        now = (after.body or {}).get("snapshot_id")
        if not read.snapshot_id or not now:
            raise _NotProven(after.reason or "the response has no snapshot_id")
        if now != read.snapshot_id:
            read.changed_id = now
            raise _NotProven("the playlist changed while it was read")

    def _ask_page(self, link: _Link, asked: dict[str, Any]) -> Response:
        """Request a further page under the name that this app may use, or the link's own while that is unknown."""
        found = self._access.pages
        name = found or link.name
        response = self._ask("playlist_items", link.path(name), asked)
        if response.status == HTTPStatus.FORBIDDEN and found is None:
            name = "items" if name == "tracks" else "tracks"
            response = self._ask("playlist_items", link.path(name), asked)
        if response.status == HTTPStatus.OK:
            self._access.pages = name
        return response


@dataclass(frozen=True)
class _Link:
    """A `next` link, used relative to the base URL: the token is never sent to a host named in a response."""

    playlist_id: str
    name: str
    query: str

    @classmethod
    def below(cls, link: str, playlist_id: str) -> _Link | None:
        try:
            parts = urlsplit(link)
        except ValueError:
            return None
        for name in ("tracks", "items"):
            if parts.path.endswith(f"playlists/{playlist_id}/{name}"):
                return cls(playlist_id, name, parts.query)
        return None

    def path(self, name: str) -> str:
        query = self.query
        if name != self.name:
            parameters = dict(parse_qsl(query))
            if name == "items" and int(parameters.get("limit", 0)) > MOST_PER_ITEMS_PAGE:
                parameters["limit"] = str(MOST_PER_ITEMS_PAGE)
            query = urlencode(parameters)
        return f"playlists/{self.playlist_id}/{name}?{query}"


def _is_unchanged(playlist_id: str, body: dict[str, Any], known: CachedContent | None, day: date) -> bool:
    # Spotify's own playlists keep their snapshot_id while their tracks change: always read them completely.
    owner = body.get("owner") or {}
    by_spotify = owner.get("id") == "spotify" or playlist_id.startswith("37i9dQZ")
    if known is None or by_spotify or known.snapshot_id is None or known.day > day:
        return False
    return known.snapshot_id == body.get("snapshot_id")
