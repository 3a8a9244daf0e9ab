"""Names that several playlists share, of either text direction, or as long as there is room."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.browser import Page
from tests.report.pages import PHONE, check_sql, saved, written
from tests.report.worlds import small

pytestmark = pytest.mark.slow

NAMES = {
    "p1": ("Twins", "one"),
    "p2": ("Twins", "two"),
    "p3": ("Twins ", "two"),
    "p4": ("Twins", None),
    "p5": ("Alone", "label"),
    "p6": ("Twins (one)", None),
}
TITLES = {
    "p1": "Twins (p1)",
    "p2": "Twins (p2)",
    "p3": "Twins  (p3)",
    "p4": "Twins (p4)",
    "p5": "Alone",
    "p6": "Twins (one) (p6)",
}
HELD = {playlist: {1: "A", 3: "AB" if playlist == "p1" else "A"} for playlist in NAMES}


def test_playlists_of_one_name_are_told_apart(page: Page, tmp_path: Path) -> None:
    html = written(tmp_path, small(HELD, last=3, names=NAMES, popularity={1: 50, 2: 50, 3: 50}))
    page.open(html)
    links = "[...document.querySelectorAll('tbody th a[href^=\"#playlist\"]')]"
    shown = page.run(
        f"Object.fromEntries({links}.map((one) => [one.hash.slice(10), one.querySelector('bdi').textContent]))"
    )
    assert shown == TITLES
    # what is saved is as in the database
    assert sorted(row["Playlist"] for row in saved(page, "Playlists")) == sorted(name for name, _ in NAMES.values())
    page.open(html, "#compare=p1,p2")
    assert page.texts("h1") == ["Twins (p1) and Twins (p2)"]
    page.open(html, "#track=A")
    page.wait_for("document.querySelector('.lines .chart-label')")
    ends = page.run("[...document.querySelectorAll('.lines .chart-label')].map((one) => one.textContent)")
    assert set(ends) <= set(TITLES.values())
    assert len(ends) == len(set(ends)) > 2
    check_sql(page, "Playlists now and before", html.with_name("s.duckdb"))
    page.open(html, "#playlist=p1")
    rows = saved(page, "Playlists similar to Twins (p1) on 3 Jan 2026")
    assert sorted(row["Playlist"] for row in rows) == sorted(name for key, (name, _) in NAMES.items() if key != "p1")


def test_shared_name_is_followed_by_the_label(page: Page, tmp_path: Path) -> None:
    names = {"p1": ("Twins", "one"), "p2": ("Twins", "two"), "p3": (None, "Twins"), "p4": ("Else", "one")}
    held = {playlist: {1: "A", 2: "A"} for playlist in names}
    page.open(written(tmp_path, small(held, last=2, names=names)))
    heads = page.run(
        "Object.fromEntries([...document.querySelectorAll('tbody th a[href^=\"#playlist\"]')]"
        ".map((one) => [one.hash.slice(10), one.textContent]))"
    )
    assert heads == {"p1": "Twins (one)", "p2": "Twins (two)", "p3": "Twins (Twins)", "p4": "Else one"}


def test_sign_of_a_change_is_before_a_name_of_any_direction(page: Page, tmp_path: Path) -> None:
    arabic = "أغاني الصباح"
    names = {"p1": (arabic, None)}
    page.open(
        written(tmp_path, small({"p1": {1: "AB", 3: "B"}}, last=3, names=names, popularity={1: 50, 2: 50, 3: 50})),
        "#track=A",
    )
    page.wait_for("document.querySelector('.lines .chart-label.removed')")
    [parts] = page.run(
        "[...document.querySelectorAll('.lines .chart-label.removed')]"
        ".map((one) => [...one.childNodes].map((node) => [node.nodeName, node.textContent]))"
    )
    assert parts == [["#text", "\N{MINUS SIGN} "], ["BDI", arabic]]


def test_title_and_artists_are_read_as_two_words(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, small({"p1": {1: "A", 2: "AB"}}, last=2, names={"p1": ("Name", "label")})))
    for selector, text in ((".change .track", "Track B Artist B"), ("tbody th a[href^='#playlist']", "Name label")):
        assert page.run(f'document.querySelector("{selector}").textContent') == text


def test_long_name_is_in_its_cell_on_a_phone(page: Page, tmp_path: Path) -> None:
    names = {"p1": ("A very long playlist name with many words that never seems to end", None)}
    page.open(written(tmp_path, small({"p1": {1: "A", 2: "A"}}, last=2, names=names)), "#artist=by-A", window=PHONE)
    name, cell = page.run(
        "['bdi', 'a'].map((part) => document.querySelector(`td[data-title=Playlist] ${part}`))"
        ".map((one, place) => (place ? one.closest('td') : one).getBoundingClientRect())"
        ".map(({ left, right }) => [left, right])"
    )
    assert cell[0] <= name[0] < name[1] <= cell[1] <= PHONE[0]
    assert name[1] - name[0] > 300
