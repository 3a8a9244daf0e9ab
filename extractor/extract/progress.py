"""The interface by which a run reports its progress."""

from __future__ import annotations

from dataclasses import replace

from extractor.clock import Clock


class Progress:
    """Base class; reports nothing. Use as a context manager: the terminal is cleared at the end."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        """Clear what was shown."""

    def show(self, what: str, done: int, total: int | None, requests: int | None = None) -> None:
        """Report how many of the `total` playlists or tracks are done, and the number of requests so far, if any."""

    def waits(self, seconds: float) -> None:
        """Report a wait of so many seconds; callable from any thread."""

    def on(self, clock: Clock) -> Clock:
        """Return a clock that reports every sleep to `waits`."""

        def sleep(seconds: float) -> None:
            self.waits(seconds)
            clock.sleep(seconds)

        return replace(clock, sleep=sleep)
