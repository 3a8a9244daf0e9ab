"""The rate limit: so many requests in any thirty seconds, whoever asks."""

import math
import time
from collections import deque
from collections.abc import Callable
from threading import Lock


class Window:
    """Lets at most so many requests in within `seconds`, a window that rolls on."""

    def __init__(self, most: int, seconds: float = 30.0, now: Callable[[], float] = time.monotonic) -> None:
        self.refused = 0
        self._most = most
        self._seconds = seconds
        self._now = now
        self._let_in: deque[float] = deque()
        self._lock = Lock()

    def retry_after(self) -> int | None:
        """Let a request in, or return after how many seconds it may come again."""
        with self._lock:
            now = self._now()
            while self._let_in and self._let_in[0] <= now - self._seconds:
                self._let_in.popleft()
            if len(self._let_in) < self._most:
                self._let_in.append(now)
                return None
            self.refused += 1
            return math.ceil(self._let_in[0] + self._seconds - now)
