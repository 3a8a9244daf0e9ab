"""The report in a browser, compared with plain loops over the published tables.

Needs a Chromium (Debian's package chromium-headless-shell, or chromium); without one these tests are skipped, but in CI
they fail.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.outputs.report import report as reporting
from extractor.outputs.report.report import report
from tests.conftest import Demo
from tests.extractor.conftest import empty_marts
from tests.pipeline.browser import Page, browser, chromium

pytestmark = pytest.mark.slow

USABLE = ("complete", "unchanged")
DESKTOP, PHONE = (1280, 900), (390, 844)
NOTHING = "\N{EN DASH}"  # in place of a number that is not known

Rows = list[tuple[Any, ...]]

HOSTILE = (
    """</script><script>window.hacked = 1</script>"><img src=x onerror="window.hacked=2">'; \u202eevil\u202c """
    + "x" * 3000
)
ONE_DAY = f"""
insert into playlists
    (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
values
    ('l1', $${HOSTILE}$$, $${HOSTILE}$$, 'user', true, '2026-01-01', '2026-01-01'),
    ('l2', 'Never read', null, 'user', true, null, null);
insert into playlist_days (playlist_id, date, outcome, reason, entries, total, unavailable_entries, snapshot_id) values
    ('l1', '2026-01-01', 'complete', null, 1, 1, 0, 's'),
    ('l2', '2026-01-01', 'unavailable', $${HOSTILE}$$, null, null, null, null);
insert into track_info (track_id, track_name, artists, album_name)
values ('t1', $${HOSTILE}$$, $${HOSTILE}$$, $${HOSTILE}$$);
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
) values
    ('l1', 't1', 1, '2025-12-01', '2026-01-01', '2026-01-01', null, 'claimed', true, true, 1);
insert into runs (run_id, worker, date, started_at) values ('r', 1, '2026-01-01', '2026-01-01 06:00:00');
"""
# Read on 10 to 13 and 16 to 17 October: 24 tracks are new after the two days without a read, and 3 are gone.
TWO_DAYS_MISSED = """
create macro october(day) as date '2025-10-01' + cast(day - 1 as integer);
insert into playlists
    (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
values ('l1', 'Gap', null, 'user', true, october(10), october(17));
insert into playlist_days (playlist_id, date, outcome, reason, entries, total, unavailable_entries, snapshot_id)
select 'l1', october(d), if(d in (14, 15), 'failed', 'complete'), if(d in (14, 15), 'no answer', null), 30, 30, 0, 's'
from range(10, 18) t(d);
insert into track_info (track_id, track_name, artists) select 't' || t, 'Track ' || t, 'Artist' from range(31) u(t);
create macro stay(t, first, last, absent) as table
select 'l1', 't' || t, 1, october(first), october(last), october(first), october(absent), 'claimed', first = 10,
    absent is null, 1;
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
)
select s.* from (values (0, 10, 13, 16), (1, 10, 13, 16), (2, 10, 13, 16), (3, 10, 17, null), (4, 10, 16, 17),
    (5, 10, 16, 17), (6, 12, 17, null)) u(t, first, last, absent), stay(t, first, last, absent) s
union all
select s.* from range(7, 31) u(t), stay(t, 16, 17, null) s;
"""
# 300 playlists of about 100 tracks out of 30,000; in each, three are added and three removed every day.
LARGE = """
create macro january(day) as date '2026-01-01' + cast(day as integer);
insert into playlists
    (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
select 'l' || l, 'List ' || l, null, 'user', true, january(0), january(39) from range(300) t(l);
insert into playlist_days (playlist_id, date, outcome, reason, entries, total, unavailable_entries, snapshot_id)
select 'l' || l, january(d), if(hash(l, d) % 20 = 0, 'failed', 'complete'), null, 100, 100, 0, 's'
from range(300) t(l), range(40) u(d);
insert into track_info (track_id, track_name, artists)
select 't' || t, 'Track ' || hash(t), 'Artist ' || t % 9000 from range(30000) u(t);
insert into track_daily_popularity
select 't' || t, january(d), 40 + hash(t) % 50 + hash(t, d) % 3, january(d) from range(30000) u(t), range(40) v(d);
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
)
select
    'l' || l, 't' || hash(l, s) % 30000, s, january(greatest(first, 0)), january(least(first + 32, 39)),
    january(greatest(first, 0)), if(first < 7, january(first + 33), null), 'claimed', first <= 0, first >= 7, 1
from (select l, s, s // 3 - 32 as first from range(300) t(l), range(216) u(s));
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Return a tab of one browser for all tests of the module."""
    program = chromium()
    if program is None:
        why = "no Chromium found: apt-get install chromium-headless-shell"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with browser(program) as tab:
        yield tab


@pytest.fixture(scope="module")
def ask(demo: Demo) -> Iterator[Callable[[str], Rows]]:
    """Return a function that queries the demo's database."""
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def report_html(demo: Demo) -> Path:
    return demo.folder / "report.html"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("large"), LARGE)


def written(folder: Path, sql: str) -> Path:
    """Write a report on a published file with these rows."""
    config = Config(database=folder / "s.duckdb")
    with duckdb.connect(str(config.database)) as connection:
        connection.execute("".join(empty_marts()) + sql)
    return report(config, folder / "report.html").output


def fact(page: Page, key: str) -> str:
    [text] = page.texts(f"[data-fact={key}]")
    return text.replace(",", "")


def rows_of(page: Page, caption: str) -> list[list[str]]:
    """Return the cells of a table."""
    rows: list[list[str]] = page.run(
        "Array.from([...document.querySelectorAll('table')].find((t) => t.caption.innerText.trim() === "
        f"{caption!r}).tBodies[0].rows, (row) => Array.from(row.cells, (cell) => cell.innerText))"
    )
    return rows


def test_overview_counts_match_the_tables(page: Page, report_html: Path, ask: Callable[[str], Rows]) -> None:
    page.open(report_html)
    days = ask("select playlist_id, date, outcome from playlist_days")
    usable = [(playlist, day) for playlist, day, outcome in days if outcome in USABLE]
    stays = ask("select playlist_id, track_id, first_absent from tracks_in_playlist")
    lists, all_days = {playlist for playlist, _, _ in days}, {day for _, day, _ in days}
    assert page.texts("h1") == [
        f"{len(lists)} playlists, {len({day for _, day in usable})} of {len(all_days)} days observed"
    ]
    assert int(fact(page, "observed")) == len(usable)
    assert int(fact(page, "current")) == len({track for _, track, absent in stays if absent is None})
    assert int(fact(page, "values")) == len(ask("select * from track_daily_popularity"))
    for playlist in lists:
        known = sum(1 for one, _ in usable if one == playlist)
        known_of = sum(1 for one, _, _ in days if one == playlist)
        assert page.texts(f"[data-cover='{playlist}']") == [f"{known}/{known_of}"]


def test_movers_are_the_largest_weekly_popularity_changes(
    page: Page, report_html: Path, ask: Callable[[str], Rows]
) -> None:
    page.open(report_html)
    values = ask("select track_id, date, popularity from track_daily_popularity where popularity > 0 order by date")
    week = max(day for _, day, _ in values) - timedelta(days=7)
    weeks: dict[str, list[int]] = {}
    for track, day, popularity in values:
        if day >= week:
            weeks.setdefault(track, []).append(popularity)
    compared = [known[-1] - known[0] for known in weeks.values() if len(known) > 1]
    changes = sorted(change for change in compared if abs(change) > 2)
    [about] = [text for text in page.texts(".about") if "compared" in text and "noise" in text]
    assert f"{len(compared)} tracks compared, {len(changes)} moved by more than 2" in about
    rises, falls = rows_of(page, "Biggest rises"), rows_of(page, "Biggest falls")
    assert [int(row[3]) for row in rises] == changes[:-9:-1]
    assert [-int(row[3][1:]) for row in falls] == changes[:8]
    for _, before, after, change, _ in rises:
        assert int(after.split()[0]) - int(before.split()[0]) == int(change)
    # each with a line through its values of the week
    lines = page.run("Array.from(document.querySelectorAll('.spark'), (spark) => spark.getAttribute('aria-label'))")
    assert len(lines) == 16
    shown = {tuple(int(value.split()[0]) for value in line.split(", ")) for line in lines}
    assert shown <= {tuple(known) for known in weeks.values()}


# Popularities of track t0, t1 ... on the last days up to 3 January, and what is said of them.
@pytest.mark.parametrize(
    ("weeks", "compared", "told"),
    [
        ([[50, 51, 52], [50, 49, 48]], "2 tracks compared, 0 moved by more than 2", "No track moved by more"),
        ([[50, 51, 53], [50, 49, 48]], "2 tracks compared, 1 moved by more than 2", "No track fell by more than 2."),
        ([[50, None, 47], [None, None, 48]], "1 track compared, 1 moved", "No track rose by more than 2."),
        ([[None, None, 47], [0, 0, 48]], None, "No track has a popularity on two days of this week"),
    ],
)  # fmt: skip
def test_movers_within_the_noise_are_not_shown(
    page: Page, tmp_path: Path, weeks: list[list[int | None]], compared: str | None, told: str
) -> None:
    values = [(t, d, value) for t, week in enumerate(weeks) for d, value in enumerate(week) if value is not None]
    rows = ", ".join(f"('t{t}', date '2026-01-0{d + 1}', {value})" for t, d, value in values)
    tracks = "insert into track_info (track_id, track_name) select 't' || t, 'T' || t from range(2) u(t);"
    days = "insert into runs (run_id, date) values ('r1', '2026-01-01'), ('r3', '2026-01-03');"
    page.open(
        written(
            tmp_path, f"{tracks}{days}insert into track_daily_popularity (track_id, date, popularity) values {rows}"
        )
    )
    about = "\n".join(page.texts(".about"))
    assert compared in about if compared else "compared" not in about
    assert any(text.startswith(told) for text in page.texts(".empty"))
    moved = [[value for value in week if value is not None] for week in weeks]
    assert page.run("document.querySelectorAll('.spark').length") == sum(
        abs(week[-1] - week[0]) > 2 for week in moved if week[0]
    )
    lines = page.run("Array.from(document.querySelectorAll('.spark .line'), (line) => line.getAttribute('d'))")
    assert all(line.count("M") == (2 if None in weeks[0] else 1) for line in lines)


def test_most_changed_playlists_have_the_most_additions_and_removals(
    page: Page, report_html: Path, ask: Callable[[str], Rows]
) -> None:
    page.open(report_html)
    names: dict[str, str] = dict(ask("select playlist_id, playlist_name from playlists"))
    first = max(day for (day,) in ask("select date from playlist_days")) - timedelta(days=6)
    counts = {playlist: [0, 0] for playlist in names}
    for playlist, seen, absent, older in ask(
        "select playlist_id, first_seen, first_absent, starts_before_watch from tracks_in_playlist"
    ):
        counts[playlist][0] += seen >= first and not older
        counts[playlist][1] += absent is not None and absent >= first
    shown = rows_of(page, "Added and removed")
    by_name = {names[playlist]: count for playlist, count in counts.items()}
    assert [(int(row[1]), int(row[2])) for row in shown] == [tuple(by_name[row[0].split("\n")[0]]) for row in shown]
    assert [sum(by_name[row[0].split("\n")[0]]) for row in shown] == sorted(map(sum, by_name.values()), reverse=True)[
        :8
    ]


def test_playlist_view_shows_stays_and_coverage(page: Page, report_html: Path, ask: Callable[[str], Rows]) -> None:
    [(playlist, name)] = ask("select playlist_id, playlist_name from playlists where playlist_name = 'North Wall'")
    page.open(report_html, f"#list={playlist}")
    page.wait_for("document.querySelector('.timeline .bars')")
    stays = ask(f"select track_id, first_seen, first_absent from tracks_in_playlist where playlist_id = '{playlist}'")
    tracks = {track for track, _, _ in stays}
    assert page.texts("h1") == [name]
    assert int(fact(page, "stays")) == len(stays)
    assert int(fact(page, "current")) == sum(1 for _, _, absent in stays if absent is None)
    [cover] = page.texts(".lead")
    assert cover == (
        "Observed on 28 of 30 days since 1 Jan 2026. "
        "Not observed: 12\N{EN DASH}13 Jan 2026 (unavailable: 404 Resource not found)."
    )
    page.run("document.querySelector('button').click()")
    assert page.run("document.querySelectorAll('.bars').length") == len(tracks)
    # one bar per stay, and the two days hatched on every line and in the churn above
    assert page.run("document.querySelectorAll('.bars .bar').length") == len(tracks)
    drawn = page.run(
        "[...document.querySelectorAll('.bars .bar')].map((bar) => bar.getAttribute('d').split('M').length - 1)"
    )
    assert sum(drawn) == len(stays)
    assert page.run("document.querySelectorAll('.hatch.x').length") == len(tracks) + 1
    newest = rows_of(page, "Newest")
    added = sorted(
        day
        for (day,) in ask(f"select added_at from tracks_in_playlist where is_current and playlist_id = '{playlist}'")
    )
    assert [row[1].split("\n")[0].split(" claimed")[0] for row in newest] == [said(day) for day in added[:-9:-1]]


def tip(page: Page, chart: str, day: int, days: int) -> list[str]:
    """Return the lines that a chart tells of a day, of all its days."""
    page.run(
        f"(() => {{ const chart = document.querySelector('{chart}'), {{ left, width }} = chart.getBoundingClientRect();"
        f"const clientX = left + width * {(day + 0.5) / days};"
        "chart.dispatchEvent(new PointerEvent('pointermove', { clientX })) })()"
    )
    return page.texts("#tip div")


def columns(page: Page, kind: str) -> list[tuple[float, float, float]]:
    """Return the left edge, the right one and the height of each column of the churn, in days and in pixels."""
    path, width = page.run(
        "((chart) => [chart.querySelector('path[class=\"KIND\"]').getAttribute('d'), chart.clientWidth])"
        "(document.querySelector('.churn'))".replace("KIND", kind)
    )
    numbers = [[float(one) for one in re.findall(r"[\d.]+", column)] for column in path.split("M")[1:]]
    return [(left / width, right / width, bottom - top) for left, top, right, bottom, _ in numbers]


def test_changes_over_days_without_a_read_are_drawn_over_these_days(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED), "#list=l1")
    page.wait_for("document.querySelector('.churn')")
    [(left, right, one)] = columns(page, "added")
    assert [left * 8, right * 8] == pytest.approx([2, 3], abs=0.1)
    [(left, right, height)] = columns(page, "spread added")
    assert [left * 8, right * 8] == pytest.approx([4, 7], abs=0.1)
    assert height == pytest.approx(24 / 3 * one)
    assert [height for _, _, height in columns(page, "removed")] == [pytest.approx(2 * one)]
    assert [height for _, _, height in columns(page, "spread removed")] == [pytest.approx(one)]
    between = "24 added, 3 removed between 13 and 16 Oct"
    told = [tip(page, ".churn", day, 8) for day in range(8)]
    assert [lines[0] for lines in told] == [said(date(2025, 10, day)) for day in range(10, 18)]
    assert [lines[1:] for lines in told] == [
        ["first read: changes need a second one"],
        ["nothing added or removed"],
        ["1 added"],
        ["nothing added or removed"],
        ["not observed", between],
        ["not observed", between],
        [between],
        ["2 removed"],
    ]
    assert page.run("document.querySelector('.churn').getAttribute('aria-label')") == (
        f"25 added, 5 removed; of these {between}"
    )
    legend = page.texts(".legend li")
    assert "between two reads some days apart: the number is divided by these days" in legend
    assert {"added, at most 1 a day", "removed, at most 2 a day"} <= set(legend)
    # the week from 11 to 17 October is compared with the read before it
    assert {"25", "5"} == {fact(page, "entered"), fact(page, "left")}
    assert page.texts(".facts .cover")[1:3] == ["between 10 and 17 Oct"] * 2


def test_changes_are_told_with_the_reads_between_which_they_happened(
    page: Page, report_html: Path, ask: Callable[[str], Rows]
) -> None:
    changes = ask(
        "select playlist_id, date_before, date, sum(cast(change <> 'removed' as integer)), "
        "sum(cast(change = 'removed' as integer)) "
        "from playlist_changes where date > date_before + 1 group by all order by all"
    )
    [(start, days)] = ask("select min(date), count(distinct date) from playlist_days")
    assert changes
    for playlist, before, day, added, removed in changes:
        page.open(report_html, f"#list={playlist}")
        page.wait_for("document.querySelector('.churn')")
        counts = [f"{added} added"] * (added > 0) + [f"{removed} removed"] * (removed > 0)
        for shown in range((before - start).days + 1, (day - start).days + 1):
            told = tip(page, ".churn", shown, days)
            assert f"{', '.join(counts)} between {before.day} and {day.day} Jan" in told


def said(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


@pytest.mark.parametrize("gap", [(), (date(2026, 1, 5), date(2026, 1, 9), date(2026, 1, 11), date(2026, 1, 12))])
def test_track_view_shows_values_stays_and_gaps(page: Page, demo: Demo, tmp_path: Path, gap: tuple[date, ...]) -> None:
    database = Path(shutil.copy(demo.database, tmp_path / "s.duckdb"))
    database.chmod(0o644)
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from track_daily_popularity where list_contains($1, date)", [[*gap]])
    report(Config(database=database), tmp_path / "report.html")
    with duckdb.connect(str(database), read_only=True) as connection:

        def ask(sql: str) -> Rows:
            return connection.execute(sql).fetchall()

        [(shown, _)] = ask("select track_id, count(*) from tracks_in_playlist group by 1 order by 2 desc, 1 limit 1")
        page.open(tmp_path / "report.html", f"#track={shown}")
        page.wait_for("document.querySelector('svg.popularity')")
        values = ask(f"select date, popularity from track_daily_popularity where track_id = '{shown}' order by date")
        assert not {day for day, _ in values} & set(gap)
        days = [day for day, _ in values]
        alone = [d for d in days if d - timedelta(1) not in days and d + timedelta(1) not in days]
        ends = [day for day in days if day + timedelta(1) not in days]
        # a line for each sequence of days with values, and none across a gap
        line = page.run("document.querySelector('svg.popularity .line').getAttribute('d')")
        assert line.count("M") == len(ends) - len(alone)
        assert page.run("document.querySelectorAll('svg.popularity circle').length") == len(values)
        page.run("document.querySelector('details').open = true")
        page.wait_for("document.querySelector('details table')")
        assert rows_of(page, "Popularity by day") == [[said(day), str(value)] for day, value in reversed(values)]
        stays = ask(f"select last_seen from tracks_in_playlist where track_id = '{shown}' order by first_seen desc")
        assert len(rows_of(page, "Where it was, newest first")) == len(stays)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_view_uses_the_network_logs_errors_overflows_or_excludes_anyone(
    page: Page, report_html: Path, ask: Callable[[str], Rows], window: tuple[int, int], dark: bool
) -> None:
    [(playlist, track)] = ask("select playlist_id, track_id from tracks_in_playlist order by all limit 1")
    for view in ("", f"#list={playlist}", f"#track={track}", "#track=unknown"):
        page.open(report_html, view, window=window, dark=dark)
        page.run("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))")
        assert page.complaints == []
        assert page.requests == [report_html.as_uri()]
        assert page.run("document.documentElement.scrollWidth") <= window[0]
        assert page.violations() == []
        assert page.run("document.querySelectorAll('[aria-hidden=\"\"]').length") == 0
    ink = page.run("getComputedStyle(document.body).color")
    assert (sum(map(int, ink[4:-1].split(", "))) > 384) is dark


@pytest.mark.parametrize("dark", [False, True])
def test_what_opens_on_demand_is_accessible(
    page: Page, report_html: Path, ask: Callable[[str], Rows], dark: bool
) -> None:
    [(track,)] = ask("select track_id from track_daily_popularity order by all limit 1")
    page.open(report_html, f"#track={track}", dark=dark)
    page.run("document.querySelector('details').open = true")
    page.wait_for("document.querySelector('details table')")
    page.press("/")
    page.type("gravel")
    assert page.texts("[aria-selected=true]")
    assert page.violations() == []


def test_violations_of_accessibility_are_found(page: Page, report_html: Path) -> None:
    page.open(report_html)
    page.run("document.querySelector('h1').style.color = 'silver'")
    page.run("document.querySelector('#search').removeAttribute('aria-label')")
    page.run("document.querySelector('#search').removeAttribute('placeholder')")
    assert sorted(line.partition(":")[0] for line in page.violations()) == ["color-contrast", "label"]


def test_tables_of_the_overview_fit_a_phone(page: Page, report_html: Path) -> None:
    page.open(report_html, window=PHONE)
    assert page.run(
        "Array.from(document.querySelectorAll('.scrolls'), (table) => table.scrollWidth - table.clientWidth)"
    ) == [0] * len(page.texts("table"))


def test_keyboard_navigation_and_back_work(page: Page, report_html: Path) -> None:
    page.open(report_html)
    page.press("/")
    assert page.run("document.activeElement.id") == "search"
    assert len(page.texts("[role=option]")) == 14  # every playlist, before a search
    page.type("gravel")
    page.press("Enter")
    page.wait_for("document.querySelector('h1').innerText === 'Gravel & Honey'")
    assert page.run("location.hash").startswith("#list=")
    assert page.run("document.activeElement.tagName") == "H1"
    page.press("/")
    page.press("ArrowDown")
    page.press("ArrowDown")
    assert page.run("document.querySelectorAll('[aria-selected=true]').length") == 1
    page.press("Escape")
    page.run("history.back()")
    page.wait_for("document.querySelector('h1').innerText.includes('days observed')")


def test_names_are_escaped(page: Page, tmp_path: Path) -> None:
    html = written(tmp_path, ONE_DAY)
    for view in ("", "#list=l1", "#list=l2", "#track=t1"):
        page.open(html, view, window=PHONE)
        page.wait_for("document.querySelector('.timeline, .empty, .notice')")
        assert page.run("window.hacked") is None
        assert page.complaints == []
        assert page.run("document.documentElement.scrollWidth") <= PHONE[0]
    assert page.run("document.querySelector('h1').textContent") == HOSTILE
    assert "</script><script>window" not in html.read_text(encoding="utf-8")


def test_report_of_one_day_without_popularity_explains_what_is_missing(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, ONE_DAY))
    assert page.texts("h1") == ["2 playlists, 1 of 1 day observed"]
    assert any("Spotify has told no popularity" in text for text in page.texts(".empty"))
    assert rows_of(page, "The last runs, newest first")[0][1] == "killed"


def test_report_of_one_day_says_that_changes_need_a_second_read(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, ONE_DAY))
    assert "Changes need a second read: no playlist was read on two days yet." in page.texts(".empty")
    assert "No playlist has changed" not in page.run("document.body.innerText")
    page.run("location.hash = '#list=l1'")
    page.wait_for("document.querySelector('.bars')")
    assert (fact(page, "current"), fact(page, "entered"), fact(page, "left")) == ("1", NOTHING, NOTHING)
    assert page.texts(".facts .cover")[:3] == ["when last read, on 1 Jan 2026", *["needs a second read"] * 2]
    assert page.texts(".about")[0].startswith("It was read on one day.")
    assert page.run("document.querySelector('.churn')") is None


@pytest.mark.parametrize(
    ("watched", "days", "why", "what_to_do"),
    [
        ("true", "(1, 'unavailable', 'old'), (2, 'unavailable', '404 Resource not found'), (3, 'not_run', null)",
         "unavailable on 2 Jan 2026: 404 Resource not found", "take it out of seeds/playlists.csv"),
        ("true", "(2, 'failed', 'timed out'), (3, 'partial', '9 of 10 entries')",
         "partial on 3 Jan 2026: 9 of 10 entries", "the next run asks again"),
        ("true", "(3, 'not_run', null)", "it was not requested yet", "run ./run.sh,"),
        ("false", "(1, 'failed', null)", "failed on 1 Jan 2026: no usable answer", "nothing, unless"),
    ],
)  # fmt: skip
def test_playlist_that_was_never_read_says_why_and_what_to_do(
    page: Page, tmp_path: Path, watched: str, days: str, why: str, what_to_do: str
) -> None:
    never = f"""
        insert into playlists
            (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
        values ('l3', 'Closed', null, null, {watched}, null, null);
        insert into playlist_days (playlist_id, date, outcome, reason)
        select 'l3', date '2026-01-01' + cast(d - 1 as integer), o, r from (values {days}) t(d, o, r);
    """
    page.open(written(tmp_path, ONE_DAY + never))
    assert f"{2 if watched == 'true' else 1} never read" in page.texts(".facts .cover")[0]
    note = "never read" if watched == "true" else "no longer watched"
    page.wait_for("document.querySelector('.row .label a')")
    assert any(text.startswith("Closed") and text.endswith(note) for text in page.texts(".row .label"))
    page.run("location.hash = '#list=l3'")
    page.wait_for("document.querySelector('h1').innerText === 'Closed'")
    assert page.texts(".lead strong") == ["Never read"]
    told = page.texts(".notice p")
    assert told[0].startswith(f"Why: {why}")
    assert told[1].startswith("What to do: ")
    assert what_to_do in told[1]
    assert "0" not in page.texts(".facts .value")


def test_playlist_last_read_before_the_days_shown_has_no_number_of_tracks(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = """
        insert into playlists
            (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
        values ('l2', 'Later', null, 'user', true, october(18), october(20));
        insert into playlist_days (playlist_id, date, outcome, entries)
        select l, october(d), if(l = 'l1', 'not_run', 'complete'), 0
        from range(18, 21) t(d), (values ('l1'), ('l2')) u(l);
    """
    monkeypatch.setattr(reporting, "CELLS", 31 * 3)
    page.open(written(tmp_path, TWO_DAYS_MISSED + later), "#list=l1")
    assert [fact(page, key) for key in ("current", "entered", "left")] == [NOTHING] * 3
    assert page.texts(".facts .cover")[:3] == [
        "last read on 17 Oct 2025, before the days shown",
        *["not read this week"] * 2,
    ]


def test_report_of_an_empty_database_says_what_to_do(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, ""))
    assert page.texts("h1") == ["Nothing has been read yet"]
    assert page.complaints == []


def test_large_report_opens_with_the_first_rows(page: Page, large: Path) -> None:
    assert large.stat().st_size < 15e6
    page.open(large)
    page.wait_for("document.querySelectorAll('.strip').length === 20")
    assert fact(page, "values") == "1200000"
    page.run("document.querySelector('button').click()")
    assert page.run("document.querySelectorAll('.strip').length") == 300


def test_report_says_what_it_omits(page: Page, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "CELLS", 60_000)
    page.open(report(Config(database=large.with_name("s.duckdb")), tmp_path / "less.html").output)
    [notice] = page.texts(".notice")
    assert "shows the last 2 days" in notice
    assert "the database has 40" in notice
    assert fact(page, "values") == "60000"


def test_period_link_limits_the_report_to_its_days(page: Page, large: Path) -> None:
    page.open(large, "#list=l7")
    page.run("document.querySelector('.periods a').click()")
    page.wait_for("document.querySelector('.periods [aria-current]').innerText === '30 days'")
    assert page.run("location.hash") == "#list=l7&days=30"
    assert page.run("document.activeElement.innerText") == "30 days"
    page.wait_for("document.querySelector('.bars')")
    assert page.complaints == []
