"""Digests, compared with plain loops over a random history; and the feed."""

# ruff: noqa: RUF001, S314 (a minus sign; the XML is ours)

import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import duckdb
import pytest

from extractor.cli.commands import main
from extractor.config.settings import Config
from extractor.errors import FileError, WarehouseError
from extractor.outputs.changes import feed as feeds
from extractor.outputs.changes.digest import Digest, read_digest
from extractor.outputs.changes.digest_formats import as_html, as_markdown
from extractor.outputs.changes.feed import write_feed
from tests.extractor.changes.histories import ARTISTS, NAMES, PLAYLISTS, TRACKS, History, insert, make_empty

FIRST = date(2026, 1, 1)
DAYS = 12


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_empty(tmp_path_factory.mktemp("empty") / "empty.duckdb")


@pytest.fixture(scope="module")
def history() -> History:
    rng, made = Random(4), History()
    for number in range(DAYS):
        made.read(FIRST + timedelta(number), rng)
    return made


@pytest.fixture
def config(tmp_path: Path, empty: Path, history: History) -> Config:
    made = Config.in_folder(tmp_path)
    made.database.parent.mkdir()
    history.publish(empty, made.database)
    (tmp_path / "config.yaml").write_text("{}")
    return made


def part(digest: Digest, title: str) -> list[tuple[str, str]]:
    return [(entry.name, entry.about) for each in digest.parts if each.title == title for entry in each.entries]


def test_digest_of_a_week_is_what_the_reads_show(config: Config, history: History) -> None:
    digest = read_digest(config, "week")
    days = sorted({day for _, day in history.reads})
    since = days[-8]
    changes = [each for each in history.changes() if each[-1] > since]
    kinds = Counter(kind for _, _, kind, _, _ in changes)
    assert (digest.since, digest.through, digest.days) == (since, days[-1], 7)
    assert (digest.tally.added, digest.tally.removed) == (kinds["added"] + kinds["returned"], kinds["removed"])
    changed = Counter(playlist for playlist, *_ in changes)
    assert digest.playlists == len(changed)
    assert [name for name, _ in part(digest, "Playlists with most changes")] == [
        NAMES[playlist] for playlist, _ in sorted(changed.items(), key=lambda each: (-each[1], each[0]))
    ]
    entered = {
        track: {playlist for playlist, each, kind, _, _ in changes if each == track and kind != "removed"}
        for track in TRACKS
    }
    assert dict(part(digest, "Entered several playlists")) == {
        f"Song {track[0]}": "; ".join(sorted(NAMES[each] for each in playlists))
        for track, playlists in entered.items()
        if len(playlists) > 1
    }


def test_changes_that_may_be_older_and_first_reads_are_said(config: Config, empty: Path) -> None:
    morning, evening, night = PLAYLISTS
    one, two = set(TRACKS[:2]), set(TRACKS[1:4])
    history = History({(morning, FIRST + timedelta(number)): one if number < 9 else two for number in range(10)})
    history.reads |= {(evening, FIRST + timedelta(number)): held for number, held in ((0, one), (1, one), (5, two))}
    history.reads |= {(night, FIRST + timedelta(number)): held for number, held in ((4, one), (6, two))}
    history.publish(empty, config.database)
    digest = read_digest(config, "week")
    assert digest.since == FIRST + timedelta(2)
    assert part(digest, "Playlists with most changes") == [
        ("Morning", "+2 −1"),
        ("Evening", "+2 −1, some perhaps since 2 Jan"),
        ("Night", "+2 −1"),
    ]
    assert part(digest, "Read for the first time") == [("Night", "5 Jan")]
    assert "Earlier changes are unknown." in as_markdown(digest)
    assert part(read_digest(config, "month"), "Playlists with most changes")[1] == ("Evening", "+2 −1")


def test_movers_are_beyond_the_noise(config: Config, history: History) -> None:
    digest = read_digest(config, "week")
    days = sorted({day for _, day in history.reads})
    moved = {}
    for track in TRACKS:
        values = [history.values.get((track, day), 0) for day in sorted({day for _, day in history.values})]
        known = [each for day, each in zip(sorted({day for _, day in history.values}), values, strict=True)
                 if each > 0 and days[-8] <= day <= days[-1]]  # fmt: skip
        if len(known) > 1:
            moved[f"Song {track[0]}"] = (known[0], known[-1])
    rose = {name: f"{before} to {after}" for name, (before, after) in moved.items() if after - before > 2}
    fell = {name: f"{before} to {after}" for name, (before, after) in moved.items() if after - before < -2}
    assert dict(part(digest, "Popularity rose most")) == rose
    assert dict(part(digest, "Popularity fell most")) == fell
    [note] = [each.note for each in digest.parts if each.note]
    assert note == f"{len(moved)} recordings compared; moves of up to 2 are noise"


def test_recording_with_two_ids_is_listed_once(config: Config) -> None:
    last = FIRST + timedelta(DAYS - 1)
    twins = {"a" * 22: "zzTWIN", "b" * 22: "ZZtwin", "c" * 22: None}
    values = {"a" * 22: (10, 90), "b" * 22: (10, 95), "c" * 22: (10, 80)}
    with duckdb.connect(str(config.database)) as connection:
        connection.execute("delete from track_daily_popularity; delete from playlist_changes")
        for track, isrc in twins.items():
            insert(connection, "track_info", [{"track_id": track, "track_name": "Twin", "isrc": isrc}])
            for ago, value in zip((5, 0), values[track], strict=True):
                row = {"track_id": track, "date": last - timedelta(ago), "popularity": value}
                insert(connection, "track_daily_popularity", [row])
        for playlist, track in zip(PLAYLISTS, ("a" * 22, "b" * 22, "c" * 22), strict=True):
            insert(connection, "playlist_changes", [
                {"playlist_id": playlist, "track_id": track, "change": "added", "date_before": last - timedelta(1),
                 "date": last, "is_replacement": False}
            ])  # fmt: skip
    digest = read_digest(config, "week")
    assert part(digest, "Popularity rose most") == [("Twin", "10 to 95"), ("Twin", "10 to 80")]
    assert [each.note for each in digest.parts if each.note] == ["2 recordings compared; moves of up to 2 are noise"]
    assert part(digest, "Entered several playlists") == [("Twin", "Evening; Morning")]


def test_artists_gained_are_in_a_playlist_now_and_were_in_none(config: Config, history: History) -> None:
    digest = read_digest(config, "week")
    days = sorted({day for _, day in history.reads})

    def artists_on(day: date) -> set[str]:
        found = set()
        for playlist in PLAYLISTS:
            reads = [each for name, each in history.reads if name == playlist and each <= day]
            if reads:
                found |= {ARTISTS[track] for track in history.reads[playlist, max(reads)]}
        return {f"Artist {artist[0]}" for artist in found}

    before, now = artists_on(days[-8]), artists_on(days[-1])
    assert {name for name, _ in part(digest, "Artists gained")} == now - before
    assert {name for name, _ in part(digest, "Artists lost")} == before - now


def test_parts_are_of_limited_length(config: Config) -> None:
    tracks = [f"{number:022}" for number in range(30)]
    last = FIRST + timedelta(DAYS - 1)
    with duckdb.connect(str(config.database)) as connection:
        connection.execute("begin")
        insert(connection, "track_info", [{"track_id": each, "track_name": "A" * 5000} for each in tracks])
        insert(connection, "track_daily_popularity", [
            {"track_id": each, "date": last - timedelta(ago), "popularity": 50 - ago}
            for each in tracks
            for ago in (0, 5)
        ])  # fmt: skip
        connection.execute("commit")
    digest = read_digest(config, "week")
    [rises] = [each for each in digest.parts if each.title == "Popularity rose most"]
    assert len(rises.entries) == 10
    assert rises.total >= 30
    assert f"… and {rises.total - 10} more" in as_markdown(digest)
    assert max(map(len, as_html(digest).splitlines())) < 1000


def test_page_has_no_script_and_loads_nothing_and_no_name_has_power_in_it(config: Config) -> None:
    with duckdb.connect(str(config.database)) as connection:
        connection.execute("update playlists set playlist_name = '<script>x\x1b[31m</script> & *\"' || playlist_id")
    page = as_html(read_digest(config, "month"))
    assert "&lt;script&gt;x\\u001b" in page
    assert not re.search(r"<script|<img|<link|<style|src=|url\(|@import|\x1b", page)
    assert set(re.findall(r'href="(.*?)"', page)) <= {
        f"https://open.spotify.com/{kind}/{each}"
        for kind, ids in (("playlist", PLAYLISTS), ("track", TRACKS), ("artist", ARTISTS.values()))
        for each in ids
    }
    assert "[\\<script\\>x" in as_markdown(read_digest(config, "month"))


def test_names_that_run_from_right_to_left_do_not_turn_the_numbers_beside_them(config: Config) -> None:
    with duckdb.connect(str(config.database)) as connection:
        connection.execute("update playlists set playlist_name = 'أغاني ' || playlist_id")
    page = as_html(read_digest(config, "month"))
    assert re.search(r"<li><a [^>]*><bdi>أغاني \w{22}</bdi></a>: <bdi>\+\d+ −\d+", page)
    assert not re.search("(?<!<bdi>)(?<!; )أغاني", page)
    write_feed(config)
    contents = [each.text or "" for each in ET.parse(config.feed).iter(f"{ATOM}content")]
    assert contents
    assert all(re.search(r'<li>[+−=] <a [^>]*dir="auto">', each) for each in contents)


def test_digest_needs_two_days(config: Config, empty: Path) -> None:
    history = History()
    history.read(FIRST, Random(1))
    history.publish(empty, config.database)
    with pytest.raises(WarehouseError, match=r"two observed days; so far it has 1 observed day$"):
        read_digest(config, "week")


@pytest.mark.parametrize(
    ("options", "code", "start"),
    [
        (["--digest", "week"], 0, "# +"),
        (["--digest", "month", "--format", "html"], 0, "<!doctype html>"),
        (["--digest", "week", "--format", "json"], 2, "error: --format json: a digest can be md, html"),
        (["--format", "html"], 2, "error: --format html: changes without --digest can be text, md"),
        (["--digest", "week", "--artist", "X"], 2, "error: --digest: is of all playlists"),
        (["--digest", "week", "--days", "3"], 2, "error: argument --days: not allowed with argument --digest"),
        (["--digest", "year"], 2, "error: argument --digest: invalid choice"),
    ],
)
def test_command_prints_a_digest(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, start: str
) -> None:
    assert config.database.exists()
    try:
        found = main(["changes", "--config", str(tmp_path / "config.yaml"), *options])
    except SystemExit as stop:
        found = int(str(stop.code))
    captured = capsys.readouterr()
    assert found == code
    assert (captured.err if code else captured.out).startswith(start)


# The feed

ATOM = "{http://www.w3.org/2005/Atom}"


def entries(config: Config) -> list[tuple[str, str]]:
    """Return id and time of each entry of the feed."""
    feed = ET.fromstring(config.feed.read_text())
    return [
        (str(each.findtext(f"{ATOM}id")), str(each.findtext(f"{ATOM}updated"))) for each in feed.iter(f"{ATOM}entry")
    ]


def test_feed_has_an_entry_for_each_playlist_and_day(config: Config, history: History) -> None:
    write_feed(config)
    days = sorted(((day, playlist) for playlist, _, _, _, day in history.changes()), reverse=True)
    assert [updated[:10] for _, updated in entries(config)] == [
        day.isoformat() for day, _ in sorted(set(days), reverse=True)
    ]
    assert len({entry for entry, _ in entries(config)}) == len(set(days))


def test_entries_keep_their_ids_and_the_feed_keeps_the_newest(
    config: Config, history: History, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_feed(config)
    before = entries(config)
    history.read(FIRST + timedelta(DAYS), Random(5))
    history.publish(empty, config.database)
    write_feed(config)
    after = entries(config)
    history.forget(FIRST + timedelta(DAYS))
    assert after[-len(before) :] == before
    monkeypatch.setattr(feeds, "MOST_ENTRIES", 5)
    write_feed(config)
    assert entries(config) == after[:5]


def test_feed_that_is_the_same_is_not_written_again(config: Config) -> None:
    write_feed(config)
    before = config.feed.stat().st_mtime_ns
    write_feed(config)
    assert config.feed.stat().st_mtime_ns == before


def times(config: Config) -> dict[str, tuple[str, str]]:
    """Return title and time of each entry of the feed by id; the feed itself has none."""
    feed = ET.fromstring(config.feed.read_text())
    return {
        str(each.findtext(f"{ATOM}id")) if each is not feed else "": (
            "".join(str(each.findtext(f"{ATOM}{name}")) for name in ("title", "content")),
            str(each.findtext(f"{ATOM}updated")),
        )
        for each in (feed, *feed.iter(f"{ATOM}entry"))
    }


def test_what_a_late_day_changes_gets_a_later_time(config: Config, history: History, empty: Path) -> None:
    late = FIRST + timedelta(DAYS - 3)
    whole = History(dict(history.reads), dict(history.values))
    for playlist in PLAYLISTS:  # so that the late day adds entries, and moves those of the next day
        whole.reads[playlist, late] = set(TRACKS[:3])
        whole.reads[playlist, late - timedelta(1)] = set(TRACKS[2:])
        whole.reads[playlist, late + timedelta(1)] = set(TRACKS[2:4])
    without = History(dict(whole.reads), dict(whole.values))
    without.forget(late)
    steps = [without, whole, whole, without, whole]
    found = []
    for step in steps:
        step.publish(empty, config.database)
        write_feed(config)
        found.append(times(config))
    for number, (before, after) in enumerate(pairwise(found)):
        is_same = steps[number] is steps[number + 1]
        assert (after[""] == before[""]) == is_same
        assert after[""][1] >= before[""][1]
        differing = 0
        for entry in after.keys() - {""}:
            if entry in before and after[entry][0] == before[entry][0]:
                assert after[entry][1] == before[entry][1]
            else:
                assert after[entry][1] == after[""][1] > before[""][1]
                differing += 1
        assert bool(differing) != is_same


def test_time_of_what_is_new_is_that_of_the_last_run(config: Config, history: History, empty: Path) -> None:
    write_feed(config)
    later = History(dict(history.reads), dict(history.values))
    later.read(FIRST + timedelta(DAYS), Random(5))
    later.publish(empty, config.database)
    with duckdb.connect(str(config.database)) as connection:
        insert(connection, "runs", [{"run_id": "r", "kind": "read", "started_at": "2026-01-13 07:58:00"}])
    write_feed(config)
    assert times(config)[""][1] == "2026-01-13T07:58:00Z"
    assert entries(config)[0][1] == "2026-01-13T07:58:00Z"


@pytest.mark.parametrize(
    "text", ["", "<feed>", "<feed xmlns='http://www.w3.org/2005/Atom'><updated>now</updated></feed>"]
)
def test_feed_that_is_none_is_replaced(config: Config, text: str) -> None:
    write_feed(config)
    before = config.feed.read_text()
    config.feed.write_text(text)
    write_feed(config)
    assert config.feed.read_text() == before


def test_feed_that_cannot_be_written_keeps_the_old_one(config: Config) -> None:
    config.feed.mkdir()
    with pytest.raises((FileError, OSError)):
        write_feed(config)
