"""Reports of some playlists and of the last days."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from extractor.cli.commands import main
from extractor.config.settings import Config
from extractor.outputs.report.report import Excerpt, report
from tests.pipeline.browser import Page
from tests.report.pages import (
    NOTHING,
    PHONE,
    TWO_DAYS_MISSED,
    Rows,
    as_saved,
    check_facts,
    fact,
    queried,
    saved,
    sql_of,
    tables,
    written,
)

pytestmark = pytest.mark.slow

# The playlists Gap (l1) and two called Twin; t6 is also in the first Twin, t99 only there.
TWINS = """
insert into playlists
    (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
select l, 'Twin', null, 'user', true, october(10), october(17) from (values ('l2'), ('l3')) u(l);
insert into playlist_days (playlist_id, date, outcome) select 'l2', october(d), 'complete' from range(10, 18) t(d);
insert into track_info (track_id, track_name, artists) values ('t99', 'Elsewhere', 'No One');
insert into track_daily_popularity (track_id, date, popularity) select 't99', october(d), 40 from range(10, 18) t(d);
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
)
select 'l2', t, 1, october(10), october(17), october(10), null, 'claimed', true, true, 8
from (values ('t6'), ('t99')) u(t);
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration with a published file of three playlists."""
    written(tmp_path, TWO_DAYS_MISSED + TWINS).unlink()
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump({"database": "s.duckdb", "warehouse": "w.duckdb"}))
    return file


def test_report_goes_into_a_folder(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "there").mkdir()
    for output, file in (
        ("there", "there/report.html"),
        ("new/deep/", "new/deep/report.html"),
        ("new/other.html", "new/other.html"),
    ):
        assert main(["report", "--config", str(config), "--output", f"{tmp_path}/{output}"]) == 0
        assert (tmp_path / file).read_text("utf-8").startswith("<!doctype html>")
        assert f"wrote {tmp_path / file}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--playlist", "Nowhere"], "Nowhere"),
        (["--playlist", "Gap", "--playlist", "Twin"], "Twin"),
        (["--days", "0"], "must be a number of days from 1 to 36500"),
        (["--days", "soon"], "must be a number of days from 1 to 36500"),
        (["--days", "99999999999"], "must be a number of days from 1 to 36500"),
        (["--output", ""], "must be a path"),
    ],
)
def test_wrong_excerpts_exit_2_and_write_nothing(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    page = tmp_path / "page.html"
    page.write_text("as it was")
    try:
        code: int | str | None = main(["report", "--config", str(config), "--output", str(page), *options])
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2
    assert message in capsys.readouterr().err
    assert page.read_text() == "as it was"


@pytest.mark.parametrize("named", ["l1", "Gap"])
def test_report_of_one_playlist_has_its_tracks_only_and_says_so(page: Page, config: Path, named: str) -> None:
    whole = report(Config(database=config.with_name("s.duckdb")), config.with_name("all.html"))
    part = report(Config(database=config.with_name("s.duckdb")), config.with_name("page.html"), Excerpt((named,)))
    assert (whole.playlists, whole.tracks, part.playlists, part.tracks) == (3, 32, 1, 31)
    page.open(part.output, "#track=t6", window=PHONE)
    assert page.texts(".state p")[1] == "Excerpt: 1 of 3 playlists"
    assert fact(page, "now") == "1"
    assert page.texts(".facts .cover")[0] == "as last read; others are not in this page"
    page.open(part.output, "#track=t99")
    assert page.texts("h1") == ["Not in this page"]
    assert page.texts(".lead") == ["No track with the id t99 is in it. It is an excerpt: 1 of 3 playlists."]
    assert "Elsewhere" not in page.run("document.documentElement.textContent")
    page.open(whole.output, "#track=t6")
    assert len(page.texts(".state p")) == 1
    assert page.texts(".facts .cover")[0] == "as last read"
    assert page.complaints == []


def test_report_of_the_last_days_says_so(page: Page, config: Path) -> None:
    part = report(Config(database=config.with_name("s.duckdb")), config.with_name("p.html"), Excerpt(("Gap",), 3))
    assert (part.days, part.days_left_out) == (3, 5)
    page.open(part.output, "#track=t6")
    assert page.texts(".state p")[1] == "Excerpt: 1 of 3 playlists, the last 3 of 8 days"
    assert page.run("document.querySelector('input[type=date]').value") == "2025-10-15"
    page.open(part.output, "#track=t6&from=2025-10-12")
    assert page.texts(".notice[role=alert] p")[0].startswith(
        "This page has no 12 Oct 2025, but 15\N{EN DASH}17 Oct 2025"
    )
    more = report(Config(database=config.with_name("s.duckdb")), config.with_name("p.html"), Excerpt((), 30))
    assert (more.days, more.days_left_out) == (8, 0)


def test_queries_of_an_excerpt_are_of_its_playlists(
    page: Page, varied: tuple[Path, Callable[[str], Rows]], tmp_path: Path
) -> None:
    html, ask = varied
    config = Config(database=Path(shutil.copy(html.parent / "s.duckdb", tmp_path)))
    part = report(config, tmp_path / "page.html", Excerpt(("Gravel & Honey", "Kitchen Lamps"), 10)).output
    ids: dict[str, str] = dict(ask("select playlist_name, playlist_id from playlists"))
    playlists = {name: ids[name] for name in ("Gravel & Honey", "Kitchen Lamps")}
    among = f"playlist_id in {tuple(playlists.values())}"
    page.open(part, "#from=2026-01-24&to=2026-01-30")
    shown = [int(fact(page, key)) for key in ("added", "removed", "replaced", "current")]
    [(added, _, removed, replaced, _, tracks)] = ask(
        page.run("document.querySelector('.headline .sql code').textContent")
    )
    assert [added, removed, replaced, tracks] == shown
    [(moved,)] = ask(f"select count(*) from changes_since('2026-01-23') where change <> 'replaced' and {among}")
    assert shown[0] + shown[1] == moved
    [(track,)] = ask(f"select any_value(track_id) from changes_since('2026-01-27') where change = 'added' and {among}")
    # also in a playlist that the page leaves out
    [(shared,)] = ask(
        f"select min(track_id) from tracks_in_playlist where is_current and {among} and track_id in "
        f"(select track_id from tracks_in_playlist where is_current and not {among})"
    )
    # whose recording has ids that the page has and ids that it leaves out
    [(recording,)] = ask(
        "select min(track_id) from track_info inner join (select isrc from track_info left join tracks_in_playlist "
        f"using (track_id) group by isrc having count(distinct track_id) filter (where is_current and {among}) > 0 and "
        "count(distinct track_id) > 1) using (isrc) inner join tracks_in_playlist using (track_id) "
        f"where is_current and {among}"
    )
    [(artist,)] = ask(
        "select artist_id from track_artists inner join tracks_in_playlist using (track_id) group by artist_id "
        f"having count(*) filter (where is_current and {among}) > 1 order by count(*) desc limit 1"
    )
    views = ["from=2026-01-24&to=2026-01-30", f"track={track}", f"track={shared}", f"track={recording}"]
    views += [f"artist={artist}", f"playlist={playlists['Gravel & Honey']}"]
    captions = set()
    for view in views:
        page.open(part, f"#{view}")
        for caption, (rows, sql) in tables(page).items():
            firsts = [next(iter(row.values())) for row in rows]
            assert sorted(firsts) == sorted(as_saved(row[0]) for row in ask(sql)), (view, caption)
            captions.add(caption.split(" of ")[0])
        facts = page.texts(".facts .value")
        if view.startswith(("track", "artist")):
            [numbers] = ask(page.run("document.querySelector('.headline .sql code').textContent"))
            assert facts == [NOTHING if number is None else str(number) for number in numbers]
    assert {"Changes", "Playlists", "Biggest rises", "Biggest falls", "Artists", "Tracks", "Stays"} <= captions
    assert {"Playlists now and before", "The same recording under other ids"} <= captions


@pytest.mark.parametrize(("days", "periods"), [(1, []), (7, [1, 7]), (28, [1, 7, 28])])
def test_overview_of_the_last_days_shows_their_changes(
    page: Page, varied: tuple[Path, Callable[[str], Rows]], tmp_path: Path, days: int, periods: list[int]
) -> None:
    html, ask = varied
    config = Config(database=Path(shutil.copy(html.parent / "s.duckdb", tmp_path)))
    part = report(config, tmp_path / "page.html", Excerpt(days=days)).output
    page.open(part)
    assert page.texts(".periods a") == [f"{length} day{'s' * (length != 1)}" for length in periods]
    assert f"the last {days} of 30 days in the database." in page.texts(".notice")[0]
    if periods:
        page.run("[...document.querySelectorAll('.periods a')].at(-1).click()")
        page.wait_for("document.querySelectorAll('.periods a')[0].ariaCurrent !== 'true'")
        assert page.texts(".periods a[aria-current]") == [f"{days} days"]
    changes = ask(
        "select change, is_replacement from playlist_changes where "
        f"date > date '2026-01-30' - {days} and date <= '2026-01-30'"
    )
    added = sum(change != "removed" and not is_replacement for change, is_replacement in changes)
    removed = sum(change == "removed" and not is_replacement for change, is_replacement in changes)
    assert [fact(page, key) for key in ("added", "removed")] == [str(added), str(removed)]
    rows = {row["Playlist"]: row for row in saved(page, "Playlists")}
    asked = queried(tmp_path / "s.duckdb", sql_of(page, "Playlists"))
    assert len(asked) == len(rows) == 14
    for row in asked:
        shown = rows[str(row["playlist_name"])]
        for title in ("Added", "Removed", "Followers", "Gained", "Days observed"):
            number = row[{"Days observed": "observed"}.get(title, title.lower())]
            assert shown[title] == ("" if number is None else f"{number:.0f}")
    assert any(row["gained"] for row in asked)
    # a copied link shows the same, and a link to a playlist has days of the page
    first = date(2026, 1, 30) - timedelta(days)
    page.open(part, f"#from={first + timedelta(1)}&to=2026-01-30")
    assert page.texts(".notice[role=alert]") == []
    assert [fact(page, key) for key in ("added", "removed")] == [str(added), str(removed)]
    if periods:
        field = page.run("((one) => [one.min, one.value])(document.querySelector('input[data-field=after]'))")
        assert field == [str(first)] * 2
    link = page.run("document.querySelector('.feed h3 a').hash")
    assert f"from={first + timedelta(1)}" in link
    page.open(part, link)
    assert page.texts(".notice[role=alert]") == []
    assert "Added" in page.texts(".facts dt")


# A chart (l4) that was last read on 12 October, and a run on 18 October that the quota stopped.
EARLIER = """
insert into playlists
    (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
values ('l4', 'Chart', null, 'user', false, october(10), october(12));
insert into playlist_days (playlist_id, date, outcome, size, source)
select 'l4', october(d), 'complete', 3, 'file' from range(10, 13) t(d);
insert into track_info (track_id, track_name, artists) select 't' || t, 'Track ' || t, 'B' from range(50, 54) u(t);
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
)
select 'l4', 't' || t, 1, october(10), october(if(t = 53, 11, 12)), october(10), if(t = 53, october(12), null),
    'observed', true, t < 53, 3
from range(50, 54) u(t);
insert into runs (run_id, kind, date, started_at, exit_code)
values ('r', 'read', october(18), '2025-10-18 06:00:00', 75);
"""


def test_open_stays_of_playlists_last_read_before_the_days_shown_are_in_the_page(page: Page, tmp_path: Path) -> None:
    written(tmp_path, TWO_DAYS_MISSED + EARLIER)
    database = tmp_path / "s.duckdb"
    for days, playlist, read in ((3, "l4", 12), (1, "l4", 12), (1, "l1", 17)):
        html = report(Config(database=database), tmp_path / "p.html", Excerpt(days=days)).output
        with duckdb.connect(str(database)) as connection:
            stays = connection.execute("select playlist_id, track_id, first_absent from tracks_in_playlist").fetchall()
        held = {track for _, track, absent in stays if absent is None}
        mine = sorted(track for one, track, absent in stays if absent is None and one == playlist)
        page.open(html)
        assert fact(page, "current") == str(len(held))
        assert page.texts(".facts .cover")[3] == "as last read up to 17 Oct"
        sql = page.run("document.querySelector('.headline .sql code').textContent")
        assert queried(database, sql)[0]["tracks"] == len(held)
        page.run("document.querySelector('.wall').open = true")
        page.wait_for("document.querySelector('.wall .strip')")
        assert page.texts("[data-cover=l4]") == [NOTHING]
        page.open(html, f"#playlist={playlist}")
        assert page.texts(".lead") == [f"Not read on the days of this page. Last read on {read} Oct 2025."]
        assert fact(page, "current") == NOTHING
        assert fact(page, "stays") == str(len(mine))
        first = 19 - days
        assert page.texts(".facts .cover")[3] == (
            f"of {len(mine)} tracks, without those that ended before {first} Oct 2025"
        )
        sql = page.run("document.querySelector('.headline .sql code').textContent")
        assert queried(database, sql)[0]["stays"] == len(mine)
        assert f"Tracks that left before {first} Oct 2025 are not in this page." in page.texts(".empty")
        page.open(html, f"#track={mine[0]}")
        assert fact(page, "now") == "1"
        check_facts(page, database, ["playlists now", "playlists", "last popularity", "days with a popularity"])


def test_data_are_as_of_the_last_day_on_which_something_was_read(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, TWO_DAYS_MISSED + EARLIER))
    assert page.texts(".state p")[0].startswith("Data as of 17 Oct, published")
    assert page.texts(".facts .cover")[3] == "as last read up to 17 Oct"
    assert "As last read up to 17 Oct 2025." in page.texts(".about")[1]
    page.open(tmp_path / "report.html", "#to=2025-10-15")
    assert page.texts(".facts .cover")[3] == "as last read up to 13 Oct"
