"""The simulator as a server: a world on a local port, on a day that can be changed."""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import TracebackType
from typing import ClassVar, Self

from extractor.simulator.api import WebApi, failure_answer
from extractor.simulator.connection import Listener, Reply
from extractor.simulator.failures import Failure
from extractor.simulator.faults import UNSET, Fault, FaultCounter
from extractor.simulator.messages import Answer, Request
from extractor.simulator.tokens import CLIENT_ID, CLIENT_SECRET, Tokens
from extractor.simulator.window import Window
from extractor.simulator.world import World

DROPPED = 0
NO_FAULT = Fault(path="")


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A handled request. `path` includes the query; a `status` of 0 means that the connection was closed."""

    method: str
    path: str
    status: int
    endpoint: str


class Simulator:
    """Context manager that serves a world: `with Simulator(world, day=...) as simulator: ...`."""

    credentials: ClassVar[dict[str, str]] = {"SPOTIFY_CLIENT_ID": CLIENT_ID, "SPOTIFY_CLIENT_SECRET": CLIENT_SECRET}

    def __init__(self, world: World, day: date | None = None, faults: Sequence[Fault] = (), port: int = 0) -> None:
        """Serve `world` on its first day or on `day`, with `faults` in addition to those of the world."""
        self.world = world
        self.day = day or world.days[0]
        self.tokens = Tokens()
        self.window: Window | None = None
        self.requests: list[SeenRequest] = []
        self._faults = FaultCounter([*faults, *world.faults])
        self._listener = Listener(port, self._reply)
        self._api = WebApi(world, self.base_url)
        self._thread = threading.Thread(target=self._listener.serve, name="simulator", daemon=True)

    @property
    def url(self) -> str:
        """Return the base URL of the server."""
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def base_url(self) -> str:
        """Return the URL that replaces https://api.spotify.com/v1."""
        return f"{self.url}/v1"

    @property
    def token_url(self) -> str:
        """Return the URL that replaces https://accounts.spotify.com/api/token."""
        return f"{self.url}/api/token"

    @property
    def restricted(self) -> bool:
        """Whether the app counts as one created since February 2026. Can be set, like the day."""
        return self._api.restricted

    @restricted.setter
    def restricted(self, value: bool) -> None:
        self._api.restricted = value

    @property
    def own_lists(self) -> frozenset[str]:
        """The ids of playlists of the logged-in user: a restricted app gets their entries. Can be set."""
        return self._api.own_lists

    @own_lists.setter
    def own_lists(self, value: Iterable[str]) -> None:
        self._api.own_lists = frozenset(value)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self._thread.join()

    def count(self, pattern: str) -> int:
        """Return how many requests had a path and query that match a regular expression."""
        return sum(re.search(pattern, seen.path) is not None for seen in list(self.requests))

    def expire_tokens(self) -> None:
        """Expire all access tokens, as an hour would."""
        self.tokens.expire()

    def _reply(self, request: Request) -> Reply:
        if request.path.startswith("/simulator/"):
            return Reply(self._control(request))
        day = self.day
        fault = self._faults.meet(request.target, day) or NO_FAULT
        reply = Reply(self._answer(request, day, fault), delay=fault.delay, truncate=fault.truncate, drop=fault.drop)
        self.day = fault.then_day or self.day
        status = DROPPED if fault.drop else reply.answer.status
        self.requests.append(SeenRequest(request.method, request.target, status, self._api.endpoint(request.path)))
        return reply

    def _answer(self, request: Request, day: date, fault: Fault) -> Answer:
        if not fault.replaces_answer:
            answer = self._usual_answer(request, day)
        else:
            status = fault.status or 200
            body = Failure.usual(status).body if fault.body is UNSET else fault.body
            answer = Answer.of(status, body)
        return Answer(answer.status, answer.body, answer.headers | fault.headers)

    def _usual_answer(self, request: Request, day: date) -> Answer:
        if request.path == "/api/token" and request.method == "POST":
            return self.tokens.grant(request)
        if request.path == "/authorize" and request.method == "GET":
            return self.tokens.authorize(request)
        if self.window and (retry_after := self.window.retry_after()) is not None:
            refused = failure_answer(Failure.usual(429))
            return Answer(refused.status, refused.body, refused.headers | {"Retry-After": str(retry_after)})
        refusal = self.tokens.refusal(request)
        if refusal:
            return failure_answer(refusal)
        return self._api.answer(replace(request, of_user=self.tokens.is_of_user(request)), day)

    def _control(self, request: Request) -> Answer:
        """Handle requests to the simulator itself, which are neither counted nor subject to faults."""
        match request.method, request.path:
            case "GET", "/simulator/playlists":
                labels = [{"playlist_id": each, "label": self.world.label(each)} for each in self.world.playlist_ids]
                days = [day.isoformat() for day in self.world.days]
                return Answer.of(200, {"day": self.day.isoformat(), "days": days, "playlists": labels})
            case "PUT", "/simulator/day":
                return self._change_day(request.body.decode(errors="replace").strip())
            case "GET", "/simulator/requests":
                counts = Counter(f"{seen.method} {seen.endpoint}" for seen in list(self.requests))
                return Answer.of(200, dict(sorted(counts.items())))
        return failure_answer(Failure.usual(404))

    def _change_day(self, text: str) -> Answer:
        try:
            self.day = date.fromisoformat(text)
        except ValueError:
            return Answer.of(400, f"not a day: {text[:40]!r}; send an ISO date such as 2026-01-31")
        return Answer.of(200, {"day": text})
