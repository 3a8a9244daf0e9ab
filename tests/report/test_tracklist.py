"""The tracklist of a playlist on any day, and its past tracks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.functions.published import USABLE, Published
from tests.pipeline.browser import Page
from tests.report.pages import ONE_DAY, PHONE, TWO_DAYS_MISSED, Rows, said, tables, written

pytestmark = pytest.mark.slow

WEEK = timedelta(days=7)


def tracklist(page: Page) -> list[dict[str, str]]:
    [rows] = [rows for caption, (rows, _) in tables(page).items() if caption.startswith("Tracklist of")]
    return rows


def read_on(published: Published, playlist: str, day: date) -> date:
    return max(usable for usable in published.usable_days[playlist] if usable <= day)


def by_loops(published: Published, playlist: str, day: date) -> list[dict[str, Any]]:
    """Return what the tracklist of a day has to show of each track, by plain loops over the tables."""
    read = read_on(published, playlist, day)
    before = max((one for one in published.usable_days[playlist] if one <= read - WEEK), default=None)
    earlier = {track: place for place, track in reversed(published.held[playlist, before])} if before else {}
    values = {
        (row["track_id"], row["date"]): row["popularity"]
        for row in published["track_daily_popularity"]
        if row["popularity"] > 0
    }
    holders: dict[str, set[str]] = {}
    for row in published["tracks_in_playlist"]:
        other = row["playlist_id"]
        last = max((one for one in published.usable_days.get(other, []) if one <= read), default=None)
        if other != playlist and last and row["first_seen"] <= last <= row["last_seen"]:
            holders.setdefault(row["track_id"], set()).add(other)
    found = []
    seen = set()
    for place, track in published.held[playlist, read]:
        now, then = values.get((track, read)), values.get((track, before))
        is_repeated, stay = track in seen, stay_on(published, playlist, track, read)
        seen.add(track)
        found.append(
            {
                "Track ID": track,
                "Position": place,
                "Moved up": None
                if is_repeated or track not in earlier or stay["first_seen"] > before
                else earlier[track] - place,
                "Popularity": now,
                "Popularity change": None if now is None or then is None else now - then,
                "Since": stay["added_at"],
                "Days since": (read - stay["added_at"]).days + 1,
                "Other playlists": len(holders.get(track, set())),
            }
        )
    return found


def stay_on(published: Published, playlist: str, track: str, day: date) -> dict[str, Any]:
    [stay] = [
        row
        for row in published["tracks_in_playlist"]
        if (row["playlist_id"], row["track_id"]) == (playlist, track) and row["first_seen"] <= day <= row["last_seen"]
    ]
    return stay


@pytest.mark.parametrize("day", ["2026-01-30", "2026-01-16", "2026-01-13", "2026-01-01"])
@pytest.mark.parametrize("name", ["North Wall", "Gravel & Honey", "Talk & Tide", "Late Kitchen"])
def test_tracklist_of_a_day(page: Page, report_html: Path, published: Published, name: str, day: str) -> None:
    [playlist] = [row["playlist_id"] for row in published["playlists"] if row["playlist_name"] == name]
    page.open(report_html, f"#playlist={playlist}&as_of={day}")
    expected = by_loops(published, playlist, date.fromisoformat(day))
    shown = [{key: row[key] for key in expected[0]} for row in tracklist(page) if row["Track ID"]]
    assert shown == [{key: "" if value is None else str(value) for key, value in row.items()} for row in expected]


def test_entries_that_are_no_tracks_are_named(page: Page, report_html: Path, ask: Callable[[str], Rows]) -> None:
    entries = ask(
        "select playlist_id, date, position, kind from tracklists inner join playlist_days using (playlist_id) "
        "where kind in ('unavailable', 'local', 'episode') and date between first_day and last_day "
        f"and outcome in {USABLE} order by all"
    )
    last = {(playlist, kind): (day, position) for playlist, day, position, kind in entries}
    assert {kind for _, kind in last} == {"unavailable", "local", "episode"}
    for (playlist, kind), (day, position) in last.items():
        page.open(report_html, f"#playlist={playlist}&as_of={day}")
        [row] = [row for row in tracklist(page) if row["Position"] == str(position)]
        assert row["Track"] == {"local": "local file"}.get(kind, kind)
        assert {row[key] for key in row if key not in ("Track", "Position")} == {""}


def test_day_without_a_read_shows_the_read_before_and_says_so(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED), "#playlist=l1&as_of=2025-10-15")
    assert "15 Oct 2025 was not observed (no answer). This is the last read before it, of 13 Oct 2025." in page.texts(
        ".about"
    )
    assert [row["Track"] for row in tracklist(page)] == [f"Track {number}" for number in range(7)]
    assert [row["Days since"] for row in tracklist(page)] == ["4"] * 6 + ["2"]
    # the days beside it are those that were observed
    links = page.run("Array.from(document.querySelectorAll('[aria-label$=\"observed day\"]'), (link) => link.hash)")
    assert links == ["#playlist=l1&as_of=2025-10-13", "#playlist=l1&as_of=2025-10-16"]
    page.run("document.querySelector('[aria-label=\"Next observed day\"]').click()")
    page.wait_for("location.hash.endsWith('2025-10-16') && document.querySelector('[type=date]')")
    assert "As read on 16 Oct 2025." in page.texts(".about")
    assert len(tracklist(page)) == 28


def test_day_before_the_first_read_has_no_tracklist(page: Page, tmp_path: Path) -> None:
    earlier = """
        insert into playlist_days (playlist_id, date, outcome, reason)
        values ('l1', '2025-12-30', 'failed', 'timed out'), ('l1', '2025-12-31', 'failed', 'timed out');
    """
    page.open(written(tmp_path, ONE_DAY + earlier), "#playlist=l1&as_of=2025-12-31")
    assert "Nothing is known of 31 Dec 2025: the first read is of 1 Jan 2026." in page.texts(".about")
    assert not any(caption.startswith("Tracklist") for caption in tables(page))


def test_past_tracks_with_the_reads_between_which_they_left(
    page: Page, report_html: Path, ask: Callable[[str], Rows]
) -> None:
    day = date(2026, 1, 20)
    for (playlist,) in ask("select distinct playlist_id from playlist_changes where change = 'removed'"):
        page.open(report_html, f"#playlist={playlist}&as_of={day}")
        stays = ask(
            "select track_id, added_at, last_seen, first_absent, last_position from tracks_in_playlist "
            f"where playlist_id = '{playlist}' and first_seen <= date '{day}' order by first_seen"
        )
        last = {track: (added, seen, absent, position) for track, added, seen, absent, position in stays}
        gone = {track: stay for track, stay in last.items() if stay[2] is not None and stay[2] <= day}
        shown = [rows for caption, (rows, _) in tables(page).items() if caption.startswith("Past tracks")]
        assert {
            row["Track ID"]: tuple(row[key] for key in ("Since", "Last seen", "Gone", "Last position"))
            for rows in shown
            for row in rows
        } == {track: tuple(map(str, stay)) for track, stay in gone.items()}
        counts = [sum(1 for one, *_ in stays if one == row["Track ID"]) for rows in shown for row in rows]
        assert counts == [int(row["Stays"]) for rows in shown for row in rows]


def test_past_track_that_left_over_days_without_a_read(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED), "#playlist=l1")
    left = page.run(
        "Array.from([...document.querySelectorAll('table')].find((t) => t.caption.innerText.startsWith('Past'))"
        ".tBodies[0].rows, (row) => row.cells[row.cells.length - 1].innerText)"
    )
    assert sorted(left) == [said(date(2025, 10, 17))] * 2 + ["between 13 and 16 Oct"] * 3


def test_day_that_is_picked_or_typed_is_shown_in_place(
    page: Page, report_html: Path, ask: Callable[[str], Rows]
) -> None:
    [(playlist,)] = ask("select playlist_id from playlists where playlist_name = 'North Wall'")
    page.open(report_html, f"#playlist={playlist}")
    field = "document.querySelector('[data-field=\"as of\"]')"
    page.run(f"window.scrollTo(0, 300); {field}.value = '2026-01-10'; {field}.dispatchEvent(new Event('change'))")
    page.wait_for("location.hash.endsWith('as_of=2026-01-10')")
    page.wait_for(f"document.activeElement === {field}")
    page.run("new Promise((done) => setTimeout(done, 100))")
    assert page.run("window.scrollY") == 300
    # while it is typed, each part of it would be a day
    typed = f"{field}.dispatchEvent(new KeyboardEvent('keydown', {{ key: '1' }})); {field}.value = '2026-01-11';"
    page.run(f"{typed} {field}.dispatchEvent(new Event('change'))")
    page.run("new Promise((done) => setTimeout(done, 100))")
    assert page.run("location.hash").endswith("as_of=2026-01-10")
    page.run(f"{field}.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'Enter' }}))")
    page.wait_for("location.hash.endsWith('as_of=2026-01-11')")
    page.wait_for(f"document.activeElement === {field} && {field}.value === '2026-01-11'")
    assert "As read on 11 Jan 2026. Changes are since 4 Jan 2026." in page.texts(".about")


def test_what_a_cell_of_a_phone_says_is_on_one_line(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED), "#playlist=l1", window=PHONE)
    page.run("[...document.querySelectorAll('.more')].forEach((button) => button.click())")
    cells = page.run(
        "Array.from(document.querySelectorAll('td[data-title=\"Moved up\"]'), (td) => [td.innerText, td.clientHeight])"
    )
    assert {"new", "\N{MINUS SIGN}17"} <= {text for text, _ in cells}
    assert len({height for _, height in cells}) == 1
