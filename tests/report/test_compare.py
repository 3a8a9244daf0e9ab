"""Two playlists compared."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from itertools import combinations
from pathlib import Path
from statistics import median

import pytest

from extractor.config.settings import Config
from extractor.outputs.report.report import Excerpt, report
from tests.conftest import Demo
from tests.functions.published import Published
from tests.pipeline.browser import Page
from tests.report.pages import (
    NOTHING,
    ONE_DAY,
    PHONE,
    Cells,
    Rows,
    check_facts,
    check_sql,
    fact,
    queried,
    said,
    saved_rows,
    sql_beside,
    tip,
    written,
)

pytestmark = pytest.mark.slow

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 30)
NAMES = ["in both", "jaccard", "only in the first", "only in the second"]
PAIRS = [("North Wall", "Gravel & Honey"), ("Kitchen Lamps", "Late Kitchen"), ("Talk & Tide", "Quiet Corner")]


def ids_of(published: Published, *names: str) -> list[str]:
    ids = {row["playlist_name"]: row["playlist_id"] for row in published["playlists"]}
    return [ids[name] for name in names]


def positions(published: Published, playlist: str, day: date) -> dict[str, int]:
    """Return the first position of each track of a playlist on a day."""
    found: dict[str, int] = {}
    for place, track in published.held[playlist, day]:
        found.setdefault(track, place)
    return found


def added(published: Published, playlist: str, track: str, day: date) -> str:
    [stay] = [
        row
        for row in published["tracks_in_playlist"]
        if (row["playlist_id"], row["track_id"]) == (playlist, track) and row["first_seen"] <= day <= row["last_seen"]
    ]
    return str(stay["added_at"])


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("asked", [LAST, date(2026, 1, 13), FIRST])
def test_tracks_of_a_day_are_those_of_the_published_tables(
    page: Page, report_html: Path, demo: Demo, published: Published, pair: tuple[str, str], asked: date
) -> None:
    one, other = ids_of(published, *pair)
    day = max(set(published.usable_days[one]) & set(published.usable_days[other]) & {*dates_to(asked)})
    page.open(report_html, f"#compare={one},{other}&as_of={asked}")
    assert page.texts("h2")[0] == f"Tracks on {said(day)}"
    late = f"On {said(asked)} they were not both observed"
    assert any(text.startswith(late) for text in page.texts(".about")) == (day != asked)
    check_facts(page, demo.database, NAMES)
    ours, theirs = (positions(published, playlist, day) for playlist in (one, other))
    both = {
        track: {
            "position in the first": ours[track],
            "added in the first": added(published, one, track, day),
            "position in the second": theirs[track],
            "added in the second": added(published, other, track, day),
        }
        for track in ours.keys() & theirs.keys()
    }
    assert by_id(check_table(page, "In both", demo.database)) == both
    for caption, held, without, playlist in (
        ("Only in the first", ours, theirs, one),
        ("Only in the second", theirs, ours, other),
    ):
        assert by_id(check_table(page, caption, demo.database)) == {
            track: {"position": held[track], "added": added(published, playlist, track, day)}
            for track in held.keys() - without.keys()
        }
    assert int(fact(page, "shared")) == len(both)
    assert float(fact(page, "jaccard")) == pytest.approx(len(both) / len({**ours, **theirs}), abs=0.000501)


def dates_to(day: date) -> list[date]:
    return [FIRST.replace(day=number) for number in range(1, day.day + 1)]


def check_table(page: Page, caption: str, database: Path) -> list[Cells]:
    """Return the rows of a table, compared with its SQL; none if there is no track."""
    return check_sql(page, caption, database) if has_table(page, caption) else []


def has_table(page: Page, caption: str) -> bool:
    return caption in page.texts(".data caption")


def by_id(rows: list[Cells]) -> dict[str, Cells]:
    return {row.pop("id"): {title: row[title] for title in row if title not in ("track", "artists")} for row in rows}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("period", [(FIRST, LAST), (date(2026, 1, 10), date(2026, 1, 20))])
def test_overlap_over_time_is_that_of_the_function(
    page: Page, report_html: Path, demo: Demo, published: Published, pair: tuple[str, str], period: tuple[date, date]
) -> None:
    one, other = ids_of(published, *pair)
    first, last = period
    page.open(report_html, f"#compare={one},{other}&from={first}&to={last}")
    page.run("document.querySelector('details:not(.sql) summary').click()")
    page.wait_for("document.querySelector('details:not(.sql) table')")
    usable = sorted(set(published.usable_days[one]) & set(published.usable_days[other]))
    expected, shared, either = [], 0, 0
    for day in (day for day in usable if first <= day <= last):
        ours, theirs = published.tracks_on(one, day), published.tracks_on(other, day)
        shared, either = shared + len(ours & theirs), either + len(ours | theirs)
        expected.append((day.isoformat(), len(ours), len(theirs), len(ours & theirs)))
    rows = check_sql(page, "Overlap by day", demo.database)
    titles = ("day", "size of the first", "size of the second", "in both")
    assert [tuple(row[title] for title in titles) for row in reversed(rows)] == expected
    days = (last - first).days + 1
    about = page.texts(".about")
    [told] = [text for text in about if text.startswith(f"Both were observed on {len(expected)} of {days} days")]
    index = float(told.split("the period is ")[1].split(".\n")[0].split(". ")[0])
    assert index == pytest.approx(shared / either, abs=0.000501)
    [asked] = queried(demo.database, sql_beside(page, "Overlap over time"))
    assert list(asked.values()) == [len(expected), days, pytest.approx(shared / either, abs=0.000501)]
    page.wait_for("document.querySelector('svg.lines')")
    for number, day in enumerate(first.replace(day=first.day + ahead) for ahead in range(days)):
        lines = tip(page, "svg.lines", number, days)
        known = {row[0]: row[3] for row in expected}
        text = f"{known[day.isoformat()]} in both" if day.isoformat() in known else "not observed in both"
        assert lines[0] == said(day)
        assert lines[1].startswith(text)


def entries(published: Published, playlist: str, last: date) -> tuple[dict[str, date], dict[str, date]]:
    """Return the first entry that the watch saw of each track, and the start of the first stay if it saw that."""
    stays = [row for row in published["tracks_in_playlist"] if row["playlist_id"] == playlist]
    entered: dict[str, date] = {}
    received: dict[str, date] = {}
    for row in sorted(stays, key=lambda row: row["first_seen"]):
        if row["first_seen"] > last or row["starts_before_watch"]:
            continue
        entered[row["track_id"]] = min(row["added_at"], entered.get(row["track_id"], date.max))
        if row["stay_number"] == 1:
            received[row["track_id"]] = row["added_at"]
    return entered, received


@pytest.mark.parametrize("last", [LAST, date(2026, 1, 15)])
def test_which_had_a_track_first_is_that_of_the_published_tables(
    page: Page, report_html: Path, demo: Demo, published: Published, last: date
) -> None:
    found = 0
    for pair in combinations(["North Wall", "Gravel & Honey", "Kitchen Lamps", "Late Kitchen"], 2):
        ids = ids_of(published, *pair)
        page.open(report_html, f"#compare={','.join(ids)}&to={last}")
        rows = {row["first in"]: row for row in check_table(page, "Which playlist had tracks first", demo.database)}
        one, other = (entries(published, playlist, last) for playlist in ids)
        expected = []
        for name, (entered, _), (_, received) in ((pair[0], one, other), (pair[1], other, one)):
            lags = {
                track: (received[track] - day).days
                for track, day in entered.items()
                if track in received and received[track] > day
            }
            expected += [(track, name, days) for track, days in lags.items()]
            assert (name in rows) == bool(entered)
            if entered:
                row = rows[name]
                assert (row["tracks that entered the first"], row["later in the other"]) == (len(entered), len(lags))
                assert row["share"] == pytest.approx(len(lags) / len(entered), abs=0.000501)
                assert row["median days between"] == (median(lags.values()) if lags else None)
        shown = check_table(page, "Tracks that one had before the other", demo.database)
        assert sorted((row["id"], row["first in"], row["days between"]) for row in shown) == sorted(expected)
        found += len(shown)
    assert found > 5


def test_which_had_a_track_first_is_that_of_the_function(
    page: Page, report_html: Path, published: Published, ask: Callable[[str], Rows]
) -> None:
    one, other = ids_of(published, "North Wall", "Gravel & Honey")
    page.open(report_html, f"#compare={one},{other}")
    shown = {(row["first in"], row["then in"]): row for row in saved_rows(page, "Which playlist had tracks first")}
    for receiver, playlist in ((one, other), (other, one)):
        [(name, tracks, later, lag)] = ask(
            f"select playlist_name, tracks, tracks_later, median_lag_days from feeders('{receiver}') "
            f"where playlist_id = '{playlist}'"
        )
        [row] = [row for (first, _), row in shown.items() if first == name]
        assert list(row.values())[2:4] == [tracks, later]
        assert row["median days between"] == lag


def test_playlists_are_chosen(page: Page, report_html: Path, published: Published) -> None:
    one, other = ids_of(published, "North Wall", "Gravel & Honey")
    page.open(report_html)
    page.run("document.querySelector('footer a').click()")
    page.wait_for("document.querySelector('h1').innerText === 'Compare two playlists'")
    choose = (
        "(() => {{ const choice = document.querySelectorAll('.choice select')[{place}]; choice.value = '{playlist}';"
        "choice.dispatchEvent(new Event('change')) }})()"
    )
    page.run(choose.format(place=1, playlist=other))
    page.wait_for("location.hash !== '#compare='")
    assert page.texts(".lead") == ["Choose two playlists."]
    page.run(choose.format(place=0, playlist=one))
    page.wait_for("document.querySelector('.facts')")
    assert page.run("location.hash") == f"#compare={one},{other}"
    assert page.texts("h1") == ["North Wall and Gravel & Honey"]
    page.run(choose.format(place=1, playlist=one))
    page.wait_for("document.querySelector('.lead')")
    assert page.texts(".lead") == ["Choose two different playlists."]
    page.run("location.hash = '#compare=gone,gone'")
    page.wait_for("document.querySelector('h1').innerText === 'Not in this page'")
    assert page.complaints == []


def test_playlists_that_were_never_both_observed_have_no_numbers(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, ONE_DAY), "#compare=l1,l2", window=PHONE)
    assert "Up to 1 Jan 2026 there is no day on which both playlists were observed." in page.texts(".about")
    assert page.texts(".empty")[0] == "No day of these was observed in both."
    assert page.texts(".facts") == []
    assert page.run("document.documentElement.scrollWidth") <= PHONE[0]
    assert page.complaints == []


def test_empty_playlists_have_no_jaccard(page: Page, tmp_path: Path) -> None:
    empty = """
        insert into playlists
            (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
        select p, p, null, 'user', true, '2026-01-01', '2026-01-01' from (values ('a'), ('b')) t(p);
        insert into playlist_days (playlist_id, date, outcome, entries, size)
        select p, '2026-01-01', 'complete', 0, 0 from (values ('a'), ('b')) t(p);
        insert into tracklists (playlist_id, first_day, last_day, kind)
        select p, '2026-01-01', '2026-01-01', 'empty' from (values ('a'), ('b')) t(p);
    """
    page.open(written(tmp_path, empty), "#compare=a,b")
    assert page.texts(".facts .value") == ["0", NOTHING, "0", "0"]
    assert page.texts(".empty")[:3] == ["No track."] * 3
    assert page.complaints == []


def test_page_that_leaves_out_days_does_not_say_who_was_first(
    page: Page, report_html: Path, demo: Demo, tmp_path: Path, published: Published
) -> None:
    one, other = ids_of(published, "North Wall", "Gravel & Honey")
    page.open(report_html, f"#compare={one},{other}")
    whole = check_table(page, "Which playlist had tracks first", demo.database)
    database = Path(shutil.copy(demo.database, tmp_path / "s.duckdb"))
    cut = report(Config(database=database), tmp_path / "cut.html", Excerpt(days=10)).output
    page.open(cut, f"#compare={one},{other}")
    assert (
        "This page leaves out earlier days, so it can\N{RIGHT SINGLE QUOTATION MARK}t tell" in page.texts(".empty")[-1]
    )
    sql = page.run("[...document.querySelectorAll('.sql code')].at(-1).textContent")
    assert sorted(map(str, queried(demo.database, sql))) == sorted(map(str, whole))
