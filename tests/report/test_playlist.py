"""The view of a playlist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from extractor.outputs.report import report as reporting
from tests.pipeline.browser import Page
from tests.report.pages import (
    NOTHING,
    ONE_DAY,
    TWO_DAYS_MISSED,
    Rows,
    columns,
    fact,
    rows_of,
    said,
    tip,
    written,
)

pytestmark = pytest.mark.slow


def test_playlist_view_shows_stays_and_coverage(page: Page, report_html: Path, ask: Callable[[str], Rows]) -> None:
    [(playlist, name)] = ask("select playlist_id, playlist_name from playlists where playlist_name = 'North Wall'")
    page.open(report_html, f"#playlist={playlist}")
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
    page.run("document.querySelector('main button').click()")
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


def test_changes_over_days_without_a_read_are_drawn_over_these_days(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED), "#playlist=l1")
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
        page.open(report_html, f"#playlist={playlist}")
        page.wait_for("document.querySelector('.churn')")
        counts = [f"{added} added"] * (added > 0) + [f"{removed} removed"] * (removed > 0)
        for shown in range((before - start).days + 1, (day - start).days + 1):
            told = tip(page, ".churn", shown, days)
            assert f"{', '.join(counts)} between {before.day} and {day.day} Jan" in told


def test_report_of_one_day_says_that_changes_need_a_second_read(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, ONE_DAY))
    assert "Changes need a second read: no playlist was read on two days yet." in page.texts(".empty")
    assert "No playlist has changed" not in page.run("document.body.innerText")
    page.run("location.hash = '#playlist=l1'")
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
    page.run("location.hash = '#playlist=l3'")
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
    page.open(written(tmp_path, TWO_DAYS_MISSED + later), "#playlist=l1")
    assert [fact(page, key) for key in ("current", "entered", "left")] == [NOTHING] * 3
    assert page.texts(".facts .cover")[:3] == [
        "last read on 17 Oct 2025, before the days shown",
        *["not read this week"] * 2,
    ]
