"""The rate limit: a number of requests in any thirty seconds, for all clients together."""

import math
import time
from collections import deque
from collections.abc import Callable
from threading import Lock


class Window:
    """A rolling window: allows at most `most` requests in any `seconds`."""

    def __init__(self, most: int, seconds: float = 30.0, now: Callable[[], float] = time.monotonic) -> None:
        self.refused = 0
        self._most = most
        self._seconds = seconds
        self._now = now
        self._let_in: deque[float] = deque()
        self._lock = Lock()

    def retry_after(self) -> int | None:
        """Count a request and return None, or return after how many seconds to retry."""
        with self._lock:
            now = self._now()
            while self._let_in and self._let_in[0] <= now - self._seconds:
                self._let_in.popleft()
            if len(self._let_in) < self._most:
                self._let_in.append(now)
                return None
            self.refused += 1
            return math.ceil(self._let_in[0] + self._seconds - now)
