"""Functions that list: find, changes, positions, comparisons of playlists, artists, URIs.

Each is compared with loops over the rows of the published tables: those of the long history, and of a small one with
what that lacks: replaced ids, repetitions, episodes, odd names, a track that no answer described, an empty playlist.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import psycopg2
import pytest

from extractor.engines.functions import FUNCTIONS, define
from tests.cluster import Cluster, Database
from tests.extractor.conftest import empty_marts
from tests.functions.conftest import Ask, copy_marts
from tests.functions.invented import asking_engine
from tests.functions.published import Published, Row
from tests.functions.small_history import EMPTY, MIXED, made_up_id, small_marts
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

ERRORS = (duckdb.Error, psycopg2.Error)
UNKNOWN = "0" * 22
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="session")
def small_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the small history and the functions."""
    file = tmp_path_factory.mktemp("small") / "small.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("".join(empty_marts()))
        for table, rows in small_marts().items():
            for row in rows:
                places = ", ".join("?" * len(row))
                connection.execute(f"insert into {table} ({', '.join(row)}) values ({places})", [*row.values()])
        for name in FUNCTIONS:
            define(connection, name)
    return file


@pytest.fixture(scope="session")
def small_on_server(small_file: Path, cluster: Cluster) -> Database:
    """Return a database with the small history."""
    database = cluster.database("small")
    copy_marts(small_file, database)
    return database


class World(NamedTuple):
    """A published history: its rows, and how to query it."""

    published: Published
    ask: Ask

    def order(self, words: Iterable[str | None]) -> dict[str | None, int]:
        """Return the place of each word in the order of the engine, which is that of a collation. Null is last."""
        found = self.ask(
            "select unnest(cast(? as varchar[])) as word order by word",
            sorted({word for word in words if word is not None}),
        )
        places: dict[str | None, int] = {word: place for place, (word,) in enumerate(found)}
        return places | {None: len(places)}

    def names(self, table: str) -> dict[str, Row]:
        """The rows of `playlists` or `track_info` by id."""
        return {
            row[{"playlists": "playlist_id", "track_info": "track_id"}[table]]: row for row in self.published[table]
        }


@pytest.fixture(params=["long duckdb", "long postgres", "small duckdb", "small postgres"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Return each history on each engine."""
    history, engine = request.param.split()
    if history == "long":
        project: Project = request.getfixturevalue("long_history")
        file, server, published = project.database, "on_server", request.getfixturevalue("published")
    else:
        file, server = request.getfixturevalue("small_file"), "small_on_server"
        published = Published.of(file)
    with asking_engine(engine, file, lambda: request.getfixturevalue(server)) as ask:
        yield World(published, ask)


small = pytest.mark.parametrize("world", ["small duckdb", "small postgres"], indirect=True)


def days_of(published: Published) -> list[date]:
    """All days from the day before the first to the day after the last."""
    days = [row["date"] for row in published["playlist_days"]]
    first = min(days) - timedelta(1)
    return [first + timedelta(number) for number in range((max(days) - first).days + 2)]


def some(things: Iterable[Any], number: int) -> list[Any]:
    """About so many of the things, from all over."""
    every = list(things)
    return every[:: max(1, len(every) // number)]


# --- find


def found_by_loops(world: World, text: str) -> Rows:
    """Return what find() returns."""
    wanted, found = text.strip(), []
    current = [stay for stay in world.published["tracks_in_playlist"] if stay["is_current"]]
    for kind, table in (("artist", "artists"), ("playlist", "playlists"), ("track", "track_info")):
        for row in world.published[table]:
            own_id, name, label = row[f"{kind}_id"], row[f"{kind}_name"], row.get("label")
            names = [each.strip().lower() for each in (name, label) if each]
            link = f"open.spotify.com/{kind}/{own_id}"
            is_id = wanted in (own_id, f"spotify:{kind}:{own_id}", f"https://{link}", f"{link}?si=1")
            if not (is_id or (wanted and any(wanted.lower() in each for each in names))):
                continue
            tracks = {own_id}
            if kind == "artist":
                tracks = {of["track_id"] for of in world.published["track_artists"] if of["artist_id"] == own_id}
            playlists = len({stay["playlist_id"] for stay in current if stay["track_id"] in tracks})
            is_exact = is_id or wanted.lower() in names
            artists = row["artists"] if kind == "track" else None
            found.append((not is_exact, kind, own_id, name, label, artists, None if kind == "playlist" else playlists))
    order = world.order(word for row in found for word in row[2:4])
    return [row[1:] for row in sorted(found, key=lambda row: (row[0], row[1], order[row[3]], order[row[2]]))]


WORDS = ("ferry", "SAME NAME", "Kiosk", "first", "a", " rain ", "Rain", "rain_1", "Æ", "ære")
SIGNS = ("100%", "100 %", "%", "_", "'", "\\")


def test_find_compares_names_labels_and_ids(world: World) -> None:
    counts = {text: len(found_by_loops(world, text)) for text in WORDS + SIGNS}
    for text in WORDS + SIGNS:
        assert world.ask("from find(?)", text) == found_by_loops(world, text), text
    # the cases are worth testing: some find much, some nothing
    assert max(counts.values()) > 5 and 0 in counts.values()


def test_find_reads_ids_uris_and_links_of_the_right_kind(world: World) -> None:
    for kind, table in (("artist", "artists"), ("playlist", "playlists"), ("track", "track_info")):
        for row in some(world.published[table], 3):
            own_id = row[f"{kind}_id"]
            link = f"open.spotify.com/{kind}/{own_id}"
            for text in (own_id, f" spotify:{kind}:{own_id}", f"https://{link}", f"{link}?si=1"):
                rows = world.ask("from find(?)", text)
                assert [row[:2] for row in rows] == [(kind, own_id)]
                assert rows == found_by_loops(world, text)
            other = "track" if kind == "artist" else "artist"
            assert world.ask("from find(?)", f"spotify:{other}:{own_id}") == []


def test_find_returns_no_rows_for_no_text(world: World) -> None:
    for text in ("", "  ", UNKNOWN, None):
        assert world.ask("from find(?)", text) == []


# --- changes_since


def changes_by_loops(world: World, day: date) -> Rows:
    """Return what changes_since() returns."""
    found = []
    playlists, tracks = world.names("playlists"), world.names("track_info")
    rows = [row for row in world.published["playlist_changes"] if row["date"] > day]
    for row in rows:
        kind, old = row["change"], None
        if row["is_replacement"]:
            if kind == "removed":
                continue
            [old] = [
                other["track_id"]
                for other in rows
                if (other["playlist_id"], other["date"], other["change"])
                == (row["playlist_id"], row["date"], "removed")
                and other["other_track_id"] == row["track_id"]
            ]
            kind = "replaced"
        name, track = playlists[row["playlist_id"]]["playlist_name"], tracks[row["track_id"]]
        found.append(
            (row["playlist_id"], name, kind, row["track_id"], track["track_name"], track["artists"], old, row["date"],
             row["date_before"])
        )  # fmt: skip
    order = world.order(word for row in found for word in row[:5])
    return sorted(
        found, key=lambda row: (order[row[1]], -row[7].toordinal(), row[2], order[row[4]], order[row[3]], order[row[0]])
    )


def test_changes_since_a_day(world: World) -> None:
    days = days_of(world.published)
    for day in {*some(days, 6), days[-2], days[-1]}:
        assert world.ask("from changes_since(?)", day) == changes_by_loops(world, day), day
    assert world.ask("from changes_since(?)", days[-1]) == world.ask("from changes_since(null)") == []


@small
def test_replacement_is_one_change(world: World) -> None:
    rows = world.ask("select change, track_id, replaced_track_id, date from changes_since('2026-04-30')")
    replaced = [row for row in rows if row[0] == "replaced"]
    a, b = made_up_id("a"), made_up_id("b")
    assert replaced == [("replaced", a, b, date(2026, 5, 11)), ("replaced", b, a, date(2026, 5, 4))]
    assert [row for row in rows if row[3] == date(2026, 5, 4) and row[0] == "removed"] == []


# --- positions_of


def positions_by_loops(published: Published, track_id: str, playlist_id: str) -> Rows:
    """Return what positions_of() returns."""
    outcomes = {row["date"]: row["outcome"] for row in published["playlist_days"] if row["playlist_id"] == playlist_id}
    stays = [
        stay
        for stay in published["tracks_in_playlist"]
        if (stay["playlist_id"], stay["track_id"]) == (playlist_id, track_id)
    ]
    rows = Rows()
    place_before: int | None = None
    day_before: date | None = None
    for day in published.usable_days[playlist_id]:
        place = min((place for place, held in published.held[playlist_id, day] if held == track_id), default=None)
        [number] = [s["stay_number"] for s in stays if s["first_seen"] <= day <= s["last_seen"]] or [None]
        move = None if place is None or place_before is None else place_before - place
        rows.append((day, outcomes[day], place, move, day_before and (day - day_before).days, number))
        place_before, day_before = place, day
    with_track = [number for number, row in enumerate(rows) if row[2] is not None]
    return rows[with_track[0] : with_track[-1] + 1] if with_track else []


def test_positions_of_a_track(world: World) -> None:
    pairs = {(stay["playlist_id"], stay["track_id"]) for stay in world.published["tracks_in_playlist"]}
    labels = {row["playlist_id"]: row["label"] for row in world.published["playlists"]}
    masked = [pair for pair in sorted(pairs) if labels[pair[0]] == "third"]
    hidden = 0
    for playlist_id, track_id in some(sorted(pairs), 40) + masked:
        rows = world.ask("from positions_of(?, ?)", track_id, playlist_id)
        assert rows == positions_by_loops(world.published, track_id, playlist_id)
        assert rows[0][2] is not None and rows[-1][2] is not None
        hidden += sum(row[2] is None and row[5] is not None for row in rows)
    assert bool(hidden) == bool(masked)  # behind a null entry


def test_track_that_was_never_there_has_no_positions(world: World) -> None:
    published = world.published
    pairs = {(stay["playlist_id"], stay["track_id"]) for stay in published["tracks_in_playlist"]}
    every = product(world.names("playlists"), world.names("track_info"))
    for playlist_id, track_id in some((pair for pair in every if pair not in pairs), 5):
        assert world.ask("from positions_of(?, ?)", track_id, playlist_id) == []
    assert world.ask("from positions_of(null, null)") == []


# --- compare_playlists


def comparison_by_loops(world: World, one: str, other: str, day: date) -> Rows:
    """Return what compare_playlists() returns."""
    published, tracks = world.published, world.names("track_info")
    if not all(day in published.usable_days[playlist_id] for playlist_id in (one, other)):
        return []
    rows = []
    for track_id in published.tracks_on(one, day) | published.tracks_on(other, day):
        places, dates = [], []
        for playlist_id in (one, other):
            held = [place for place, held in published.held[playlist_id, day] if held == track_id]
            places.append(min(held, default=None))
            dates += [
                stay["added_at"]
                for stay in published["tracks_in_playlist"]
                if (stay["playlist_id"], stay["track_id"]) == (playlist_id, track_id)
                and stay["first_seen"] <= day <= stay["last_seen"]
                and held
            ] or [None]
        track = tracks.get(track_id, {})
        is_in = [place is not None for place in places]
        rows.append((track_id, track.get("track_name"), track.get("artists"), *is_in, *places, *dates))
    ids = world.order(row[0] for row in rows)
    return sorted(rows, key=lambda row: ([place or 9999 for place in row[5:7]], ids[row[0]]))


def test_playlists_are_compared(world: World) -> None:
    playlists = list(world.names("playlists"))
    lengths = set()
    for one, other in [*pairwise(playlists), (playlists[0], playlists[0]), (playlists[1], playlists[0])]:
        for day in some(days_of(world.published), 14):
            rows = world.ask("from compare_playlists(?, ?, ?)", one, other, day)
            assert rows == comparison_by_loops(world, one, other, day)
            lengths.add(len(rows))
    assert 0 in lengths and len(lengths) > 3


# --- overlap


def share(part: int, whole: int) -> float | None:
    """A share of 4 digits."""
    if whole == 0:
        return None
    return float((Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def overlap_by_loops(published: Published, one: str, other: str, start: date, end: date) -> Rows:
    """Return what overlap() returns."""
    days = [
        day
        for day in published.usable_days[one]
        if start <= day <= end and day in published.usable_days[other]
    ]  # fmt: skip
    rows = []
    all_shared, all_in_either = 0, 0
    for day in days:
        tracks, others = published.tracks_on(one, day), published.tracks_on(other, day)
        shared, in_either = len(tracks & others), len(tracks | others)
        all_shared, all_in_either = all_shared + shared, all_in_either + in_either
        shares = (share(shared, in_either), share(shared, len(tracks)), share(shared, len(others)))
        rows.append((day, len(tracks), len(others), shared, *shares))
    over_period = (share(all_shared, all_in_either), len(days), (end - start).days + 1)
    return [row + over_period for row in rows]


def test_overlap_of_playlists(world: World) -> None:
    playlists, days = list(world.names("playlists")), days_of(world.published)
    periods = [(days[0], days[-1]), (days[3], days[9]), (days[5], days[5]), *zip(some(days, 4), days[9:], strict=False)]
    for one, other in [*pairwise(playlists), (playlists[0], playlists[0]), (playlists[-1], playlists[0])]:
        for start, end in periods:
            if start <= end:
                found = world.ask("from overlap(?, ?, ?, ?)", one, other, start, end)
                assert found == overlap_by_loops(world.published, one, other, start, end)
    far = date(2020, 1, 1)
    assert world.ask("from overlap(?, ?, ?, ?)", *playlists[:2], far, far) == []


@small
def test_overlap_of_empty_playlists_is_null(world: World) -> None:
    found = world.ask("from overlap(?, ?, '2026-05-01', '2026-05-02')", EMPTY, EMPTY)
    assert found == [(date(2026, 5, day), 0, 0, 0, None, None, None, None, 2, 2) for day in (1, 2)]
    found = world.ask("from overlap(?, ?, '2026-05-01', '2026-05-01')", EMPTY, MIXED)
    assert found == [(date(2026, 5, 1), 0, 2, 0, 0, None, 0, 0, 1, 1)]


# --- artist_presence and artist_id_of


def presence_by_loops(world: World, artist_id: str) -> Rows:
    """Return what artist_presence() returns."""
    columns = ("added_at", "last_seen", "first_absent", "is_current", "entry_position", "last_position", "days_seen")
    playlists, tracks = world.names("playlists"), world.names("track_info")
    own = {row["track_id"] for row in world.published["track_artists"] if row["artist_id"] == artist_id}
    rows = []
    for stay in world.published["tracks_in_playlist"]:
        if stay["track_id"] in own:
            playlist_id, track_id = stay["playlist_id"], stay["track_id"]
            names = (playlists[playlist_id]["playlist_name"], track_id, tracks[track_id]["track_name"])
            rows.append((playlist_id, *names, stay["stay_number"], *(stay[column] for column in columns)))
    order = world.order(word for row in rows for word in row[:3])
    return sorted(rows, key=lambda row: (order[row[1]], order[row[0]], row[5], order[row[2]], row[4]))


def test_presence_of_an_artist(world: World) -> None:
    lengths = set()
    for artist in some(world.published["artists"], 15):
        rows = world.ask("from artist_presence(?)", artist["artist_id"])
        assert rows == presence_by_loops(world, artist["artist_id"])
        lengths.add(len(rows))
    assert len(lengths) > 1
    assert world.ask("from artist_presence(null)") == []


def test_artist_can_be_given_by_id_uri_link_or_name(world: World) -> None:
    names = [artist["artist_name"].lower() for artist in world.published["artists"]]
    repeated = 0
    for artist in some(world.published["artists"], 30):
        own_id, name = artist["artist_id"], artist["artist_name"]
        for given in (own_id, f" spotify:artist:{own_id} ", f"https://open.spotify.com/intl-de/artist/{own_id}?si=1"):
            assert world.ask("select artist_id_of(?)", given) == [(own_id,)]
        if names.count(name.lower()) == 1:
            assert world.ask("select artist_id_of(?)", f" {name.upper()} ") == [(own_id,)]
        else:
            repeated += 1
            with pytest.raises(ERRORS, match=f"artist {name} is ambiguous: 2 have this name") as told:
                world.ask("from artist_presence(?)", name)
            assert own_id in str(told.value)
    assert repeated
    assert world.ask("select artist_id_of(null)") == [(None,)]


# --- uris_of


def test_uris_of_a_playlist(world: World) -> None:
    published = world.published
    for playlist_id in world.names("playlists"):
        for day in some(days_of(published), 14):
            held = published.held[playlist_id, day] if day in published.usable_days[playlist_id] else []
            expected = [(f"spotify:track:{track_id}", position) for position, track_id in held]
            assert world.ask("from uris_of(?, ?)", playlist_id, day) == expected
    assert world.ask("from uris_of(null, null)") == []


@small
def test_uris_keep_repetitions_and_leave_out_what_has_none(world: World) -> None:
    def uris(day: str) -> Rows:
        return world.ask("from uris_of(?, ?)", "rain_1", day)

    a, b, d = (f"spotify:track:{made_up_id(letter)}" for letter in ("a", "b", "d"))
    assert uris("2026-05-02") == [(a, 1), (d, 2), (a, 3)]
    assert uris("2026-05-03") == uris("2026-05-05") == uris("2026-06-01") == []
    assert uris("2026-05-04") == [(b, 1), (d, 4)]


# --- bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("positions_of('nope', '{good}')", "track nope is not known"),
        ("positions_of('Rain', 'nope')", "playlist nope is not watched"),
        (f"positions_of('Rain', '{UNKNOWN}')", f"playlist {UNKNOWN} is not watched"),
        ("compare_playlists('nope', '{good}', '2026-05-01')", "playlist nope is not watched"),
        ("compare_playlists('{good}', 'nope', '2026-05-01')", "playlist nope is not watched"),
        ("overlap('nope', '{good}', '2026-05-01', '2026-05-02')", "playlist nope is not watched"),
        ("overlap('{good}', 'nope', '2026-05-01', '2026-05-02')", "playlist nope is not watched"),
        ("overlap('{good}', '{good}', '2026-05-02', '2026-05-01')", "the period ends on 2026-05-01, before it begins"),
        ("artist_presence('nope')", "artist nope is not known: there is none with this id or name"),
        (f"artist_presence('spotify:track:{UNKNOWN}')", "is not known"),
        ("artist_presence('twin')", "artist twin is ambiguous: 2 have this name"),
        ("uris_of('nope', '2026-05-01')", "playlist nope is not watched"),
        ("uris_of('', '2026-05-01')", "is not watched"),
    ],
)
@small
def test_bad_input_is_an_error_that_says_so(world: World, call: str, message: str) -> None:
    with pytest.raises(ERRORS, match=message):
        world.ask(f"from {call.format(good='100% rain')}")


@pytest.mark.parametrize("call", ["changes_since(?)", "compare_playlists('first', 'second', ?)", "uris_of('first', ?)"])
def test_text_that_is_no_day_is_an_error(ask: Ask, call: str) -> None:
    with pytest.raises(ERRORS, match=r"date"):
        ask(f"from {call}", "yesterday evening")


@pytest.mark.parametrize(
    "call", ["positions_of('Rain', 'same name')", "compare_playlists('first', 'same name', '2026-02-01')",
             "overlap('same name', 'first', '2026-02-01', '2026-02-02')", "uris_of('same name', '2026-02-01')"],
)  # fmt: skip
def test_name_of_two_playlists_is_an_error_that_lists_them(ask: Ask, published: Published, call: str) -> None:
    track = published["track_info"][0]["track_id"]
    with pytest.raises(ERRORS, match="same name is ambiguous: 2 have this label or name"):
        ask(f"from {call.replace('Rain', track)}")
