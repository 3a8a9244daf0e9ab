"""A client connected to a simulator, and helpers for tests of clients."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from weakref import finalize

from extractor.config.settings import Api
from extractor.landing.budget import Budget
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.server import Simulator
from extractor.spotify.client import Client, Response
from extractor.spotify.credentials import Credentials
from tests.extractor.conftest import CREDENTIALS, DAY, FakeTime

WORLD = "{tracks: 0, histories: {list: {days: {2026-01-01: [A, B]}}}}"
PATH = f"tracks/{spotify_id('A')}"
MISSING = f"tracks/{spotify_id('missing')}"

Serve = Callable[..., Simulator]


class Asking:
    """A client, the simulator it asks, and its clock."""

    def __init__(
        self, simulator: Simulator, time: FakeTime, credentials: Credentials, spent: dict[str, int], **api: Any
    ) -> None:
        self.simulator = simulator
        self.time = time
        self.credentials = credentials
        addresses = {"base_url": simulator.base_url, "token_url": simulator.token_url}
        settings = Api(**addresses | api)
        landing = mkdtemp()
        finalize(self, rmtree, landing)
        budget = Budget(Path(landing), DAY, settings.requests_per_day, Counter(spent))
        self.client = Client(settings, credentials, time.clock, random.Random(0), budget)

    def again(self, credentials: Credentials | None = None) -> "Asking":
        """Return the client of another run, optionally with other credentials."""
        return Asking(self.simulator, self.time, credentials or self.credentials, {})

    def get(self, path: str = PATH) -> Response:
        return self.client.get("tracks", path)

    @property
    def statuses(self) -> list[int]:
        """The status codes of all requests but those of the token."""
        return [seen.status for seen in self.simulator.requests if seen.path.startswith("/v1/")]

    @property
    def tokens(self) -> int:
        """The number of token requests."""
        return self.simulator.count("^/api/token")


def asking(
    serve: Serve,
    time: FakeTime,
    *faults: Fault,
    credentials: Credentials = CREDENTIALS,
    spent: dict[str, int] | None = None,
    **api: Any,
) -> Asking:
    """Return a client of a simulator of WORLD with these faults."""
    return Asking(serve(WORLD, *faults), time, credentials, spent or {}, **api)


def on_api(**rule: Any) -> Fault:
    """Return a fault of all requests but those of the token."""
    return Fault("/v1/", **rule)


def on_token(**rule: Any) -> Fault:
    """Return a fault of the token endpoint."""
    return Fault("/api/token", **rule)
