"""The page as a whole: navigation, escaping, size, and what it can say of an incomplete history."""

from __future__ import annotations

from collections.abc import Callable
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
    Rows,
    fact,
    written,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_view_uses_the_network_logs_errors_or_overflows(
    page: Page, report_html: Path, ask: Callable[[str], Rows], window: tuple[int, int], dark: bool
) -> None:
    [(playlist, track)] = ask("select playlist_id, track_id from tracks_in_playlist order by all limit 1")
    for view in ("", f"#playlist={playlist}", f"#track={track}", "#track=unknown"):
        page.open(report_html, view, window=window, dark=dark)
        page.run("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))")
        assert page.complaints == []
        assert [url for url in page.requests if not url.startswith("data:")] == [report_html.as_uri()]
        assert page.run("document.documentElement.scrollWidth") <= window[0]
    ink = page.run("getComputedStyle(document.body).color")
    assert (sum(map(int, ink[4:-1].split(", "))) > 384) is dark


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
    page.wait_for("document.querySelector('h1').innerText.includes('days observed')")


def test_names_are_escaped(page: Page, tmp_path: Path) -> None:
    html = written(tmp_path, ONE_DAY)
    for view in ("", "#playlist=l1", "#playlist=l2", "#track=t1"):
        page.open(html, view, window=PHONE)
        page.wait_for("document.querySelector('.timeline, .empty, .notice')")
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
    page.wait_for("document.querySelectorAll('.strip').length === 20")
    assert fact(page, "values") == "1200000"
    page.run("document.querySelector('main button').click()")
    assert page.run("document.querySelectorAll('.strip').length") == 300


def test_report_says_what_it_omits(page: Page, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "CELLS", 60_000)
    page.open(report(Config(database=large.with_name("s.duckdb")), tmp_path / "less.html").output)
    [notice] = page.texts(".notice")
    assert "shows the last 2 days" in notice
    assert "the database has 40" in notice
    assert fact(page, "values") == "60000"


def test_period_link_limits_the_report_to_its_days(page: Page, large: Path) -> None:
    page.open(large, "#playlist=l7")
    page.run("document.querySelector('.periods a').click()")
    page.wait_for("document.querySelector('.periods [aria-current]').innerText === '28 days'")
    assert page.run("location.hash") == "#playlist=l7&from=2026-01-13&to=2026-02-09"
    assert page.run("document.activeElement.innerText") == "28 days"
    page.wait_for("document.querySelector('.bars')")
    assert page.complaints == []
