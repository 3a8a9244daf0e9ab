"""Asking Spotify politely: token, timeouts, retries, waiting, and a count of every request."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import requests

from extractor.clock import Clock
from extractor.config.settings import Api
from extractor.errors import StoppedByQuota
from extractor.spotify.app_access import refuse_hopeless
from extractor.spotify.auth import Tokens
from extractor.spotify.credentials import Credentials
from extractor.spotify.http import ATTEMPTS, TIMEOUTS, TooLarge, content_of, json_object, message, signed_with, told
from extractor.spotify.rate_limit import Pace

RETRY_SECONDS_PER_RUN = 300
"""All backing off of a run together: a broken day ends in minutes, not in hours."""


class Budget(Protocol):
    """Counts requests against what a day may spend."""

    def take(self, endpoint: str, now: datetime) -> None:
        """Count a request that is about to be sent. Raises StoppedByQuota if the budget is spent."""


@dataclass(frozen=True)
class Answer:
    """What came of one question: the parsed body where there is one, else the reason why not."""

    status: int | None
    body: dict[str, Any] | None
    observed_at: datetime
    requests: int
    reason: str | None = None


Ask = Callable[[str, str, dict[str, Any]], Answer]
"""Asks (endpoint, path, what is asked) and lands the answer before anything is made of it."""


@dataclass(frozen=True)
class _Retry:
    """A passing fault; `after` is the wait that Spotify asked for, if it did."""

    reason: str
    status: int | None
    after: float | None = None


class Client:
    """A Spotify Web API client for one run; safe to use from several threads.

    `stopped`, where it is set, is what every further question is answered with.
    """

    def __init__(self, api: Api, credentials: Credentials, clock: Clock, rng: random.Random, budget: Budget) -> None:
        self.requests: Counter[str] = Counter()
        self.waited_seconds = 0.0
        self.stopped: StoppedByQuota | None = None
        self._api = api
        self._clock = clock
        self._rng = rng
        self._budget = budget
        self._pace = Pace(clock, rng)
        self._lock = threading.Lock()
        self._backoff_left = float(RETRY_SECONDS_PER_RUN)
        self._sessions = threading.local()
        self._tokens = Tokens(api, credentials, clock, self._back_off)

    def log_in(self) -> None:
        """Fetch a token now, so that wrong credentials are known before anything is landed."""
        self._tokens.current()

    def get(self, endpoint: str, path: str) -> Answer:
        """Ask for `path` below the base URL; `endpoint` is the name the request is counted under.

        A refusal (4xx) is an Answer with its status; so is a fault that outlasted the retries. Raises StoppedByQuota
        if waiting would take too long, CredentialsError if Spotify refuses the credentials, or the app altogether.
        """
        url = f"{self._api.base_url}/{path}"
        sent, quota_wait, renewed = 0, 0.0, False
        while True:
            sent_at = self._take_turn(endpoint)
            token = self._tokens.current()
            result = self._send(url, token)
            sent += 1
            if isinstance(result, _Retry) and result.status == 429:
                after = max(result.after or 2.0**sent, 1.0)
                quota_wait += after
                self._pace.refused(sent_at, after)
                self._wait_for_quota(after, quota_wait)
                continue
            self._pace.answered()
            if isinstance(result, _Retry):
                if sent >= ATTEMPTS or not self._back_off(sent):
                    return Answer(result.status, None, self._clock.now(), sent, result.reason)
            elif result.status == 401 and not renewed and "user authentication" not in (result.reason or "").lower():
                renewed = True
                self._tokens.renew(token)
            else:
                refuse_hopeless(result.status, result.reason or "")
                return Answer(result.status, result.body, result.observed_at, sent, result.reason)

    def _send(self, url: str, token: str) -> Answer | _Retry:
        try:
            with self._session().get(
                url,
                auth=signed_with(token),
                timeout=TIMEOUTS,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = content_of(response)
        except requests.RequestException as error:
            return _Retry(told(error, url), None)
        except TooLarge as error:
            return Answer(None, None, self._clock.now(), 1, str(error))
        status = response.status_code
        body = json_object(content)
        if status == 429:
            return _Retry("429 Too many requests", status, _seconds(response.headers.get("Retry-After")))
        if status >= 500 or status == 202:
            return _Retry(f"{status} {message(body, content)}".strip(), status)
        if status == 200 and not body:
            return _Retry("200 with an empty or unreadable body", status)
        reason = None if status == 200 else f"{status} {message(body, content)}".strip()
        return Answer(status, body, self._clock.now(), 1, reason)

    def _take_turn(self, endpoint: str) -> float:
        """Wait until the next request may be sent, and count it against the day's budget; returns the time."""
        while True:
            with self._lock:
                if self.stopped:
                    raise self.stopped
                wait = self._pace.wait()
                if wait <= 0:
                    try:
                        self._budget.take(endpoint, self._clock.now())
                    except StoppedByQuota as stop:
                        self.stopped = stop
                        raise
                    self.requests[endpoint] += 1
                    return self._pace.sent()
                self.waited_seconds += wait
            self._clock.sleep(wait)

    def _wait_for_quota(self, after: float, waited_already: float) -> None:
        if waited_already > self._api.max_wait_seconds:
            with self._lock:
                until = self._clock.now() + timedelta(seconds=after)
                self.stopped = self.stopped or StoppedByQuota("Spotify's quota is used up", until, by_spotify=True)
                raise self.stopped

    def _back_off(self, attempt: int) -> bool:
        """Sleep before the next attempt; False where the run has no patience left."""
        pause = 2.0 ** (attempt - 1) * (0.5 + self._rng.random())
        with self._lock:
            if pause > self._backoff_left:
                return False
            self._backoff_left -= pause
            self.waited_seconds += pause
        self._clock.sleep(pause)
        return True

    def _session(self) -> requests.Session:
        if not hasattr(self._sessions, "session"):
            self._sessions.session = requests.Session()
        session: requests.Session = self._sessions.session
        return session


def _seconds(header: str | None) -> float | None:
    """A Retry-After in seconds; None where it says no number. More than a year is as good as a year."""
    return min(float(header), 366 * 86400.0) if header and header.strip().isdecimal() else None
