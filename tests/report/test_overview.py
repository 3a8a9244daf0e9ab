"""The first view."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.pipeline.browser import Page
from tests.report.pages import (
    ONE_DAY,
    PHONE,
    USABLE,
    Rows,
    fact,
    rows_of,
    written,
)

pytestmark = pytest.mark.slow


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


def test_tables_of_the_overview_fit_a_phone(page: Page, report_html: Path) -> None:
    page.open(report_html, window=PHONE)
    assert page.run(
        "Array.from(document.querySelectorAll('.scrolls'), (table) => table.scrollWidth - table.clientWidth)"
    ) == [0] * len(page.texts("table"))


def test_report_of_one_day_without_popularity_explains_what_is_missing(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, ONE_DAY))
    assert page.texts("h1") == ["2 playlists, 1 of 1 day observed"]
    assert any("Spotify has told no popularity" in text for text in page.texts(".empty"))
    assert rows_of(page, "The last runs, newest first")[0][1] == "killed"
