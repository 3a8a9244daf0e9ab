"""Laws 1, 2, 3 and 5 on every history and random world: each load path gives the expected rows."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from tests.conformance import differences, expected
from tests.conformance.conftest import HISTORIES, WAYS, WORLDS, Conformance
from tests.conformance.expected import PlaylistDay
from tests.conformance.history import DAYS, History
from tests.conformance.notation import OUTCOMES, write_text
from tests.conformance.ways import Marts
from tests.pipeline.harness import MARTS
from tests.pipeline.oracle import Ends, Stay

pytestmark = pytest.mark.slow

each_history = pytest.mark.parametrize("history", HISTORIES, ids=[history.name for history in HISTORIES])
each_way = pytest.mark.parametrize("way", WAYS)
each_day = pytest.mark.parametrize("today", DAYS, ids=str)
Rows = dict[str, list[tuple[Any, ...]]]


@each_history
def test_oracle_matches_the_handwritten_rows(history: History) -> None:
    assert expected.stays(history) == sorted(history.rows or ())


@each_way
@each_history
def test_rows_match_the_handwritten_rows(conformance: Conformance, history: History, way: str) -> None:
    actual = stays(conformance, conformance.ways[way]).get(history.name, [])
    check(conformance, {history.name: actual}, {history.name: history.rows or ()})


@each_way
@pytest.mark.parametrize(
    "history", [each for each in HISTORIES if each.popularities is not None], ids=lambda history: history.name
)
def test_popularities_match_the_handwritten_rows(conformance: Conformance, history: History, way: str) -> None:
    rows = popularities(conformance, conformance.ways[way]).get(history.name, [])
    check(conformance, {history.name: rows}, {history.name: history.popularities or ()})


@pytest.mark.parametrize("mart", MARTS)
@pytest.mark.parametrize("way", WAYS[1:])
def test_every_load_path_gives_the_same_rows(conformance: Conformance, way: str, mart: str) -> None:
    actual, wanted = (conformance.rows(conformance.ways[name], mart) for name in (way, WAYS[0]))
    check(conformance, actual, wanted)
    assert conformance.ways[way][mart] == conformance.ways[WAYS[0]][mart]


@each_way
def test_stays_of_every_world_match_the_oracle(conformance: Conformance, way: str) -> None:
    wanted = by_history(conformance, expected.stays)
    check(conformance, stays(conformance, conformance.ways[way]), wanted)


@each_day
def test_daily_stays_match_what_had_arrived(conformance: Conformance, today: date) -> None:
    wanted = by_history(conformance, lambda history: expected.stays(history, today))
    check(conformance, stays(conformance, conformance.days[today]), wanted)


@each_day
def test_daily_playlist_days_have_the_outcomes_of_reads(conformance: Conformance, today: date) -> None:
    wanted = by_history(conformance, lambda history: expected.calendar(history, today))
    actual = conformance.rows(conformance.days[today], "playlist_days", "playlist_id", "date", "outcome", "source")
    check(conformance, actual, wanted)


@each_day
def test_daily_stays_have_positions_and_bounds(conformance: Conformance, today: date) -> None:
    wanted = by_history(conformance, lambda history: expected.ends(history, today))
    check(conformance, conformance.rows(conformance.days[today], "tracks_in_playlist", *Ends._fields), wanted)


@each_day
def test_daily_playlist_days_have_sizes_and_changes(conformance: Conformance, today: date) -> None:
    wanted = by_history(conformance, lambda history: expected.changes(history, today))
    actual = {
        name: usable
        for name, rows in conformance.rows(conformance.days[today], "playlist_days", *PlaylistDay._fields).items()
        if (usable := [row for row in rows if row[2] is not None])
    }
    check(conformance, actual, wanted)


@each_day
def test_daily_popularity_is_the_latest_value(conformance: Conformance, today: date) -> None:
    wanted = by_history(
        conformance,
        lambda history: expected.popularities(history, conformance.sightings(history, today), today),
    )
    known = {history.name: history for history in conformance.histories}
    actual = {
        name: [row for row in rows if known[name].is_known(row[0], today)]
        for name, rows in popularities(conformance, conformance.days[today]).items()
    }
    check(conformance, {name: rows for name, rows in actual.items() if rows}, wanted)


@each_day
def test_daily_titles_are_live_ones_or_imported_where_there_are_none(conformance: Conformance, today: date) -> None:
    wanted = by_history(
        conformance, lambda history: expected.titles(history, conformance.sightings(history, today), today)
    )
    columns = ("track_id", "track_name", "valid_from")
    known = {history.name: history for history in conformance.histories}
    actual = {
        name: rows
        for name, all_rows in conformance.rows(conformance.days[today], "track_info_history", *columns).items()
        if (rows := [row for row in all_rows if known[name].is_known(row[0], today)])
    }
    check(conformance, actual, wanted)


@each_day
def test_daily_stays_say_whether_they_are_imported(conformance: Conformance, today: date) -> None:
    wanted = by_history(conformance, lambda history: expected.imported_stays(history, today))
    columns = ("playlist_id", "track_id", "stay_number", "is_imported")
    check(conformance, conformance.rows(conformance.days[today], "tracks_in_playlist", *columns), wanted)


@each_day
def test_daily_changes_say_whether_they_are_imported(conformance: Conformance, today: date) -> None:
    wanted = by_history(conformance, lambda history: expected.imported_changes(history, today))
    columns = ("playlist_id", "track_id", "date", "date_before", "is_imported")
    check(conformance, conformance.rows(conformance.days[today], "playlist_changes", *columns), wanted)


@each_day
def test_daily_playlists_are_watched_or_imported(conformance: Conformance, today: date) -> None:
    wanted = by_history(conformance, lambda history: expected.playlists(history, today))
    check(
        conformance, conformance.rows(conformance.days[today], "playlists", "playlist_id", "kind", "is_watched"), wanted
    )


@each_day
def test_daily_chart_positions_are_those_of_the_read_that_counts(conformance: Conformance, today: date) -> None:
    wanted = by_history(conformance, lambda history: expected.chart_positions(history, today))
    columns = ("playlist_id", "date", "track_id", "rank", "streams")
    check(conformance, conformance.rows(conformance.days[today], "chart_positions", *columns), wanted)


def test_random_worlds_cover_enough_cases(conformance: Conformance) -> None:
    assert len(conformance.worlds) == WORLDS >= 200
    rows = [row for world in conformance.worlds for row in expected.stays(world)]
    outcomes = Counter(row[2] for world in conformance.worlds for row in expected.calendar(world))
    assert min(outcomes[each] for each in (*OUTCOMES, "not_run")) > 50
    assert sum(row.stay_number > 1 for row in rows) > 75
    assert sum(row.added_at_source == "claimed" for row in rows) > 250
    assert sum(row.first_absent is not None for row in rows) > 250
    assert sum(row.days_seen < (row.last_seen - row.first_seen).days + 1 for row in rows) > 250
    assert sum(world.known is not None for world in conformance.worlds) > 40
    assert sum(read.arrives is not None for world in conformance.worlds for read in world.reads) > 500
    assert sum(read.source is not None for world in conformance.worlds for read in world.reads) > 500
    imported = [row for world in conformance.worlds for row in expected.imported_stays(world)]
    assert min(sum(row[-1] for row in imported), sum(not row[-1] for row in imported)) > 250
    assert sum(len(expected.chart_positions(world)) for world in conformance.worlds) > 250


def by_history(
    conformance: Conformance, rows_of: Callable[[History], Sequence[tuple[Any, ...]]]
) -> Mapping[str, Sequence[tuple[Any, ...]]]:
    """Return the expected rows of each history that has any."""
    return {history.name: rows for history in conformance.histories if (rows := rows_of(history))}


def stays(conformance: Conformance, marts: Marts) -> Rows:
    return conformance.rows(marts, "tracks_in_playlist", *Stay._fields)


def popularities(conformance: Conformance, marts: Marts) -> Rows:
    return conformance.rows(marts, "track_daily_popularity", "track_id", "date", "popularity", "is_imported")


def check(
    conformance: Conformance,
    actual: Mapping[str, Sequence[tuple[Any, ...]]],
    wanted: Mapping[str, Sequence[tuple[Any, ...]]],
) -> None:
    """Fail with the names of the histories that differ, and the smallest random world among them as YAML."""
    if found := differences.told(actual, wanted):
        failing = [world for world in conformance.worlds if world.name in found]
        # The smallest one is the easiest to understand.
        smallest = sorted(failing, key=lambda world: sum(len(read.entries or ()) + 1 for read in world.reads))[:1]
        pasted = [f"# for histories/:\n{write_text(world, expected.stays(world))}" for world in smallest]
        told = {world.name: found[world.name] for world in smallest} | found
        pytest.fail("\n".join([differences.text(told), *pasted]), pytrace=False)
