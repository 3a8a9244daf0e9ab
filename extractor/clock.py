"""Clocks are passed in, so that tests do not have to wait."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
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

GRACE_SECONDS = 10.0
"""How long a process may take to end after a signal: longer than closing files takes, less than a long query."""


def interruptible_clock() -> Clock:
    """Return a clock whose sleep() is interrupted in every thread when the process receives SIGINT or SIGTERM.

    Both signals raise KeyboardInterrupt. PID 1 of a container would otherwise ignore SIGTERM. A second signal ends the
    process at once, and so does the first after GRACE_SECONDS: every response so far is in the landing file.
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

    numbers = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) is not signal.SIG_IGN]
    for number in numbers:  # ignored ones are those of a background job of a script
        signal.signal(number, interrupt)
    _end_after_signals(numbers)
    return Clock(sleep=sleep)


def _end_after_signals(numbers: Sequence[int]) -> None:
    """End the process in another thread: while a query runs, the main thread runs no signal handler."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def end_after_signals() -> None:
        while os.read(reader, 1)[0] not in numbers:
            pass
        ended_by = time.monotonic() + GRACE_SECONDS
        while (left := ended_by - time.monotonic()) > 0 and not select.select([reader], [], [], left)[0]:
            pass
        with suppress(OSError):
            os.write(2, b"interrupted while it was busy: run the same command again\n")
        os._exit(INTERRUPTED)

    threading.Thread(target=end_after_signals, daemon=True).start()
