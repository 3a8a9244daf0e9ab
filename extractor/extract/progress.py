"""What a run reports while it asks; the command line shows it."""

from __future__ import annotations

from dataclasses import replace

from extractor.clock import Clock


class Progress:
    """Keeps it to itself. Use as a context manager: what is on the terminal is gone at the end."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left behind."""

    def show(self, what: str, done: int, total: int | None, requests: int) -> None:
        """Say how many of the `total` lists or tracks are done, and what the run has asked so far."""

    def waits(self, seconds: float) -> None:
        """Say that nothing is asked for so long, from any thread."""

    def on(self, clock: Clock) -> Clock:
        """Return a clock that reports every sleep to `waits`."""

        def sleep(seconds: float) -> None:
            self.waits(seconds)
            clock.sleep(seconds)

        return replace(clock, sleep=sleep)
