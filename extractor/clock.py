"""Clocks are passed in, so that tests do not have to wait."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    """The source of time: the current UTC time, a monotonic time in seconds, and sleep."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


INTERRUPTED = 130
"""Exit code after a signal."""

WAKE_INTERVAL_SECONDS = 0.5
"""How long a sleeping thread may take to notice a signal."""


def interruptible_clock() -> Clock:
    """Return a clock whose sleep() is interrupted in every thread when the process receives SIGINT or SIGTERM.

    Both signals raise KeyboardInterrupt. PID 1 of a container would otherwise ignore SIGTERM. A second signal ends the
    process at once: every response so far is in the landing file.
    """
    interrupted = False

    # Python runs signal handlers in the main thread only. Raising interrupts whatever that thread is waiting for; the
    # flag reaches the sleeps of the others. An Event could deadlock: its set() takes a lock that wait() may be holding.
    def interrupt(*_: object) -> None:
        nonlocal interrupted
        if interrupted:
            os._exit(INTERRUPTED)
        interrupted = True
        raise KeyboardInterrupt

    def sleep(seconds: float) -> None:
        end = time.monotonic() + seconds
        while not interrupted and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, WAKE_INTERVAL_SECONDS))
        if interrupted:
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # ignored in a background job of a script
            signal.signal(number, interrupt)
    return Clock(sleep=sleep)
