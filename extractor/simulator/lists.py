"""Lists that are a sequence of days: content first, answers later. What both kinds of lists have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

from extractor.simulator.failures import Failure
from extractor.simulator.identifiers import snapshot_id
from extractor.simulator.scenario import Kind, ListSpec


@dataclass(frozen=True, slots=True)
class Slot:
    """A position of a list: what is there, which may be hidden on a day, and since when.

    `key` is the id of a track or the name of anything else; `popularity` is what the list says where that is not
    what the track says.
    """

    kind: Kind
    key: str
    added_at: str | None
    hidden: bool = False
    popularity: int | None = None

    @property
    def identity(self) -> str:
        """What makes the list another list when it changes: being hidden or popular does not."""
        return f"{self.kind} {self.key} {self.added_at}"


@dataclass(frozen=True, slots=True)
class DayContent:
    """A list on a day. A slot that is None is answered as a null element. A failure hides the rest for the day."""

    name: str
    slots: tuple[Slot | None, ...]
    failure: Failure | None = None
    same_snapshot: bool = False

    @property
    def identity(self) -> str:
        """What a snapshot id stands for."""
        return "\n".join([self.name, *("null" if slot is None else slot.identity for slot in self.slots)])


@dataclass(frozen=True, slots=True)
class DayState:
    """A list on a day with its snapshot id."""

    content: DayContent
    snapshot_id: str


class DailyList:
    """A list whose days are made one after the other, each from the one before, and may be asked for in any order."""

    def __init__(self, spec: ListSpec, contents: Iterator[DayContent]) -> None:
        self.spec = spec
        self._contents = contents
        self._states: list[DayState] = []
        self._revision = 1
        self._lock = Lock()

    def on(self, index: int) -> DayState:
        """Return the list on a day, counted from the first of the scenario."""
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
