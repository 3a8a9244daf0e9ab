"""Somebody who asks: a client on a simulator, and what tests of clients have in common."""

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
MISSING = f"tracks/{spotify_id('nobody')}"

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
        """Return what another run would be, perhaps with other credentials."""
        return Asking(self.simulator, self.time, credentials or self.credentials, {})

    def get(self, path: str = PATH) -> Response:
        return self.client.get("tracks", path)

    @property
    def statuses(self) -> list[int]:
        """What the API was asked for and answered, the token aside."""
        return [seen.status for seen in self.simulator.requests if seen.path.startswith("/v1/")]

    @property
    def tokens(self) -> int:
        """How often a token was asked for."""
        return self.simulator.count("^/api/token")


def asking(
    serve: Serve,
    time: FakeTime,
    *faults: Fault,
    credentials: Credentials = CREDENTIALS,
    spent: dict[str, int] | None = None,
    **api: Any,
) -> Asking:
    """Return somebody who asks a simulator of WORLD with these faults."""
    return Asking(serve(WORLD, *faults), time, credentials, spent or {}, **api)


def on_api(**rule: Any) -> Fault:
    """Return a fault that anything but the token meets."""
    return Fault("/v1/", **rule)


def on_token(**rule: Any) -> Fault:
    """Return a fault that the token endpoint has."""
    return Fault("/api/token", **rule)
