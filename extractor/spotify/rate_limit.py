"""A rate limit shared by all threads: it obeys Retry-After and learns the limit from 429 responses."""

from __future__ import annotations

import random
import threading
from collections import deque

from extractor.clock import Clock

WINDOW_SECONDS = 30.0
"""Spotify counts requests in a rolling window; the limit is not published."""

TELLING_REQUESTS = 10
"""A 429 after fewer responses in a window does not reveal the limit: another client has used it up."""

WINDOWS_TO_TRUST = 10
"""After so many windows without a 429, the limit is raised by a quarter."""


class RateLimit:
    """Decides when the next request may be sent; safe to use from several threads.

    Before the first 429, requests are not limited. After it, the requests in flight and those answered within the last
    window may not exceed the number that Spotify accepted in a window before. A request counts from its response on, so
    that it leaves Spotify's window before ours.
    """

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._lock = threading.Lock()
        self._not_before = clock.monotonic()
        self._answered: deque[float] = deque()
        self._in_flight = 0
        self._most: int | None = None
        self._window = WINDOW_SECONDS
        self._last_429_at = self._not_before

    def wait(self) -> float:
        """Return the seconds until the next request may be sent; 0 or less means now."""
        with self._lock:
            now = self._clock.monotonic()
            return max(self._not_before - now, self._until_room(now))

    def sent(self) -> float:
        """Record that a request was sent; return the time, for `refused`."""
        with self._lock:
            self._in_flight += 1
            return self._clock.monotonic()

    def answered(self) -> None:
        """Record that a request ended, with or without a response, but not with a 429."""
        with self._lock:
            now = self._clock.monotonic()
            self._in_flight -= 1
            self._answered.append(now)
            while self._answered[0] <= now - WINDOW_SECONDS:
                self._answered.popleft()

    def refused(self, sent_at: float, after: float) -> None:
        """Record a 429 response that asks to wait for `after` seconds."""
        with self._lock:
            now = self._clock.monotonic()
            self._in_flight -= 1
            self._not_before = max(self._not_before, now + after + self._rng.random())
            if sent_at >= self._last_429_at:  # ignore requests sent before the previous 429
                self._learn(now, after)

    def _learn(self, now: float, after: float) -> None:
        recent = [at for at in self._answered if at > now - WINDOW_SECONDS]
        if len(recent) >= TELLING_REQUESTS:
            # At the first 429, assume that Retry-After is the rest of the window: a short limit must not slow the run.
            whole = self._most is not None
            self._window = WINDOW_SECONDS if whole else min(WINDOW_SECONDS, now - recent[0] + after)
            self._most = len(recent)
        self._last_429_at = now

    def _until_room(self, now: float) -> float:
        if self._most is None:
            return 0.0
        room = self._most - self._in_flight
        if room <= 0:
            return 0.1  # wait for a response
        if len(self._answered) < room:
            return 0.0
        wait = self._answered[-room] + self._window - now
        if wait > 0 and now - self._last_429_at > WINDOWS_TO_TRUST * WINDOW_SECONDS:
            self._most += self._most // 4
            self._last_429_at = now
        return wait
