"""A client of the Spotify Web API: access token, timeouts, retries, rate limit, and a count of all requests."""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import requests

from extractor.clock import Clock
from extractor.config.settings import Api
from extractor.errors import StoppedByQuota
from extractor.spotify.app_access import raise_if_app_refused
from extractor.spotify.auth import TokenProvider
from extractor.spotify.credentials import Credentials
from extractor.spotify.http import ConnectionFailed, RawResponse, ResponseTooLarge, bearer_auth, send
from extractor.spotify.rate_limit import RateLimit
from extractor.spotify.retry import Backoff

MAX_RETRY_AFTER_SECONDS = 86400.0
"""A Retry-After is believed for a day at most; then one request tells what is true."""


NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?")


class Budget(Protocol):
    """Counts requests against the budget of a day."""

    def take(self, endpoint: str, now: datetime) -> None:
        """Count a request that is about to be sent. Raises StoppedByQuota if the budget is used up."""


@dataclass(frozen=True)
class Response:
    """The result of a request after all retries.

    `status` is None if there was no HTTP response, `body` if it was no JSON object. `reason` says what went wrong; None
    for status 200. `requests` counts the attempts.
    """

    status: int | None
    body: dict[str, Any] | None
    observed_at: datetime
    requests: int
    reason: str | None = None


Fetch = Callable[[str, str, dict[str, Any]], Response]
"""Requests (endpoint, path, what is asked for) and lands the response before it is used."""


@dataclass(frozen=True)
class _Retry:
    """A transient failure. `after` is the Retry-After in seconds; None if there was none."""

    reason: str
    status: int | None
    after: float | None = None


class Client:
    """A Spotify Web API client for one run; safe to use from several threads.

    Once `stopped` is set, every further request raises it.
    """

    def __init__(self, api: Api, credentials: Credentials, clock: Clock, rng: random.Random, budget: Budget) -> None:
        self.requests: Counter[str] = Counter()
        self.stopped: StoppedByQuota | None = None
        self._api = api
        self._clock = clock
        self._budget = budget
        self._rate_limit = RateLimit(clock, rng)
        self._rate_limit_seconds = 0.0
        self._backoff = Backoff(clock, rng)
        self._tokens = TokenProvider(api, credentials, clock, self._backoff)
        self._lock = threading.Lock()
        self._sessions = threading.local()
        self._ends_at = clock.monotonic() + api.max_run_hours * 3600

    @property
    def waited_seconds(self) -> float:
        """Seconds waited so far, for the rate limit and to back off."""
        return self._rate_limit_seconds + self._backoff.waited_seconds

    @property
    def login_problem(self) -> str | None:
        """Return why the login that Spotify issued last is not stored; None if it is."""
        return self._tokens.problem

    def log_in(self) -> None:
        """Fetch a token, so that wrong credentials fail the run before anything is landed."""
        self._tokens.current()

    def get(self, endpoint: str, path: str) -> Response:
        """Request `path`, relative to the base URL, and count it under the name `endpoint`.

        A refusal (4xx) is a Response with its status, as is a failure of all retries. Raises StoppedByQuota if the wait
        would be too long, CredentialsError if Spotify refuses the credentials or the whole app.
        """
        url = f"{self._api.base_url}/{path}"
        sent, rate_limit_wait, renewed = 0, 0.0, False
        while True:
            sent_at = self._wait_for_turn(endpoint)
            token = self._tokens.current()
            result = self._send(url, token)
            sent += 1
            if isinstance(result, _Retry) and result.status == 429:
                after = max(result.after or 2.0**sent, 1.0)
                rate_limit_wait += after
                self._rate_limit.refused(sent_at, after)
                self._stop_if_too_long(after, rate_limit_wait)
                continue
            self._rate_limit.answered()
            if isinstance(result, _Retry):
                if not self._backoff.wait(sent):
                    return Response(result.status, None, self._clock.now(), sent, result.reason)
            elif result.status == 401 and not renewed and "user authentication" not in (result.reason or "").lower():
                renewed = True
                self._tokens.invalidate(token)
            else:
                raise_if_app_refused(result.status, result.reason or "")
                return Response(result.status, result.body, result.observed_at, sent, result.reason)

    def _send(self, url: str, token: str) -> Response | _Retry:
        try:
            raw = send(self._session().get, url, auth=bearer_auth(token))
        except ConnectionFailed as error:
            self._sessions = threading.local()  # its connection may still be in use
            return _Retry(str(error), None)
        except ResponseTooLarge as error:
            return Response(None, None, self._clock.now(), 1, str(error))
        if raw.status == 429:
            return _Retry("429 Too many requests", raw.status, _retry_after(raw, self._clock.now()))
        if raw.status >= 500 or raw.status == 202:
            return _Retry(str(raw), raw.status)
        if raw.status == 200 and not raw.body:
            return _Retry("200 with an empty or unreadable body", raw.status)
        return Response(raw.status, raw.body, self._clock.now(), 1, None if raw.status == 200 else str(raw))

    def _wait_for_turn(self, endpoint: str) -> float:
        """Wait until the rate limit allows a request, and count it against the day's budget; return the time."""
        while True:
            with self._lock:
                if not self.stopped and self._clock.monotonic() >= self._ends_at:
                    limit = f"the run has reached max_run_hours ({self._api.max_run_hours})"
                    self.stopped = StoppedByQuota(limit, self._clock.now())
                if self.stopped:
                    raise self.stopped
                wait = self._rate_limit.wait()
                if wait <= 0:
                    try:
                        self._budget.take(endpoint, self._clock.now())
                    except StoppedByQuota as stop:
                        self.stopped = stop
                        raise
                    self.requests[endpoint] += 1
                    return self._rate_limit.sent()
                self._rate_limit_seconds += wait
            self._clock.sleep(wait)

    def _stop_if_too_long(self, after: float, wait: float) -> None:
        """Raise StoppedByQuota if one request would `wait` longer than the configuration allows."""
        if wait > self._api.max_wait_seconds:
            with self._lock:
                until = self._clock.now() + timedelta(seconds=after)
                self.stopped = self.stopped or StoppedByQuota("Spotify's quota is used up", until, by_spotify=True)
                raise self.stopped

    def _session(self) -> requests.Session:
        if not hasattr(self._sessions, "session"):
            self._sessions.session = requests.Session()
        session: requests.Session = self._sessions.session
        return session


def _retry_after(response: RawResponse, now: datetime) -> float | None:
    """Return the Retry-After in seconds, at most a day; None if it is missing or neither a number nor a date."""
    header = response.headers.get("Retry-After", "").strip()
    try:
        seconds = float(header) if NUMBER.fullmatch(header) else (parsedate_to_datetime(header) - now).total_seconds()
    except (TypeError, ValueError, OverflowError):  # TypeError: a date without a time zone
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
