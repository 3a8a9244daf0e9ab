"""The questions of docs/questions.md, and their answers by plain loops over the published tables."""

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

from tests.functions.published import USABLE, Published, Row
from tests.pipeline.harness import REPO

PAGE = REPO / "docs" / "questions.md"

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


def rounded(value: float, digits: int) -> float:
    """Round half up, as SQL does."""
    scale: int = 10**digits
    return floor(value * scale + 0.5) / scale


def week_of(day: date) -> date:
    return day - timedelta(day.weekday())


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
