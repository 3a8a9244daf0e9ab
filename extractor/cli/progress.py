"""Show the progress of a run on standard error: a progress bar on a terminal, otherwise one line per minute."""

from __future__ import annotations

import sys
import threading
from typing import Any

from tqdm import tqdm

from extractor.cli.console import Console
from extractor.extract.progress import Progress

EVERY_SECONDS = 60
BAR = "{desc} {bar:30} {n_fmt} of {total_fmt}{postfix}"


class Bar(Progress):
    """Shows a progress bar at the bottom of a terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._requests: int | None = None

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, what: str, done: int, total: int | None, requests: int | None = None) -> None:
        if self._bar is None or self._bar.desc != what:
            self.__exit__()
            self._bar = _bar(what, total)
        self._requests = requests
        self._bar.total = total
        self._bar.set_postfix_str("" if requests is None else f"{requests} requests", refresh=False)
        self._bar.update(done - self._bar.n)

    def waits(self, seconds: float) -> None:
        if self._bar is not None and seconds >= 1:
            self._bar.set_postfix_str(f"{self._requests} requests, waiting {seconds:.0f} s for Spotify")


def _bar(what: str, total: int | None) -> tqdm[Any]:
    return tqdm(desc=what, total=total, bar_format=BAR, leave=False, dynamic_ncols=True, file=sys.stderr)


class Lines(Progress):
    """Prints one line per minute, for logs and mails; a run shorter than a minute prints nothing."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._due = console.clock.monotonic() + EVERY_SECONDS
        self._said: dict[str, Any] = {}
        self._lock = threading.Lock()

    def show(self, what: str, done: int, total: int | None, requests: int | None = None) -> None:
        self._said = {"what": what, "done": done, "total": total, "requests": requests}
        self.waits(0)

    def waits(self, seconds: float) -> None:
        """Print the progress if a line is due before the wait is over."""
        now = self._console.clock.monotonic()
        with self._lock:
            if not self._said or now + seconds < self._due:
                return
            self._due = now + seconds + EVERY_SECONDS
        facts = self._said | {"waiting": round(seconds)}
        text = "{what} {done} of {total}".format_map(facts | {"total": facts["total"] or "?"})
        text += "" if facts["requests"] is None else f", {facts['requests']} requests"
        text += f", waiting {seconds:.0f} s for Spotify" if seconds else ""
        self._console.note("progress", f"{self._console.clock.now():%H:%M} {text}", **facts)


def progress_on(console: Console) -> Progress:
    """Return the kind of progress that fits standard error and the log format."""
    return Bar() if sys.stderr.isatty() and console.log_format == "text" else Lines(console)
