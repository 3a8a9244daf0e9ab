"""The numbers of the view of a playlist, against the published functions and the queries that the page shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from extractor.outputs.report import report as reporting
from tests.functions.published import Published
from tests.pipeline.browser import Page
from tests.report.pages import (
    DESKTOP,
    NOTHING,
    ONE_DAY,
    PHONE,
    TWO_DAYS_MISSED,
    Rows,
    as_saved,
    fact,
    saved,
    sql_beside,
    tables,
    tip,
    written,
)

pytestmark = pytest.mark.slow

Ask = Callable[[str], Rows]


def table(page: Page, start: str) -> list[list[str]]:
    """Return the rows of the table whose caption starts with this; none if it isn't there."""
    found = [rows for caption, (rows, _) in tables(page).items() if caption.startswith(start)]
    return [list(row.values()) for rows in found for row in rows]


def texts(rows: Rows) -> list[list[str]]:
    return [[as_saved(value) for value in row] for row in rows]


def ids(ask: Ask) -> list[str]:
    return [playlist for (playlist,) in ask("select playlist_id from playlists where first_complete_date is not null")]


@pytest.mark.parametrize("days", ["", "&as_of=2026-01-13", "&from=2026-01-05&to=2026-01-20"])
def test_queries_give_the_rows_of_the_tables_beside_them(page: Page, report_html: Path, ask: Ask, days: str) -> None:
    compared = set()
    for playlist in ids(ask):
        page.open(report_html, f"#playlist={playlist}{days}")
        for caption, (rows, sql) in tables(page).items():
            assert sorted(list(row.values()) for row in rows) == sorted(texts(ask(sql))), caption
            compared.add(caption.split()[0])
    assert compared == {"Tracklist", "Past", "Survival", "Playlists", "Feeders", "Names"} | {
        caption.split()[0] for caption in _day_tables(ask)
    }


def _day_tables(ask: Ask) -> list[str]:
    return [name for (name,) in ask("select playlist_name from playlists where first_complete_date is not null")]


@pytest.mark.parametrize("days", ["", "&to=2026-01-13", "&from=2026-01-05&to=2026-01-20"])
def test_query_of_the_headline_gives_its_numbers(page: Page, report_html: Path, ask: Ask, days: str) -> None:
    for playlist in ids(ask):
        page.open(report_html, f"#playlist={playlist}{days}")
        sql = page.run("document.querySelector('.headline .sql code').textContent")
        [[size, added, removed, _, stays, _, observed, all_days]] = ask(sql)
        shown = [fact(page, key) for key in ("current", "entered", "left", "stays")]
        assert shown == [str(number) for number in (size, added, removed, stays)]
        if not days:
            assert fact(page, "cover") == f"Observed on {observed} of {all_days} day{'s' * (all_days != 1)}"


def test_playlist_and_overview_count_the_changes_of_a_week_alike(
    page: Page, varied: tuple[Path, Callable[[str], Rows]]
) -> None:
    html, ask = varied
    rows = ask("select playlist_id, change, is_replacement, date from playlist_changes where date > '2026-01-23'")
    names: dict[str, str] = dict(ask("select playlist_id, playlist_name from playlists"))
    page.open(html, "#from=2026-01-24&to=2026-01-30")
    overview = {row["Playlist"]: row for row in saved(page, "Playlists")}
    seen = 0
    for playlist in ids(ask):
        page.open(html, f"#playlist={playlist}")
        own = [(change, is_replacement) for one, change, is_replacement, _ in rows if one == playlist]
        added = sum(change != "removed" and not is_replacement for change, is_replacement in own)
        removed = sum(change == "removed" and not is_replacement for change, is_replacement in own)
        replaced = sum(change != "removed" and is_replacement for change, is_replacement in own)
        assert [fact(page, "entered"), fact(page, "left")] == [str(added), str(removed)]
        row = overview[names[playlist]]
        assert [row[column] for column in ("Added", "Removed", "Replaced")] == [
            str(number) for number in (added, removed, replaced)
        ]
        [asked] = ask(page.run("document.querySelector('.headline .sql code').textContent"))
        assert asked[1:4] == (added, removed, replaced)
        note = f"; without {replaced} replaced id{'s' * (replaced != 1)}" if replaced else ""
        assert [cover.endswith(note or "Jan") for cover in page.texts(".facts .cover")[1:3]] == [True, True]
        about = any("a replaced id counts as one track added" in text for text in page.texts(".about"))
        assert about == bool(
            ask(f"select 1 from playlist_changes where is_replacement and playlist_id = '{playlist}' limit 1")
        )
        seen += replaced
    assert seen


def days_of(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def test_survival_is_that_of_the_function(page: Page, report_html: Path, ask: Ask) -> None:
    warned = 0
    for playlist in ids(ask):
        page.open(report_html, f"#playlist={playlist}")
        rows = ask(f"select * from survival('{playlist}')")
        [(half, half_min, stays, left_out)] = {row[5:9] for row in rows} or {(None, None, 0, 0)}
        if stays == 0:
            assert any("be estimated" in text for text in page.texts(".about"))
            continue
        assert table(page, "Survival of") == texts([row[:5] for row in rows])
        assert fact(page, "half-life") == (NOTHING if half is None else str(half))
        assert (fact(page, "survival-stays"), fact(page, "left-out")) == (str(stays), str(left_out))
        [[*asked, ended, asked_left_out]] = ask(sql_beside(page, "How long tracks stay"))
        assert [*asked, asked_left_out] == [half, half_min, stays, left_out]
        assert page.texts(".facts .cover")[-2] == f"of which {ended} ended"
        [(longest,)] = ask(
            "select max(coalesce(first_absent, last_usable_date) - added_at) from tracks_in_playlist "
            f"inner join playlists using (playlist_id) where playlist_id = '{playlist}' "
            "and (added_at_source = 'claimed' or not starts_before_watch)"
        )
        zeros = [(age, at_risk) for age, at_risk, exits, *_ in rows if at_risk == exits > 0]
        notices = page.texts("section > .notice")
        if zeros and zeros[0][0] < longest:
            assert notices == [
                f"The curve is 0 from {days_of(zeros[0][0])} on: all stays at risk at that age ({zeros[0][1]}) ended. "
                "Stays first seen at a greater age can\N{RIGHT SINGLE QUOTATION MARK}t raise it again; the longest has "
                f"lasted {days_of(longest)}."
            ]
            warned += 1
        else:
            assert notices == []
        if all(row[3] == row[4] for row in rows):
            page.wait_for("document.querySelector('svg.survival')")
            label = page.run("document.querySelector('svg.survival').getAttribute('aria-label')")
            assert f", over {days_of(zeros[0][0] if zeros else longest)}: " in label
        about = page.run("document.querySelector('[data-fact=half-life]').nextElementSibling.innerText")
        if half == half_min:
            assert about == ("more than half are left" if half is None else "by the latest and the earliest ends")
        elif half is None:
            assert about == f"{half_min} by the earliest ends"
        else:
            bounds = f"{min(half, half_min)} to {max(half, half_min)}"
            assert about == f"{bounds}, by the days on which tracks can have left"
    assert warned


def test_feeders_are_those_of_the_function(page: Page, report_html: Path, ask: Ask) -> None:
    found = 0
    for playlist in ids(ask):
        page.open(report_html, f"#playlist={playlist}")
        rows = texts(
            ask(
                "select playlist_name, playlist_id, tracks, tracks_later, share, median_lag_days, tracks_first "
                f"from feeders('{playlist}')"
            )
        )
        assert sorted(table(page, "Feeders of")) == sorted(rows)
        found += len(rows)
    assert found > 3


def test_similar_playlists_are_those_of_the_function(page: Page, report_html: Path, ask: Ask) -> None:
    day = "2026-01-30"
    for playlist in ids(ask):
        page.open(report_html, f"#playlist={playlist}&as_of={day}")
        expected = {}
        for other in ids(ask):
            overlap = ask(
                "select shared, jaccard, containment_a, containment_b "
                f"from overlap('{playlist}', '{other}', '{day}', '{day}')"
            )
            if other != playlist and overlap and overlap[0][0]:
                [expected[other]] = texts(overlap)
        shown = {row[1]: row[2:] for row in table(page, "Playlists similar")}
        usable = ask(f"select size from playlist_days where playlist_id = '{playlist}' and date = '{day}'")
        assert shown == (expected if usable[0][0] is not None else shown)
        links = page.run("Array.from(document.querySelectorAll('.compare'), (link) => link.hash)")
        assert {link.split(",")[1] for link in links} == set(shown)


def test_changes_and_turnover_of_days_are_those_of_the_function(page: Page, report_html: Path, ask: Ask) -> None:
    for playlist in ids(ask):
        page.open(report_html, f"#playlist={playlist}")
        [name] = page.texts("h1")
        shown = {row[0]: [row[2], *row[3:7]] for row in table(page, f"{name} by day") if row[2]}
        rows = ask(
            "select date, size, added, removed, days_since_usable, turnover "
            f"from turnover('{playlist}', days := 100) order by date"
        )
        assert shown == {str(row[0]): texts([row[1:]])[0] for row in rows}


def test_popularity_of_days_is_the_mean_of_the_tracks_of_the_day(
    page: Page, report_html: Path, ask: Ask, published: Published
) -> None:
    values = {(row["track_id"], row["date"]): row["popularity"] for row in published["track_daily_popularity"]}
    followers = {(row["playlist_id"], row["date"]): row["followers"] for row in published["playlist_days"]}
    for playlist in ids(ask)[:5]:
        page.open(report_html, f"#playlist={playlist}")
        [name] = page.texts("h1")
        for row in table(page, f"{name} by day"):
            day = date.fromisoformat(row[0])
            assert row[9] == as_saved(followers[playlist, day])
            if day not in published.usable_days[playlist]:
                assert row[2:9] == [""] * 7
                continue
            known = [values.get((track, day)) for track in published.tracks_on(playlist, day)]
            above = [value for value in known if value]
            assert row[8] == str(len(above))
            assert float(row[7] or 0) == pytest.approx(sum(above) / max(1, len(above)), abs=0.0501)


YEAR = """
create macro day(d) as date '2026-01-01' + cast(d as integer);
insert into playlists
    (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
values ('l1', 'Year', null, 'user', true, day(0), day(399));
insert into playlist_days (playlist_id, date, outcome, entries)
select 'l1', day(d), if(d % 11 = 5, 'failed', 'complete'), 2 from range(400) t(d);
insert into track_info (track_id, track_name, artists) select 't' || t, 'Track ' || t, 'Artist' from range(400) u(t);
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
)
select 'l1', 't' || d, 1, day(d), day(d), day(d), if(d < 399, day(d + 1 + cast(d % 11 = 4 as integer)), null),
    'claimed', d = 0, d = 399, 1
from range(400) t(d) where d % 11 <> 5;
insert into tracklists (playlist_id, first_day, last_day, position, kind, track_id)
select 'l1', day(d), day(d + cast(d % 11 = 4 as integer)), 1, 'track', 't' || d from range(400) t(d) where d % 11 <> 5;
"""
"""Each day another single track, on 400 days of which every eleventh has no read."""


def test_weeks_are_drawn_where_days_are_too_narrow(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, YEAR), "#playlist=l1")
    page.wait_for("document.querySelector('.churn')")
    first = date(2026, 1, 1)
    usable = [d for d in range(400) if d % 11 != 5]
    monday = next(d for d in range(200, 207) if (first + timedelta(d)).weekday() == 0)
    reads = [d for d in usable if monday <= d < monday + 7]
    since = sum(d - max(one for one in usable if one < d) for d in reads)
    told = tip(page, ".churn", monday + 3, 400)
    assert told[1:] == [
        f"{len(reads)} added, {len(reads)} removed",
        f"in {len(reads)} reads",
        f"turnover {100 * len(reads) / since:.2f}% a day",
    ]
    # a column for each week, and seven pixels or more wide
    path = page.run("document.querySelector('.churn path.added').getAttribute('d')")
    assert path.count("M") in (58, 59)
    legend = page.texts(".timeline .legend li")
    assert all(" a week" in text for text in legend)
    page.run("location.hash = '#playlist=l1&from=2027-01-07'")
    page.wait_for("document.querySelector('.churn path.added').getAttribute('d').split('M').length < 40")
    assert all(" a day" in text for text in page.texts(".timeline .legend li"))


WEEKS_MISSED = """
create macro day(d) as date '2026-01-01' + cast(d as integer);
insert into playlists
    (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
values ('l1', 'Weeks', null, 'user', true, day(0), day(399));
insert into playlist_days (playlist_id, date, outcome, entries, size)
select 'l1', day(d), if(d between 201 and 212, 'failed', 'complete'), 30, 30 from range(400) t(d);
insert into track_info (track_id, track_name, artists) select 't' || t, 'Track ' || t, 'Artist' from range(60) u(t);
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
)
select 'l1', 't' || t, 1, day(first), day(coalesce(last, 399)), day(first), day(absent), 'first_seen', first = 0,
    absent is null, 1
from (
    select t, if(t < 46, 0, 213) as first, if(t < 16, 200, null) as last, if(t < 16, 213, null) as absent
    from range(54) u(t)
    union all select * from (values
        (54, 200, null, null), (55, 215, null, null), (56, 216, null, null), (57, 0, 217, 218), (58, 0, 300, 301),
        (59, 0, 300, 301)
    )
);
insert into tracklists (playlist_id, first_day, last_day, position, kind, track_id)
select 'l1', first_seen, last_seen, 1, 'track', track_id from tracks_in_playlist;
"""
"""Not read from day 201, a Tuesday, to the Saturday of the next week: then 8 tracks are new and 16 are gone."""


def test_changes_between_reads_of_two_weeks_are_told_of_both(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, WEEKS_MISSED), "#playlist=l1")
    page.wait_for("document.querySelector('.churn')")
    told = [tip(page, ".churn", monday + 2, 400) for monday in (193, 200, 207, 214, 298)]
    between = "8 added, 16 removed between 20 Jul and 2 Aug 2026"
    assert [lines[1:-1] for lines in told] == [
        ["0 added, 0 removed", "in 7 reads"],
        ["1 added, 0 removed", "in 1 read", between],
        [],
        ["2 added, 1 removed", "in 7 reads"],
        ["0 added, 2 removed", "in 7 reads"],
    ]
    assert told[2][-1] == between
    assert {line.split()[0] for lines in (told[0], told[1], told[3], told[4]) for line in lines[-1:]} == {"turnover"}
    for last, days, changes, known in (
        ("2026-08-02", 11, "8 added, 16 removed;", ["not observed", between]),
        ("2026-07-25", 3, "0 added, 0 removed", ["not observed"]),  # nothing was known of them then
    ):
        page.run(f"location.hash = '#playlist=l1&from=2026-07-23&to={last}'")
        page.wait_for(f"document.querySelector('.churn').getAttribute('aria-label').startsWith('{changes}')")
        assert tip(page, ".churn", 1, days)[1:] == known


def test_most_changes_of_a_column_are_those_of_the_days_shown(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, WEEKS_MISSED), "#playlist=l1")
    legend = "[...document.querySelectorAll('.timeline .legend li')].map((one) => one.innerText).join('; ')"
    for days, expected in (
        ("", "added; removed"),  # in one of two weeks there may have been more than in any other
        ("&from=2026-07-21&to=2026-08-08", "added; removed"),
        ("&from=2026-08-03&to=2026-08-16", "added, at most 1 a day; removed, at most 1 a day"),
        ("&from=2026-10-20&to=2026-10-30", "added; removed, at most 2 a day"),
    ):
        page.run(f"location.hash = '#playlist=l1{days}'")
        page.wait_for(f"{legend} === '{expected}'")
    path = page.run("document.querySelector('.churn path.removed').getAttribute('d')")
    top, bottom = (float(number) for number in re.findall(r"[\d.]+", path)[1:4:2])
    assert bottom - top == pytest.approx(84)  # the highest column of the days shown has the height of the chart


def test_days_left_out_of_the_page_make_whole_history_numbers_unknown(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "CELLS", 31 * 4)
    page.open(written(tmp_path, TWO_DAYS_MISSED), "#playlist=l1")
    unknown = [text for text in page.texts(".about") if text.startswith("Not known from this page")]
    assert len(unknown) == 2
    assert "the last 4 of 8 days, since 14 Oct 2025" in unknown[0]
    assert not {"Survival", "Feeders"} & {caption.split()[0] for caption in tables(page)}


@pytest.mark.parametrize("window", [DESKTOP, PHONE])
@pytest.mark.parametrize("sql", [ONE_DAY, TWO_DAYS_MISSED, YEAR])
def test_playlist_fits_its_window(page: Page, tmp_path: Path, sql: str, window: tuple[int, int]) -> None:
    page.open(written(tmp_path, sql), "#playlist=l1", window=window)
    page.wait_for("document.querySelector('.bars')")
    tables(page)
    assert page.run("document.documentElement.scrollWidth") <= window[0]
    assert page.complaints == []
