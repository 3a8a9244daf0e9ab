"""Data quality alarms: warnings about the last day of the published tables, on both engines."""

from collections.abc import Callable, Iterator
from contextlib import closing

import duckdb
import pytest

from extractor.config.settings import Alarms
from extractor.engines.published import Cursor
from extractor.outputs.alarms import alarms_of
from tests.cluster import Cluster
from tests.extractor.conftest import empty_marts

Raise = Callable[[str], list[str]]
USUAL = Alarms()

TWO_DAYS = """
insert into runs (run_id, date, kind) values ('r1', '2026-01-01', 'read'), ('r2', '2026-01-02', 'read');
insert into playlists (playlist_id, playlist_name) values
    ('L', 'Shrinking'), ('M', 'Unread'), ('N', 'Emptied'), ('O', 'Small');
insert into playlist_days (playlist_id, date, outcome, followers, size, days_since_usable) values
    ('L', '2026-01-01', 'complete', 7, 40, null), ('L', '2026-01-02', 'complete', 8, {size}, 1),
    ('M', '2026-01-01', 'complete', 7, 40, null), ('M', '2026-01-02', 'failed', null, null, null);
"""


@pytest.fixture(params=["duckdb", "postgres"])
def alarms(request: pytest.FixtureRequest) -> Iterator[Raise]:
    """Return a function that fills tables with statements and returns the alarms."""
    if request.param == "duckdb":
        with duckdb.connect() as connection:
            yield lambda sql: alarms_after(connection.cursor(), sql)
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    database = cluster.database(f"alarms {request.node.name}"[:60])
    with closing(database.connect()) as server, server.cursor() as cursor:
        cursor.execute("create schema main; set search_path to main")
        yield lambda sql: alarms_after(cursor, sql)


def alarms_after(cursor: Cursor, sql: str, limits: Alarms = USUAL) -> list[str]:
    cursor.execute("".join(empty_marts()) + sql)
    return alarms_of(cursor, limits)


def popularity(first_day: dict[int, int], second_day: dict[int, int]) -> str:
    """Return a statement that inserts values of two days, by number of the track."""
    rows = [
        f"('t{track}', '2026-01-0{day}', {value}, false)"
        for day, values in ((1, first_day), (2, second_day))
        for track, value in values.items()
    ]
    return f"insert into track_daily_popularity (track_id, date, popularity, is_imported) values {', '.join(rows)};"


STEADY = popularity(dict.fromkeys(range(8), 40), dict.fromkeys(range(8), 41))


def test_steady_days_and_empty_tables_raise_no_alarm(alarms: Raise) -> None:
    assert alarms(TWO_DAYS.format(size=21) + STEADY) == []


def test_tables_without_rows_raise_no_alarm(alarms: Raise) -> None:
    assert alarms("") == []


def test_playlist_that_lost_half_of_its_tracks_is_named(alarms: Raise) -> None:
    assert alarms(TWO_DAYS.format(size=20) + STEADY) == ["Shrinking: 20 tracks, 40 when it was last read completely"]


def test_size_is_compared_with_the_last_usable_day(alarms: Raise) -> None:
    days = """
    insert into playlists (playlist_id, label, playlist_name) values ('L', 'mine', 'Its name');
    insert into playlist_days (playlist_id, date, outcome, size, days_since_usable) values
        ('L', '2026-01-01', 'complete', 10, null), ('L', '2026-01-02', 'partial', null, null),
        ('L', '2026-01-04', 'complete', 0, 3);
    """
    assert alarms(days) == ["Its name: 0 tracks, 10 when it was last read completely"]


def test_many_shrunk_playlists_are_counted(alarms: Raise) -> None:
    many = "".join(
        f"insert into playlists (playlist_id) values ('{name}');"
        "insert into playlist_days (playlist_id, date, outcome, size, days_since_usable) values "
        f"('{name}', '2026-01-01', 'complete', 10, null), ('{name}', '2026-01-02', 'complete', 1, 1);"
        for name in "abcde"
    )
    found = alarms(many)
    assert [text.split(":")[0] for text in found[:3]] == ["a", "b", "c"]
    assert found[3:] == ["2 more playlists shrank as much"]


def test_rise_of_zeros_is_an_alarm(alarms: Raise) -> None:
    zeros = popularity(dict.fromkeys(range(8), 40), dict.fromkeys(range(6), 40) | {6: 0, 7: 0})
    assert alarms(TWO_DAYS.format(size=40) + zeros) == [
        "25 % of tracks have popularity 0 on 2026-01-02, 0 % on 2026-01-01: perhaps Spotify had no values"
    ]


def test_jump_of_the_mean_counts_only_tracks_with_values_above_0_on_both_days(alarms: Raise) -> None:
    moved = popularity({1: 40, 2: 50, 3: 0, 4: 90}, {1: 45, 2: 55, 3: 80, 5: 1})
    assert alarms(TWO_DAYS.format(size=40) + moved) == [
        "the popularity of the same tracks moved by +5.0 on average between 2026-01-01 and 2026-01-02"
    ]
    assert alarms_are_off(moved)


def alarms_are_off(values: str) -> bool:
    off = Alarms(zeros_percent=None, mean_popularity=None, shrinks_percent=None, vanishing=False)
    with duckdb.connect() as connection:
        return alarms_after(connection, TWO_DAYS.format(size=1) + values, off) == []


def test_popularity_and_followers_that_vanish_are_alarms(alarms: Raise) -> None:
    vanished = TWO_DAYS.format(size=40) + popularity({1: 40}, {}) + "update playlist_days set followers = null "
    vanished += "where date = '2026-01-02';"
    assert alarms(vanished) == [
        "no track had a popularity on 2026-01-02; the last values are of 2026-01-01",
        "no playlist had a number of followers on 2026-01-02",
    ]


def test_imported_days_raise_no_alarm(alarms: Raise) -> None:
    imported = """
    insert into runs (run_id, date, kind) values ('import', '2026-01-03', 'import');
    insert into playlist_days (playlist_id, date, outcome, source, followers, size, days_since_usable) values
        ('L', '2026-01-03', 'complete', 'archive', null, 1, 1), ('N', '2026-01-01', 'complete', 'archive', 9, 50, null),
        ('N', '2026-01-02', 'complete', null, 9, 1, 1);
    insert into track_daily_popularity (track_id, date, popularity, is_imported) values
        ('t1', '2026-01-03', 0, true), ('new', '2026-01-02', 0, true), ('new', '2026-01-01', 90, true);
    """
    assert alarms(TWO_DAYS.format(size=21) + STEADY + imported) == []


def test_limits_can_be_switched_off() -> None:
    assert alarms_are_off(popularity({1: 40, 2: 40}, {1: 0, 2: 80}))
