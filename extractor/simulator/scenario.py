"""A scenario file as data; README.md documents every key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum, StrEnum

from extractor.simulator.failures import Failure
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id, spotify_owned_id
from extractor.simulator.world import Shape


class OwnerKind(StrEnum):
    """The kind of owner: Spotify's own playlists have different ids, rules and behaviour."""

    USER = "user"
    SPOTIFY = "spotify"


class Padding(StrEnum):
    """Where the filler of a written-out playlist goes."""

    BEFORE = "before"
    AFTER = "after"


class Kind(StrEnum):
    """The kind of an entry."""

    TRACK = "track"
    LOCAL = "local"
    EPISODE = "episode"
    PSEUDO_EPISODE = "pseudo_episode"


class Claim(Enum):
    """An `added_at` that the simulator chooses."""

    START_OF_RUN = "start of run"


@dataclass(frozen=True, slots=True)
class ListSpec:
    """The settings that both kinds of playlists have."""

    key: str
    name: str
    label: str
    owner: OwnerKind
    stuck_snapshot: bool

    @property
    def id(self) -> str:
        """Return the id of the playlist, made from its key."""
        return spotify_owned_id(self.key) if self.owner is OwnerKind.SPOTIFY else spotify_id(self.key)


@dataclass(frozen=True, slots=True)
class Event:
    """Events of a generated playlist on a day. A new name and added entries are permanent; the rest lasts a day."""

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
    """A playlist that changes by itself."""

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
    """An entry written in a test. `hidden`: the entry exists and is returned as null."""

    kind: Kind
    name: str
    hidden: bool = False
    added_at: str | Claim | None = Claim.START_OF_RUN
    popularity: int | None = None


@dataclass(frozen=True, slots=True)
class WrittenDay:
    """A day of a written-out playlist; without `entries` the playlist is unchanged from the day before."""

    entries: tuple[WrittenEntry | None, ...] | None = None
    failure: Failure | None = None
    name: str | None = None
    same_snapshot: bool = False


@dataclass(frozen=True, slots=True)
class History(ListSpec):
    """A playlist whose days are written out."""

    days: Mapping[date, WrittenDay]
    pad_to: int
    padding: Padding

    @property
    def fillers(self) -> int:
        """Return the number of filler tracks, constant over the days: it pads the longest written day to `pad_to`."""
        longest = max((len(day.entries) for day in self.days.values() if day.entries), default=0)
        return max(0, self.pad_to - longest)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world as described by a file."""

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
        """Return the days of the scenario."""
        return tuple(self.first_day + timedelta(days=number) for number in range(self.day_count))
