"""Time, passed in so that tests need not wait."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    """Where the time comes from: instants in UTC, seconds that never jump, and sleep."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


AWAKE_WITHIN_SECONDS = 0.5


def stoppable_clock() -> Clock:
    """A clock from whose sleep every thread wakes when the process is told to stop, by Ctrl-C or by SIGTERM.

    Both interrupt. As the first process of a container Python would otherwise not even hear of SIGTERM.
    """
    told = False

    def stop(*_: object) -> None:
        nonlocal told
        told = True
        raise KeyboardInterrupt

    def sleep(seconds: float) -> None:
        end = time.monotonic() + seconds
        while not told and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, AWAKE_WITHIN_SECONDS))
        if told:
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as of a job in the background of a script
            signal.signal(number, stop)
    return Clock(sleep=sleep)
