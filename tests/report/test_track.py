"""The view of a track."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from statistics import mean

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.outputs.report.report import report
from tests.conftest import Demo
from tests.functions.published import Published, Row
from tests.pipeline.browser import Page
from tests.report.pages import (
    NOTHING,
    PHONE,
    TWO_DAYS_MISSED,
    Cells,
    Rows,
    check_facts,
    check_sql,
    fact,
    rows_of,
    said,
    tip,
    written,
)
from tests.report.worlds import small

pytestmark = pytest.mark.slow

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 30)
POPULARITY, POSITION = ".row:nth-child(1) svg.lines", ".row:nth-child(2) svg.lines"
PERIODS = [(FIRST, LAST), (date(2026, 1, 8), date(2026, 1, 20)), (date(2026, 1, 13), date(2026, 1, 13))]


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(ahead) for ahead in range((last - first).days + 1)]


@pytest.fixture(scope="module")
def tracks(published: Published) -> list[str]:
    """Return tracks of every kind: with most stays, of the playlist with an outage, and some others."""
    stays: dict[str, list[Row]] = {}
    for row in published["tracks_in_playlist"]:
        stays.setdefault(row["track_id"], []).append(row)
    by_stays = sorted(stays, key=lambda track: (-len(stays[track]), track))
    [outage] = [row["playlist_id"] for row in published["playlists"] if row["playlist_name"] == "North Wall"]
    held = sorted({row["track_id"] for row in published["tracks_in_playlist"] if row["playlist_id"] == outage})
    return by_stays[:3] + held[:3] + by_stays[-2:]


def known_stays(published: Published, track: str, first: date, last: date) -> list[Row]:
    """Return the stays that are not over before a period, as they were known at its end."""
    found = []
    for row in published["tracks_in_playlist"]:
        ended = row["first_absent"] or row["last_seen"]
        if row["track_id"] != track or row["first_seen"] > last or ended < first:
            continue
        is_over = row["first_absent"] is not None and row["first_absent"] <= last
        seen = [day for day in published.usable_days[row["playlist_id"]] if day <= min(last, row["last_seen"])]
        found.append(row | {"last_seen": seen[-1], "first_absent": row["first_absent"] if is_over else None})
    return found


def position(published: Published, track: str, playlist: str, day: date) -> int | None:
    """Return the first position on a day; None if it is not observed, or the track is not there."""
    held = published.held.get((playlist, day), [])
    return min((place for place, other in held if other == track), default=None)


def in_the_days(published: Published, stay: Row, first: date, last: date) -> Cells:
    """Return what the table says of a stay in a period, by plain loops."""
    [playlist] = [row for row in published["playlists"] if row["playlist_id"] == stay["playlist_id"]]
    first, last = max(first, stay["first_seen"]), min(last, stay["last_seen"])
    days = [day for day in published.usable_days[stay["playlist_id"]] if first <= day <= last]
    places = {day: position(published, stay["track_id"], stay["playlist_id"], day) for day in days}
    seen = {day: place for day, place in places.items() if place is not None}
    best = min(seen.values(), default=None)
    return {
        "playlist": playlist["playlist_name"],
        "since": stay["added_at"].isoformat(),
        "last seen": stay["last_seen"].isoformat(),
        "removed": stay["first_absent"] and stay["first_absent"].isoformat(),
        "best position": best,
        "first on": min(day for day in seen if seen[day] == best).isoformat() if seen else None,
        "last position": seen[max(seen)] if seen else None,
        "days seen": len(seen),
        "days observed": len(days),
    }


@pytest.mark.parametrize("period", PERIODS)
def test_playlists_now_and_before_are_those_of_the_published_tables(
    page: Page, report_html: Path, demo: Demo, published: Published, tracks: list[str], period: tuple[date, date]
) -> None:
    first, last = period
    compared = 0
    for track in tracks:
        stays = known_stays(published, track, first, last)
        page.open(report_html, f"#track={track}&from={first}&to={last}")
        if stays:
            rows = check_sql(page, "Playlists now and before", demo.database)
            assert in_order(rows) == in_order([in_the_days(published, stay, first, last) for stay in stays])
            compared += len(rows)
        else:
            assert "It was in no playlist of this page on these days." in page.texts(".empty")
    assert compared > 3


def in_order(rows: list[Cells]) -> list[Cells]:
    return sorted(rows, key=lambda row: (row["playlist"], row["since"]))


def around(published: Published, stay: Row, last: date) -> Cells:
    """Return mean and number of the values before, during and after a stay, by plain loops."""
    values = {
        row["date"]: row["popularity"]
        for row in published["track_daily_popularity"]
        if row["track_id"] == stay["track_id"] and row["date"] <= last
    }
    window, one = timedelta(14), timedelta(1)
    periods = {
        "before": days_of(stay["added_at"] - window, stay["added_at"] - one),
        "during": days_of(stay["added_at"], stay["last_seen"]),
        "after": days_of(stay["last_seen"] + one, stay["last_seen"] + window) if stay["first_absent"] else [],
    }
    found: Cells = {}
    for period, days in periods.items():
        known = [values[day] for day in days if day in values]
        found[period] = pytest.approx(mean(known), abs=0.0501) if known else None
        found[f"days {period}"] = len(known)
    return found


@pytest.mark.parametrize("last", [LAST, date(2026, 1, 18)])
def test_popularity_around_stays_is_that_of_the_published_tables(
    page: Page, report_html: Path, demo: Demo, published: Published, tracks: list[str], last: date
) -> None:
    names = {row["playlist_id"]: row["playlist_name"] for row in published["playlists"]}
    compared = 0
    for track in tracks:
        stays = known_stays(published, track, FIRST, last)
        page.open(report_html, f"#track={track}&to={last}")
        rows = check_sql(page, "Popularity around each stay", demo.database) if stays else []
        shown = {(row["playlist"], row["added"]): row for row in rows}
        assert len(shown) == len(stays)
        for stay in stays:
            expected = around(published, stay, last)
            row = shown[names[stay["playlist_id"]], stay["added_at"].isoformat()]
            assert {title: row[title] for title in expected} == expected
            compared += 1
    assert compared > 3


def test_popularity_around_stays_is_that_of_the_function(
    page: Page, report_html: Path, tracks: list[str], ask: Callable[[str], Rows]
) -> None:
    for track in tracks:
        page.open(report_html, f"#track={track}")
        shown = [row[1:] for row in rows_of(page, "Popularity around each stay")]
        asked = ask(
            "select added_at, last_seen, mean_before, days_before, days_expected_before, mean_during, days_during, "
            "mean_after, days_after, days_expected_after from popularity_around_stays(14) "
            f"where track_id = '{track}'"
        )
        expected = []
        for added, seen, before, known, asked_before, during, lasted, after, later, asked_after in asked:
            means = [NOTHING if value is None else f"{value:.1f}" for value in (before, during, after)]
            covers = [
                f"{value} of {most}" if most else NOTHING
                for value, most in ((known, asked_before), (later, asked_after))
            ]
            days = f"{lasted} day" + "s" * (lasted != 1)
            expected.append([said(added), said(seen), means[0], covers[0], means[1], days, means[2], covers[1]])
        assert sorted(shown) == sorted(expected)


@pytest.mark.parametrize("first", [FIRST, date(2026, 1, 9)])
def test_headline_is_that_of_its_sql(
    page: Page, report_html: Path, demo: Demo, published: Published, tracks: list[str], first: date
) -> None:
    titles = ["playlists now", "playlists", "last popularity", "days with a popularity"]
    for track in tracks:
        page.open(report_html, f"#track={track}&from={first}")
        check_facts(page, demo.database, titles)
        stays = known_stays(published, track, first, LAST)
        now = {row["playlist_id"] for row in stays if row["first_absent"] is None}
        assert int(fact(page, "now")) == len(now)
        assert int(fact(page, "playlists")) == len({row["playlist_id"] for row in stays})


def test_positions_are_drawn_on_observed_days_only(
    page: Page, report_html: Path, published: Published, tracks: list[str]
) -> None:
    names = {row["playlist_id"]: row["playlist_name"] for row in published["playlists"]}
    days = days_of(FIRST, LAST)
    for track in tracks[:5]:
        page.open(report_html, f"#track={track}")
        page.wait_for(f"document.querySelector('{POSITION}')")
        playlists = {row["playlist_id"] for row in known_stays(published, track, FIRST, LAST)}
        places = {one: [position(published, track, one, day) for day in days] for one in playlists}
        for number, day in enumerate(days):
            expected = sorted(f"{names[one]}: {places[one][number]}" for one in playlists if places[one][number])
            told = tip(page, POSITION, number, len(days))
            assert (told[0], sorted(told[1:])) == (said(day), expected)
        runs = sum(
            1
            for line in places.values()
            for number, place in enumerate(line)
            if place and not (number and line[number - 1]) and line[number + 1 : number + 2] not in ([], [None])
        )
        drawn = page.run(
            f"[...document.querySelectorAll('{POSITION} .line')].map((line) => line.getAttribute('d')).join('')"
        )
        assert drawn.count("M") == runs


@pytest.mark.parametrize("gap", [(), (date(2026, 1, 5), date(2026, 1, 9), date(2026, 1, 11), date(2026, 1, 12))])
def test_popularity_has_gaps_where_there_is_no_value(
    page: Page, demo: Demo, tmp_path: Path, gap: tuple[date, ...]
) -> None:
    database = Path(shutil.copy(demo.database, tmp_path / "s.duckdb"))
    database.chmod(0o644)
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from track_daily_popularity where list_contains($1, date)", [[*gap]])
        [(shown, _)] = connection.execute(
            "select track_id, count(*) from tracks_in_playlist group by 1 order by 2 desc, 1 limit 1"
        ).fetchall()
        values = connection.execute(
            f"select date, popularity from track_daily_popularity where track_id = '{shown}' order by date"
        ).fetchall()
    report(Config(database=database), tmp_path / "report.html")
    page.open(tmp_path / "report.html", f"#track={shown}")
    page.wait_for(f"document.querySelector('{POPULARITY}')")
    days = [day for day, _ in values]
    assert not set(days) & set(gap)
    alone = [day for day in days if day - timedelta(1) not in days and day + timedelta(1) not in days]
    ends = [day for day in days if day + timedelta(1) not in days]
    line = page.run(f"document.querySelector('{POPULARITY} .line').getAttribute('d')")
    assert line.count("M") == len(ends) - len(alone)
    told = {day: tip(page, POPULARITY, number, 30)[1] for number, day in enumerate(days_of(FIRST, LAST))}
    known = dict(values)
    assert told == {day: f"popularity {known[day]}" if day in known else "no popularity" for day in told}
    page.run("[...document.querySelectorAll('summary')].at(-1).click()")
    page.wait_for("document.querySelector('main > details table')")
    assert rows_of(page, "Popularity by day") == [[said(day), str(value)] for day, value in reversed(values)]
    check_sql(page, "Popularity by day", database)


def widths(page: Page, kind: str) -> list[list[float]]:
    """Return the first and the last day of each field on a chart of eight days."""
    paths = page.run(
        f"[...document.querySelectorAll('{POPULARITY} path[class=\"{kind}\"]')].map((one) => one.getAttribute('d'))"
    )
    width = page.run(f"document.querySelector('{POPULARITY}').clientWidth")
    ends = [re.findall(r"[\d.]+", path) for path in paths]
    return [[8 * float(left) / width, 8 * float(right) / width] for left, _, right, *_ in ends]


def test_days_of_several_changes_are_hatched_once_and_explained(page: Page, tmp_path: Path) -> None:
    why = "between two reads: the change happened somewhere here"
    values = dict.fromkeys(range(10, 18), 50)
    page.open(written(tmp_path, small(
        {f"p{number}": {10: "a", 13: "ab", 17: "a" if number == 3 else "ab"} for number in (1, 2, 3)},
        last=17, popularity=values,
    )), "#track=b")  # fmt: skip
    page.wait_for(f"document.querySelector('{POPULARITY}')")
    assert widths(page, "while added") == [pytest.approx([1, 3], abs=0.1)]
    assert widths(page, "while removed") == [pytest.approx([4, 7], abs=0.1)]
    assert page.run(f"document.querySelectorAll('{POPULARITY} .rule').length") == 4
    assert "hatch-added" in page.run(f"getComputedStyle(document.querySelector('{POPULARITY} .while.added')).fill")
    assert why in page.texts(".legend li")
    page.open(tmp_path / "report.html", "#track=a")
    assert why not in page.texts(".legend li")


def test_changes_are_rules_that_name_the_playlist_and_both_bounds(page: Page, tmp_path: Path) -> None:
    values = """insert into track_daily_popularity (track_id, date, popularity)
        select 't' || t, october(d), 40 + d from (values (1), (7)) u(t), range(10, 18) v(d);"""
    html = written(tmp_path, TWO_DAYS_MISSED + values)
    rules = (
        f"[...document.querySelectorAll('{POPULARITY} .change')].map((one) => [one.getAttribute('class'), "
        "one.querySelector('title').textContent])"
    )
    for track, kind, text in (
        ("t1", "removed", "removed from Gap between 13 and 16 Oct"),
        ("t7", "added", "added to Gap between 13 and 16 Oct"),
    ):
        page.open(html, f"#track={track}")
        page.wait_for(f"document.querySelector('{POPULARITY}')")
        assert page.run(rules) == [[f"change {kind}", text]]
        assert widths(page, f"while {kind}") == [pytest.approx([4, 6], abs=0.1)]
        told = [text in tip(page, POPULARITY, day, 8) for day in range(8)]
        assert told == [False] * 4 + [True] * 3 + [False]
        assert page.texts(f"{POPULARITY} .chart-label") == [("+" if kind == "added" else "\N{MINUS SIGN}") + " Gap"]
    [row] = rows_of(page, "Playlists now and before")
    assert row[1] == "16 Oct 2025\nclaimed"
    page.open(html, "#track=t0")
    [row] = rows_of(page, "Playlists now and before")
    assert row[3] == "between 13 and 16 Oct"


def test_how_a_day_is_known_is_beside_it_on_a_phone(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED), "#track=t0", window=PHONE)
    tops = page.run(
        "['.dated', 'small'].map((part) => "
        "document.querySelector(`td[data-title=since] ${part}`).getBoundingClientRect().top)"
    )
    assert abs(tops[0] - tops[1]) < 6


def test_other_ids_of_the_recording_are_linked_with_their_playlists(page: Page, tmp_path: Path) -> None:
    same = """update track_info
        set isrc = 'SAME', album_name = 'First', release_date = '2001-02-01', release_date_precision = 'month'
        where track_id in ('t0', 't6', 't7');"""
    html = written(tmp_path, TWO_DAYS_MISSED + same)
    page.open(html, "#track=t0", window=PHONE)
    rows = check_sql(page, "The same recording under other ids", tmp_path / "s.duckdb")
    assert [(row["id"], row["playlists now"], row["in"], row["released"]) for row in rows] == [
        ("t6", 1, "Gap", "2001-02"),
        ("t7", 1, "Gap", "2001-02"),
    ]
    assert "released Feb 2001" in page.texts(".lead")[0]
    page.open(html, "#track=t0&to=2025-10-13")
    rows = check_sql(page, "The same recording under other ids", tmp_path / "s.duckdb")
    assert [(row["id"], row["playlists now"]) for row in rows] == [("t6", 1), ("t7", 0)]
    page.open(html, "#track=t1")
    assert page.texts("h2") == [
        "Popularity and playlists",
        "Playlists now and before",
        "Before, during and after each stay",
    ]
    assert "Spotify has told no popularity of this track on these days." in page.texts(".empty")


def test_zeros_are_left_out_of_the_headline_and_counted(page: Page, tmp_path: Path) -> None:
    values = """insert into track_daily_popularity (track_id, date, popularity) values
        ('t0', october(10), 7), ('t0', october(11), 9), ('t0', october(12), 0), ('t0', october(13), 0),
        ('t1', october(10), 0);"""
    html = written(tmp_path, TWO_DAYS_MISSED + values)
    titles = ["playlists now", "playlists", "last popularity", "days with a popularity"]
    page.open(html, "#track=t0")
    check_facts(page, tmp_path / "s.duckdb", titles)
    assert (fact(page, "popularity"), fact(page, "values")) == ("9", "2")
    zeros = "of 8 days; on 2 more it was 0, which may mean none"
    assert page.texts(".facts .cover")[2:] == ["on 11 Oct; 7 to 9", zeros]
    # as in popularity_around_stays
    about = " ".join(page.texts(".about"))
    assert "in the 14 days after it was last seen" in about and "Values of 0 count" in about
    [row] = check_sql(page, "Popularity around each stay", tmp_path / "s.duckdb")
    assert (row["during"], row["days during"]) == (4, 4)
    page.open(html, "#track=t1")
    check_facts(page, tmp_path / "s.duckdb", titles)
    assert (fact(page, "popularity"), fact(page, "values")) == (NOTHING, "0")
    assert page.texts(".facts .cover")[2] == "Spotify has told none but 0 on these days"


def test_days_of_imports_are_not_expected_to_have_a_value(page: Page, tmp_path: Path) -> None:
    runs = """insert into runs (run_id, kind, worker, date) values
        ('r1', 'read', 1, october(10)), ('r2', 'import', 1, october(11));"""
    page.open(written(tmp_path, TWO_DAYS_MISSED + runs), "#track=t6")
    [row] = rows_of(page, "Popularity around each stay")
    assert row[4] == "0 of 1"


def test_open_stays_last_seen_before_the_days_shown_are_shown(page: Page, tmp_path: Path) -> None:
    chart = """
        insert into playlists (playlist_id, playlist_name, is_watched) values ('l2', 'Chart', false);
        insert into playlist_days (playlist_id, date, outcome) values ('l2', october(11), 'complete');
        insert into artists (artist_id, artist_name) values ('a1', 'Artist');
        insert into track_artists (track_id, artist_position, artist_id) values ('t3', 1, 'a1'), ('t0', 1, 'a1');
        insert into tracks_in_playlist by name
        select 'l2' as playlist_id, track_id, 1 as stay_number, october(11) as added_at, october(11) as first_seen,
            october(11) as last_seen, true as starts_before_watch, true as is_current
        from (values ('t0'), ('t3')) u(track_id);
    """
    html = written(tmp_path, TWO_DAYS_MISSED + chart)
    titles = ["playlists now", "playlists", "last popularity", "days with a popularity"]
    for track, held in (("t0", ["Chart"]), ("t3", ["Gap", "Chart"])):  # t0 left Gap by 16 October
        for to in ("", "&to=2025-10-17"):
            page.open(html, f"#track={track}&from=2025-10-17{to}")
            assert fact(page, "now") == str(len(held))
            check_facts(page, tmp_path / "s.duckdb", titles)
            rows = check_sql(page, "Playlists now and before", tmp_path / "s.duckdb")
            assert [row["playlist"] for row in rows] == held
    page.open(html, "#artist=a1&from=2025-10-17")
    assert [fact(page, key) for key in ("tracks", "playlists", "tracks-seen", "playlists-seen")] == ["2"] * 4
    assert len(rows_of(page, "Stays")) == 3
