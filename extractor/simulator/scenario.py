"""A scenario file as data: see README.md for what every key means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum, StrEnum

from extractor.simulator.failures import Failure
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id, spotify_owned_id
from extractor.simulator.world import Shape


class OwnerKind(StrEnum):
    """Whose list it is: Spotify's own lists have ids, rules and habits of their own."""

    USER = "user"
    SPOTIFY = "spotify"


class Padding(StrEnum):
    """Where the filler of a written-out list goes."""

    BEFORE = "before"
    AFTER = "after"


class Kind(StrEnum):
    """What an entry holds."""

    TRACK = "track"
    LOCAL = "local"
    EPISODE = "episode"
    PSEUDO_EPISODE = "pseudo_episode"


class Claim(Enum):
    """An `added_at` that a scenario leaves to the simulator."""

    START_OF_RUN = "start of run"


@dataclass(frozen=True, slots=True)
class ListSpec:
    """What both kinds of lists have."""

    key: str
    name: str
    label: str
    owner: OwnerKind
    stuck_snapshot: bool

    @property
    def id(self) -> str:
        """The id of the list, made from its key."""
        return spotify_owned_id(self.key) if self.owner is OwnerKind.SPOTIFY else spotify_id(self.key)


@dataclass(frozen=True, slots=True)
class Event:
    """What happens to a generated list on a day. A new name and added entries stay; all else lasts for the day."""

    failure: Failure | None = None
    rename: str | None = None
    nulls: int = 0
    emptied: bool = False
    claims_rewritten: bool = False
    local_files: int = 0
    episodes: int = 0
    same_snapshot: bool = False


@dataclass(frozen=True, slots=True)
class GeneratedList(ListSpec):
    """A list that changes by itself."""

    size: int
    churn: float
    returns: float
    pool: tuple[int, int]
    local_files: int
    episodes: int
    pseudo_episodes: int
    list_popularity_zero: float
    claims_rewritten: bool
    events: Mapping[date, Event]


@dataclass(frozen=True, slots=True)
class WrittenEntry:
    """An entry as a test wrote it down. `hidden`: the entry is there and is answered as null."""

    kind: Kind
    name: str
    hidden: bool = False
    added_at: str | Claim | None = Claim.START_OF_RUN
    popularity: int | None = None


@dataclass(frozen=True, slots=True)
class WrittenDay:
    """A day of a written-out list; without `entries` the list is as it was on the day before."""

    entries: tuple[WrittenEntry | None, ...] | None = None
    failure: Failure | None = None
    name: str | None = None
    same_snapshot: bool = False


@dataclass(frozen=True, slots=True)
class History(ListSpec):
    """A list whose days are written out."""

    days: Mapping[date, WrittenDay]
    pad_to: int
    padding: Padding

    @property
    def fillers(self) -> int:
        """How many filler tracks the list always has: the longest day written is filled up, no day is cut."""
        longest = max((len(day.entries) for day in self.days.values() if day.entries), default=0)
        return max(0, self.pad_to - longest)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world as a file describes it."""

    shape: Shape
    seed: str
    first_day: date
    day_count: int
    tracks: int
    playlists: tuple[GeneratedList, ...] = ()
    histories: tuple[History, ...] = ()
    faults: tuple[Fault, ...] = field(default=())

    @property
    def days(self) -> tuple[date, ...]:
        """The days of the scenario."""
        return tuple(self.first_day + timedelta(days=number) for number in range(self.day_count))
