"""Addresses with a last day: what is shown is what was known at the end of that day."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.outputs.report.report import Excerpt, report
from tests.pipeline.browser import Page
from tests.report.pages import (
    NOTHING,
    as_saved,
    check_sql,
    fact,
    queried,
    rows_of,
    said,
    saved,
    saved_rows,
    sql_of,
    tables,
    written,
)
from tests.report.worlds import insertion

pytestmark = pytest.mark.slow

FIRST = date(2026, 1, 1)
LAST = 20  # days of the world
HIDDEN = "?"  # before a track that is behind an entry which Spotify can't show

# What each playlist held on its days from 1 January on, as letters of tracks; None is a day without a read.
HELD: dict[str, list[str | None]] = {
    "l1": ["abc", "abc", "abm", "abm", "ab?m", "ab?m", "abme", None, None, "abme", "ame", "ame", "am", "ame", "amef",
           "amef", "acmef", "acme", "acme", "acmg"],
    "l2": ["xy", "xym", "xym", "xym", "xye", "xye", "xe", "xec", "xe?c", "xe?c", "xec", "xec", "xecf", "xcf", "xcf",
           "xcf", "xfg", "xfg", "xfg", "xfg"],
    "l3": [*[None] * 15, "ab", "ab", "ac", "ac", "ac"],
    "l4": ["ab", "abc", "abc", *[None] * 17],
    "l5": [None, "uv", "uv", "uw", "uw", "uw", "uw", "w", "w", "w", "w", "w", *[None] * 8],
}  # fmt: skip
CHARTS = {"l4"}  # whose calendar ends with its last read
WATCHED_UNTIL = {"l5": 12}  # the calendar of one that is no longer watched ends, too
NAMED_ON = {1: "Once", 8: "Twice", 15: "Three times"}


@dataclass
class Stay:
    """Days of a track in a playlist: seen, and the first one on which it is absent."""

    seen: list[int] = field(default_factory=list)
    absent: int | None = None


def day(number: int) -> date:
    """Return a day of the world, the first of which is 1."""
    return FIRST + timedelta(number - 1)


def reads(playlist: str, last: int) -> list[tuple[int, str]]:
    """Return the days of reads up to a day with what was held."""
    return [(at, held) for at, held in enumerate(HELD[playlist][:last], 1) if held is not None]


def entries(held: str) -> list[tuple[str, bool]]:
    """Return the tracks with whether each is hidden."""
    return [(letter, held[at - 1 : at] == HIDDEN) for at, letter in enumerate(held) if letter != HIDDEN]


def stays(playlist: str, last: int) -> Iterator[tuple[str, int, Stay]]:
    """Return track, number and stay of all stays that are known at the end of a day."""
    known: dict[str, list[Stay]] = {}
    for at, held in reads(playlist, last):
        there = dict(entries(held))
        for track, those in known.items():
            if those[-1].absent is None and track not in there:
                those[-1].absent = at
        for track, is_hidden in there.items():
            mine = known.setdefault(track, [])
            if not mine or mine[-1].absent is not None:
                mine.append(Stay())
            if not is_hidden:
                mine[-1].seen.append(at)
    for track, those in known.items():
        for number, stay in enumerate(those, 1):
            yield track, number, stay


def popularity(track: str, at: int) -> int:
    return 20 + ord(track) % 40 + at % 3


def rows_until(last: int) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the published tables as they are at the end of a day."""
    found: dict[str, list[dict[str, Any]]] = {
        name: []
        for name in (
            "playlists",
            "playlist_days",
            "tracks_in_playlist",
            "tracklists",
            "track_daily_popularity",
            "runs",
            "playlist_history",
        )
    }
    for playlist in HELD:
        known = reads(playlist, last)
        until = WATCHED_UNTIL.get(playlist, LAST)
        found["playlists"].append(
            {"playlist_id": playlist, "playlist_name": f"List {playlist}", "is_watched": last <= until}
        )
        end = known[-1][0] if playlist in CHARTS else min(last, until)
        for at in range(known[0][0], end + 1) if known else ():
            held = HELD[playlist][at - 1]
            tracks = [track for track, is_hidden in entries(held or "") if not is_hidden]
            outcome = "failed" if held is None else "complete"
            size = None if held is None else len(tracks)
            added = removed = None
            if held is not None and at > known[0][0]:
                mine = [stay for _, _, stay in stays(playlist, at)]
                added, removed = sum(s.seen[0] == at for s in mine), sum(s.absent == at for s in mine)
            before = max((one for one, _ in known if one < at), default=None)
            found["playlist_days"].append(
                {"playlist_id": playlist, "date": day(at), "outcome": outcome, "size": size, "entries": size,
                 "added": added, "removed": removed,
                 "days_since_usable": at - before if before and held is not None else None}
            )  # fmt: skip
        for place, (at, held) in enumerate(known):
            until = known[place + 1][0] - 1 if place + 1 < len(known) else at
            for position, (track, is_hidden) in enumerate(entries(held), 1):
                kind = {"kind": "unavailable"} if is_hidden else {"kind": "track", "track_id": track}
                bounds = {"first_day": day(at), "last_day": day(until), "position": position}
                found["tracklists"].append({"playlist_id": playlist, **bounds, **kind})
        for track, number, stay in stays(playlist, last):
            end_position = [one for one, _ in entries(HELD[playlist][stay.seen[-1] - 1] or "")].index(track) + 1
            found["tracks_in_playlist"].append(
                {"playlist_id": playlist, "track_id": track, "stay_number": number, "added_at": day(stay.seen[0]),
                 "first_seen": day(stay.seen[0]), "last_seen": day(stay.seen[-1]),
                 "first_absent": day(stay.absent) if stay.absent else None, "added_at_source": "observed",
                 "starts_before_watch": stay.seen[0] == known[0][0], "is_current": stay.absent is None,
                 "is_ended": stay.absent is not None, "days_seen": len(stay.seen), "last_position": end_position}
            )  # fmt: skip
    found["playlist_history"] = [
        {"playlist_id": "l1", "playlist_name": name, "description": "", "valid_from": day(at)}
        for at, name in NAMED_ON.items()
        if at <= last
    ]
    names = "abcmefgxyuvw"
    for at in range(1, last + 1):
        for track in names:
            row = {"track_id": track, "date": day(at), "popularity": popularity(track, at)}
            found["track_daily_popularity"].append(row)
        for worker in range(20 if at > 13 else at in (4, 9)):
            found["runs"].append(
                {"run_id": f"r{at}-{worker}", "kind": "read", "worker": worker, "date": day(at), "exit_code": 3}
            )
    found["track_info"] = [{"track_id": track, "track_name": f"Track {track}", "artists": "A"} for track in names]
    found["artists"] = [{"artist_id": "a1", "artist_name": "A"}]
    found["track_artists"] = [
        {"track_id": track, "artist_id": "a1", "artist_name": "A", "artist_position": 1} for track in names
    ]
    return found


def published(folder: Path, last: int) -> Path:
    """Write the report of what is known at the end of a day."""
    folder.mkdir()
    rows = [insertion(name, **row) for name, some in rows_until(last).items() for row in some]
    return written(folder, "\n".join(rows))


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("known") / "newest", LAST)


# What can be read of a view, without its title, the links to other days, and with the labels of its charts.
READ = """(async () => {
    document.querySelectorAll('details:not(.sql)').forEach((details) => (details.open = true));
    await new Promise((done) => setTimeout(done, 150));
    document.querySelectorAll('main nav, main h1').forEach((node) => node.remove());
    return Array.from(document.querySelectorAll('main > *'), (part) =>
        part.innerText + Array.from(part.querySelectorAll('svg[aria-label]'), (one) => one.ariaLabel).join(' / '));
})()"""
VIEWS = [
    "#overview",
    *[f"#playlist={playlist}" for playlist in ("l1", "l2", "l4", "l5")],
    *[f"#track={track}" for track in "amexu"],
    "#artist=a1",
    "#compare=l1,l2",
]


@pytest.mark.parametrize("last", [6, 9, 13])
def test_fixed_last_day_shows_the_same_after_later_reads(page: Page, newest: Path, tmp_path: Path, last: int) -> None:
    then = published(tmp_path / "then", last)
    for view in VIEWS:
        address = f"{view}&from={day(1)}&to={day(last)}"
        parts: list[list[str]] = []
        for html in (then, newest):
            page.open(html, address)
            parts.append(page.run(READ))
        assert len(parts[0]) > 2
        for one, other in zip(*parts, strict=True):
            # of a playlist that is read later
            assert one == other.replace("not read by then", "never read").replace("not read yet", "never read"), view
    page.open(newest, f"#playlist=l3&to={day(last)}")
    assert page.texts(".lead") == [f"Not read up to {said(day(last))}."]
    assert page.complaints == []


@pytest.mark.parametrize("last", [6, 9, 13])
def test_queries_beside_a_fixed_last_day_give_its_rows(page: Page, newest: Path, last: int) -> None:
    days = f"&from={day(2)}&to={day(last)}"
    with duckdb.connect(str(newest.with_name("s.duckdb")), read_only=True) as connection:
        for view in ("#overview", "#playlist=l1", "#playlist=l2", "#artist=a1"):
            page.open(newest, view + days)
            for caption, (rows, sql) in tables(page).items():
                if caption.startswith("Runs"):
                    assert len(rows) == len(connection.execute(sql).fetchall())
                elif view.startswith("#playlist") or caption == "Stays":
                    asked = [[as_saved(value) for value in row] for row in connection.execute(sql).fetchall()]
                    assert sorted(list(row.values()) for row in rows) == sorted(asked), caption
    for track in "amex":
        page.open(newest, f"#track={track}{days}")
        check_sql(page, "Playlists now and before", newest.with_name("s.duckdb"))
        check_sql(page, "Popularity around each stay", newest.with_name("s.duckdb"))


def test_numbers_of_a_week_without_a_read_are_not_known_by_sql_either(page: Page, newest: Path) -> None:
    with duckdb.connect(str(newest.with_name("s.duckdb")), read_only=True) as connection:
        for playlist, last in (("l5", LAST), ("l5", 13), ("l3", LAST), ("l4", 4), ("l4", LAST)):
            page.open(newest, f"#playlist={playlist}&to={day(last)}")
            sql = page.run("document.querySelector('.headline .sql code').textContent")
            [(tracks, added, removed, _, stayed, *_)] = connection.execute(sql).fetchall()
            shown = [fact(page, key) for key in ("current", "entered", "left", "stays")]
            assert [shown[0], shown[3]] == [str(tracks), str(stayed)]
            assert [text == NOTHING for text in shown[1:3]] == [added is None, removed is None]
            was_read = [at for at, _ in reads(playlist, last) if at > last - 7]
            assert (added is None) == (not was_read or len(reads(playlist, last)) < 2), (playlist, last)


def test_queries_of_an_excerpt_know_no_more_than_it_does(page: Page, newest: Path, tmp_path: Path) -> None:
    database = Path(shutil.copy(newest.with_name("s.duckdb"), tmp_path))
    part = report(Config(database=database), tmp_path / "part.html", Excerpt(days=8)).output
    page.open(part)
    rows = {row["Playlist"]: row for row in saved_rows(page, "Playlists")}
    asked = {row["playlist_name"]: row for row in queried(database, sql_of(page, "Playlists"))}
    for title in ("Tracks", "Popularity", "New", "Days observed"):
        key = {"New": "released", "Days observed": "observed"}.get(title, title.lower())
        assert {name: row[title] for name, row in rows.items()} == {name: row[key] for name, row in asked.items()}
    assert [rows[f"List {playlist}"]["Tracks"] for playlist in ("l3", "l4", "l5")] == [2, None, None]
    for track in "acmegx":
        page.open(part, f"#track={track}")
        check_sql(page, "Popularity around each stay", database)
    page.open(part, "#playlist=l5")
    sql = page.run("document.querySelector('.headline .sql code').textContent")
    assert queried(database, sql)[0]["tracks"] is None
    assert fact(page, "current") == NOTHING


def test_days_seen_and_last_seen_leave_out_days_on_which_a_track_may_be_hidden(page: Page, newest: Path) -> None:
    for track, playlist, last in (("b", "l1", 5), ("b", "l1", 6), ("c", "l2", 9), ("c", "l2", 10), ("c", "l2", 12)):
        page.open(newest, f"#artist=a1&to={day(last)}")
        [(seen, absent)] = [(stay.seen, stay.absent) for one, _, stay in stays(playlist, last) if one == track]
        [row] = [
            row
            for row in saved(page, "Stays")
            if (row["Track"], row["Playlist"]) == (f"Track {track}", f"List {playlist}")
        ]
        expected = (str(day(seen[-1])), str(len(seen)), str(day(absent)) if absent else "")
        assert (row["Last seen"], row["Days seen"], row["Removed"]) == expected


def test_a_hidden_track_is_not_said_to_be_still_there(page: Page, newest: Path) -> None:
    page.open(newest, f"#track=m&to={day(6)}")
    rows = {row[0]: row[3] for row in rows_of(page, "Playlists now and before")}
    assert rows["List l1"] == "not known since 4 Jan"


def test_a_hidden_track_does_not_count_on_the_days_on_which_it_is_hidden(page: Page, newest: Path) -> None:
    for last in (4, 5, 6, 9, 10, 11):
        page.open(newest, f"#to={day(last)}")
        rows = {row["Playlist"]: row for row in saved_rows(page, "Playlists")}
        asked = queried(newest.with_name("s.duckdb"), sql_of(page, "Playlists"))
        by_sql = {row["playlist_name"]: row["popularity"] for row in asked}
        held_on: dict[str, list[str]] = {}
        for playlist in HELD:
            known = reads(playlist, last)
            if not known:
                continue
            at, held = known[-1]
            held_on[playlist] = [track for track, is_hidden in entries(held) if not is_hidden]
            values = [popularity(track, at) for track in held_on[playlist]]
            assert rows[f"List {playlist}"]["Tracks"] == len(values)
            expected = pytest.approx(sum(values) / len(values), abs=0.051)
            assert rows[f"List {playlist}"]["Popularity"] == by_sql[f"List {playlist}"] == expected
        page.open(newest, f"#playlist=l1&as_of={day(last)}")
        [(caption, (tracklist, _))] = [one for one in tables(page).items() if one[0].startswith("Tracklist")]
        for row in tracklist:
            if row["Track ID"]:
                others = [one for one, tracks in held_on.items() if one != "l1" and row["Track ID"] in tracks]
                assert row["Other playlists"] == str(len(others)), caption
