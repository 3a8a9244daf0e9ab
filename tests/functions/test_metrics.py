"""Turnover, survival, feeders, reach and curation, by plain loops written from their definitions."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from statistics import median
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
UNUSABLE = "7" * 22
"""A playlist that was never usable."""

NUMBERED = """
select playlist_id, coalesce(label, '') as label, track_id,
    row_number() over (partition by playlist_id order by track_id) as number
from tracks_in_playlist inner join playlists using (playlist_id)
where is_current and (label = 'fourth' or playlist_name = 'North Pier')
"""
"""The 12 tracks of one playlist, and the 20 of another."""

DOUBTS = (
    # tracks that are in a playlist twice
    """
    insert into tracklists (playlist_id, first_day, last_day, position, kind, track_id)
    select playlist_id, first_day, last_day, 1000, kind, track_id from tracklists where position = 1
    """,
    # starts before the watch that are not claimed
    """
    update tracks_in_playlist set added_at = first_seen, added_at_source = 'observed'
    where starts_before_watch and ascii(track_id) % 3 = 0
    """,
    # followers that are not known of every day, from the first day, or at all
    "update playlist_days set followers = null where date_part('day', date) in (5, 6, 17)",
    """
    update playlist_days set followers = null
    where date < '2026-02-03' and playlist_id = (select playlist_id from playlists where label = 'second')
    """,
    """
    update playlist_days set followers = null
    where playlist_id = (select playlist_id from playlists where playlist_name = 'North Pier')
    """,
    # release dates of this and the last year, inexact ones, none, and later ones
    """
    update track_info set release_date = date '2026-04-28' - cast(hash(track_id) % 70 as integer)
    where hash(track_id) % 3 = 0
    """,
    """
    update track_info set release_date = date '2026-04-26' - cast(hash(track_id) % 900 as integer)
    where hash(track_id) % 3 = 1
    """,
    "update track_info set release_date_precision = 'month' where hash(track_id) % 11 = 3",
    "update track_info set release_date = null, release_date_precision = null where hash(track_id) % 11 = 4",
    # all frontline
    """
    update track_info set release_date = '2026-04-01', release_date_precision = 'day'
    where track_id in (
        select track_id from tracks_in_playlist inner join playlists using (playlist_id)
        where playlist_name = 'Spring Tide'
    )
    """,
    # four tracks that null entries hide on the last day
    f"create table numbered as {NUMBERED}",
    """
    insert into tracklists (playlist_id, first_day, last_day, position, kind, track_id)
    select
        playlist_id, '2026-04-26', '2026-04-26', position,
        case when number > 8 then 'unavailable' else kind end,
        case when number <= 8 then track_id end
    from tracklists inner join numbered using (playlist_id, track_id) where label = 'fourth' and position < 1000
    """,
    """
    update tracklists set last_day = '2026-04-25'
    where first_day < '2026-04-26' and playlist_id in (select playlist_id from numbered where label = 'fourth')
    """,
    """
    update tracks_in_playlist set last_seen = '2026-04-25', days_seen = days_seen - 1
    where exists (
        select 1 from numbered
        where
            numbered.playlist_id = tracks_in_playlist.playlist_id
            and numbered.track_id = tracks_in_playlist.track_id
            and label = 'fourth' and number > 8
    )
    """,
    """
    update playlist_days set size = 8
    where date = '2026-04-26' and playlist_id in (select playlist_id from numbered where label = 'fourth')
    """,
    # three quarters and one quarter frontline, by a day
    """
    update track_info
    set release_date = date '2026-04-26' - case when number <= frontline then 547 else 548 end,
        release_date_precision = 'day'
    from (select *, case when label = 'fourth' then 6 else 5 end as frontline from numbered) as numbered
    where track_info.track_id = numbered.track_id
    """,
    "drop table numbered",
    # artists without an id
    "update track_artists set artist_id = null where ascii(artist_name) % 4 = 0",
    f"insert into playlists (playlist_id, playlist_name, is_watched) values ('{UNUSABLE}', 'Never Seen', true)",
    f"""
    insert into playlist_days (playlist_id, date, outcome, followers)
    select '{UNUSABLE}', date, 'unavailable', 5 from playlist_days
    where playlist_id = (select playlist_id from playlists where label = 'first')
    """,
)


@dataclass(frozen=True)
class History:
    """Rows, and a function that runs queries of them."""

    ask: Ask
    rows: Published

    @property
    def playlist_ids(self) -> list[str]:
        return [playlist["playlist_id"] for playlist in self.rows["playlists"]]

    def name(self, playlist_id: str) -> Any:
        return next(row["playlist_name"] for row in self.rows["playlists"] if row["playlist_id"] == playlist_id)

    def stays(self, playlist_id: str | None) -> list[Row]:
        return [
            row for row in self.rows["tracks_in_playlist"] if playlist_id is None or row["playlist_id"] == playlist_id
        ]


@pytest.fixture(scope="module")
def doubtful(long_history: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Published]:
    """Return a file of the history with less certain rows, and the rows."""

    def change(connection: duckdb.DuckDBPyConnection) -> None:
        for statement in DOUBTS:
            connection.execute(statement)

    file = tmp_path_factory.mktemp("doubtful") / "doubtful.duckdb"
    return file, invent(long_history.database, file, change)


@pytest.fixture(
    scope="module", params=[f"{rows} {engine}" for rows in ("as published", "doubtful") for engine in ENGINES]
)
def history(
    request: pytest.FixtureRequest, long_history: Project, published: Published, doubtful: tuple[Path, Published]
) -> Iterator[History]:
    """Return the published history or that with less certain rows, in an engine."""
    rows, engine = request.param.rsplit(maxsplit=1)
    if rows == "as published":
        with asking_engine(engine, long_history.database, lambda: request.getfixturevalue("on_server")) as ask:
            yield History(ask, published)
    else:
        with asking_engine(engine, doubtful[0], lambda: copied(request, doubtful[0])) as ask:
            yield History(ask, doubtful[1])


def share(number: int, of: int) -> float | None:
    return number / of if of else None


# turnover


def turnover(rows: Published, playlist_id: str, days: int) -> list[tuple[Any, ...]]:
    """Return what turnover() should."""
    usable = rows.usable_days.get(playlist_id, [])
    stays = [row for row in rows["tracks_in_playlist"] if row["playlist_id"] == playlist_id]
    expected: list[tuple[Any, ...]] = []
    for number, day in enumerate(usable):
        if day <= usable[-1] - timedelta(days):
            continue
        held = rows.tracks_on(playlist_id, day)
        starts = [
            row["added_at"] for row in stays if row["track_id"] in held and row["first_seen"] <= day <= row["last_seen"]
        ]
        assert len(starts) == len(held)
        recent = share(sum((day - start).days < 28 for start in starts), len(held))
        if number == 0:
            expected.append((day, None, None, len(held), None, None, None, recent))
            continue
        since = (day - usable[number - 1]).days
        added = sum(row["first_seen"] == day for row in stays)
        removed = sum(row["first_absent"] == day for row in stays)
        rate = (added + removed) / (2 * len(held)) / since if held else None
        before = len(rows.tracks_on(playlist_id, usable[number - 1]))
        expected.append((day, since, before, len(held), added, removed, rate, recent))
    return [(*row, len(expected), days) for row in expected]


@pytest.mark.parametrize("days", [1, 28, 90, 1000])
def test_turnover(history: History, days: int) -> None:
    for playlist_id in history.playlist_ids:
        rows = history.ask("from turnover(?, days := ?)", playlist_id, days)
        assert_near(rows, turnover(history.rows, playlist_id, days))
        assert bool(rows) == (playlist_id != UNUSABLE)


def test_turnover_is_of_28_days_unless_asked_otherwise(history: History) -> None:
    assert_near(history.ask("from turnover('first')"), history.ask("from turnover('first', 28)"))


def test_turnover_counts_a_day_without_a_read_as_two_days_of_change(history: History) -> None:
    rows = history.ask("select date, days_since_usable from turnover('first', days := 1000)")
    assert {days for _, days in rows} == {None, 1, 2, 5}


def test_turnover_of_an_emptied_playlist_is_null(history: History) -> None:
    asked = (
        "select size, removed > 0, turnover, adds_28_share from turnover('Spring Tide', 90) where date = '2026-03-20'"
    )
    assert history.ask(asked) == [(0, True, None, None)]


@pytest.mark.parametrize("days", ["0", "-3", "null"])
def test_turnover_of_no_days_is_an_error(history: History, days: str) -> None:
    with pytest.raises(ERRORS, match=f"days must be 1 or more, not {days}"):
        history.ask(f"from turnover('first', {days})")


# survival


@dataclass(frozen=True)
class Lifetime:
    """The ages between which a stay was watched, and whether it ended then."""

    entry: int
    exit: int
    is_ended: bool


def lifetimes(rows: Published, stays: Sequence[Row], end: str) -> list[Lifetime]:
    """Return the stays that a curve is of. `end` is first_absent or last_seen."""
    found = []
    for row in stays:
        if row["starts_before_watch"] and row["added_at_source"] != "claimed":
            continue
        entry = (row["first_seen"] - row["added_at"]).days if row["starts_before_watch"] else 0
        if row["first_absent"] is None:
            last = rows.usable_days[row["playlist_id"]][-1]
        else:
            last = row["first_absent"] if end == "first_absent" else row["last_seen"] + timedelta(1)
        found.append(Lifetime(entry, (last - row["added_at"]).days, row["first_absent"] is not None))
    return found


def kaplan_meier(lives: Sequence[Lifetime], ages: Sequence[int]) -> list[tuple[int, int, Fraction]]:
    """Return, by age, the stays at risk, those that ended, and the share that lasts longer."""
    found = []
    lasting = Fraction(1)
    for age in ages:
        at_risk = sum(life.entry < age <= life.exit for life in lives)
        exits = sum(life.is_ended and life.exit == age for life in lives)
        if exits:
            lasting *= 1 - Fraction(exits, at_risk)
        found.append((at_risk if age else sum(life.entry == 0 for life in lives), exits, lasting))
    return found


def survival(rows: Published, stays: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Return what survival() should."""
    if not stays:
        return []
    latest, earliest = (lifetimes(rows, stays, end) for end in ("first_absent", "last_seen"))
    ages = sorted({0} | {life.exit for life in latest + earliest if life.is_ended})
    curve, curve_min = kaplan_meier(latest, ages), kaplan_meier(earliest, ages)
    half_lives = [
        next((age for age, (_, _, lasting) in zip(ages, each, strict=True) if lasting <= Fraction(1, 2)), None)
        for each in (curve, curve_min)
    ]
    return [
        (
            age,
            at_risk,
            exits,
            float(lasting) if latest else None,
            float(lasting_min) if latest else None,
            *half_lives,
            len(latest),
            len(stays) - len(latest),
        )
        for age, (at_risk, exits, lasting), (_, _, lasting_min) in zip(ages, curve, curve_min, strict=True)
    ]


def test_survival(history: History) -> None:
    for playlist_id in history.playlist_ids:
        expected = survival(history.rows, history.stays(playlist_id))
        assert_near(history.ask("from survival(?)", playlist_id), expected)
        assert bool(expected) == (playlist_id != UNUSABLE)


def test_survival_in_all_playlists(history: History) -> None:
    rows = history.ask("from survival()")
    assert_near(rows, survival(history.rows, history.stays(None)))
    assert_near(history.ask("from survival(null)"), rows)
    ages, *_ = zip(*rows, strict=True)
    assert ages[0] == 0 and rows[0][3:5] == (1, 1)
    assert bool(rows[0][-1]) == any(row["added_at_source"] == "observed" for row in history.rows["tracks_in_playlist"])


def test_survival_is_zero_from_the_age_at_which_all_at_risk_ended(history: History) -> None:
    shares = [row[3] for row in history.ask("from survival('Fresh Harbour')")]
    assert 0 in shares and set(shares[shares.index(0) :]) == {0}


def test_half_life_is_null_if_half_of_the_stays_never_ended(history: History) -> None:
    (playlist_id,) = history.ask("select playlist_id_of('fourth')")[0]
    assert {row["first_absent"] for row in history.stays(playlist_id)} == {None}
    (row,) = history.ask("from survival('fourth')")
    assert row[0] == 0 and row[3:7] == (1, 1, None, None)


# feeders


def entries(rows: Published) -> dict[str, dict[str, list[Row]]]:
    """Return the stays of each playlist and track, in order."""
    found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(rows["tracks_in_playlist"], key=lambda row: row["stay_number"]):
        found[row["playlist_id"]][row["track_id"]].append(row)
    return found


def feeders(history: History, receiver: str) -> list[tuple[Any, ...]]:
    """Return what feeders() should."""
    stays = entries(history.rows)
    expected = []
    for playlist_id in stays.keys() - {receiver}:
        entered = 0
        first = 0
        lags = []
        for track_id, there in stays[playlist_id].items():
            seen_to_enter = [row["added_at"] for row in there if not row["starts_before_watch"]]
            entered += bool(seen_to_enter)
            here = stays[receiver].get(track_id)
            if here is None or here[0]["starts_before_watch"]:
                continue
            arrival = here[0]["added_at"]
            if any(row["added_at"] < arrival for row in there):
                first += 1
            if seen_to_enter and min(seen_to_enter) < arrival:
                lags.append((arrival - min(seen_to_enter)).days)
        if lags:
            name = history.name(playlist_id)
            expected.append((playlist_id, name, entered, len(lags), len(lags) / entered, median(lags), first))
    return sorted(expected, key=lambda row: (-row[4], row[0]))


def test_feeders(history: History) -> None:
    found = 0
    for playlist_id in history.playlist_ids:
        expected = feeders(history, playlist_id)
        rows = history.ask("from feeders(?)", playlist_id)
        assert [row[4] for row in rows] == sorted((row[4] for row in rows), reverse=True)
        assert_near(sorted(rows, key=lambda row: (-row[4], row[0])), expected)
        found += len(rows)
    assert found > 10
    assert history.ask("from feeders('fourth')") == []


# reach_of


def reach(rows: Published, track_id: str) -> list[tuple[Any, ...]]:
    """Return what reach_of() should."""
    followers: dict[str, dict[date, int | None]] = defaultdict(dict)
    for row in rows["playlist_days"]:
        followers[row["playlist_id"]][row["date"]] = row["followers"]
    expected = []
    for day in sorted({row["date"] for row in rows["playlist_days"]}):
        holders = [
            playlist_id
            for playlist_id, days in rows.usable_days.items()
            if day in days and track_id in rows.tracks_on(playlist_id, day)
        ]
        if not holders:
            continue
        sizes = []
        carried = 0
        for playlist_id in holders:
            known = [each for each, number in followers[playlist_id].items() if each <= day and number is not None]
            if known:
                sizes.append(followers[playlist_id][max(known)] or 0)
                carried += max(known) != day
        spanned = sum(
            row["track_id"] == track_id and row["first_seen"] <= day <= row["last_seen"]
            for row in rows["tracks_in_playlist"]
        )
        total = sum(sizes) if sizes else None
        without = len(holders) - len(sizes)
        expected.append((day, len(holders), total, without, carried, carried > 0, spanned - len(holders)))
    return expected


def test_reach(history: History) -> None:
    rows = history.rows
    masked = {row["track_id"] for row in rows["tracks_in_playlist"] if history.name(row["playlist_id"]) == "Same Name"}
    most = Counter(row["track_id"] for row in rows["tracks_in_playlist"]).most_common(12)
    found = []
    for track_id in sorted(masked)[:8] + [track_id for track_id, _ in most]:
        expected = reach(rows, track_id)
        assert history.ask("from reach_of(?)", track_id) == expected
        found += expected
    assert any(row[-1] for row in found)
    is_doubtful = UNUSABLE in history.playlist_ids
    assert [any(row[number] for row in found) for number in (3, 4, 5)] == [is_doubtful] * 3
    assert any(row[2] is None for row in found) == is_doubtful


def test_reach_does_not_count_a_playlist_on_a_day_on_which_it_was_not_usable(history: History) -> None:
    stays = [
        row["track_id"]
        for row in history.stays(history.ask("select playlist_id_of('North Pier')")[0][0])
        if row["first_seen"] < date(2026, 2, 20) and row["last_seen"] > date(2026, 2, 22)
    ]
    for track_id in stays:
        rows = history.ask("select date, playlists, playlists_unobserved from reach_of(?)", track_id)
        days = {day: (number, more) for day, number, more in rows}
        number, more = days[date(2026, 2, 23)]
        assert days.get(date(2026, 2, 21), (0, 1))[1] >= 1 > more
        assert number >= 1


# curation


def curation(history: History, playlist_id: str) -> list[tuple[Any, ...]]:
    """Return what curation() should."""
    rows = history.rows
    if playlist_id not in rows.usable_days:
        return []
    last = rows.usable_days[playlist_id][-1]
    stays = history.stays(playlist_id)
    released = {
        row["track_id"]: row["release_date"] for row in rows["track_info"] if row["release_date_precision"] == "day"
    }
    adds = [row for row in stays if not row["starts_before_watch"]]
    ages = [(row["added_at"] - released[row["track_id"]]).days for row in adds if row["track_id"] in released]
    held = rows.tracks_on(playlist_id, last)
    dated = [(last - released[track_id]).days for track_id in held if track_id in released]
    frontline = share(sum(0 <= age < 548 for age in dated), len(dated))
    artists = {
        row["track_id"]: row["artist_id"] or row["artist_name"]
        for row in rows["track_artists"]
        if row["artist_position"] == 1
    }
    days: Counter[str] = Counter()
    for row in stays:
        days[artists[row["track_id"]]] += row["days_seen"]
    kind = None
    if frontline is not None:
        kind = "frontline" if frontline >= 0.75 else "catalogue" if frontline <= 0.25 else "mixed"
    return [
        (
            playlist_id,
            history.name(playlist_id),
            len(adds),
            median(ages) if ages else None,
            len(ages),
            share(sum(0 <= age < 28 for age in dated), len(dated)),
            frontline,
            len(dated),
            len(held),
            sum((number / days.total()) ** 2 for number in days.values()),
            share(sum(row["stay_number"] > 1 for row in adds), len(adds)),
            kind,
            last,
        )
    ]


def test_curation(history: History) -> None:
    kinds = set()
    for playlist_id in history.playlist_ids:
        expected = curation(history, playlist_id)
        assert_near(history.ask("from curation(?)", playlist_id), expected)
        kinds |= {row[-2] for row in expected}
    assert kinds == ({"frontline", "mixed", "catalogue"} if UNUSABLE in history.playlist_ids else {"catalogue"})


def test_curation_without_adds_has_no_age_at_add(history: History) -> None:
    asked = "select adds, age_at_add_median, adds_with_age, returns_share from curation('fourth')"
    assert history.ask(asked) == [(0, None, 0, None)]


# bad input

OF_A_PLAYLIST = ("turnover", "survival", "feeders", "curation")


@pytest.mark.parametrize("function", OF_A_PLAYLIST)
def test_unknown_or_ambiguous_playlist_is_an_error(history: History, function: str) -> None:
    with pytest.raises(ERRORS, match="playlist Elsewhere is not watched"):
        history.ask(f"from {function}('Elsewhere')")
    with pytest.raises(ERRORS, match="playlist Same Name is ambiguous"):
        history.ask(f"from {function}('Same Name')")


def test_unknown_track_is_an_error(history: History) -> None:
    with pytest.raises(ERRORS, match="track Elsewhere is not known"):
        history.ask("from reach_of('Elsewhere')")


def test_null_has_no_rows(history: History) -> None:
    for function in ("turnover", "feeders", "curation", "reach_of"):
        assert history.ask(f"from {function}(null)") == []


def test_playlist_that_was_never_usable_has_no_rows(history: History) -> None:
    if UNUSABLE in history.playlist_ids:
        for function in OF_A_PLAYLIST:
            assert history.ask(f"from {function}('Never Seen')") == []
