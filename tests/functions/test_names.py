"""A playlist or a track may be given by its id, URI, link, label or name."""

from collections import Counter
from datetime import date

import duckdb
import psycopg2
import pytest

from tests.functions.conftest import Ask
from tests.functions.published import Published

pytestmark = pytest.mark.slow

ERRORS = (duckdb.Error, psycopg2.Error)
WEEK = (date(2026, 1, 10), date(2026, 1, 16))
UNKNOWN = "0" * 22


@pytest.mark.parametrize(
    "given",
    [
        "{}",
        " spotify:playlist:{} ",
        "https://open.spotify.com/playlist/{}?si=1",
        "open.spotify.com/intl-de/playlist/{}",
    ],
)
def test_playlist_can_be_given_as_id_uri_or_link(ask: Ask, published: Published, given: str) -> None:
    for playlist in published["playlists"]:
        assert ask("select playlist_id_of(?)", given.format(playlist["playlist_id"])) == [(playlist["playlist_id"],)]


def test_playlist_can_be_given_by_its_label_or_name_in_any_case(ask: Ask, published: Published) -> None:
    names = Counter(playlist["playlist_name"].lower() for playlist in published["playlists"])
    for playlist in published["playlists"]:
        if playlist["label"]:
            assert ask("select playlist_id_of(?)", playlist["label"].upper()) == [(playlist["playlist_id"],)]
        if names[playlist["playlist_name"].lower()] == 1:
            assert ask("select playlist_id_of(?)", playlist["playlist_name"].lower()) == [(playlist["playlist_id"],)]


def test_name_of_two_playlists_is_an_error_that_lists_them(ask: Ask, published: Published) -> None:
    with pytest.raises(ERRORS, match="Same Name is ambiguous: 2 have this label or name") as told:
        ask("from coverage(?, ?, ?)", "Same Name", *WEEK)
    for playlist in published["playlists"]:
        assert (playlist["playlist_id"] in str(told.value)) == (playlist["playlist_name"] == "Same Name")


@pytest.mark.parametrize("given", ["", "short", UNKNOWN, f"spotify:track:{UNKNOWN}", f"https://example.com/{UNKNOWN}"])
def test_playlist_that_is_not_watched_is_an_error_that_names_it(ask: Ask, given: str) -> None:
    for function in ("coverage(?, '2026-01-01', '2026-01-09')", "tracklist_on(?, '2026-01-09')"):
        with pytest.raises(ERRORS, match="is not watched") as told:
            ask(f"from {function}", given)
        assert given in str(told.value)


def test_track_can_be_given_by_its_name_if_no_other_has_it(ask: Ask, published: Published) -> None:
    names = Counter(track["track_name"].lower() for track in published["track_info"])
    for track in published["track_info"][:40]:
        if names[track["track_name"].lower()] == 1:
            assert ask("select track_id_of(?)", track["track_name"]) == [(track["track_id"],)]
        else:
            with pytest.raises(ERRORS, match="is ambiguous"):
                ask("from playlists_of(?)", track["track_name"])
    for given in (UNKNOWN, "no such track"):
        with pytest.raises(ERRORS, match=f"track {given} is not known"):
            ask("from popularity_of(?)", given)


def test_null_returns_no_rows(ask: Ask) -> None:
    assert ask("select playlist_id_of(null), track_id_of(null)") == [(None, None)]
    assert ask("from playlists_of(null)") == []


def test_reversed_period_is_an_error(ask: Ask) -> None:
    with pytest.raises(ERRORS, match="the period ends on 2026-01-10, before it begins on 2026-01-16"):
        ask("from tracks_during('first', '2026-01-16', '2026-01-10')")
    with pytest.raises(ERRORS, match="before it begins"):
        ask("from coverage('first', '2026-01-16', '2026-01-10')")


def test_period_without_usable_days_has_no_rows_and_coverage_says_why(ask: Ask) -> None:
    assert ask("from tracks_during('North Pier', '2025-06-01', '2025-06-02')") == []
    asked = "from coverage('North Pier', ?, ?)"
    assert ask(f"select outcome, days, days_asked {asked}", "2026-02-20", "2026-02-22") == [("unavailable", 3, 3)]
    assert ask(f"select outcome, days, days_asked {asked}", "2026-02-10", "2026-02-13") == [("not_run", 4, 4)]
