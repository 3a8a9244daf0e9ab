"""Faults between the API and its client, by rule."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any

UNSET: Any = object()


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule: of the requests that match `path` on `day`, skip the first `after`, then apply the fault to `times`.

    `path` is searched for in path and query. Without `times`, all that follow get the fault. Without `status` and
    `body` the usual response is sent, delayed or truncated as the other fields say. `then_day` is the day that is
    served from the next request on, to simulate a playlist that changes while it is read.
    """

    path: str
    day: date | None = None
    after: int = 0
    times: int | None = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = UNSET
    truncate: int | None = None
    delay: float = 0.0
    drop: bool = False
    then_day: date | None = None

    @property
    def replaces_answer(self) -> bool:
        """Return whether the usual response is not sent at all."""
        return self.status is not None or self.body is not UNSET

    def matches(self, target: str, day: date) -> bool:
        """Return whether the rule matches requests for `target` (path and query) on `day`."""
        return self.day in (None, day) and re.search(self.path, target) is not None


class FaultCounter:
    """The faults of one server. Each rule counts the requests it matches, even if another rule handles them."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._faults = list(faults)
        self._seen = [0] * len(self._faults)
        self._lock = Lock()

    def meet(self, target: str, day: date) -> Fault | None:
        """Count a request and return the first rule that applies to it, if any."""
        chosen = None
        with self._lock:
            for number, fault in enumerate(self._faults):
                if not fault.matches(target, day):
                    continue
                turn = self._seen[number] - fault.after
                self._seen[number] += 1
                if chosen is None and turn >= 0 and (fault.times is None or turn < fault.times):
                    chosen = fault
        return chosen
