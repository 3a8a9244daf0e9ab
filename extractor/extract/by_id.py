"""Fetch objects by id: in batches if the app may use bulk endpoints, else one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any

from extractor.config.endpoints import Endpoint
from extractor.landing.payloads import ABOUT_AN_ID, is_answered, unknown_ids
from extractor.spotify.app_access import AppAccess, explain_reason
from extractor.spotify.client import Fetch, Response

REFUSALS_BELIEVED = 3
"""Give up on an endpoint after so many refusals without a single success."""


@dataclass(frozen=True)
class Outcome:
    """The result of a batch: which ids were answered, which of them Spotify does not know, which failed, and why."""

    answered: Sequence[str] = ()
    unknown: Sequence[str] = ()
    failed: Sequence[str] = ()
    reason: str | None = None

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            [*self.answered, *other.answered],
            [*self.unknown, *other.unknown],
            [*self.failed, *other.failed],
            self.reason or other.reason,
        )


class BatchAsker:
    """Requests ids from one endpoint; safe to use from several threads."""

    def __init__(self, name: str, endpoint: Endpoint, ask: Fetch, access: AppAccess) -> None:
        self._name = name
        self._endpoint = endpoint
        self._ask = ask
        self._access = access
        self._single_answers = 0
        self._single_refusals = 0

    def batches(self, ids: Iterator[str]) -> Iterator[list[str]]:
        """Yield the ids in batches; each has the size known to be allowed when it is taken."""
        while batch := list(islice(ids, self._endpoint.batch if self._in_bulk else 1)):
            yield batch

    def ask(self, ids: Sequence[str]) -> Outcome:
        """Request a batch of ids. An id that Spotify does not know is answered, too: it needs no further request."""
        if not self._in_bulk:
            return sum(map(self._ask_single, ids), Outcome())
        response, outcome = self._ask_at_once(self._endpoint, ids)
        if outcome.answered:
            self._access.bulk[self._name] = True
            return outcome
        if response.status == HTTPStatus.FORBIDDEN:
            self._access.bulk.setdefault(self._name, False)
            return sum(map(self._ask_single, ids), Outcome())
        if response.status == HTTPStatus.BAD_REQUEST and len(ids) > 1 and ABOUT_AN_ID.search(response.reason or ""):
            # One invalid id makes Spotify refuse the whole batch: bisect to find it.
            middle = len(ids) // 2
            return self.ask(ids[:middle]) + self.ask(ids[middle:])
        return Outcome(failed=ids, reason=response.reason or f"no array of {len(ids)} in the response")

    @property
    def _in_bulk(self) -> bool:
        return self._endpoint.items is not None and self._access.bulk.get(self._name, True)

    def _ask_single(self, single_id: str) -> Outcome:
        if self._single_answers == 0 and self._single_refusals >= REFUSALS_BELIEVED:
            return Outcome(failed=[single_id], reason=f"{self._name} are refused, several at once and one by one")
        response, outcome = self._ask_at_once(self._endpoint.single(), [single_id])
        self._single_answers += len(outcome.answered)
        self._single_refusals += response.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        if outcome.answered:
            return outcome
        return Outcome(failed=[single_id], reason=explain_reason(response.reason))

    def _ask_at_once(self, endpoint: Endpoint, ids: Sequence[str]) -> tuple[Response, Outcome]:
        asked: dict[str, Any] = {"ids": list(ids)}
        asked |= {} if endpoint.items is None else {"items": endpoint.items}
        response = self._ask(self._name, endpoint.path_for(ids), asked)
        body = response.body or {"reason": response.reason}
        if not is_answered(response.status, body, asked):
            return response, Outcome()
        return response, Outcome(ids, unknown_ids(response.status, body, asked))
