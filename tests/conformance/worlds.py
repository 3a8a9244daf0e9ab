"""Random worlds: small histories in which every kind of playlist change is frequent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from random import Random
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conformance.history import CHARTS, LAST_DAY, ONLY_LIST, Asked, Entry, History, Read, day_number

TRACKS = ("A", "B", "C", "D", "E", "F")
CLAIMS = (
    None,
    "1970-01-01T00:00:00Z",
    "2019-05-06T00:00:00Z",
    *(f"{day_number(number)}T00:00:00Z" for number in range(1, LAST_DAY + 1)),
    "2030-01-01T00:00:00Z",
)
LIKELY_CLAIMS = (*CLAIMS, *CLAIMS[:3] * 3)
POPULARITIES = (None, 0, 1, 50, 51, 100)
OUTCOMES = ("complete",) * 8 + ("unchanged",) * 5 + ("partial", "partial", "unavailable", "failed", "lost")
"""`lost`: unchanged since a version that was never read."""

SOURCES = ("archive", "archive", "table", CHARTS)
IMPORTS_A_DAY = (0,) * 6 + (1, 1, 2)
DAYS_UNTIL_IMPORTED = (0, 1, 2, 4, 8)
READS_A_DAY = (1,) * 7 + (0, 0, 2, 2, 3)
DAYS_LATE = (0,) * 7 + (1, 2, 4)


class Place(NamedTuple):
    """An entry of a playlist, and whether the API can show it."""

    entry: Entry
    shown: bool = True

    @property
    def seen(self) -> Entry:
        return self.entry if self.shown else Entry("null", None, self.entry.added_at)


Content = tuple[Place, ...]


def entry(chance: Random, now: str | None = None) -> Entry:
    """Return an entry of any kind, possibly with the current time as its claim."""
    kind = chance.choice(("track",) * 9 + ("null", "episode", "local"))
    names = {"track": TRACKS, "null": (None,)}.get(kind, ("X",))
    claims = (now, now, *LIKELY_CLAIMS) if now else LIKELY_CLAIMS
    return Entry(kind, chance.choice(names), chance.choice(claims))


def contents(chance: Random) -> Content:
    """Return the content of a new playlist: some tracks, each once, and possibly another entry."""
    tracks = chance.sample(TRACKS, chance.choice((2, 3, 4, 4, 5, 6)))
    entries = [Entry("track", track, chance.choice(LIKELY_CLAIMS)) for track in tracks]
    entries += [entry(chance) for _ in range(chance.choice((0, 0, 1)))]
    return tuple(Place(each) for each in entries)


CHANGES = (
    *("take", "back", "hide", "show") * 3,
    *("back", "back", "show", "add", "claim", "claim all", "double", "turn", "empty", "replace"),
)
CHANGES_BETWEEN_READS = (0, 0, 0, 1, 1, 2, 3)


def changed(chance: Random, content: Content, earlier: Content, today: date) -> Content:
    """Return a changed playlist; `earlier` is what it has held at some time."""
    change = chance.choice(CHANGES)
    now = f"{today}T00:00:00Z"
    if change == "back" and earlier:
        return (*content, chance.choice(earlier))
    if not content or change == "back":
        return contents(chance)
    at = chance.randint(0, len(content) - 1)
    before, place, after = content[:at], content[at], content[at + 1 :]
    changes: dict[str, Callable[[], Content]] = {
        "add": lambda: (*content, Place(entry(chance, now))),
        "take": lambda: before + after,
        "hide": lambda: (*before, place._replace(shown=False), *after),
        "show": lambda: tuple(each._replace(shown=True) for each in content),
        "claim": lambda: (*before, _claiming(place, chance.choice(CLAIMS)), *after),
        "claim all": lambda: tuple(_claiming(each, now) for each in content),
        "double": lambda: (*content, _claiming(place, chance.choice((place.entry.added_at, *CLAIMS)))),
        "turn": lambda: content[::-1],
        "empty": lambda: (),
        "replace": lambda: contents(chance),
    }
    return changes[change]()


def _claiming(place: Place, claim: str | None) -> Place:
    return place._replace(entry=replace(place.entry, added_at=claim))


def reads_of_a_list(chance: Random, name: str, days: range) -> list[Read]:
    """Return the reads of a playlist that changes.

    The version id follows the real content, so it stays the same when entries become masked. On some playlists, like
    Spotify's own, it never changes, and their reads must not be called unchanged.
    """
    stuck = chance.randint(0, 5) == 0
    content, version = contents(chance), 1
    earlier: dict[Place, None] = {}
    complete: tuple[int, int] | None = None  # version and length of the last complete read
    reads = []
    for number in days:
        for _ in range(chance.choice(READS_A_DAY)):
            earlier |= dict.fromkeys(content)
            before = content
            for _ in range(chance.choice(CHANGES_BETWEEN_READS)):
                content = changed(chance, content, tuple(earlier), day_number(number))
            if not stuck and [place.entry for place in before] != [place.entry for place in content]:
                version += 1
            outcome = chance.choice(OUTCOMES)
            if outcome == "unchanged" and (stuck or not complete or complete[0] != version or complete[1] < 2):
                outcome = "complete"
            seen = [place.seen for place in content]
            popular = {track: chance.choice(POPULARITIES) for track in TRACKS}
            shown = tuple(replace(entry, popularity=popular.get(entry.name or "")) for entry in seen)
            told = {"complete": shown, "partial": shown[: chance.randint(0, len(shown))], "lost": shown[:1]}
            told["unchanged"] = shown[:1]
            late = chance.choice(DAYS_LATE)
            read = Read(
                name,
                day_number(number),
                "unchanged" if outcome == "lost" else outcome,
                told.get(outcome),
                "a version that was lost" if outcome == "lost" else f"version {version}",
                day_number(min(number + late, LAST_DAY)) if late else None,
            )
            reads.append(read)
            if outcome == "complete":
                complete = version, len(shown)
        reads += imported_reads(chance, name, number, content)
    return reads


def imported_reads(chance: Random, name: str, number: int, content: Content) -> list[Read]:
    """Return what imports say of a day: what the playlist holds, or nearly."""
    reads = []
    for _ in range(chance.choice(IMPORTS_A_DAY)):
        if chance.randint(0, 2) == 0:
            content = changed(chance, content, content, day_number(number))
        popular = {track: chance.choice(POPULARITIES) for track in TRACKS}
        seen = [place.seen for place in content]
        shown = tuple(replace(entry, popularity=popular.get(entry.name or "")) for entry in seen)
        arrival = day_number(min(number + chance.choice(DAYS_UNTIL_IMPORTED), LAST_DAY))
        outcome = chance.choice(("complete",) * 4 + ("partial",))
        reads.append(Read(name, day_number(number), outcome, shown, f"{number}", arrival, chance.choice(SOURCES)))
    return reads


def a_world(chance: Random) -> History:
    """Return one or two playlists on six to nine days, with tracks known from some day on, or requested by id.

    Imports have other reads of them, or a playlist of their own.
    """
    length = chance.randint(6, LAST_DAY)
    first = chance.randint(1, LAST_DAY - length + 1)
    days = range(first, first + length)
    names = chance.choice(((ONLY_LIST,), (ONLY_LIST,), ("first", "second")))
    reads = [read for name in names for read in reads_of_a_list(chance, name, days)]
    if chance.randint(0, 3) == 0:
        content = contents(chance)
        for number in days:
            content = changed(chance, content, content, day_number(number))
            reads += imported_reads(chance, "imported", number, content)
    followed = chance.sample(TRACKS, chance.randint(0, len(TRACKS)))
    since = {track: day_number(chance.choice(days)) for track in followed}
    is_told = chance.randint(0, 3) == 0
    return History(
        name="a world",
        why="A random world; what failed in it wants a rule and a name.",
        reads=tuple(reads),
        asked=() if is_told else tuple(Asked(day, track, chance.choice(POPULARITIES)) for track, day in since.items()),
        known=since if is_told else None,
    )


def generate(count: int) -> list[History]:
    """Return numbered worlds, the same ones on every machine.

    A build costs seconds, so worlds can't be tried one by one, as hypothesis tries examples: here it only gives the
    chances (`derandomize`: from the text of `collect`, not from a clock), no test can fail inside, and the caller
    builds all worlds at once. The price is that nothing shrinks a failing world; they are small enough to be read.

    Worlds are made of a Random that hypothesis seeds, not of its strategies. It tries the simplest example first and
    then varies each good one a little, which is right where examples are tried one by one, and gives a batch that is
    half empty playlists and half near copies.
    """
    found: list[History] = []

    @settings(
        derandomize=True,
        max_examples=2 * count,  # some seeds come twice
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=True))
    def collect(chance: Random) -> None:
        if len(found) < count and (world := a_world(chance)) not in found:
            found.append(world)

    collect()
    return [replace(world, name=f"world {number}") for number, world in enumerate(found, 1)]
