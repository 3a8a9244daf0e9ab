"""Asking for things by id: several at once where the app may, else one by one."""

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
"""Where no single id has been answered, so many refusals mean that none will be."""


@dataclass(frozen=True)
class Outcome:
    """What became of some ids: how many were answered, those that were not, and the reason."""

    answered: int
    failed: Sequence[str] = ()
    reason: str | None = None

    def __add__(self, other: Outcome) -> Outcome:
        failed = [*self.failed, *other.failed]
        return Outcome(self.answered + other.answered, failed, self.reason or other.reason)


class BatchAsker:
    """Asks one endpoint for ids; safe to use from several threads."""

    def __init__(self, name: str, endpoint: Endpoint, ask: Fetch, access: AppAccess) -> None:
        self._name = name
        self._endpoint = endpoint
        self._ask = ask
        self._regime = access
        self._single_answers = 0
        self._single_refusals = 0

    def batches(self, ids: Iterator[str]) -> Iterator[list[str]]:
        """The ids in batches of the size that is known to be allowed when each is taken."""
        while batch := list(islice(ids, self._endpoint.batch if self._in_bulk else 1)):
            yield batch

    def ask(self, ids: Sequence[str]) -> Outcome:
        """Fetch for some ids. An id that Spotify does not know is answered, too: there is no such thing."""
        if not self._in_bulk:
            return sum(map(self._ask_single, ids), Outcome(0))
        answer, answered = self._ask_at_once(self._endpoint, ids)
        if answered:
            self._regime.bulk[self._name] = True
            return Outcome(len(ids))
        if answer.status == HTTPStatus.FORBIDDEN:
            self._regime.bulk.setdefault(self._name, False)
            return sum(map(self._ask_single, ids), Outcome(0))
        if answer.status == HTTPStatus.BAD_REQUEST and len(ids) > 1 and ABOUT_AN_ID.search(answer.reason or ""):
            # One id that Spotify calls invalid spoils the batch: halving finds it.
            middle = len(ids) // 2
            return self.ask(ids[:middle]) + self.ask(ids[middle:])
        return Outcome(0, ids, answer.reason or f"no array of {len(ids)} in the answer")

    @property
    def _in_bulk(self) -> bool:
        return self._endpoint.items is not None and self._regime.bulk.get(self._name, True)

    def _ask_single(self, single_id: str) -> Outcome:
        if self._single_answers == 0 and self._single_refusals >= REFUSALS_BELIEVED:
            return Outcome(0, [single_id], f"{self._name} are refused, several at once and one by one")
        answer, answered = self._ask_at_once(self._endpoint.single(), [single_id])
        self._single_answers += answered
        self._single_refusals += answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        return Outcome(1) if answered else Outcome(0, [single_id], explain_reason(answer.reason))

    def _ask_at_once(self, endpoint: Endpoint, ids: Sequence[str]) -> tuple[Response, bool]:
        asked: dict[str, Any] = {"ids": list(ids)}
        asked |= {} if endpoint.items is None else {"items": endpoint.items}
        answer = self._ask(self._name, endpoint.path_for(ids), asked)
        return answer, is_answered(answer.status, answer.body or {"reason": answer.reason}, asked)
