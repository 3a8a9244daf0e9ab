"""Retry failed requests with exponential backoff."""

from __future__ import annotations

import random
import threading

from extractor.clock import Clock

ATTEMPTS = 5
"""Attempts per request, the first included."""

BACKOFF_SECONDS_PER_RUN = 300
"""Limit on all backoff of a run, so that a run during an outage ends within minutes."""


class Backoff:
    """Waits between the attempts of requests; safe to use from several threads.

    The pauses double and have jitter. `waited_seconds` is their sum so far.
    """

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self.waited_seconds = 0.0
        self._clock = clock
        self._rng = rng
        self._lock = threading.Lock()

    def wait(self, attempt: int) -> bool:
        """Sleep after the failed attempt number `attempt`; return False if the request must not be retried again."""
        if attempt >= ATTEMPTS:
            return False
        with self._lock:
            pause = 2.0 ** (attempt - 1) * (0.5 + self._rng.random())
            if self.waited_seconds + pause > BACKOFF_SECONDS_PER_RUN:
                return False
            self.waited_seconds += pause
        self._clock.sleep(pause)
        return True
