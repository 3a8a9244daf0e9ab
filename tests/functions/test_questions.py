"""Every statement of docs/questions.md answers on the demo's file and on a history of 116 days with gaps.

Most answers are compared with plain loops over the published tables.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import combinations, pairwise
from math import floor, prod
from pathlib import Path
from statistics import mean, median
from typing import Any

import duckdb
import pytest

from tests.conftest import Demo
from tests.functions.invented import invent
from tests.functions.published import USABLE, Published, Row
from tests.pipeline.docs_pages import LINK, anchors, blocks, prose
from tests.pipeline.harness import REPO, Project

pytestmark = pytest.mark.slow

PAGE = REPO / "docs" / "questions.md"
MAX_LINES = 12
MAX_WIDTH = 100
MAX_OUTPUT_LINES = 8
MAX_OUTPUT_WIDTH = 118

Answer = list[tuple[Any, ...]]

IN_THE_LONG_HISTORY = {
    "Gravel & Honey": "Morning Ferry",
    "North Wall": "North Pier",
    "Fresh Window": "Fresh Harbour",
    "Kitchen Lamps": "Morning Ferry",
    "Late Kitchen": "Evening Ferry",
    "Yellow Radiators": "Backyard Junction",
    "2026-01-09": "2026-03-09",
    "2026-01-28": "2026-04-24",
    "2026-01-30": "2026-04-26",
}
"""What takes the place of each name and day of the page, which are those of the demo."""


def read_questions() -> dict[str, str]:
    """Return the statement of each question, in the order of the page."""
    sections = re.findall(r"^### ([^\n]*)\n(.*?)(?=^##|\Z)", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    found = {}
    for heading, text in sections:
        [found[heading]] = re.findall(r"^```sql\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return found


QUESTIONS = read_questions()


@dataclass(frozen=True)
class History:
    """A published file, its rows, and what takes the place of the names and days of the page in it."""

    database: Path
    rows: Published
    names: Mapping[str, str]

    def ask(self, question: str) -> Answer:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(self.statement(question)).fetchall()

    def statement(self, question: str) -> str:
        return re.sub(r"'([^']*)'", lambda found: f"'{self.here(found[1])}'", QUESTIONS[question])

    def here(self, literal: str) -> str:
        return self.names.get(literal, literal)

    def day(self, literal: str) -> date:
        return date.fromisoformat(self.here(literal))

    def playlist(self, literal: str) -> str:
        [found] = [playlist_id for playlist_id, name in self.playlist_names.items() if name == self.here(literal)]
        return found

    def track(self, literal: str) -> str:
        [found] = [track_id for track_id, row in self.tracks.items() if row["track_name"] == self.here(literal)]
        return found

    @cached_property
    def playlist_names(self) -> dict[str, str]:
        return {row["playlist_id"]: row["playlist_name"] for row in self.rows["playlists"]}

    @cached_property
    def tracks(self) -> dict[str, Row]:
        return {row["track_id"]: row for row in self.rows["track_info"]}

    @cached_property
    def popularity(self) -> dict[tuple[str, date], int]:
        """The values that mean something: 0 may be none."""
        values = self.rows["track_daily_popularity"]
        return {(row["track_id"], row["date"]): row["popularity"] for row in values if row["popularity"] > 0}

    def stays(self, playlist_id: str | None = None) -> list[Row]:
        return [row for row in self.rows["tracks_in_playlist"] if playlist_id in (None, row["playlist_id"])]

    def usable(self, playlist_id: str) -> list[date]:
        return self.rows.usable_days[playlist_id]

    def now(self, playlist_id: str) -> set[str]:
        return self.rows.tracks_on(playlist_id, self.usable(playlist_id)[-1])

    def first_positions(self, playlist_id: str, day: date) -> dict[str, int]:
        return {track_id: position for position, track_id in reversed(self.rows.held[playlist_id, day])}

    def age(self, track_id: str, day: date) -> int | None:
        track = self.tracks[track_id]
        return (day - track["release_date"]).days if track["release_date_precision"] == "day" else None

    def known_ages(self, track_ids: Iterable[str], day: date) -> list[int]:
        return [age for track_id in track_ids if (age := self.age(track_id, day)) is not None]


@pytest.fixture(scope="module")
def histories(demo: Demo, long_history: Project, published: Published) -> dict[str, History]:
    """Return the demo and the long history."""
    return {
        "demo": History(demo.database, Published.of(demo.database), {}),
        "long": History(long_history.database, published, IN_THE_LONG_HISTORY),
    }


def rounded(value: float, digits: int) -> float:
    """Round half up, as SQL does."""
    scale: int = 10**digits
    return floor(value * scale + 0.5) / scale


def week_of(day: date) -> date:
    return day - timedelta(day.weekday())


# The page


def test_page_has_28_questions_with_short_statements_and_outputs() -> None:
    assert len(QUESTIONS) == 28
    for question, sql in QUESTIONS.items():
        lines = sql.splitlines()
        assert len(lines) <= MAX_LINES, question
        assert max(map(len, lines)) <= MAX_WIDTH, question
        assert len(duckdb.extract_statements(sql)) == 1, question
    outputs = [block.output for block in blocks(PAGE) if block.language == "sql"]
    assert len(outputs) == 28
    for output in outputs:
        assert output
        assert len(output.splitlines()) <= MAX_OUTPUT_LINES
        assert max(map(len, output.splitlines())) <= MAX_OUTPUT_WIDTH, output


def test_table_lists_every_question_in_the_order_of_the_page() -> None:
    rows = re.findall(r"^\| [a-z ]*\| \[(.*?)\]\((#\S*)\) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [question for question, _ in rows] == list(QUESTIONS)
    assert len({link for _, link in rows}) == len(QUESTIONS)
    assert {link.removeprefix("#") for link in LINK.findall(prose(PAGE)) if link.startswith("#")} <= anchors(PAGE)


def test_every_name_and_day_of_the_page_has_one_in_the_long_history() -> None:
    literals = {literal for sql in QUESTIONS.values() for literal in re.findall(r"'([^']*)'", sql)}
    assert literals >= IN_THE_LONG_HISTORY.keys()
    assert {name for name in literals if re.match(r"[A-Z]", name)} <= IN_THE_LONG_HISTORY.keys()


def test_every_question_is_answered_in_both_histories(histories: dict[str, History]) -> None:
    counted = []
    for number, (question, sql) in enumerate(QUESTIONS.items(), 1):
        rows = {name: len(history.ask(question)) for name, history in histories.items()}
        counted.append((number, question, sql.count("\n"), rows))
    print(f"\n {'question':<66} lines   demo   long")
    for number, question, lines, rows in counted:
        print(f"{number:2} {question:<64} {lines:>5} {rows['demo']:>6} {rows['long']:>6}")
    assert [question for _, question, _, rows in counted if not all(rows.values())] == []


# The answers, by loops over the published tables

LOOPS: dict[str, Callable[[History], Answer]] = {}


def answers(question: str) -> Callable[[Callable[[History], Answer]], Callable[[History], Answer]]:
    """Enter a function that returns the rows of an answer, before their limit."""
    assert question in QUESTIONS

    def enter(loop: Callable[[History], Answer]) -> Callable[[History], Answer]:
        LOOPS[question] = loop
        return loop

    return enter


@answers("What did a playlist contain on a day?")
def content(history: History) -> Answer:
    playlist_id, day = history.playlist("Gravel & Honey"), history.day("2026-01-09")
    claims = {
        row["position"]: row["claimed_at"]
        for row in history.rows["tracklists"]
        if row["playlist_id"] == playlist_id and row["first_day"] <= day <= row["last_day"]
    }
    [outcome] = [
        row["outcome"]
        for row in history.rows["playlist_days"]
        if (row["playlist_id"], row["date"]) == (playlist_id, day)
    ]
    found = []
    for position, track_id in history.rows.held[playlist_id, day]:
        track = history.tracks[track_id]
        found.append((position, track["track_name"], track["artists"], claims[position], outcome, day))
    return found


@answers("What changed since a day?")
def changes(history: History) -> Answer:
    since = history.day("2026-01-28")
    found = []
    for playlist_id, name in history.playlist_names.items():
        ever: set[str] = set()
        for before, day in pairwise(history.usable(playlist_id)):
            earlier, later = history.rows.tracks_on(playlist_id, before), history.rows.tracks_on(playlist_id, day)
            ever |= earlier
            if day <= since:
                continue
            for track_id in earlier ^ later:
                change = "removed" if track_id in earlier else "returned" if track_id in ever else "added"
                track = history.tracks[track_id]
                key = (name, playlist_id, day, change, track["track_name"], track_id)
                found.append((key, (name, change, track["track_name"], track["artists"], before, day)))
    return [row for _, row in sorted(found)]


@answers("How many tracks enter and leave a playlist per week?")
def weekly_turnover(history: History) -> Answer:
    playlist_id = history.playlist("North Wall")
    steps, sizes = defaultdict(list), defaultdict(list)
    for day in history.usable(playlist_id):
        sizes[week_of(day)].append(len(history.rows.tracks_on(playlist_id, day)))
    for before, day in pairwise(history.usable(playlist_id)):
        earlier, later = history.rows.tracks_on(playlist_id, before), history.rows.tracks_on(playlist_id, day)
        steps[week_of(day)].append(((day - before).days, len(later - earlier), len(earlier - later)))
    found = []
    for week in sorted(sizes):
        days, added, removed = (sum(numbers) for numbers in zip(*steps[week], strict=True))
        turnover = (added + removed) / (2 * mean(sizes[week])) / days
        found.append((week, len(steps[week]), days, added, removed, rounded(turnover, 4)))
    return found


@answers("How old is the music in each playlist?")
def ages(history: History) -> Answer:
    found = []
    for playlist_id, name in history.playlist_names.items():
        tracks, day = history.now(playlist_id), history.usable(playlist_id)[-1]
        known = history.known_ages(tracks, day)
        row = (name, len(tracks), len(known), median(known), min(known), max(known), day)
        found.append((median(known), playlist_id, row))
    return [row for *_, row in sorted(found)]


@answers("What share of a playlist is new releases?")
def new_releases(history: History) -> Answer:
    playlist_id = history.playlist("Fresh Window")
    day = history.usable(playlist_id)[-1]
    tracks = history.now(playlist_id)
    known = history.known_ages(tracks, day)
    new, frontline = (sum(0 <= age < days for age in known) / len(known) for days in (28, 548))
    kind = "frontline" if frontline >= 0.75 else "catalogue" if frontline <= 0.25 else "mixed"
    name = history.here("Fresh Window")
    return [(name, rounded(new, 4), rounded(frontline, 4), kind, len(known), len(tracks), day)]


@answers("How did the number of followers change?")
def followers(history: History) -> Answer:
    playlist_id = history.playlist("North Wall")
    known = {
        row["date"]: row["followers"]
        for row in history.rows["playlist_days"]
        if row["playlist_id"] == playlist_id and row["followers"] is not None
    }
    steps = pairwise(sorted(known))
    found = [(day, known[day], known[day] - known[before], (day - before).days) for before, day in steps]
    return [*reversed(found), (min(known), known[min(known)], None, None)]


@answers("How long does a track stay on average?")
def lengths(history: History) -> Answer:
    found = []
    for playlist_id, name in history.playlist_names.items():
        stays = history.stays(playlist_id)
        shortest, longest = [], []
        for stay in stays:
            reads_before = [day for day in history.usable(playlist_id) if day < stay["first_seen"]]
            if stay["first_absent"] is None or not reads_before:
                continue
            is_claimed = stay["added_at_source"] == "claimed"
            start = stay["added_at"] if is_claimed else reads_before[-1] + timedelta(1)
            shortest.append((stay["last_seen"] - stay["added_at"]).days + 1)
            longest.append((stay["first_absent"] - start).days)
        if not shortest:
            continue
        naive = mean((stay["last_seen"] - stay["added_at"]).days + 1 for stay in stays)
        open_stays = sum(stay["first_absent"] is None for stay in stays)
        means = (rounded(mean(shortest), 1), rounded(mean(longest), 1))
        row = (name, len(shortest), *means, open_stays, rounded(naive, 1))
        found.append((-len(shortest), playlist_id, row))
    return [row for *_, row in sorted(found)]


@answers("What share of tracks is still there after some days?")
def survival(history: History) -> Answer:
    playlist_id = history.playlist("North Wall")
    end = history.usable(playlist_id)[-1]
    lives, lives_min = [], []
    for stay in history.stays(playlist_id):
        if stay["starts_before_watch"] and stay["added_at_source"] != "claimed":
            continue
        is_ended = stay["first_absent"] is not None
        entry = (stay["first_seen"] - stay["added_at"]).days if stay["starts_before_watch"] else -1
        lives.append((entry, ((stay["first_absent"] or end) - stay["added_at"]).days, is_ended))
        left = stay["last_seen"] + timedelta(1) if is_ended else end
        lives_min.append((entry, (left - stay["added_at"]).days, is_ended))

    def at_risk(age: int, of: list[tuple[int, int, bool]]) -> int:
        return sum(entry < age <= leaving for entry, leaving, _ in of)

    def left_after(days: int, of: list[tuple[int, int, bool]]) -> float:
        exits = Counter(leaving for _, leaving, is_ended in of if is_ended and leaving <= days)
        return prod(1 - number / at_risk(age, of) for age, number in exits.items())

    def half_life(of: list[tuple[int, int, bool]]) -> int | None:
        return next((age for age in range(1000) if left_after(age, of) <= 0.5 + 1e-9), None)

    steps = sorted({0} | {leaving for _, leaving, is_ended in lives + lives_min if is_ended})
    halves = (half_life(lives), half_life(lives_min))
    found = []
    for days in (1, 7, 14, 28):
        shares = (rounded(left_after(days, lives), 4), rounded(left_after(days, lives_min), 4))
        step = max(age for age in steps if age <= days)
        found.append((days, *shares, at_risk(step, lives), *halves, len(lives)))
    return found


@answers("Which tracks left and came back, and after how long?")
def returns(history: History) -> Answer:
    stays = defaultdict(list)
    for stay in sorted(history.stays(), key=lambda stay: stay["first_seen"]):
        stays[stay["playlist_id"], stay["track_id"]].append(stay)
    found = []
    for (playlist_id, track_id), each in stays.items():
        for number, (before, after) in enumerate(pairwise(each), 2):
            days = (after["first_seen"] - before["last_seen"]).days - 1
            names = (history.playlist_names[playlist_id], history.tracks[track_id]["track_name"])
            row = (*names, number, before["last_seen"], after["first_seen"], days)
            found.append(((-days, names[0], playlist_id, names[1], track_id), row))
    return [(*row, len(found)) for _, row in sorted(found)]


@answers("At which position do tracks enter?")
def entries(history: History) -> Answer:
    found = []
    for playlist_id, name in history.playlist_names.items():
        first, last = [], []
        for stay in history.stays(playlist_id):
            if stay["first_seen"] == history.usable(playlist_id)[0]:
                continue
            first.append(history.first_positions(playlist_id, stay["first_seen"])[stay["track_id"]])
            if stay["first_absent"]:
                last.append(history.first_positions(playlist_id, stay["last_seen"])[stay["track_id"]])
        if first:
            numbers = (len(first), sum(at == 1 for at in first), sum(at <= 10 for at in first))
            found.append((-len(first), playlist_id, (name, *numbers, median(first), median(last) if last else None)))
    return [row for *_, row in sorted(found)]


@answers("How did the position of a track change?")
def positions(history: History) -> Answer:
    playlist_id, track_id = history.playlist("Gravel & Honey"), history.track("Yellow Radiators")
    stays = sorted(
        (stay["first_seen"], stay["last_seen"]) for stay in history.stays(playlist_id) if stay["track_id"] == track_id
    )
    found: Answer = []
    before: date | None = None
    for day in history.usable(playlist_id):
        position = history.first_positions(playlist_id, day).get(track_id)
        number = next((number for number, (start, end) in enumerate(stays, 1) if start <= day <= end), None)
        above = found[-1][1] if found else None
        change = above - position if above and position else None
        if stays[0][0] <= day <= stays[-1][1]:
            found.append((day, position, change, (day - before).days if before else None, number))
        before = day
    return found[::-1]


@answers("Which tracks were in at least three playlists in the last week?")
def in_three(history: History) -> Answer:
    last_day = max(row["date"] for row in history.rows["playlist_days"])
    seen: dict[str, dict[str, date]] = defaultdict(dict)
    read = set()
    for playlist_id, day in history.rows.held:
        if day > last_day - timedelta(7):
            read.add(playlist_id)
            for track_id in history.rows.tracks_on(playlist_id, day):
                seen[track_id][playlist_id] = max(day, seen[track_id].get(playlist_id, day))
    found = []
    for track_id, days in seen.items():
        track = history.tracks[track_id]
        if len(days) >= 3:
            row = (track["track_name"], track["artists"], len(days), max(days.values()), len(read))
            found.append((-len(days), track["track_name"], track_id, row))
    return [row for *_, row in sorted(found)]


@answers("Which playlists have tracks in common now?")
def common(history: History) -> Answer:
    found = []
    for a, b in combinations(sorted(history.playlist_names), 2):
        tracks_a, tracks_b = history.now(a), history.now(b)
        if shared := len(tracks_a & tracks_b):
            jaccard = rounded(shared / len(tracks_a | tracks_b), 4)
            names = (history.playlist_names[a], history.playlist_names[b])
            found.append((-jaccard, a, b, (*names, len(tracks_a), len(tracks_b), shared, jaccard)))
    return [row for *_, row in sorted(found)]


@answers("How did the similarity of two playlists change?")
def similarity(history: History) -> Answer:
    a, b = history.playlist("Kitchen Lamps"), history.playlist("Late Kitchen")
    weeks = defaultdict(list)
    for day in sorted({*history.usable(a)} & {*history.usable(b)}):
        if history.day("2026-01-01") <= day <= history.day("2026-01-30"):
            tracks_a, tracks_b = history.rows.tracks_on(a, day), history.rows.tracks_on(b, day)
            weeks[week_of(day)].append((len(tracks_a & tracks_b), len(tracks_a | tracks_b)))
    found = []
    for week, days in weeks.items():
        shared, either = (sum(numbers) for numbers in zip(*days, strict=True))
        found.append((week, len(days), rounded(shared / either, 4), rounded(shared / len(days), 1)))
    return found


@answers("Which playlists have exclusive tracks?")
def exclusive(history: History) -> Answer:
    holders = Counter(track_id for playlist_id in history.playlist_names for track_id in history.now(playlist_id))
    found = []
    for playlist_id, name in history.playlist_names.items():
        tracks = history.now(playlist_id)
        only = sum(holders[track_id] == 1 for track_id in tracks)
        share = rounded(only / len(tracks), 4)
        found.append((-share, playlist_id, (name, len(tracks), only, share, history.usable(playlist_id)[-1])))
    return [row for *_, row in sorted(found)]


@answers("Which playlist leads, and which follows?")
def leaders(history: History) -> Answer:
    target = history.playlist("Late Kitchen")
    received = {
        stay["track_id"]: stay["added_at"]
        for stay in history.stays(target)
        if stay["stay_number"] == 1 and not stay["starts_before_watch"]
    }
    found = []
    for playlist_id in history.playlist_names.keys() - {target}:
        held: dict[str, date] = {}
        entered: dict[str, date] = {}
        for stay in sorted(history.stays(playlist_id), key=lambda stay: stay["added_at"]):
            held.setdefault(stay["track_id"], stay["added_at"])
            if not stay["starts_before_watch"]:
                entered.setdefault(stay["track_id"], stay["added_at"])
        lags = [(received[track] - day).days for track, day in entered.items() if day < received.get(track, day)]
        first = sum(day < received.get(track, day) for track, day in held.items())
        if lags:
            share = rounded(len(lags) / len(entered), 4)
            row = (history.playlist_names[playlist_id], len(entered), len(lags), share, median(lags), first)
            found.append((-share, playlist_id, row))
    return [row for *_, row in sorted(found)]


@answers("Which tracks are rising?")
def rising(history: History) -> Answer:
    last_day = max(day for _, day in history.popularity)
    found = []
    for track_id, track in history.tracks.items():
        now = history.popularity.get((track_id, last_day))
        then = history.popularity.get((track_id, last_day - timedelta(7)))
        if now and then:
            row = (track["track_name"], track["artists"], then, now, now - then, last_day)
            found.append((then - now, track["track_name"], track_id, row))
    return [row for *_, row in sorted(found)]


@answers("How popular are the tracks of a playlist, by day?")
def mean_popularity(history: History) -> Answer:
    playlist_id = history.playlist("Gravel & Honey")
    found = []
    for day in reversed(history.usable(playlist_id)):
        tracks = history.rows.tracks_on(playlist_id, day)
        values = [history.popularity[track_id, day] for track_id in tracks if (track_id, day) in history.popularity]
        found.append((day, len(tracks), len(values), rounded(mean(values), 1) if values else None))
    return found


@answers("Which track ids are the same recording?")
def recordings(history: History) -> Answer:
    stays = defaultdict(list)
    for stay in history.stays():
        if isrc := history.tracks[stay["track_id"]]["isrc"]:
            stays[isrc.upper()].append(stay)
    found = []
    for isrc, each in stays.items():
        track_ids, playlists = {stay["track_id"] for stay in each}, {stay["playlist_id"] for stay in each}
        name = min(history.tracks[track_id]["track_name"] for track_id in track_ids)
        added_at, last_seen = min(stay["added_at"] for stay in each), max(stay["last_seen"] for stay in each)
        row = (isrc, len(track_ids), name, len(playlists), added_at, last_seen)
        found.append((-len(track_ids), -len(playlists), isrc, row))
    return [row for *_, row in sorted(found)]


@answers("Which artists are present most?")
def presence(history: History) -> Answer:
    artists = defaultdict(list)
    for row in history.rows["track_artists"]:
        artists[row["track_id"]].append(row["artist_id"])
    days: Counter[str] = Counter()
    tracks, playlists = defaultdict(set), defaultdict(set)
    for playlist_id, day in history.rows.held:
        for track_id in history.rows.tracks_on(playlist_id, day):
            for artist_id in filter(None, artists[track_id]):
                days[artist_id] += 1
                tracks[artist_id].add(track_id)
                playlists[artist_id].add(playlist_id)
    names = {row["artist_id"]: row["artist_name"] for row in history.rows["artists"]}
    return [
        (names[artist_id], artist_id, days[artist_id], len(tracks[artist_id]), len(playlists[artist_id]))
        for artist_id in sorted(days, key=lambda artist_id: (-days[artist_id], artist_id))
    ]


@answers("What is the genre of the tracks?")
def by_label(history: History) -> Answer:
    tracks: dict[str, set[str]] = defaultdict(set)
    playlists: dict[str, set[str]] = defaultdict(set)
    for row in history.rows["playlists"]:
        tracks[row["label"]] |= history.now(row["playlist_id"])
        playlists[row["label"]].add(row["playlist_id"])
    found = [(label, len(tracks[label]), len(playlists[label])) for label in tracks]
    return sorted(found, key=lambda row: (-row[1], row[0]))


@answers("Which record labels do the tracks come from?")
def registrants(history: History) -> Answer:
    now = {track_id for playlist_id in history.playlist_names for track_id in history.now(playlist_id)}
    tracks: dict[str, set[str]] = defaultdict(set)
    for track_id in {stay["track_id"] for stay in history.stays()}:
        tracks[history.tracks[track_id]["isrc"].upper()[:5]].add(track_id)
    return sorted((each, len(tracks[each]), len(tracks[each] & now)) for each in tracks)


@answers("Which days are missing, and why?")
def holes(history: History) -> Answer:
    found = []
    for playlist_id, name in history.playlist_names.items():
        rows = [row for row in history.rows["playlist_days"] if row["playlist_id"] == playlist_id]
        for days in unbroken(row for row in rows if row["outcome"] not in USABLE):
            outcomes = ", ".join(sorted({row["outcome"] for row in days}))
            reason = min((row["reason"] for row in days if row["reason"]), default=None)
            first, last = days[0]["date"], days[-1]["date"]
            row = (name, first, last, (last - first).days + 1, outcomes, reason)
            found.append((-len(days), first, playlist_id, row))
    return [row for *_, row in sorted(found)]


def unbroken(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield the rows of days that follow each other."""
    days: list[Row] = []
    for row in sorted(rows, key=lambda row: row["date"]):
        if days and row["date"] - days[-1]["date"] > timedelta(1):
            yield days
            days = []
        days.append(row)
    if days:
        yield days


@pytest.mark.parametrize("name", ["demo", "long"])
@pytest.mark.parametrize("question", LOOPS)
def test_answer_is_that_of_loops_over_the_tables(histories: dict[str, History], question: str, name: str) -> None:
    limit = re.search(r"\blimit (\d+)", QUESTIONS[question])
    expected = LOOPS[question](histories[name])
    assert expected
    rows = histories[name].ask(question)
    assert len(rows) == (min(len(expected), int(limit[1])) if limit else len(expected))
    for row, wanted in zip(rows, expected, strict=False):
        assert row == tuple(pytest.approx(each, abs=1e-9) if isinstance(each, float) else each for each in wanted)


def test_lifts_are_of_every_observed_add_and_removal(histories: dict[str, History]) -> None:
    for history in histories.values():
        added = sum(not stay["starts_before_watch"] for stay in history.stays())
        removed = sum(stay["first_absent"] is not None for stay in history.stays())
        for question, number in (("rise after an add", added), ("fall after a removal", removed)):
            everything, *others = history.ask(f"Does popularity {question}?")
            assert everything[0] == "(all)"
            assert everything[1] + everything[2] == number
            assert everything[1] > 100
            assert len(others) == 3


# What neither history has


@pytest.fixture(scope="module")
def described(long_history: Project, tmp_path_factory: pytest.TempPathFactory) -> History:
    """Return the long history with users, labels of tracks, two ids of a recording, and a new owner."""

    def change(connection: duckdb.DuckDBPyConnection) -> None:
        of = "playlist_id = playlist_id_of('Evening Ferry')"
        for statement in (
            f"update tracklists set added_by = case when position <= 3 then 'ada' else 'bob' end where {of}",
            "update track_info set label = 'single', is_watched = true where track_id = track_id_of('Slow Junction')",
            "update track_info set isrc = lower((select isrc from track_info where track_name = 'Slow Junction')) "
            "where track_id = track_id_of('Kitchen Junction')",
            f"update playlist_history set valid_to = '2026-02-01' where {of}",
            "insert into playlist_history by name select * exclude (valid_from, valid_to, owner_id, description), "
            "date '2026-02-02' as valid_from, null as valid_to, 'new' as owner_id, 'words' as description "
            f"from playlist_history where {of}",
        ):
            connection.execute(statement)

    file = tmp_path_factory.mktemp("described") / "described.duckdb"
    return History(file, invent(long_history.database, file, change), IN_THE_LONG_HISTORY)


def test_users_are_counted_where_they_are_kept(described: History) -> None:
    rows = [row for row in described.ask("Who added the tracks?") if row[0] == "Evening Ferry"]
    assert [row[1:4] for row in rows] == [(22, 22, "bob"), (3, 3, "ada")]


def test_watched_tracks_come_with_their_labels(described: History) -> None:
    first = described.ask("Which labels do the watched playlists and tracks have?")[0]
    assert first == ("track", "single", "Slow Junction", described.track("Slow Junction"), True)


def test_ids_of_a_recording_are_counted_without_regard_to_case(described: History) -> None:
    first, second, *_ = described.ask("Which track ids are the same recording?")
    assert first[1:3] == (2, "Kitchen Junction")
    assert second[1] == 1
    assert described.ask("Which track ids are the same recording?")[:2] == recordings(described)[:2]


def test_new_owner_and_description_are_shown(described: History) -> None:
    first, second, *_ = described.ask("Which playlists changed their name, description or owner?")
    assert first[0] == second[0] == "Evening Ferry"
    assert first[2:] == (date(2026, 1, 1), date(2026, 2, 1), None, None, None)
    assert second[2:] == (date(2026, 2, 2), None, False, True, True)
