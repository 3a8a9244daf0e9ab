"""The page as a whole: navigation, escaping, size, and what it can say of an incomplete history."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from extractor.config.settings import Config
from extractor.outputs.report import report as reporting
from extractor.outputs.report.report import report
from tests.pipeline.browser import Page
from tests.report.pages import (
    DESKTOP,
    HOSTILE,
    ONE_DAY,
    PHONE,
    TWO_DAYS_MISSED,
    Rows,
    fact,
    tip,
    written,
)

pytestmark = pytest.mark.slow

CHART = """
insert into playlists
    (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
values ('chart:top-50:de', 'Chart', null, null, false, october(10), october(17));
insert into playlist_days (playlist_id, date, outcome, source, entries)
select 'chart:top-50:de', october(d), 'complete', 'chart', 1 from range(10, 18) t(d);
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
)
values ('chart:top-50:de', 't3', 1, october(10), october(17), october(10), null, 'claimed', true, true, 8);
insert into tracklists (playlist_id, first_day, last_day, position, kind, track_id)
values ('chart:top-50:de', october(10), october(17), 1, 'track', 't3');
"""
"""An imported chart, with a track of the playlist l1."""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_view_uses_the_network_logs_errors_overflows_or_excludes_anyone(
    page: Page, report_html: Path, ask: Callable[[str], Rows], window: tuple[int, int], dark: bool
) -> None:
    [(playlist, other, track, artist)] = ask(
        "select min(playlist_id), max(playlist_id), min_by(track_id, playlist_id), min(artist_id) "
        "from tracks_in_playlist inner join track_artists using (track_id)"
    )
    of_two = f"#compare={playlist},{other}"
    views = ("", f"#playlist={playlist}", f"#track={track}", f"#artist={artist}", of_two, "#compare=", "#track=no")
    for view in views:
        page.open(report_html, view, window=window, dark=dark)
        page.run("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))")
        assert page.complaints == []
        assert [url for url in page.requests if not url.startswith("data:")] == [report_html.as_uri()]
        assert page.run("document.documentElement.scrollWidth") <= window[0]
        assert page.violations() == []
        assert page.run("document.querySelectorAll('[aria-hidden=\"\"]').length") == 0
    ink = page.run("getComputedStyle(document.body).color")
    assert (sum(map(int, ink[4:-1].split(", "))) > 384) is dark


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_playlist_of_an_import_is_accessible_and_has_no_page_at_spotify(
    page: Page, tmp_path: Path, window: tuple[int, int]
) -> None:
    html = written(tmp_path, TWO_DAYS_MISSED + CHART)
    for view, links in (("#playlist=chart:top-50:de", []), ("#playlist=l1", ["Open in Spotify"])):
        page.open(html, view, window=window)
        page.wait_for("document.querySelector('.bars')")
        assert page.texts(".out") == links
        assert len(page.texts(".compare")) == 1
        assert page.violations() == []
        assert page.complaints == []


@pytest.mark.parametrize("dark", [False, True])
def test_what_opens_on_demand_is_accessible(
    page: Page, report_html: Path, ask: Callable[[str], Rows], dark: bool
) -> None:
    [(track,)] = ask("select track_id from track_daily_popularity order by all limit 1")
    page.open(report_html, f"#track={track}", dark=dark)
    page.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    page.wait_for("document.querySelector('main > details table')")
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


def test_keyboard_navigation_and_back_work(page: Page, report_html: Path) -> None:
    page.open(report_html)
    page.press("/")
    assert page.run("document.activeElement.id") == "search"
    assert len(page.texts("[role=option]")) == 14  # every playlist, before a search
    page.type("gravel")
    page.press("Enter")
    page.wait_for("document.querySelector('h1').innerText === 'Gravel & Honey'")
    assert page.run("location.hash").startswith("#playlist=")
    assert page.run("document.activeElement.tagName") == "H1"
    page.press("/")
    page.press("ArrowDown")
    page.press("ArrowDown")
    assert page.run("document.querySelectorAll('[aria-selected=true]').length") == 1
    page.press("Escape")
    page.run("history.back()")
    page.wait_for("document.querySelector('h1').innerText.startsWith('Since ')")


def press_tab(page: Page) -> None:
    page.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    page.call("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)


def test_tab_goes_from_the_search_to_the_next_control(page: Page, report_html: Path) -> None:
    page.open(report_html)
    page.press("/")
    assert page.run("document.querySelector('#found').scrollHeight > document.querySelector('#found').clientHeight")
    press_tab(page)
    assert page.run("document.activeElement.innerText") == "Copy link to these days"
    assert page.run("document.querySelector('#found').hidden")


def test_escape_closes_what_is_told_of_a_chart(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED), "#playlist=l1")
    page.wait_for("document.querySelector('.bars')")
    for chart in (".churn", ".lines", ".bars", ".survival"):
        assert tip(page, chart, 2, 8)
        assert page.run("document.querySelector('#tip').checkVisibility()")
        page.press("Escape")
        assert not page.run("document.querySelector('#tip').checkVisibility()")


def test_links_to_days_look_like_links(page: Page, large: Path) -> None:
    for view in ("", "#playlist=l7"):
        page.open(large, view)
        look = "((link) => [getComputedStyle(link).color, getComputedStyle(link).textDecorationLine])"
        [color, line] = page.run(f"{look}(document.querySelector('.periods a:not([aria-current])'))")
        assert line == "underline"
        assert color == page.run(f"{look}(document.querySelector('footer a'))[0]")


def test_names_are_escaped(page: Page, tmp_path: Path) -> None:
    html = written(tmp_path, ONE_DAY)
    for view in ("", "#playlist=l1", "#playlist=l2", "#compare=l1,l2", "#compare=", "#track=t1"):
        page.open(html, view, window=PHONE)
        page.wait_for("document.querySelector('.timeline, .empty, .notice, .choices')")
        assert page.run("window.hacked") is None
        assert page.complaints == []
        assert page.run("document.documentElement.scrollWidth") <= PHONE[0]
    assert page.run("document.querySelector('h1').textContent") == HOSTILE
    assert "</script><script>window" not in html.read_text(encoding="utf-8")


def test_report_of_an_empty_database_says_what_to_do(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, ""))
    assert page.texts("h1") == ["Nothing has been read yet"]
    assert page.complaints == []


def test_large_report_opens_with_the_first_rows(page: Page, large: Path) -> None:
    assert large.stat().st_size < 15e6
    page.open(large)
    assert [fact(page, "added"), fact(page, "removed")] == ["900", "900"]
    page.run("document.querySelector('.wall > summary').click()")
    page.wait_for("document.querySelectorAll('.strip').length === 20")
    page.run("document.querySelector('.wall button').click()")
    assert page.run("document.querySelectorAll('.strip').length") == 300


def test_report_says_what_it_omits(page: Page, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "CELLS", 60_000)
    page.open(report(Config(database=large.with_name("s.duckdb")), tmp_path / "less.html").output)
    [notice] = page.texts(".notice")
    assert "shows the last 2 of 40 days" in notice
    assert page.texts(".wall > summary")[0].startswith("2 of 2 days observed")


def test_period_link_limits_the_report_to_its_days(page: Page, large: Path) -> None:
    page.open(large, "#playlist=l7")
    page.run("document.querySelector('.periods a').click()")
    page.wait_for("document.querySelector('.periods [aria-current]').innerText === '28 days'")
    assert page.run("location.hash") == "#playlist=l7&from=2026-01-13&to=2026-02-09"
    assert page.run("document.activeElement.innerText") == "28 days"
    page.wait_for("document.querySelector('.bars')")
    assert page.complaints == []


def test_no_period_is_longer_than_the_days_before_its_end(page: Page, large: Path) -> None:
    for last, expected in (("2026-01-20", ["all 40"]), ("2026-01-28", ["28 days", "all 40"])):
        page.open(large, f"#playlist=l7&from=2026-01-01&to={last}")
        assert page.texts(".periods a") == expected
        assert page.texts(".periods [aria-current]") == expected[:-1]


@pytest.mark.parametrize("width", [600, 721, 768, 955, 961, 1024])
def test_no_view_is_wider_than_a_tablet(page: Page, report_html: Path, ask: Callable[[str], Rows], width: int) -> None:
    [(one, other, track, artist)] = ask(
        "select min(playlist_id), max(playlist_id), mode(track_id), (select mode(artist_id) from track_artists) "
        "from tracks_in_playlist"
    )
    for view in ("", f"#playlist={one}", f"#track={track}", f"#artist={artist}", f"#compare={one},{other}"):
        page.open(report_html, view, window=(width, 900))
        page.wait_for("document.querySelector('table')")
        page.run("document.querySelectorAll('details').forEach((details) => (details.open = true))")
        assert page.run("document.documentElement.scrollWidth") <= width, view


@pytest.mark.parametrize("view", ["#playlist=l1", "#track=t1", "#compare=l1,chart:top-50:de", "#artist=a1"])
def test_charts_have_the_width_of_a_phone(page: Page, tmp_path: Path, view: str) -> None:
    artist = """
        insert into artists (artist_id, artist_name) values ('a1', 'Artist');
        insert into track_artists (track_id, artist_position, artist_id, artist_name)
        select track_id, 1, 'a1', artists from track_info;
        insert into track_daily_popularity (track_id, date, popularity)
        select 't1', october(d), 50 from range(10, 18) t(d);
    """
    page.open(written(tmp_path, TWO_DAYS_MISSED + CHART + artist), view, window=PHONE)
    page.wait_for("document.querySelector('.lines')")
    widths = page.run("Array.from(document.querySelectorAll('.lines, .churn, .bars'), (chart) => chart.clientWidth)")
    assert min(widths) >= 300
    ends = page.run(
        "Array.from(document.querySelectorAll('main svg text, .row .note, .row .label'), (text) => "
        "[text.getBoundingClientRect().left, text.getBoundingClientRect().right])"
    )
    assert all(left >= 0 and right <= PHONE[0] for left, right in ends)
    if view == "#track=t1":  # the names of lines are above the chart, in full
        assert page.texts(".row .legend li") == ["Gap"]
        assert page.texts(".lines .chart-label:not(.added, .removed)") == []


@pytest.mark.parametrize(
    ("days", "problem", "link"),
    [
        ("from=2025-10-11&to=2025-10-12", None, "from=2025-10-11&to=2025-10-12"),
        ("", None, "from=2025-10-10&to=2025-10-17"),
        ("to=2025-10-12", None, "from=2025-10-10&to=2025-10-12"),
        ("from=2025-09-01", "This page has no 1 Sep 2025, but 10\N{EN DASH}17 Oct 2025: the nearest day is shown.",
         "from=2025-10-10&to=2025-10-17"),
        ("from=2026-01-01", "This page has no 1 Jan 2026, but 10\N{EN DASH}17 Oct 2025: the nearest day is shown.",
         "from=2025-10-17&to=2025-10-17"),
        ("from=2025-10-15&to=2025-10-12", "15 Oct 2025 is after 12 Oct 2025: the days between them are shown.",
         "from=2025-10-12&to=2025-10-15"),
        ("to=2025-02-30", "\N{LEFT DOUBLE QUOTATION MARK}2025-02-30\N{RIGHT DOUBLE QUOTATION MARK} is no date: "
         "write it as 2025-10-17.", "from=2025-10-10&to=2025-10-17"),
        ("from=yesterday", "\N{LEFT DOUBLE QUOTATION MARK}yesterday\N{RIGHT DOUBLE QUOTATION MARK} is no date: "
         "write it as 2025-10-17.", "from=2025-10-10&to=2025-10-17"),
    ],
)  # fmt: skip
def test_addresses_with_days_are_checked_and_can_be_kept(
    page: Page, tmp_path: Path, days: str, problem: str | None, link: str
) -> None:
    html = written(tmp_path, TWO_DAYS_MISSED)
    page.open(html, f"#track=t1&{days}")
    assert page.texts(".notice[role=alert] p") == ([problem] if problem else [])
    page.run(
        "Object.defineProperty(navigator, 'clipboard', { configurable: true, "
        "value: { writeText: async (text) => { window.copied = text } } }), "
        "document.querySelector('.state .tool').click()"
    )
    page.wait_for("document.querySelector('.copied').innerText === 'Copied'")
    copied = page.run("window.copied")
    assert copied == f"{html.as_uri()}#track=t1&{link}"
    page.open(html, f"#track=t1&{link}")
    assert page.texts(".notice[role=alert] p") == []
    assert page.complaints == []


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_state_of_the_data_is_at_the_top(page: Page, tmp_path: Path, window: tuple[int, int]) -> None:
    html = written(tmp_path, TWO_DAYS_MISSED)
    changed = datetime(2025, 10, 17, 7, 58, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "s.duckdb", (changed, changed))
    html = report(Config(database=tmp_path / "s.duckdb"), html).output
    page.open(html, window=window)
    assert page.texts(".state p") == ["Data as of 17 Oct, published 07:58 UTC"]
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.texts(".state p") == ["Data as of 17 Oct 2025, published 07:58 UTC"]
    page.call("Emulation.setEmulatedMedia", media="")
    for later, said in (((2025, 10, 18), "18 Oct"), ((2026, 1, 2), "2 Jan 2026")):
        changed = datetime(*later, 7, 58, tzinfo=UTC).timestamp()
        os.utime(tmp_path / "s.duckdb", (changed, changed))
        page.open(report(Config(database=tmp_path / "s.duckdb"), html).output, window=window)
        assert page.texts(".state p") == [f"Data as of 17 Oct, published {said} 07:58 UTC"]
    assert page.run("document.querySelector('.state p').getBoundingClientRect().bottom") < 120


def test_tab_reaches_the_controls_in_the_order_of_the_page(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED), "#track=t1")
    page.wait_for("document.querySelector('.bars')")
    reached = []
    for _ in range(14):
        press_tab(page)
        reached.append(page.run(
            "[document.activeElement.innerText?.split('\\n')[0] || document.activeElement.tagName, "
            "getComputedStyle(document.activeElement).outlineStyle]"
        ))  # fmt: skip
    assert [text for text, _ in reached][:6] == [
        "Skip to content", "Track history", "INPUT", "Copy link to these days", "SQL", "Open in Spotify",
    ]  # fmt: skip
    places = "[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex=\"0\"]')]"
    assert page.run(f"{places}.filter((one) => one.tabIndex > 0).length") == 0
    assert {style for text, style in reached if text != "INPUT"} == {"solid"}


def printed(page: Page) -> dict[str, int]:
    """Print a page on A4; return what was wider than the paper, and which controls were printed."""
    page.run("""(() => {
        window.atPrint = null;
        window.addEventListener('beforeprint', () => {
            const left = document.querySelector('h1').getBoundingClientRect().left;
            const ends = [...document.querySelectorAll('.row .note')].map((one) => one.getBoundingClientRect().right);
            window.atPrint = Math.max(...ends) - left;
        });
    })()""")
    pdf = page.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"]
    assert base64.b64decode(pdf).startswith(b"%PDF")
    width = page.run("window.atPrint")
    page.call("Emulation.setEmulatedMedia", media="print")
    page.call("Emulation.setDeviceMetricsOverride", width=688, height=1000, deviceScaleFactor=1, mobile=False)
    hidden = ".search, .tools, .periods, .day-field, button.tool, .more, .out, .sql"
    found: dict[str, int] = page.run(
        f"({{ controls: [...document.querySelectorAll('{hidden}')].filter((one) => one.checkVisibility()).length, "
        "over: [...document.querySelectorAll('table, th, td, p, dl')]"
        ".filter((one) => one.getBoundingClientRect().right > 689).length, "
        "heads: [...document.querySelectorAll('main thead')].filter((one) => one.checkVisibility()).length })"
    )
    page.call("Emulation.setEmulatedMedia", media="")
    return found | {"charts": width}


def test_pages_are_printed_without_controls_and_fit_the_paper(
    page: Page, report_html: Path, ask: Callable[[str], Rows]
) -> None:
    [(one, other, track)] = ask(
        "select min(playlist_id), max(playlist_id), min_by(track_id, playlist_id) from tracks_in_playlist"
    )
    for view in (f"#track={track}", f"#compare={one},{other}"):
        page.open(report_html, view)
        page.wait_for("document.querySelector('svg.lines')")
        before = page.run("document.querySelector('svg.lines').clientWidth")
        found = printed(page)
        assert found["controls"] == 0
        assert found["over"] == 0
        assert found["heads"] >= 2, "tables are no cards on paper"
        assert 400 < found["charts"] <= 680
        page.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
        page.wait_for(f"document.querySelector('svg.lines').clientWidth === {before}")


MANY = """
insert into playlists
    (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
values ('l2', 'Many', null, 'user', true, october(10), october(17));
insert into playlist_days (playlist_id, date, outcome, entries)
select 'l2', october(d), 'complete', 400 from range(10, 18) t(d);
insert into track_info (track_id, track_name, artists)
select 't' || t, 'Track ' || t, 'Artist' from range(31, 400) u(t);
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
)
select 'l2', 't' || t, 1, october(10), october(17), october(10), null, 'claimed', true, true, 8 from range(400) u(t);
insert into tracklists (playlist_id, first_day, last_day, position, kind, track_id)
select 'l2', october(10), october(17), t + 1, 'track', 't' || t from range(400) u(t);
"""
"""A playlist of 400 tracks."""


@pytest.mark.parametrize(
    ("view", "printed"),
    [
        ("#playlist=l1", [31, 26, []]),
        ("#playlist=l2", [300, 300, ["The first 300 of 400", "The first 300 of 400 tracks"]]),
    ],
)
def test_lists_are_printed_as_a_whole_or_say_that_they_are_cut(
    page: Page, tmp_path: Path, view: str, printed: list[int | list[str]]
) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED + MANY), view)
    page.wait_for("document.querySelector('.bars')")
    page.run(
        "window.addEventListener('beforeprint', () => { window.printed = ["
        "document.querySelectorAll('.bars').length, document.querySelector('.data tbody').rows.length, "
        "[...document.querySelectorAll('.rest:not([hidden])')].map((one) => one.dataset.cut)] })"
    )
    page.call("Page.printToPDF")
    assert page.run("window.printed") == printed


def test_titles_of_columns_and_what_is_cut_are_printed(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED + MANY), "#playlist=l2")
    page.wait_for("document.querySelector('.bars')")
    page.call("Emulation.setEmulatedMedia", media="print")
    cut = page.run(
        "[...document.querySelectorAll('.rest')].filter((one) => one.checkVisibility())"
        ".map((one) => getComputedStyle(one, '::after').content)"
    )
    titles = page.run("[...document.querySelectorAll('.sorts')].every((one) => one.checkVisibility())")
    page.call("Emulation.setEmulatedMedia", media="")
    assert cut == ['"The first 20 of 400"', '"The first 30 of 400 tracks"']
    assert titles


def test_dates_are_printed_on_the_page_of_their_chart(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED), "#playlist=l1")
    page.wait_for("document.querySelector('.timeline .axis')")
    page.call("Emulation.setEmulatedMedia", media="print")
    breaks = page.run(
        "[...document.querySelectorAll('.row.head, .legend')].map((one) => getComputedStyle(one).breakAfter)"
    )
    page.call("Emulation.setEmulatedMedia", media="")
    assert set(breaks) == {"avoid"}


def test_coverage_is_printed_as_a_line(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED))
    page.call("Emulation.setEmulatedMedia", media="print")
    visible = "document.querySelector('.wall > summary').checkVisibility()"
    assert page.run(visible)
    page.call("Emulation.setEmulatedMedia", media="")
    assert page.texts(".wall > summary") == ["6 of 8 days observed; 1 playlist with gaps"]
