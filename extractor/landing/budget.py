"""Count the requests of a day against a budget that all runs and workers share, and store Spotify's rate limit."""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from extractor.errors import LandingError, StoppedByQuota
from extractor.files import replace_file


class Budget:
    """Counts the requests of a day by endpoint against a limit; safe for several threads and processes.

    The size of landing/<day>/<endpoint>.requests in bytes is the number of requests. Each is counted before it is sent,
    so a kill may leave one counted too many, never one too few. `landed` are the requests recorded in the landing
    files: the count never falls below them, even if the file is lost.
    """

    def __init__(self, landing: Path, day: date, requests_per_day: int | None, landed: Counter[str]) -> None:
        self.requests_per_day = requests_per_day
        self._folder = landing / day.isoformat()
        self._landed = landed.copy()

    def spent(self, endpoint: str) -> int:
        """Return the number of requests so far."""
        try:
            counted = self._path(endpoint).stat().st_size
        except OSError:
            counted = 0
        return max(counted, self._landed[endpoint])

    def left(self, endpoint: str) -> int | None:
        """Return how many requests are left; None if there is no budget."""
        return None if self.requests_per_day is None else max(0, self.requests_per_day - self.spent(endpoint))

    def take(self, endpoint: str, now: datetime) -> None:
        """Count a request that is about to be sent. Raises StoppedByQuota if the budget is spent."""
        if self.requests_per_day is None:
            return
        path = self._path(endpoint)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as ledger:
                fcntl.flock(ledger, fcntl.LOCK_EX)
                spent = self.spent(endpoint)
                if spent < self.requests_per_day:
                    os.ftruncate(ledger.fileno(), spent + 1)
                    return
        except OSError as error:
            raise LandingError(f"{path}: can't be written: {error.strerror}") from error
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        raise StoppedByQuota(
            f"the budget of {self.requests_per_day} {endpoint} requests for the day is spent", midnight
        )

    def _path(self, endpoint: str) -> Path:
        return self._folder / f"{endpoint}.requests"


def save_wait(landing: Path, until: datetime) -> None:
    """Store the end (UTC) of a wait that Spotify demands, for later runs."""
    replace_file(landing / "not_before.json", json.dumps({"until": until.isoformat()}).encode())


def load_wait(landing: Path, now: datetime) -> StoppedByQuota | None:
    """Return StoppedByQuota if the wait that an earlier run stored is not over; None otherwise or if it is invalid.

    A wait of more than a day comes from a wrong clock, because none is believed for longer.
    """
    try:
        until = datetime.fromisoformat(json.loads((landing / "not_before.json").read_bytes())["until"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_due = now < until.astimezone(UTC) <= now + timedelta(days=1)
    return StoppedByQuota("Spotify's quota is used up", until) if is_due else None
