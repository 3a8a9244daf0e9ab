"""Lift of adds and of removals, by plain loops written from its definition."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

import duckdb
import psycopg2
import pytest

from tests.functions.conftest import Ask
from tests.functions.invented import ENGINES, asking_engine, assert_near, copied, invent
from tests.functions.published import Published, Row
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

ERRORS = (duckdb.Error, psycopg2.Error)
FIRST_DAY = date(2026, 1, 1)
DAYS = 90
TRACKS = 300
PLANTED = "planted"
"""The playlist whose tracks gain 12 points of popularity when they are added, and lose them when they are removed."""


def day(number: int) -> date:
    return FIRST_DAY + timedelta(number)


def track(number: int) -> str:
    return f"track{number:03}"


# an invented world in which few tracks are added or removed, so that many may be controls


def invented_stays(chance: Random) -> list[Row]:
    """Return the stays of four playlists: some older than the watch, some with days between the reads of their end."""
    stays: list[Row] = []
    for playlist_id in (PLANTED, "plain", "late", "still"):
        numbers = chance.sample(range(TRACKS), 60 if playlist_id == "still" else 24)
        free = dict.fromkeys(numbers, 0)
        for number in numbers if playlist_id == "still" else numbers[:8]:  # before the watch
            source = chance.choice(("claimed", "observed"))
            stay: Row = {"starts_before_watch": True, "added_at_source": source, "first_seen": day(0)}
            stay["added_at"] = day(-chance.choice((0, 1, 4, 9, 200))) if source == "claimed" else day(0)
            free[number] = DAYS if playlist_id == "still" else chance.randrange(10, 80)
            stays.append({"playlist_id": playlist_id, "track_id": track(number), **stay, "last": free[number]})
        if playlist_id == "still":
            continue
        for _ in range(30):
            number = chance.choice(numbers)
            first = free[number] + chance.randrange(2, 50)
            if first >= DAYS - 1:
                continue
            free[number] = first + chance.randrange(1, 40)
            stay = {"starts_before_watch": False, "added_at_source": "claimed", "first_seen": day(first)}
            stay["added_at"] = day(first - chance.choice((0, 0, 1)))
            stays.append({"playlist_id": playlist_id, "track_id": track(number), **stay, "last": free[number]})
    numbered: dict[tuple[str, str], int] = defaultdict(int)
    for row in stays:
        last = row.pop("last")
        absent = last + chance.choice((1, 1, 1, 3))
        row["is_ended"] = absent < DAYS
        row["is_current"] = not row["is_ended"]
        row["last_seen"] = day(min(last, DAYS - 1))
        row["first_absent"] = day(absent) if row["is_ended"] else None
        numbered[row["playlist_id"], row["track_id"]] += 1
        row["stay_number"] = numbered[row["playlist_id"], row["track_id"]]
        row["days_seen"] = (row["last_seen"] - row["first_seen"]).days + 1
    return stays


def invented_popularity(chance: Random, stays: list[Row]) -> list[Row]:
    """Return values of most tracks and days, of few different sizes; some are 0."""
    rows = []
    for number in range(TRACKS):
        level = chance.randrange(8, 60)
        missing = chance.choice((0, 0, 0.1, 0.7))
        zero = chance.choice((0, 0, 0.05, 0.5))
        for each in range(DAYS):
            level = min(80, max(5, level + chance.choice((-1, 0, 0, 0, 1))))
            if each in {33, 34} or chance.random() < missing:
                continue
            gain = 12 * any(
                row["playlist_id"] == PLANTED
                and row["track_id"] == track(number)
                and row["first_seen"] < day(each)
                and (row["first_absent"] is None or day(each) <= row["first_absent"])
                for row in stays
            )
            popularity = 0 if chance.random() < zero else level + gain
            noon = datetime(2026, 1, 1, 12) + timedelta(each)  # noqa: DTZ001 (as in the table)
            rows.append({"track_id": track(number), "date": day(each), "popularity": popularity, "observed_at": noon})
    return rows


def invented_tracks(chance: Random, stays: list[Row]) -> list[Row]:
    """Return tracks released between long before and after the watch, some on a day that is not known.

    Most that were added or removed have, on that day, an age at which another band begins or ends.
    """
    changes: dict[str, list[date]] = defaultdict(list)
    for row in stays:
        changes[row["track_id"]] += [each for each in (row["first_seen"], row["first_absent"]) if each]
    rows = []
    for number in range(TRACKS):
        precision = chance.choice(("day", "day", "day", "day", "day", "month", None))
        some_day = chance.choice(changes[track(number)] or [day(40)])
        age = chance.choice((-1, 0, 27, 28, 179, 180, 547, 548) if changes[track(number)] else (-30, 5, 120, 400, 900))
        released = None if precision is None else some_day - timedelta(age)
        row = {"track_id": track(number), "track_name": f"Track {number}", "release_date": released}
        rows.append({**row, "release_date_precision": precision})
    return rows


def write(connection: duckdb.DuckDBPyConnection) -> None:
    """Replace the rows of a file with the invented ones."""
    chance = Random("lift")
    stays = invented_stays(chance)
    tables = {
        "tracks_in_playlist": stays,
        "track_daily_popularity": invented_popularity(chance, stays),
        "track_info": invented_tracks(chance, stays),
        "playlists": [
            {"playlist_id": each, "playlist_name": each.title(), "is_watched": True}
            for each in (PLANTED, "plain", "late", "still")
        ],
    }
    for table, rows in tables.items():
        connection.execute(f"delete from {table}")
        columns = list(rows[0])
        signs = ", ".join("?" * len(columns))
        values = [[row[column] for column in columns] for row in rows]
        connection.execute("begin")
        connection.executemany(f"insert into {table} ({', '.join(columns)}) values ({signs})", values)
        connection.execute("commit")


# the definition


@dataclass
class Sums:
    """What is summed up over the events of a playlist."""

    left_out: int = 0
    changes: list[float] = field(default_factory=list)
    control_changes: list[float] = field(default_factory=list)
    lifts_before: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    controls: list[int] = field(default_factory=list)
    contaminated: int = 0
    zeros: int = 0

    def row(self, playlist_id: str | None, name: str | None) -> tuple[Any, ...]:
        lifts = [change - control for change, control in zip(self.changes, self.control_changes, strict=True)]
        return (
            playlist_id,
            name,
            len(self.changes),
            self.left_out,
            mean(self.changes) if self.changes else None,
            mean(self.control_changes) if self.changes else None,
            mean(lifts) if lifts else None,
            mean(self.lifts_before) if self.lifts_before else None,
            len(self.lifts_before),
            mean(self.shares) if self.shares else None,
            self.contaminated,
            self.zeros,
            sorted(self.controls)[(len(self.controls) - 1) // 2] if self.controls else None,
        )


class Lift:
    """The lift of adds or removals, event by event and control by control."""

    def __init__(self, rows: Published, window_days: int) -> None:
        self.rows = rows
        self.window = window_days
        self.popularity: dict[str, dict[date, int]] = defaultdict(dict)
        for row in rows["track_daily_popularity"]:
            self.popularity[row["track_id"]][row["date"]] = row["popularity"]
        self.released = {
            row["track_id"]: row["release_date"] for row in rows["track_info"] if row["release_date_precision"] == "day"
        }
        self.changed: dict[str, list[date]] = defaultdict(list)
        for row in rows["tracks_in_playlist"]:
            if not row["starts_before_watch"]:
                self.changed[row["track_id"]].append(row["first_seen"])
            elif row["added_at_source"] == "claimed":
                self.changed[row["track_id"]].append(row["added_at"])
            if row["first_absent"] is not None:
                self.changed[row["track_id"]].append(row["first_absent"])
        self.deciles: dict[date, dict[str, int]] = {}
        self.differences: dict[tuple[str, date, int], float | None] = {}

    @cached_property
    def names(self) -> dict[str, str]:
        return {row["playlist_id"]: row["playlist_name"] for row in self.rows["playlists"]}

    def events(self, kind: str) -> list[tuple[str, str, date]]:
        if kind == "added":
            return [
                (row["playlist_id"], row["track_id"], row["first_seen"])
                for row in self.rows["tracks_in_playlist"]
                if not row["starts_before_watch"]
            ]
        return [
            (row["playlist_id"], row["track_id"], row["first_absent"])
            for row in self.rows["tracks_in_playlist"]
            if row["first_absent"] is not None
        ]

    def values(self, track_id: str, start: date, first: int, last: int) -> list[int]:
        """Return the values of the days from `first` to `last` days after one."""
        days = (start + timedelta(number) for number in range(first, last + 1))
        return [self.popularity[track_id][each] for each in days if each in self.popularity[track_id]]

    def difference(self, track_id: str, at: date, shift: int) -> float | None:
        """Return the mean after a day less that before it, or both windows `shift` days earlier."""
        key = track_id, at, shift
        if key not in self.differences:
            window = self.window
            first, last = (1, window) if shift == 0 else (-window, -1)
            after = [value for value in self.values(track_id, at, first, last) if value > 0]
            before = [value for value in self.values(track_id, at, -window - shift, -1 - shift) if value > 0]
            self.differences[key] = mean(after) - mean(before) if after and before else None
        return self.differences[key]

    def decile(self, at: date) -> dict[str, int]:
        """Return the tenth, from 0, of each track with a value above 0 on a day."""
        if at not in self.deciles:
            known = {track_id: days[at] for track_id, days in self.popularity.items() if days.get(at, 0) > 0}
            self.deciles[at] = {
                track_id: 10 * sum(other < value for other in known.values()) // len(known)
                for track_id, value in known.items()
            }
        return self.deciles[at]

    def age_band(self, track_id: str, at: date) -> str:
        if track_id not in self.released or self.released[track_id] > at:
            return "unknown"
        age = (at - self.released[track_id]).days
        return "0-27" if age <= 27 else "28-179" if age <= 179 else "180-547" if age <= 547 else "548-"

    def changes_around(self, track_id: str, at: date) -> int:
        return sum(abs((each - at).days) <= self.window for each in self.changed[track_id])

    def controls(self, track_id: str, at: date) -> list[str]:
        decile = self.decile(at)
        return [
            other
            for other in decile
            if decile[other] == decile[track_id]
            and self.age_band(other, at) == self.age_band(track_id, at)
            and self.changes_around(other, at) == 0
            and self.difference(other, at, 0) is not None
        ]

    def table(self, kind: str) -> list[tuple[Any, ...]]:
        """Return what the function should."""
        found: dict[str | None, Sums] = defaultdict(Sums)
        for playlist_id, track_id, at in self.events(kind):
            for sums in (found[playlist_id], found[None]):
                self.count(sums, track_id, at)
        first = [found[None].row(None, None)] if found else []
        return first + [found[each].row(each, self.names[each]) for each in sorted(filter(None, found))]

    def count(self, sums: Sums, track_id: str, at: date) -> None:
        change = self.difference(track_id, at, 0)
        controls = self.controls(track_id, at) if track_id in self.decile(at) else []
        if change is None or not controls:
            sums.left_out += 1
            return
        window = self.window
        sums.changes.append(change)
        sums.control_changes.append(mean(self.difference(each, at, 0) or 0 for each in controls))
        before = self.difference(track_id, at, window)
        controls_before = [self.difference(each, at, window) for each in controls]
        known = [each for each in controls_before if each is not None]
        if before is not None and known:
            sums.lifts_before.append(before - mean(known))
        values = self.values(track_id, at, -window, -1) + self.values(track_id, at, 1, window)
        sums.shares.append(sum(value > 0 for value in values) / (2 * window))
        sums.zeros += values.count(0)
        sums.contaminated += self.changes_around(track_id, at) > 1
        sums.controls.append(len(controls))


# tests


@pytest.fixture(scope="module")
def few_changes(long_history: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Published]:
    """Return the file of the invented world, and its rows."""
    file = tmp_path_factory.mktemp("lift") / "few_changes.duckdb"
    return file, invent(long_history.database, file, write)


@pytest.fixture(scope="module", params=ENGINES)
def ask_invented(request: pytest.FixtureRequest, few_changes: tuple[Path, Published]) -> Iterator[Ask]:
    """Return a function that runs queries of the invented world."""
    with asking_engine(request.param, few_changes[0], lambda: copied(request, few_changes[0])) as ask:
        yield ask


def in_order(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the row of all playlists, which is the first, and the others by id as Python orders them."""
    return rows[:1] + sorted(rows[1:])


@pytest.mark.parametrize("window_days", [1, 7, 14, 40])
@pytest.mark.parametrize("kind", ["added", "removed"])
def test_lift(ask_invented: Ask, few_changes: tuple[Path, Published], kind: str, window_days: int) -> None:
    function = {"added": "lift_of_adds", "removed": "lift_of_removals"}[kind]
    expected = Lift(few_changes[1], window_days).table(kind)
    assert_near(in_order(ask_invented(f"from {function}(window_days := {window_days})")), expected)
    if window_days in {7, 14}:
        events, left_out = expected[0][2:4]
        assert events > 30 and left_out > 0
        assert all(expected[0][8:])


def test_lift_is_of_14_days_unless_asked_otherwise(ask_invented: Ask) -> None:
    assert ask_invented("from lift_of_adds()") == ask_invented("from lift_of_adds(14)")
    assert ask_invented("from lift_of_removals()") == ask_invented("from lift_of_removals(14)")
    assert ask_invented("from lift_of('added')") == ask_invented("from lift_of_adds()")


def test_lift_finds_the_effect_of_one_playlist(ask_invented: Ask) -> None:
    asked = "select playlist_id, lift, lift_before from {}(5) where playlist_id in ('planted', 'plain', 'late')"
    for function, effect in (("lift_of_adds", 12), ("lift_of_removals", -12)):
        found = {playlist_id: numbers for playlist_id, *numbers in ask_invented(asked.format(function))}
        assert found.keys() == {PLANTED, "plain", "late"}
        for playlist_id, (lift, lift_before) in found.items():
            assert abs(lift - (effect if playlist_id == PLANTED else 0)) < 3
            assert abs(lift_before) < 3


def test_playlist_without_events_has_no_row(ask_invented: Ask) -> None:
    assert ("still",) not in ask_invented("select playlist_id from lift_of_adds()")


@pytest.mark.parametrize(("kind", "window_days"), [("added", 7), ("removed", 7)])
def test_lift_in_the_published_history(ask: Ask, published: Published, kind: str, window_days: int) -> None:
    expected = Lift(published, window_days).table(kind)
    assert_near(in_order(ask("from lift_of(?, ?)", kind, window_days)), expected)


@pytest.mark.parametrize("window_days", ["0", "-14", "null"])
@pytest.mark.parametrize("function", ["lift_of_adds", "lift_of_removals"])
def test_window_of_no_days_is_an_error(ask: Ask, function: str, window_days: str) -> None:
    with pytest.raises(ERRORS, match=f"window_days must be 1 or more, not {window_days}"):
        ask(f"from {function}({window_days})")


def test_lift_of_something_else_is_an_error(ask: Ask) -> None:
    with pytest.raises(ERRORS, match="change_kind must be added or removed, not returned"):
        ask("from lift_of('returned')")


def test_history_without_changes_has_no_rows(long_history: Project, tmp_path: Path) -> None:
    def change(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("delete from tracks_in_playlist")

    file = tmp_path / "unchanged.duckdb"
    invent(long_history.database, file, change)
    with ExitStack() as stack:
        ask = stack.enter_context(asking_engine("duckdb", file, lambda: pytest.fail("not asked")))
        assert ask("from lift_of_adds()") == ask("from survival()") == []
