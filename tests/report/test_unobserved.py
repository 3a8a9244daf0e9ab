"""What was not observed is not told as if it had been: small worlds with days without a read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.browser import Page
from tests.report.pages import Cells, fact, queried, rows_of, saved_rows, sql_of, tip, written
from tests.report.worlds import day_of, small

pytestmark = pytest.mark.slow


def by_name(rows: list[Cells], *titles: str) -> dict[str, tuple[float | None, ...]]:
    """Return some columns by the first one."""
    return {next(iter(row.values())): tuple(row[title] for title in titles) for row in rows}


def both(page: Page, caption: str, titles: tuple[str, str]) -> dict[str, tuple[float | None, ...]]:
    """Return two columns of a table by its first one, after a comparison with its query."""
    database = Path(page.run("decodeURIComponent(new URL(location).pathname)")).with_name("s.duckdb")
    rows = by_name(saved_rows(page, caption), *titles)
    assert rows == by_name(queried(database, sql_of(page, caption)), *(title.lower() for title in titles))
    return rows


def test_changes_of_artists_are_known_where_one_of_their_playlists_was_compared(page: Page, tmp_path: Path) -> None:
    held = {"p1": {1: "AB", 3: "AC", 5: "ACE"}, "p2": {1: "AD", 2: "D"}, "p3": {5: "F"}}
    html = written(tmp_path, small(held, last=5))
    columns = ("Added", "Removed")
    known: dict[str, dict[str, tuple[int | None, ...]]] = {
        "#from=2026-01-01&to=2026-01-01": {"A": (None, None), "B": (None, None), "D": (None, None)},
        "#from=2026-01-03&to=2026-01-03": {"A": (0, 0), "B": (0, 1), "C": (1, 0), "D": (None, None)},
        "#from=2026-01-02&to=2026-01-02": {"A": (0, 1), "B": (None, None), "D": (0, 0)},
        "#from=2026-01-05&to=2026-01-05": {
            "A": (0, 0), "C": (0, 0), "D": (None, None), "E": (1, 0), "F": (None, None)
        },
    }  # fmt: skip
    for days, expected in known.items():
        page.open(html, days)
        names = {f"Artist {letter}": numbers for letter, numbers in expected.items()}
        assert both(page, "Artists", columns) == names, days


def test_followers_are_gained_only_in_days_that_tell_their_number(page: Page, tmp_path: Path) -> None:
    held = {"p1": {1: "A", 2: "A", 5: "A"}, "p2": {1: "A", 5: "A"}}
    followers = {"p1": {1: 100, 2: 90, 5: 95}, "p2": {5: 7}}
    html = written(tmp_path, small(held, last=5, followers=followers))
    for first, last, expected in (
        (3, 4, {"p1": (90, None), "p2": (None, None)}),
        (3, 5, {"p1": (95, 5), "p2": (7, None)}),
        (2, 3, {"p1": (90, -10), "p2": (None, None)}),
    ):
        page.open(html, f"#from=2026-01-0{first}&to=2026-01-0{last}")
        assert both(page, "Playlists", ("Followers", "Gained")) == expected, (first, last)


def test_most_changes_of_a_day_are_unknown_if_some_are_of_one_of_several_days(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, small({"p1": {1: "ABC", 2: "AB", 5: "ABDEFG", 6: "ABDEFGH"}}, last=6)))
    for days, expected in (
        ("", ["added", "removed, at most 1 a day"]),
        ("&to=2026-01-02", ["added", "removed, at most 1 a day"]),
        ("&from=2026-01-06", ["added, at most 1 a day", "removed"]),
    ):
        page.run(f"location.hash = '#playlist=p1{days}'")
        legend = "[...document.querySelectorAll('.timeline .legend li')].map((one) => one.innerText)"
        page.wait_for(f"String({legend}) === {','.join(expected)!r}")


# p2 went private after the 3rd, p3 is no longer watched since then.
GONE = small({"p1": {1: "A", 5: "A"}, "p2": {1: "A", 3: "A"}, "p3": {1: "A", 3: "A"}}, last=5, until={"p3": 3})


def ends(page: Page, caption: str) -> dict[str, str]:
    """Return what a table says of the end of each playlist's stay."""
    titles = page.run(
        f"[...document.querySelectorAll('table')].find((one) => one.caption.innerText === {caption!r})"
        ".tHead.innerText.toLowerCase().split(/\\s*\\t\\s*/)"
    )
    places = [[title.strip() for title in titles].index(title) for title in ("playlist", "removed")]
    return {row[places[0]].split("\n")[0]: row[places[1]] for row in rows_of(page, caption)}


def test_a_track_is_not_said_to_be_still_in_a_playlist_that_was_not_read_since(page: Page, tmp_path: Path) -> None:
    html = written(tmp_path, GONE)
    for day, expected, about in (
        (5, {"p1": "still there", "p2": "not known since 3 Jan", "p3": "not known since 3 Jan"},
         "as last read, 2 of them not known since 3 Jan"),
        (4, dict.fromkeys(("p2", "p3"), "not known since 3 Jan") | {"p1": "not known since 1 Jan"},
         "as last read, 3 of them not known since 3 Jan"),
        (3, {"p1": "not known since 1 Jan", "p2": "still there", "p3": "still there"},
         "as last read, 1 of them not known since 1 Jan"),
        (1, dict.fromkeys(("p1", "p2", "p3"), "still there"), "as last read"),
    ):  # fmt: skip
        page.open(html, f"#track=A&to={day_of(day)}")
        assert ends(page, "Playlists now and before") == expected
        assert (fact(page, "now"), page.texts(".facts .cover")[0]) == ("3", about)
        page.open(html, f"#artist=by-A&to={day_of(day)}")
        assert ends(page, "Stays") == expected


def test_charts_do_not_tell_days_after_the_last_read(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, GONE), "#playlist=p3")
    page.wait_for("document.querySelector('.bars')")
    told = [tip(page, ".bars", day, 5)[2:] for day in (2, 4)]
    assert told == [
        ["there", "since 1 Jan 2026 or earlier, not known since 3 Jan 2026", "3 days or more"],
        ["not observed"],
    ]
    assert tip(page, ".churn", 4, 5)[1:] == ["not observed"]
    page.run("location.hash = '#artist=by-A'")
    page.wait_for("document.querySelector('.plot .lines')")
    assert tip(page, ".plot .lines", 4, 5)[-1] == "1 of 3 playlists observed, the others as last read"
    page.run("location.hash = '#playlist=p1'")
    page.wait_for("document.querySelector('h1').innerText === 'p1' && document.querySelector('.bars')")
    assert tip(page, ".bars", 4, 5)[3] == "since 1 Jan 2026 or earlier"


def test_days_before_the_first_read_are_not_watched_yet(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, small({"p1": {1: "A"}, "p2": {3: "A"}}, last=3)), "#playlist=p2")
    page.wait_for("document.querySelector('.bars')")
    assert tip(page, ".bars", 1, 3)[2:] == ["not watched yet"]


def test_changes_perhaps_before_the_period_are_named(page: Page, tmp_path: Path) -> None:
    held = {f"p{number}": {1: "A", 3: "AB", 6: "AB" + "CDEFG"[:number]} for number in range(1, 6)}
    page.open(written(tmp_path, small(held | {"p6": {1: "A", 5: "AB", 6: "A"}}, last=6)))
    assert page.texts("h1") == ["Since 5 Jan: +15 \N{MINUS SIGN}1 in 6 of 6 playlists"]
    compared = (
        "Compared: 6 of 6 playlists, each with its last read before. What it held in its first read is no change."
    )
    since = ", ".join(f"p{number} (since 3 Jan)" for number in (5, 4, 3))
    assert page.texts(".lead") == [f"{compared} Perhaps before 5 Jan: changes of {since}, and 2 more."]
    links = page.run("Array.from(document.querySelectorAll('.lead a'), (link) => link.getAttribute('href'))")
    assert [link.split("&")[0] for link in links] == [f"#playlist=p{number}" for number in (5, 4, 3)]
    page.open(tmp_path / "report.html", "#from=2026-01-02&to=2026-01-06")
    assert page.texts(".lead") == [compared]


def test_report_without_a_read_says_what_to_do(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, small({"p1": {}}, last=1)))
    assert page.texts("h1") == ["No playlist was read yet"]
    assert page.texts(".lead") == [
        "Open a playlist below: it says why it was not read, and what to do. So does ./run.sh status."
    ]
    assert page.texts(".state p")[0].startswith("Published ")
    assert "No playlist was read yet, so there are no tracks to compare." in page.texts(".empty")
    assert "11 February" not in page.run("document.body.innerText")
    (tmp_path / "none").mkdir()
    page.open(written(tmp_path / "none", small({}, last=1)))
    assert page.texts(".lead") == ["None is watched: name playlists in seeds/playlists.csv, then run ./run.sh."]


def test_days_of_changes_are_those_of_the_reads(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, small({"p1": {1: "AC", 3: "A", 12: "AB"}}, last=12)), "#playlist=p1")
    assert page.texts(".facts dt")[1:3] == ["Added", "Removed"]
    assert page.texts(".facts .cover")[1:3] == ["between 3 and 12 Jan"] * 2
    [row] = rows_of(page, "Past tracks on 12 Jan 2026")
    assert row[-1] == "between 1 and 3 Jan"
    assert "Gone" in page.run("[...document.querySelectorAll('th')].map((one) => one.innerText.trim())")


def test_a_track_that_was_away_has_not_moved(page: Page, tmp_path: Path) -> None:
    html = written(tmp_path, small({"p1": {1: "ABC", 3: "AD", 5: "AED", 8: "AEBD", 10: "EABFDC"}}, last=10))
    page.open(html, "#playlist=p1")
    caption = "Tracklist of 10 Jan 2026"
    moved = {row[0].split("\n")[0]: row[2] for row in rows_of(page, caption)}
    assert moved == {
        "Track E": "new",
        "Track A": "\N{MINUS SIGN}1",
        "Track B": "returned",
        "Track F": "new",
        "Track D": "\N{MINUS SIGN}3",
        "Track C": "returned",
    }
    rows = by_name(saved_rows(page, caption), "Moved up", "Days since")
    assert rows == by_name(queried(html.with_name("s.duckdb"), sql_of(page, caption)), "moved_up", "days_since")
    assert (rows["Track B"], rows["Track D"]) == ((None, 3), (-3, 8))
