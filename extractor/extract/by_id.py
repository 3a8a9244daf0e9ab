"""Fetch objects by id: in batches if the app may use bulk endpoints, else one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any

from extractor.config.endpoints import Endpoint
from extractor.landing.payloads import ABOUT_AN_ID, is_answered
from extractor.spotify.app_access import AppAccess, explain_reason
from extractor.spotify.client import Fetch, Response

REFUSALS_BELIEVED = 3
"""Give up on an endpoint after so many refusals without a single success."""


@dataclass(frozen=True)
class Outcome:
    """The result of a batch: how many ids were answered, which were not, and why."""

    answered: int
    failed: Sequence[str] = ()
    reason: str | None = None

    def __add__(self, other: Outcome) -> Outcome:
        failed = [*self.failed, *other.failed]
        return Outcome(self.answered + other.answered, failed, self.reason or other.reason)


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
        """Request a batch of ids. An id that Spotify does not know counts as answered: it does not exist."""
        if not self._in_bulk:
            return sum(map(self._ask_single, ids), Outcome(0))
        response, answered = self._ask_at_once(self._endpoint, ids)
        if answered:
            self._access.bulk[self._name] = True
            return Outcome(len(ids))
        if response.status == HTTPStatus.FORBIDDEN:
            self._access.bulk.setdefault(self._name, False)
            return sum(map(self._ask_single, ids), Outcome(0))
        if response.status == HTTPStatus.BAD_REQUEST and len(ids) > 1 and ABOUT_AN_ID.search(response.reason or ""):
            # One invalid id makes Spotify refuse the whole batch: bisect to find it.
            middle = len(ids) // 2
            return self.ask(ids[:middle]) + self.ask(ids[middle:])
        return Outcome(0, ids, response.reason or f"no array of {len(ids)} in the response")

    @property
    def _in_bulk(self) -> bool:
        return self._endpoint.items is not None and self._access.bulk.get(self._name, True)

    def _ask_single(self, single_id: str) -> Outcome:
        if self._single_answers == 0 and self._single_refusals >= REFUSALS_BELIEVED:
            return Outcome(0, [single_id], f"{self._name} are refused, several at once and one by one")
        response, answered = self._ask_at_once(self._endpoint.single(), [single_id])
        self._single_answers += answered
        self._single_refusals += response.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        return Outcome(1) if answered else Outcome(0, [single_id], explain_reason(response.reason))

    def _ask_at_once(self, endpoint: Endpoint, ids: Sequence[str]) -> tuple[Response, bool]:
        asked: dict[str, Any] = {"ids": list(ids)}
        asked |= {} if endpoint.items is None else {"items": endpoint.items}
        response = self._ask(self._name, endpoint.path_for(ids), asked)
        return response, is_answered(response.status, response.body or {"reason": response.reason}, asked)
