"""The view of an artist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.browser import Page
from tests.report.pages import (
    DESKTOP,
    HOSTILE,
    ONE_DAY,
    PHONE,
    TWO_DAYS_MISSED,
    USABLE,
    Rows,
    fact,
    rows_of,
    said,
    saved,
    sql_of,
    tip,
    written,
)

pytestmark = pytest.mark.slow

DAYS = [
    ("", date(2026, 1, 1), date(2026, 1, 30)),
    ("&from=2026-01-08&to=2026-01-20", date(2026, 1, 8), date(2026, 1, 20)),
]
CREDITS = """
insert into artists (artist_id, artist_name) values ('a1', 'Artist');
insert into track_artists (track_id, artist_position, artist_id, artist_name)
select track_id, 1, 'a1', artists from track_info;
"""


def chosen(ask: Callable[[str], Rows]) -> str:
    """Return the artist with most removals, whose tracks were in a playlist with unobserved days."""
    [(artist,)] = ask(
        "select artist_id from track_artists join tracks_in_playlist using (track_id) group by artist_id "
        "having bool_or(playlist_id = (select playlist_id from playlists where playlist_name = 'North Wall')) "
        "order by count(first_absent) desc, artist_id limit 1"
    )
    return str(artist)


def stays_of(ask: Callable[[str], Rows], artist: str) -> Rows:
    """Return track, playlist, first and last day seen, first day absent, and added_at of the stays."""
    return ask(
        "select track_id, playlist_id, first_seen, last_seen, first_absent, added_at from tracks_in_playlist "
        f"where track_id in (select track_id from track_artists where artist_id = '{artist}')"
    )


def open_on(stays: Rows, day: date) -> Rows:
    return [stay for stay in stays if stay[2] <= day and (stay[4] is None or stay[4] > day)]


@pytest.mark.parametrize(("days", "first", "last"), DAYS)
def test_numbers_of_an_artist_match_the_tables(
    page: Page, report_html: Path, ask: Callable[[str], Rows], days: str, first: date, last: date
) -> None:
    artist = chosen(ask)
    page.open(report_html, f"#artist={artist}{days}")
    stays = stays_of(ask, artist)
    shown = [stay for stay in stays if stay[2] <= last and (stay[4] is None or stay[3] >= first)]
    expected = [len({stay[column] for stay in some}) for some in (open_on(stays, last), shown) for column in (0, 1)]
    assert page.texts("h1") == [
        name for (name,) in ask(f"select artist_name from artists where artist_id = '{artist}'")
    ]
    assert [int(fact(page, key)) for key in ("tracks", "playlists", "tracks-seen", "playlists-seen")] == expected
    assert ask(page.run("document.querySelector('.headline .sql code').textContent")) == [tuple(expected)]


@pytest.mark.parametrize(("days", "first", "last"), DAYS)
def test_presence_over_time_is_that_of_the_last_reads(
    page: Page, report_html: Path, ask: Callable[[str], Rows], days: str, first: date, last: date
) -> None:
    artist = chosen(ask)
    page.open(report_html, f"#artist={artist}{days}")
    page.wait_for("document.querySelectorAll('.lines').length === 2")
    stays = stays_of(ask, artist)
    playlists = {stay[1] for stay in stays}
    usable = [
        (p, day) for p, day, outcome in ask("select playlist_id, date, outcome from playlist_days") if outcome in USABLE
    ]
    expected = []
    length = (last - first).days + 1
    for ahead in range(length):
        day = first + timedelta(ahead)
        held = open_on(stays, day)
        tracks, in_playlists = len({stay[0] for stay in held}), len({stay[1] for stay in held})
        expected.append((day, tracks, in_playlists))
        observed = sum((playlist, day) in usable for playlist in playlists)
        told = tip(page, ".lines", ahead, length)
        plural = "s" if in_playlists != 1 else ""
        assert told[:2] == [said(day), f"{tracks} track{'s' if tracks != 1 else ''} in {in_playlists} playlist{plural}"]
        assert (len(told) == 3) is (observed < len(playlists))
    assert ask(page.run("document.querySelector('section > .sql code').textContent")) == expected
    assert page.run("document.querySelector('.lines .hatch').getAttribute('d')").count("M") == 1  # 12 and 13 January


@pytest.mark.parametrize(("days", "first", "last"), DAYS)
def test_tracks_and_stays_of_an_artist_match_the_tables_and_their_sql(
    page: Page, report_html: Path, ask: Callable[[str], Rows], days: str, first: date, last: date
) -> None:
    artist = chosen(ask)
    page.open(report_html, f"#artist={artist}{days}")
    stays = stays_of(ask, artist)
    titles: dict[str, str] = dict(ask("select track_id, track_name from track_info"))
    names: dict[str, str] = dict(ask("select playlist_id, playlist_name from playlists"))
    values: dict[str, list[int]] = {}
    for track, day, value in ask("select track_id, date, popularity from track_daily_popularity order by date"):
        if first <= day <= last and value:
            values.setdefault(track, []).append(value)
    shown = [stay for stay in stays if stay[2] <= last and (stay[4] is None or stay[3] >= first)]
    expected = []
    for (track,) in ask(f"select track_id from track_artists where artist_id = '{artist}'"):
        now = {stay[1] for stay in open_on(stays, last) if stay[0] == track}
        in_all = {stay[1] for stay in shown if stay[0] == track}
        known = values.get(track, [])
        change = known[-1] - known[0] if len(known) > 1 else None
        expected.append((titles[track], len(now), len(in_all), known[-1] if known else None, change))
    rows = [tuple(int(value) if value else None for value in list(row.values())[2:]) for row in saved(page, "Tracks")]
    assert sorted(rows) == sorted(row[1:] for row in expected)
    assert sorted(ask(sql_of(page, "Tracks"))) == sorted(expected)

    seen_on: dict[Any, set[date]] = {}  # days on which a playlist was read and held a track, up to the last one
    for playlist, track, day in ask(
        "select days.playlist_id, track_id, date from playlist_days as days join tracklists as held "
        "on days.playlist_id = held.playlist_id and date between first_day and last_day "
        "where outcome in ('complete', 'unchanged')"
    ):
        if day <= last:
            seen_on.setdefault((track, playlist), set()).add(day)
    saved_stays = [tuple(row.values())[:5] for row in saved(page, "Stays")]
    assert sorted(saved_stays) == sorted(
        (
            titles[track],
            names[playlist],
            str(added),
            str(max(day for day in seen_on[track, playlist] if start <= day <= seen)),
            str(absent) if absent and absent <= last else "",
        )
        for track, playlist, start, seen, absent, added in shown
    )
    found = [tuple("" if value is None else str(value) for value in row) for row in ask(sql_of(page, "Stays"))]
    assert sorted(found) == sorted(tuple(row.values()) for row in saved(page, "Stays"))


def test_bars_are_one_line_for_each_track_and_playlist_with_past_ones_pale(
    page: Page, report_html: Path, ask: Callable[[str], Rows]
) -> None:
    artist = chosen(ask)
    page.open(report_html, f"#artist={artist}")
    page.wait_for("document.querySelector('.bars')")
    page.run("document.querySelector('.fitted button')?.click()")
    stays = stays_of(ask, artist)
    current = {stay[:2] for stay in stays if stay[4] is None}
    assert page.run("document.querySelectorAll('.bars').length") == len({stay[:2] for stay in stays})
    assert page.run("document.querySelectorAll('.past').length") == len({stay[:2] for stay in stays} - current)
    assert page.run("document.querySelectorAll('.of').length") == len({stay[0] for stay in stays})
    drawn = page.run("Array.from(document.querySelectorAll('.bars .bar'), (bar) => bar.getAttribute('d')).join('')")
    assert drawn.count("M") == len(stays)


def test_days_without_any_read_are_a_gap_and_bounds_are_given(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED + CREDITS), "#artist=a1")
    page.wait_for("document.querySelectorAll('.lines').length === 2")
    told = [tip(page, ".lines", day, 8)[1:] for day in range(8)]
    missed = ["none of these playlists was observed"]
    tracks = [6, 6, 7, 7, None, None, 28, 26]
    assert told == [missed if number is None else [f"{number} tracks in 1 playlist"] for number in tracks]
    assert page.run("document.querySelector('.lines .line').getAttribute('d')").count("M") == 2
    removed = {row["Track"]: row["Removed"] for row in saved(page, "Stays")}
    assert removed["Track 0"] == "2025-10-16"
    page.run("[...document.querySelectorAll('button.more')].at(-1).click()")
    shown = {row[0].split("\n")[0]: row[4] for row in rows_of(page, "Stays")}
    assert shown["Track 0"] == "between 13 and 16 Oct"
    assert shown["Track 4"] == "17 Oct 2025"


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_artist_with_a_hostile_name_on_one_day(page: Page, tmp_path: Path, window: tuple[int, int]) -> None:
    credit = CREDITS.replace("'a1', 'Artist')", f"'a1', $${HOSTILE}$$)")
    html = written(tmp_path, ONE_DAY + credit)
    page.open(html, "#artist=a1", window=window)
    page.wait_for("document.querySelectorAll('.lines').length === 2")
    assert page.complaints == []
    assert page.run("window.hacked") is None
    assert page.run("document.documentElement.scrollWidth") <= window[0]
    assert page.run("document.querySelector('h1').textContent") == HOSTILE
    assert [fact(page, key) for key in ("tracks", "playlists")] == ["1", "1"]
    page.open(html, "#artist=unknown")
    assert page.texts("h1") == ["Not in this page"]


def test_artist_whose_tracks_are_in_no_playlist(page: Page, tmp_path: Path) -> None:
    alone = """
        insert into track_daily_popularity (track_id, date, popularity) values ('t0', '2026-01-01', 50);
        insert into track_info (track_id, track_name, artists) values ('t0', 'Track', 'Artist');
    """
    page.open(written(tmp_path, alone + CREDITS), "#artist=a1")
    assert "No playlist held a track on these days." in page.texts(".empty")
    assert fact(page, "tracks") == "0"
    assert [row["Popularity"] for row in saved(page, "Tracks")] == ["50"]
