"""The first view: changes, playlists, movers, artists, coverage, runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.outputs.report.report import Excerpt, report
from tests.pipeline.browser import Page
from tests.report.pages import (
    DESKTOP,
    HOSTILE,
    NOTHING,
    ONE_DAY,
    PHONE,
    TWO_DAYS_MISSED,
    USABLE,
    Rows,
    fact,
    queried,
    rows_of,
    saved,
    sql_beside,
    sql_of,
    tables,
    written,
)

pytestmark = pytest.mark.slow

# Two playlists on three days: one imported on the first two and read on the third, the other known from imports only.
IMPORTED = """
insert into playlists (playlist_id, playlist_name, kind, is_watched)
values ('l1', 'Both', 'playlist', true), ('l2', 'Theirs', 'playlist', false);
insert into playlist_days (playlist_id, date, outcome, source, entries, size)
values
    ('l1', '2026-01-01', 'complete', 'archive', 1, 1), ('l1', '2026-01-02', 'partial', 'archive', 1, 1),
    ('l1', '2026-01-03', 'complete', null, 1, 1), ('l2', '2026-01-01', 'complete', 'archive', 1, 1);
"""

Varied = tuple[Path, Callable[[str], Rows]]

PERIODS = [
    (date(2026, 1, 29), date(2026, 1, 30)),
    (date(2026, 1, 23), date(2026, 1, 30)),
    (date(2026, 1, 1), date(2026, 1, 30)),
    (date(2026, 1, 11), date(2026, 1, 13)),  # with the outage of one playlist
]


COLUMNS = (
    "Tracks",
    "Removed",
    "Added",
    "Replaced",
    "Turnover",
    "Popularity",
    "Followers",
    "Gained",
    "New",
    "Observed",
)


def address(after: date, to: date) -> str:
    return f"#from={after + timedelta(1)}&to={to}"


def changes_of(ask: Callable[[str], Rows], after: date, to: date) -> Rows:
    """Return playlist, kind, track, date before and date of the changes, a replacement being one."""
    return [
        (playlist, "replaced" if is_replacement else change, track, before, day)
        for playlist, change, track, before, day, is_replacement in ask(
            "select playlist_id, change, track_id, date_before, date, is_replacement from playlist_changes"
        )
        if after < day <= to and not (is_replacement and change == "removed")
    ]


def bounds(before: date, day: date) -> str:
    if day - before == timedelta(1):
        return f"{day.day} {day:%b}"
    return f"between {before.day}{'' if before.month == day.month else f' {before:%b}'} and {day.day} {day:%b}"


@pytest.mark.parametrize(("after", "to"), PERIODS)
def test_headline_counts_the_changes_of_the_period(page: Page, varied: Varied, after: date, to: date) -> None:
    html, ask = varied
    page.open(html, address(after, to))
    changes = changes_of(ask, after, to)
    added = [change for change in changes if change[1] in ("added", "returned")]
    removed = [change for change in changes if change[1] == "removed"]
    moved = {playlist for playlist, *_ in added + removed}
    since = "Since" if to == date(2026, 1, 30) else "After"
    until = "" if since == "Since" else f", up to {to.day} Jan"
    assert page.texts("h1") == [
        f"{since} {after.day} Jan{until}: +{len(added)} \N{MINUS SIGN}{len(removed)} in {len(moved)} of 14 playlists"
    ]
    replaced = len(changes) - len(added) - len(removed)
    assert [int(fact(page, key)) for key in ("added", "removed", "replaced")] == [len(added), len(removed), replaced]
    returned = sum(1 for change in changes if change[1] == "returned")
    assert page.texts(".facts .cover")[0] == (f"of these {returned} returned" if returned else "none of them returned")
    held = {
        track
        for track, first, absent in ask("select track_id, first_seen, first_absent from tracks_in_playlist")
        if first <= to and (absent is None or absent > to)
    }
    assert int(fact(page, "current")) == len(held)
    sql = page.run("document.querySelector('.headline .sql code').textContent")
    assert ask(sql) == [(len(added), returned, len(removed), replaced, len(moved), len(held))]


def test_feed_names_every_change_with_the_reads_between_which_it_happened(page: Page, varied: Varied) -> None:
    html, ask = varied
    names: dict[str, str] = dict(ask("select playlist_id, playlist_name from playlists"))
    titles: dict[str, str] = dict(ask("select track_id, track_name from track_info"))
    kinds = set()
    for after, to in PERIODS:
        page.open(html, address(after, to))
        page.run("while (document.querySelector('.feed button')) document.querySelector('.feed button').click()")
        groups = page.run(
            "Array.from(document.querySelectorAll('.group'), (group) => [group.querySelector('h3 bdi').innerText,"
            "group.querySelector('.whose .when')?.innerText ?? null,"
            "Array.from(group.querySelectorAll('.change'), (change) => [change.querySelector('.mark').ariaLabel,"
            "change.querySelector('.track bdi').innerText, change.querySelector(':scope > .when')?.innerText ?? ''])])"
        )
        changes = changes_of(ask, after, to)
        assert sorted(
            (playlist, kind, title, when or notes.split(" · ")[-1])
            for playlist, when, rows in groups
            for kind, title, notes in rows
        ) == sorted(
            (names[playlist], kind, titles[track], bounds(before, day))
            for playlist, kind, track, before, day in changes
        )
        sizes = [len(rows) for _, _, rows in groups]
        assert sizes == sorted(sizes, reverse=True)
        kinds |= {change[1] for change in changes}
        between = {
            f"between {before.day} and {day.day} Jan" for _, _, _, before, day in changes if (day - before).days > 1
        }
        assert all(text in page.run("document.querySelector('.feed').innerText") for text in between)
    assert kinds == {"added", "returned", "removed", "replaced"}


@pytest.mark.parametrize(("after", "to"), PERIODS)
def test_table_of_changes_is_what_its_sql_gives(page: Page, varied: Varied, after: date, to: date) -> None:
    html, ask = varied
    page.open(html, address(after, to))
    page.run("document.querySelector('.feed + details').open = true")
    page.wait_for("document.querySelector('.feed + details table')")
    rows = [tuple(value or None for value in row.values()) for row in saved(page, "Changes")]
    found = ask(sql_of(page, "Changes"))
    assert sorted(rows, key=repr) == sorted(
        ((*row[:4], *(day.isoformat() for day in row[4:6]), row[6]) for row in found), key=repr
    )
    assert len(rows) == len(changes_of(ask, after, to))


def playlist_numbers(ask: Callable[[str], Rows], after: date, to: date) -> dict[str, list[float | None]]:
    """Return the numbers of each playlist by its name, from its days, stays and changes."""
    days = ask("select playlist_id, date, outcome, size, followers from playlist_days")
    stays = ask("select playlist_id, track_id, first_seen, last_seen from tracks_in_playlist")
    raw_changes = ask("select playlist_id, date from playlist_changes")
    changes = changes_of(ask, after, to)
    values = {
        (track, day): value
        for track, day, value in ask("select track_id, date, popularity from track_daily_popularity")
    }
    released: dict[str, date] = dict(
        ask("select track_id, release_date from track_info where release_date_precision = 'day'")
    )
    numbers: dict[str, list[float | None]] = {}
    for playlist, name in ask("select playlist_id, playlist_name from playlists"):
        own = sorted(row[1:] for row in days if row[0] == playlist)
        usable = [day for day, outcome, _, _ in own if outcome in USABLE and day <= to]
        sizes = {day: size for day, _, size, _ in own}
        share, length = 0.0, 0
        for before, day in pairwise(usable):
            if day > after and sizes[day]:
                share += raw_changes.count((playlist, day)) / (2 * sizes[day])
                length += (day - before).days
        held = {track for one, track, first, last in stays if one == playlist and first <= usable[-1] <= last}
        popular = [values[track, usable[-1]] for track in held if values.get((track, usable[-1]))]
        ages = [(usable[-1] - released[track]).days for track in held if track in released]
        kinds = [kind for one, kind, *_ in changes if one == playlist]
        followers = [(day, value) for day, _, _, value in own if value is not None and day <= to]
        before_it = [value for day, value in followers if day <= after]
        is_compared = usable[-1] > after and len(usable) > 1
        numbers[name] = [
            sizes[usable[-1]],
            kinds.count("removed") if is_compared else None,
            kinds.count("added") + kinds.count("returned") if is_compared else None,
            kinds.count("replaced") if is_compared else None,
            share / length if length else None,
            sum(popular) / len(popular) if popular else None,
            followers[-1][1],
            followers[-1][1] - before_it[-1] if before_it and followers[-1][0] > after else None,
            sum(0 <= age < 28 for age in ages) / len(ages) if ages else None,
            sum(after < day for day in usable) / sum(after < day <= to for day, *_ in own),
        ]
    return numbers


@pytest.mark.parametrize(("after", "to"), PERIODS)
def test_table_of_playlists_matches_the_tables_and_its_sql(page: Page, varied: Varied, after: date, to: date) -> None:
    html, ask = varied
    page.open(html, address(after, to))
    rows = {
        row["Playlist"]: [float(row[column]) if row[column] else None for column in COLUMNS]
        for row in saved(page, "Playlists")
    }
    expected = playlist_numbers(ask, after, to)
    assert rows.keys() == expected.keys()
    by_sql = {name: [*numbers, observed / days] for name, *numbers, observed, days in ask(sql_of(page, "Playlists"))}
    for name, numbers in expected.items():
        for place, number in enumerate(numbers):
            rounding = 0.0501 if COLUMNS[place] == "Popularity" else 0.000051
            for shown in (rows[name][place], by_sql[name][place]):
                assert shown == (None if number is None else pytest.approx(number, abs=rounding))
    # a spreadsheet gets no digits that say nothing, and both numbers of days
    for row in saved(page, "Playlists"):
        assert max(len(row[column].partition(".")[2]) for column in COLUMNS) <= 4
        assert int(row["Days observed"]) / int(row["Days"]) == pytest.approx(float(row["Observed"]), abs=0.000051)
    assert len({row[8] for row in rows.values()}) > 3  # shares of new releases


def test_turnover_and_new_releases_are_those_of_the_functions(page: Page, varied: Varied) -> None:
    html, ask = varied
    page.open(html, address(date(2026, 1, 29), date(2026, 1, 30)))
    for row in saved(page, "Playlists"):
        name = row["Playlist"].replace("'", "''")
        [(turnover,)] = ask(f"select turnover from turnover('{name}', 1)")
        [(released,)] = ask(f"select share_released_28_days from curation('{name}')")
        assert float(row["Turnover"]) == pytest.approx(turnover, abs=0.00005)
        assert float(row["New"]) == pytest.approx(released, abs=0.00005)


def test_movers_are_the_largest_weekly_popularity_changes(page: Page, varied: Varied) -> None:
    html, ask = varied
    for to in (date(2026, 1, 30), date(2026, 1, 20)):
        page.open(html, f"#to={to}")
        weeks: dict[str, list[int]] = {}
        for track, popularity in ask(
            "select track_id, popularity from track_daily_popularity where popularity > 0 "
            f"and date between date '{to}' - 7 and date '{to}' order by date"
        ):
            weeks.setdefault(track, []).append(popularity)
        compared = [known[-1] - known[0] for known in weeks.values() if len(known) > 1]
        changes = sorted(change for change in compared if abs(change) > 2)
        [about] = [text for text in page.texts(".about") if "compared" in text and "noise" in text]
        assert f"{len(compared)} tracks compared, {len(changes)} moved by more than 2" in about
        assert ask(sql_beside(page, "Movers of the week")) == [(len(compared), len(changes))]
        for caption, largest in (("Biggest rises", changes[::-1]), ("Biggest falls", changes)):
            shown = rows_of(page, caption)
            assert [int(row[3].replace("\N{MINUS SIGN}", "-")) for row in shown] == largest[:8]
            rows, found = saved(page, caption), ask(sql_of(page, caption))
            assert [int(row["Change"]) for row in rows] == [change for change in largest if change * largest[0] > 0]
            assert sorted((row["Track"], *map(int, list(row.values())[1:])) for row in rows) == sorted(found)
        # each with a line through its values of the week
        lines = page.run("Array.from(document.querySelectorAll('.movers .spark'), (spark) => spark.ariaLabel)")
        assert len(lines) == 16
        shown_values = {tuple(int(value.split()[0]) for value in line.split(", ")) for line in lines}
        assert shown_values <= {tuple(known) for known in weeks.values()}


def test_line_of_a_mover_is_beside_its_change(page: Page, varied: Varied) -> None:
    html, _ = varied
    for window in (DESKTOP, PHONE):
        page.open(html, window=window)
        cells = page.run(
            "Array.from(document.querySelectorAll('.movers .spark'), (line) => line.closest('td').dataset.title)"
        )
        assert set(cells) == {"Change"}
    assert all(0 < int(row["Days"]) <= 7 for row in saved(page, "Biggest rises"))


def test_playlists_are_observed_on_the_first_day(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, ONE_DAY.replace(HOSTILE, "Read")))
    assert {row[0].split("\n")[0]: row[-1] for row in rows_of(page, "Playlists")} == {
        "Read": "1/1",
        "Never read": "0/1",
    }
    with duckdb.connect(str(tmp_path / "s.duckdb")) as connection:
        numbers = connection.execute(sql_of(page, "Playlists")).fetchall()
    assert [(observed, days) for *_, observed, days in numbers] == [(0, 1), (1, 1)]


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


@pytest.mark.parametrize(("after", "to"), PERIODS)
def test_table_of_artists_matches_the_tables_and_its_sql(page: Page, varied: Varied, after: date, to: date) -> None:
    html, ask = varied
    page.open(html, address(after, to))
    tracks_of: dict[str, set[str]] = {}
    for artist, track in ask("select artist_id, track_id from track_artists"):
        tracks_of.setdefault(artist, set()).add(track)
    open_stays = [
        (playlist, track)
        for playlist, track, first, absent in ask(
            "select playlist_id, track_id, first_seen, first_absent from tracks_in_playlist"
        )
        if first <= to and (absent is None or absent > to)
    ]
    values: dict[str, int] = dict(
        ask(f"select track_id, popularity from track_daily_popularity where date = date '{to}'")
    )
    changes = changes_of(ask, after, to)
    expected = []  # artists may have the same name
    for artist, name in ask("select artist_id, artist_name from artists"):
        held = {track for _, track in open_stays} & tracks_of[artist]
        kinds = [kind for _, kind, track, *_ in changes if track in tracks_of[artist]]
        known = [values[track] for track in held if values.get(track)]
        if held or kinds:
            playlists = {playlist for playlist, track in open_stays if track in held}
            added = sum(kind in ("added", "returned") for kind in kinds)
            exact = Decimal(sum(known)) / len(known) if known else Decimal(-1)
            mean = float(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))
            expected.append((name, len(held), len(playlists), added, kinds.count("removed"), mean))
    rows = [
        (name, *map(int, whole), float(mean or -1)) for name, *whole, mean in map(dict.values, saved(page, "Artists"))
    ]
    assert sorted(rows) == sorted(expected)
    by_sql = [(*row, -1 if mean is None else mean) for *row, mean in ask(sql_of(page, "Artists"))]
    assert sorted(by_sql) == sorted(expected)


def test_coverage_is_a_line_that_opens(page: Page, report_html: Path, ask: Callable[[str], Rows]) -> None:
    page.open(report_html, "#from=2026-01-29&to=2026-01-30")
    days = ask("select playlist_id, date, outcome from playlist_days")
    usable = [(playlist, day) for playlist, day, outcome in days if outcome in USABLE]
    playlists = {playlist for playlist, _, _ in days}
    counts = {
        playlist: (sum(one == playlist for one, _ in usable), sum(one == playlist for one, _, _ in days))
        for playlist in playlists
    }
    gaps = sum(known < of for known, of in counts.values())
    observed, all_days = len({day for _, day in usable}), len({day for _, day, _ in days})
    assert page.texts(".wall > summary") == [
        f"{observed} of {all_days} days observed; {gaps} playlist{'' if gaps == 1 else 's'} with gaps"
    ]
    assert ask(sql_beside(page, "Coverage")) == [(observed, all_days, gaps, 0)]
    page.run("document.querySelector('.wall > summary').click()")
    page.wait_for("document.querySelector('.wall .strip')")
    names: dict[str, str] = dict(ask("select playlist_id, playlist_name from playlists"))
    rows = ask(page.run("document.querySelector('.wall .sql code').textContent"))
    assert sorted((row[0], *row[2:4]) for row in rows) == sorted((names[one], *both) for one, both in counts.items())
    for playlist, (known, of) in counts.items():
        assert page.texts(f"[data-cover='{playlist}']") == [f"{known}/{of}"]
        about = page.run(f"document.querySelector('[data-cover=\"{playlist}\"]').title")
        assert about == "days observed, of those since its first request or import"


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_overview_does_not_overflow_with_everything_opened(
    page: Page, varied: Varied, tmp_path: Path, window: tuple[int, int]
) -> None:
    changed = f"""
        insert into playlist_days (playlist_id, date, outcome, size) values ('l1', '2026-01-03', 'complete', 1);
        insert into track_info (track_id, track_name, artists) values ('t2', $${HOSTILE}$$, $${HOSTILE}$$);
        insert into artists (artist_id, artist_name) values ('a1', $${HOSTILE}$$);
        insert into track_artists (track_id, artist_position, artist_id) values ('t2', 1, 'a1');
        insert into tracks_in_playlist by name
        select 'l1' as playlist_id, 't2' as track_id, 1 as stay_number, date '2026-01-03' as added_at,
            date '2026-01-03' as first_seen, date '2026-01-03' as last_seen, false as starts_before_watch;
        insert into track_daily_popularity (track_id, date, popularity)
        values ('t2', '2026-01-01', 10), ('t2', '2026-01-03', 50);
    """
    hostile = written(tmp_path, ONE_DAY + changed)
    for html, days in ((varied[0], "#from=2026-01-01&to=2026-01-30"), (hostile, "")):
        page.open(html, days, window=window)
        page.run("document.querySelectorAll('details').forEach((details) => (details.open = true))")
        page.wait_for("document.querySelector('.feed + details table') && document.querySelector('.wall .strip')")
        page.run("document.querySelectorAll('.feed button').forEach((button) => button.click())")
        assert page.complaints == []
        assert page.run("window.hacked") is None
        assert page.run("document.documentElement.scrollWidth") <= window[0]
    assert page.texts("h1") == ["Since 1 Jan: +1 \N{MINUS SIGN}0 in 1 of 2 playlists"]
    assert page.run("document.documentElement.scrollHeight") < 10_000


def test_period_without_a_choice_is_the_shortest_with_changes(page: Page, tmp_path: Path) -> None:
    html = written(tmp_path, TWO_DAYS_MISSED)
    page.open(html)
    assert page.texts("h1") == ["Since 16 Oct: +0 \N{MINUS SIGN}2 in 1 of 1 playlist"]
    page.open(html, "#to=2025-10-16")  # the read before was three days earlier
    assert page.texts("h1") == ["After 13 Oct, up to 16 Oct: +24 \N{MINUS SIGN}3 in 1 of 1 playlist"]
    assert page.texts(".whose .when") == ["between 13 and 16 Oct"]
    assert page.texts(".periods a[aria-current]") == ["3 days"]
    page.open(html, "#to=2025-10-15")  # not observed: the last read was on 13 October
    assert page.texts("h1") == ["After 12 Oct, up to 15 Oct: nothing added or removed"]
    still = "insert into playlist_days (playlist_id, date, outcome, size) values ('l1', october(18), 'complete', 26);"
    (tmp_path / "still").mkdir()
    page.open(written(tmp_path / "still", TWO_DAYS_MISSED + still))
    assert page.texts("h1") == ["Since 11 Oct: +25 \N{MINUS SIGN}5 in 1 of 1 playlist"]
    assert page.texts(".periods a[aria-current]") == ["7 days"]
    page.run("document.querySelector('.periods a').click()")
    page.wait_for("document.querySelector('h1').innerText === 'Since 17 Oct: nothing added or removed'")
    assert page.run("location.hash") == "#from=2025-10-18&to=2025-10-18"
    assert page.run("document.querySelector('.feed')") is None


def test_days_of_an_earlier_year_have_it(page: Page, tmp_path: Path) -> None:
    later = "insert into runs (run_id, kind, worker, date, exit_code) values ('r1', 'read', 1, '2026-01-02', 0);"
    html = written(tmp_path, TWO_DAYS_MISSED + later)
    page.open(html, "#from=2025-10-14&to=2025-10-16")
    assert page.texts("h1")[0].startswith("After 13 Oct 2025, up to 16 Oct 2025: ")
    assert page.texts(".whose .when") == ["between 13 and 16 Oct 2025"]
    assert page.texts(".facts .cover")[3] == "as last read up to 16 Oct 2025"
    page.open(html, "#from=2025-12-30&to=2026-01-01")
    assert page.texts("h1")[0] == "Nothing is known of these days"
    assert page.texts(".facts .cover")[3] == "as last read up to 17 Oct 2025"


def test_days_that_cannot_be_compared_have_no_numbers(page: Page, tmp_path: Path) -> None:
    html = written(tmp_path, TWO_DAYS_MISSED)
    for days, title in (
        ("#from=2025-10-14&to=2025-10-15", "Nothing is known of these days"),
        ("#to=2025-10-10", "1 playlist read once"),
    ):
        page.open(html, days)
        assert page.texts("h1") == [title]
        assert [fact(page, key) for key in ("added", "removed", "replaced")] == [NOTHING] * 3
        [row] = saved(page, "Playlists")
        assert (row["Added"], row["Removed"], row["Turnover"]) == ("", "", "")


def test_days_chosen_in_the_overview_are_those_of_the_other_views(page: Page, report_html: Path) -> None:
    for length in ("1 day", "7 days", "28 days"):
        page.open(report_html)
        page.run(f"[...document.querySelectorAll('.periods a')].find((a) => a.innerText === {length!r}).click()")
        page.wait_for("location.hash.includes('to=')")
        assert page.texts(".periods a[aria-current]") == [length]
        address = page.run("location.hash")
        page.run("document.querySelector('.data a').click()")
        page.wait_for("location.hash.startsWith('#playlist=')")
        assert page.run("location.hash").endswith(address[1:])
        [days] = page.run("[[...document.querySelectorAll('.periods input')].map((field) => field.value)]")
        assert date.fromisoformat(days[1]) - date.fromisoformat(days[0]) == timedelta(int(length.split()[0]) - 1)
        page.run("document.querySelector('.brand').click()")
        page.wait_for(f"location.hash === {address!r}")
        assert page.texts(".periods a[aria-current]") == [length]


def test_report_of_one_day_without_popularity_explains_what_is_missing(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, ONE_DAY))
    assert page.texts("h1") == ["1 playlist read once"]
    assert page.texts(".lead") == ["Changes need a second read: no playlist was read on two days yet."]
    assert [fact(page, key) for key in ("added", "removed", "current")] == [NOTHING, NOTHING, "1"]
    assert page.texts(".wall > summary") == ["1 of 1 day observed; no playlist with gaps; 1 never read"]
    assert any("Spotify has given no popularity" in text for text in page.texts(".empty"))
    assert rows_of(page, "Runs that did not read everything")[0][1] == "killed"
    assert rows_of(page, "Playlists")[1][0].split("\n") == ["Never read", "never read"]
    assert set(rows_of(page, "Playlists")[1][1:-1]) == {NOTHING}


def test_only_runs_that_did_not_read_everything_are_shown(
    page: Page, report_html: Path, ask: Callable[[str], Rows], tmp_path: Path
) -> None:
    page.open(report_html)
    caption = "Runs that did not read everything"
    runs = ask("select date, exit_code from runs where exit_code is null or exit_code <> 0 order by date desc")
    assert [(row["Day"], row["Result"]) for row in saved(page, caption)] == [
        (day.isoformat(), {3: "some not read"}[code]) for day, code in runs
    ]
    assert [(row[0], row[2]) for row in ask(sql_of(page, caption))] == runs
    page.open(written(tmp_path, TWO_DAYS_MISSED))
    assert caption not in page.texts("h2")
    # an import is no run that reads
    (tmp_path / "import").mkdir()
    imports = """insert into runs (run_id, kind, worker, date, exit_code)
        values ('r1', 'read', 1, october(12), 3), ('r2', 'import', 1, october(13), null);"""
    page.open(written(tmp_path / "import", TWO_DAYS_MISSED + imports))
    [row] = saved(page, caption)
    [asked] = queried(tmp_path / "import" / "s.duckdb", sql_of(page, caption))
    assert row["Day"] == asked["date"] == "2025-10-12"


def test_return_is_one_even_if_the_page_leaves_out_the_stay_before(
    page: Page, ask: Callable[[str], Rows], report_html: Path, tmp_path: Path
) -> None:
    config = Config(database=Path(shutil.copy(report_html.parent / "spotify.duckdb", tmp_path)))
    page.open(report(config, tmp_path / "report.html", Excerpt(days=3)).output, "#from=2026-01-30&to=2026-01-30")
    changes = changes_of(ask, date(2026, 1, 29), date(2026, 1, 30))
    returned = sum(change[1] == "returned" for change in changes)
    assert returned
    assert page.texts(".facts .cover")[0] == f"of these {returned} returned"
    assert any("This page shows the last 3 of 30 days" in text for text in page.texts(".notice"))


def test_feed_and_tables_of_a_large_report_are_cut(page: Page, large: Path) -> None:
    page.open(large)
    assert page.texts("h1")[0].endswith("of 300 playlists")
    assert page.run("document.querySelectorAll('.group').length") == 8
    assert page.run("document.querySelectorAll('.change').length") <= 8 * 12
    assert len(rows_of(page, "Playlists")) == 25
    page.run("document.querySelector('.feed > button').click()")
    assert page.run("document.querySelectorAll('.group').length") > 250


def test_imported_days_are_shown_apart(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, IMPORTED))
    assert [row[0].split("\n") for row in rows_of(page, "Playlists")] == [["Both"], ["Theirs", "imported"]]
    page.run("document.querySelector('.wall').open = true")
    page.wait_for("document.querySelector('.strip')")
    assert page.run("Array.from(document.querySelectorAll('.strip'), (s) => s.querySelectorAll('.day.i').length)") == [
        1,
        1,
    ]
    assert "imported: read by others" in page.texts(".legend li")
    page.run("location.hash = '#playlist=l1'")
    page.wait_for("document.querySelector('.lead')")
    assert page.texts(".lead")[0].startswith("Observed on 2 of 3 days since 1 Jan 2026, 1 of them imported.")
    [(rows, sql)] = [found for caption, found in tables(page).items() if "by day" in caption]
    assert [row["Outcome"] for row in rows] == ["complete", "partial", "imported"]
    assert [row["outcome"] for row in queried(tmp_path / "s.duckdb", sql)] == ["complete", "partial", "imported"]
