"""Playlists as a sequence of days, independent of their JSON: the common part of both kinds of playlists."""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

from extractor.simulator.failures import Failure
from extractor.simulator.identifiers import snapshot_id
from extractor.simulator.scenario import Kind, ListSpec


@dataclass(frozen=True, slots=True)
class Slot:
    """A position of a playlist: its content, which may be hidden on a day, and its claim.

    `key` is the id of a track or the name of anything else; `popularity` is the one that the playlist shows if it
    differs from the track's.
    """

    kind: Kind
    key: str
    added_at: str | None
    hidden: bool = False
    popularity: int | None = None

    @property
    def identity(self) -> str:
        """Return the part that changes the snapshot id; whether it is hidden and its popularity don't."""
        return f"{self.kind} {self.key} {self.added_at}"


@dataclass(frozen=True, slots=True)
class DayContent:
    """A playlist on a day. A slot that is None becomes a null element. A failure replaces the response for the day."""

    name: str
    slots: tuple[Slot | None, ...]
    failure: Failure | None = None
    same_snapshot: bool = False

    @property
    def identity(self) -> str:
        """Return the text whose hash is the snapshot id."""
        return "\n".join([self.name, *("null" if slot is None else slot.identity for slot in self.slots)])


@dataclass(frozen=True, slots=True)
class DayState:
    """A playlist on a day with its snapshot id."""

    content: DayContent
    snapshot_id: str


class DailyList:
    """A playlist whose days are generated in sequence and cached, so that they can be requested in any order."""

    def __init__(self, spec: ListSpec, contents: Iterator[DayContent]) -> None:
        self.spec = spec
        self._contents = contents
        self._states: list[DayState] = []
        self._revision = 1
        self._lock = Lock()

    def on(self, index: int) -> DayState:
        """Return the playlist on a day (0 is the first of the scenario)."""
        with self._lock:
            while len(self._states) <= index:
                self._states.append(self._next_state())
            return self._states[index]

    def _next_state(self) -> DayState:
        content = next(self._contents)
        if not self._states:
            return DayState(content, snapshot_id(self._revision, content.identity))
        before = self._states[-1]
        if content.identity == before.content.identity or content.same_snapshot or self.spec.stuck_snapshot:
            return DayState(content, before.snapshot_id)
        self._revision += 1
        return DayState(content, snapshot_id(self._revision, content.identity))
