"""The pace of requests: what a 429 reveals of Spotify's rate limit window."""

import random
from collections import deque

import pytest

from extractor.spotify.rate_limit import RateLimit
from tests.extractor.conftest import FakeTime


class Window:
    """Simulates Spotify's rate limit: at most `most` requests in any 30 seconds, each taking 0.1 seconds."""

    def __init__(self, most: int, time: FakeTime, retry_after: float | None = None) -> None:
        self.most = most
        self.refusals = 0
        self._time = time
        self._retry_after = retry_after
        self._taken: deque[float] = deque()

    def ask(self, pace: RateLimit) -> None:
        """Send a request until it is answered, as a client does."""
        while True:
            while (wait := pace.wait()) > 0:
                self._time.sleep(wait)
            sent_at = pace.sent()
            arrived = self._time.passed
            while self._taken and self._taken[0] <= arrived - 30:
                self._taken.popleft()
            self._time.passed += 0.1
            if len(self._taken) < self.most:
                self._taken.append(arrived)
                pace.answered()
                return
            self.refusals += 1
            pace.refused(sent_at, self._retry_after or 30 - (arrived - self._taken[0]))


def paced(time: FakeTime) -> RateLimit:
    return RateLimit(time.clock, random.Random(0))


def test_no_wait_without_a_429(time: FakeTime) -> None:
    window, pace = Window(10_000, time), paced(time)
    for _ in range(1000):
        window.ask(pace)
    assert time.sleeps == []


@pytest.mark.parametrize("retry_after", [None, 1.0, 30.0])
@pytest.mark.parametrize("most", [20, 100, 180])
def test_rate_limit_is_not_hit_again_after_the_first_429s(time: FakeTime, most: int, retry_after: float | None) -> None:
    window, pace = Window(most, time, retry_after), paced(time)
    for _ in range(9 * most):
        window.ask(pace)
    assert window.refusals <= 2
    # Nine windows; the first costs no wait.
    assert time.passed <= 9 * 30 * 1.1


def test_pace_is_raised_by_a_quarter_long_after_the_last_429(time: FakeTime) -> None:
    window, pace = Window(100, time), paced(time)
    for _ in range(1500):
        window.ask(pace)
    window.most = 400
    before = time.passed
    for _ in range(6000):
        window.ask(pace)
    assert time.passed - before < 0.7 * 30 * 60


def test_429_after_few_requests_does_not_set_the_pace(time: FakeTime) -> None:
    pace = paced(time)
    for _ in range(5):
        pace.sent()
        pace.answered()
    pace.refused(pace.sent(), 1)
    time.passed += 3
    assert pace.wait() <= 0


def test_concurrent_429s_count_as_one(time: FakeTime) -> None:
    pace = paced(time)
    for _ in range(50):
        pace.sent()
        time.passed += 0.1
        pace.answered()
    first, second = pace.sent(), pace.sent()
    time.passed += 0.1
    pace.refused(first, 5)
    pace.refused(second, 5)
    time.passed += 6.1
    assert pace.wait() <= 0  # 50 in the 10.1 seconds before the 429; 30 would be accepted after a second
