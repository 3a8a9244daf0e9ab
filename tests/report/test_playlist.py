"""The view of a playlist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

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
    page.run("document.querySelector('.timeline button').click()")
    assert page.run("document.querySelectorAll('.bars').length") == len(tracks)
    # one bar per stay, and the two days hatched on every line and in the churn
    assert page.run("document.querySelectorAll('.bars .bar').length") == len(tracks)
    drawn = page.run(
        "[...document.querySelectorAll('.bars .bar')].map((bar) => bar.getAttribute('d').split('M').length - 1)"
    )
    assert sum(drawn) == len(stays)
    assert page.run("document.querySelectorAll('.bars .hatch.x').length") == len(tracks)
    assert page.run("document.querySelectorAll('.churn .hatch.x').length") == 1


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
    assert {"added", "removed"} <= set(legend)  # on one of the three days there may have been more than on any other
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
    assert page.texts(".lead") == ["Changes need a second read: no playlist was read on two days yet."]
    assert "No playlist has changed" not in page.run("document.body.innerText")
    page.run("location.hash = '#playlist=l1'")
    page.wait_for("document.querySelector('.bars')")
    assert (fact(page, "current"), fact(page, "entered"), fact(page, "left")) == ("1", NOTHING, NOTHING)
    assert page.texts(".facts .cover")[:3] == ["when last read, on 1 Jan 2026", *["needs a second read"] * 2]
    assert any(text.startswith("It was read on one day.") for text in page.texts(".about"))
    assert page.run("document.querySelectorAll('circle.value').length") == 1  # of the size: a line has two ends
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
    never_read = "2 playlists" if watched == "true" else "1 playlist"
    assert f"{never_read} never read" in page.texts(".facts .cover")[3]
    note = "never read" if watched == "true" else "no longer watched"
    assert ["Closed", note] in [row[0].split("\n") for row in rows_of(page, "Playlists")]
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


def test_stays_can_be_sorted(page: Page, report_html: Path, ask: Callable[[str], Rows]) -> None:
    [(playlist,)] = ask("select playlist_id from playlists where playlist_name = 'North Wall'")
    page.open(report_html, f"#playlist={playlist}")
    page.wait_for("document.querySelector('.bars')")
    page.run("document.querySelector('.timeline button').click()")
    rows = ask(
        "select track_id, track_name, min(added_at), sum(days_seen), "
        "max(coalesce(first_absent, if(starts_before_watch, null, first_seen))) "
        "from tracks_in_playlist inner join track_info using (track_id) "
        f"where playlist_id = '{playlist}' group by all"
    )
    positions: dict[str, int] = dict(
        ask(f"select track_id, position from tracklists where playlist_id = '{playlist}' and last_day = '2026-01-30'")
    )
    popularity: dict[str, int] = dict(
        ask("select track_id, arg_max(popularity, date) from track_daily_popularity where popularity > 0 group by all")
    )
    orders: dict[str, Callable[[tuple[Any, ...]], Any]] = {
        "first added": lambda row: row[2],
        "longest there": lambda row: -row[3],
        "position": lambda row: positions.get(row[0], 1000),
        "popularity": lambda row: -popularity.get(row[0], 0),
        "name": lambda row: row[1].lower(),
    }
    by_id = {row[0]: row for row in rows}
    for order, key in orders.items():
        page.run(
            f"(() => {{ const choice = document.querySelector('.titled select'); choice.value = '{order}';"
            "choice.dispatchEvent(new Event('change')); document.querySelector('.timeline button').click() })()"
        )
        shown = page.run(
            "Array.from(document.querySelectorAll('.row:has(.bars) a'), (link) => link.hash.split('=')[1])"
        )
        assert sorted(shown) == sorted(by_id)
        keys = [key(by_id[track]) for track in shown]
        assert keys == sorted(keys), order


def test_bars_say_when_a_stay_began_and_ended_and_how_long_it_lasted(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED), "#playlist=l1")
    page.wait_for("document.querySelector('.bars')")
    page.run("document.querySelector('.timeline button').click()")
    told = {}
    for row in range(page.run("document.querySelectorAll('.bars').length")):
        page.run(
            f"document.querySelectorAll('.bars').forEach((one, row) => one.classList.toggle('this', row === {row}))"
        )
        [track, *lines] = tip(page, ".bars.this", 7, 8)
        told[track] = [lines, tip(page, ".bars.this", 2, 8)[2:], tip(page, ".bars.this", 5, 8)[2:]]
    day = "17 Oct 2025"
    since = "since 10 Oct 2025 (claimed)"
    assert told["Track 0"] == [
        [day, "not there"],
        ["there", f"{since}, gone between 13 and 16 Oct", "4 to 6 days"],
        ["not observed: no answer"],
    ]
    assert told["Track 3"][0] == [day, "there", since, "8 days or more"]
    assert told["Track 4"][1] == ["there", f"{since}, gone by {day}", "7 days"]
    assert told["Track 5"][2] == ["not observed: no answer", f"{since}, gone by {day}", "7 days"]
    labels = page.run(
        "Object.fromEntries(Array.from(document.querySelectorAll('.row:has(.bars)'), (row) => "
        "[row.querySelector('bdi').textContent, row.querySelector('.bars').getAttribute('aria-label')]))"
    )
    assert labels["Track 0"] == f"{since}, gone between 13 and 16 Oct, 4 to 6 days"
    assert labels["Track 3"] == f"{since}, 8 days or more"
    assert labels["Track 4"] == f"{since}, gone by {day}, 7 days"


def test_address_with_a_last_day_shows_the_playlist_as_of_that_day(
    page: Page, report_html: Path, ask: Callable[[str], Rows]
) -> None:
    for (playlist,) in ask("select playlist_id from playlists where first_complete_date is not null"):
        page.open(report_html, f"#playlist={playlist}&to=2026-01-20")
        days = ask(
            "select size, date from playlist_days where size is not null and date <= '2026-01-20' "
            f"and playlist_id = '{playlist}' order by date desc limit 1"
        )
        [(size, day)] = days or [(None, None)]
        assert fact(page, "current") == (NOTHING if size is None else str(size))
        [about, *_] = page.texts(".facts .cover")
        assert about == ("not read yet" if day is None else f"when last read, on {said(day)}")
