"""The published functions, compared with plain loops over the reads: sections 1 and 3 of the design."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import duckdb
import pytest

from extractor.engines.functions import FUNCTIONS
from tests.cluster import Cluster
from tests.pipeline.conftest import CASES, WORLD
from tests.pipeline.harness import Project
from tests.pipeline.histories import Case, january, reads_of
from tests.pipeline.oracle import Read, Stay, counted_reads, tracks_in_playlist

pytestmark = pytest.mark.slow

WINDOW = (january(3), january(10))
each_case = pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
each_gap = pytest.mark.parametrize("gap_days", [0, 1, 3])


Ask = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def ask(request: pytest.FixtureRequest, published_histories: Project) -> Iterator[Ask]:
    """Return a function that queries the published file, or the published schema of a server."""
    if request.param == "postgres":
        with asking(published_histories, request.getfixturevalue("cluster")) as ask:
            yield ask
        return
    with duckdb.connect(str(published_histories.database), read_only=True) as connection:
        yield lambda sql, *parameters: connection.execute(sql, parameters).fetchall()


@contextmanager
def asking(project: Project, cluster: Cluster) -> Iterator[Ask]:
    """Return a function that runs the same queries on a server, translated to its syntax."""
    database = cluster.database("histories")
    project.publish_on(database)
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("set search_path to spotify")

        def ask(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
            words = sql.replace("?", "%s")
            cursor.execute(f"select * {words}" if words.startswith("from ") else words, parameters or None)
            return list(cursor.fetchall())

        yield ask


class Day(NamedTuple):
    """A usable day and the content of the playlist."""

    date: date
    content: Read


@cache
def usable_days(case: Case) -> list[Day]:
    days: list[Day] = []
    for read in counted_reads(reads_of(case, WORLD)):
        if read.outcome == "complete":
            days.append(Day(read.day, read))
        elif read.outcome == "unchanged":
            days.append(Day(read.day, days[-1].content))
    return days


def days_held(case: Case, track_id: str, first: date, last: date) -> int:
    held = 0
    for day in usable_days(case):
        tracks = {entry.track_id for entry in day.content.entries if not entry.other}
        held += first <= day.date <= last and track_id in tracks
    return held


def merged(stays: Iterable[Stay], gap_days: int) -> list[list[Stay]]:
    """Return the stays of one playlist; stays of a track with a gap of at most `gap_days` are merged."""
    groups: list[list[Stay]] = []
    for stay in stays:
        last = groups[-1][-1] if groups else None
        away = (stay.first_seen - last.last_seen).days - 1 if last else 0
        if last and last.track_id == stay.track_id and away <= gap_days:
            groups[-1].append(stay)
        else:
            groups.append([stay])
    return groups


@cache
def stays_of(case: Case) -> list[Stay]:
    return tracks_in_playlist(reads_of(case, WORLD))


def between(days: Sequence[Day], first: date, last: date) -> list[Day]:
    return [day for day in days if first <= day.date <= last]


@each_case
@each_gap
def test_tracks_during_returns_each_stay_with_its_days_seen(ask: Ask, case: Case, gap_days: int) -> None:
    first, last = WINDOW
    wanted = []
    for group in merged(stays_of(case), gap_days) if between(usable_days(case), first, last) else []:
        begin, end = group[0], group[-1]
        if begin.added_at <= last and end.last_seen >= first:
            seen = days_held(case, begin.track_id, max(begin.first_seen, first), min(end.last_seen, last))
            wanted.append((begin.track_id, begin.added_at, end.last_seen, end.first_absent, seen))
    answer = "select track_id, added_at, last_seen, first_absent, days_seen from tracks_during(?, ?, ?, gap_days := ?)"
    assert sorted(ask(answer, case.playlist_id, first, last, gap_days)) == sorted(wanted)


@each_case
def test_tracks_during_counts_the_observed_days(ask: Ask, case: Case) -> None:
    observed = len(between(usable_days(case), *WINDOW))
    answer = "select distinct days_observed, days_asked from tracks_during(?, ?, ?)"
    rows = ask(answer, case.playlist_id, *WINDOW)
    assert rows in ([], [(observed, 8)])


@each_gap
def test_playlists_of_a_track_returns_its_stays_in_every_playlist(ask: Ask, gap_days: int) -> None:
    wanted: dict[str, list[tuple[str, int, date, date, int, int]]] = {}
    for case in CASES:
        numbers: Counter[str] = Counter()
        for group in merged(stays_of(case), gap_days):
            begin, end = group[0], group[-1]
            numbers[begin.track_id] += 1
            seen = sum(stay.days_seen for stay in group)
            observed = len(between(usable_days(case), begin.first_seen, end.last_seen))
            row = (case.playlist_id, numbers[begin.track_id], begin.added_at, end.last_seen, seen, observed)
            wanted.setdefault(begin.track_id, []).append(row)
    answer = "select playlist_id, stay_number, added_at, last_seen, days_seen, days_observed from playlists_of(?, ?)"
    for track_id in sorted(wanted)[:12]:
        assert sorted(ask(answer, track_id, gap_days)) == sorted(wanted[track_id])


@each_gap
def test_stays_function_counts_streaks_totals_reentries_and_gaps(ask: Ask, gap_days: int) -> None:
    wanted = []
    for case in CASES:
        stays = stays_of(case)
        numbers: Counter[str] = Counter()
        for group in merged(stays, gap_days):
            track_id = group[0].track_id
            streak = sum(stay.days_seen for stay in group)
            total = sum(stay.days_seen for stay in stays if stay.track_id == track_id)
            wanted.append((case.playlist_id, track_id, streak, total, numbers[track_id], len(group) - 1))
            numbers[track_id] += 1
    answer = "select playlist_id, track_id, days_seen, total_days_seen, reentry, gaps from stays(gap_days := ?)"
    assert sorted(ask(answer, gap_days)) == sorted(wanted)


@each_case
def test_tracklist_returns_entries_in_order_or_suggests_the_nearest_day(ask: Ask, case: Case) -> None:
    outcomes = dict(case.calendar)
    contents = {day.date: day.content for day in usable_days(case)}
    for day in (january(number) for number in (1, 3, 6, 8, 14)):
        wanted: list[tuple[Any, ...]]
        if day in contents:
            tracks = [(None if entry.other else entry.track_id) for entry in contents[day].entries]
            wanted = [(outcomes[day], day, place, track) for place, track in enumerate(tracks, 1)]
            wanted = wanted or [(outcomes[day], day, None, None)]
        else:
            nearest = min(contents, key=lambda usable: (abs(usable - day), usable), default=None)
            wanted = [(outcomes.get(day, "not_run"), nearest, None, None)]
        answer = "select outcome, nearest_usable_day, position, track_id from tracklist_on(?, ?)"
        assert ask(answer, case.playlist_id, day) == wanted, day


@each_case
def test_coverage_counts_days_by_outcome(ask: Ask, case: Case) -> None:
    outcomes = dict(case.calendar)
    first, last = january(2), january(20)
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    wanted = Counter(outcomes.get(day, "not_run") for day in days)
    rows = ask("select outcome, days from coverage(?, ?, ?)", case.playlist_id, first, last)
    assert dict(rows) == wanted


@each_case
def test_playlist_changes_lie_between_two_usable_days(ask: Ask, case: Case) -> None:
    usable = [day.date for day in usable_days(case)]
    wanted = []
    for stay in stays_of(case):
        before = [day for day in usable if day < stay.first_seen]
        if before:
            change = "added" if stay.stay_number == 1 else "returned"
            wanted.append((stay.track_id, stay.first_seen, change, before[-1]))
        if stay.first_absent:
            wanted.append((stay.track_id, stay.first_absent, "removed", stay.last_seen))
    changes = "select track_id, date, change, date_before from playlist_changes where playlist_id = ?"
    assert sorted(ask(changes, case.playlist_id)) == sorted(wanted)


def test_popularity_around_a_stay_is_the_mean_of_days_with_a_value(ask: Ask) -> None:
    series: dict[str, dict[date, int]] = {}
    for track_id, day, popularity in ask("select track_id, date, popularity from track_daily_popularity"):
        series.setdefault(track_id, {})[day] = popularity
    run_days = [day for (day,) in ask("select distinct date from runs")]
    wanted = {}
    expected = {}
    for stay in (Stay(*row) for row in ask(f"select {', '.join(Stay._fields)} from tracks_in_playlist")):
        values = series.get(stay.track_id, {})
        before = [values[d] for d in values if stay.added_at - timedelta(2) <= d < stay.added_at]
        during = [values[d] for d in values if stay.added_at <= d <= stay.last_seen]
        after = [values[d] for d in values if stay.last_seen < d <= stay.last_seen + timedelta(2)]
        parts = (before, during, [] if stay.is_current else after)
        wanted[stay[:3]] = [
            (len(part), pytest.approx(sum(part) / len(part), abs=0.051) if part else None) for part in parts
        ]
        expected[stay[:3]] = (
            sum(stay.added_at - timedelta(2) <= day < stay.added_at for day in run_days),
            0 if stay.is_current else sum(stay.last_seen < day <= stay.last_seen + timedelta(2) for day in run_days),
            bool(parts[2]),
        )
    answer = """
        select playlist_id, track_id, stay_number, days_before, mean_before, days_during, mean_during, days_after,
            mean_after, days_expected_before, days_expected_after, followed_after
        from popularity_around_stays(window_days := 2)
    """
    rows = ask(answer)
    assert {row[:3]: list(zip(row[3:9:2], row[4:9:2], strict=True)) for row in rows} == wanted
    assert {row[:3]: row[9:] for row in rows} == expected
    assert len(rows) == len(wanted)


def test_popularity_of_a_track_has_the_change_and_the_days_since_the_previous_value(
    ask: Ask,
) -> None:
    rows = ask("select track_id, date, popularity from track_daily_popularity order by track_id, date")
    track_id = Counter(row[0] for row in rows).most_common(1)[0][0]
    values = [(day, popularity) for found, day, popularity in rows if found == track_id]
    wanted: list[tuple[object, ...]] = [(*values[0], None, None)]
    wanted += [(day, value, value - old, (day - past).days) for (past, old), (day, value) in pairwise(values)]
    answer = "select date, popularity, change, days_before from popularity_of(?)"
    assert ask(answer, track_id) == wanted


def test_recording_is_found_under_all_its_ids(ask: Ask) -> None:
    ((isrc, track_id),) = ask("select isrc, track_id from track_info where isrc is not null order by track_id limit 1")
    answer = "select playlist_id, added_at, last_seen, track_ids from playlists_of_isrc(?)"
    of_the_track = ask("select playlist_id, added_at, last_seen from playlists_of(?)", track_id)
    assert sorted(ask(answer, isrc.lower())) == [(*row, [track_id]) for row in sorted(of_the_track)]


def test_every_function_is_published_with_a_comment_that_describes_it(published_histories: Project) -> None:
    found: dict[str, str] = dict(
        published_histories.rows("select function_name, comment from duckdb_functions() where not internal")
    )
    assert found.keys() == set(FUNCTIONS)
    assert all(comment and comment.endswith(".") for comment in found.values())
