"""Endpoints by configuration: which may be added, how they are asked, and what lands."""

from pathlib import Path

import pytest

from extractor.config import read_config
from extractor.endpoints import OWN_TABLES, TRACKS, Endpoint
from tests.extractor.test_config import refusal, written

ARTISTS = Endpoint("artists?ids=", 50, "artists", "artists.*.id")


def test_endpoints_are_added_to_tracks(tmp_path: Path) -> None:
    text = """
endpoints:
  artists: {path: "artists?ids=", batch: 50, items: artists, ids: artists.*.id}
  album: {path: "albums/{id}", ids: album.id}
"""
    assert read_config(written(tmp_path, text)).endpoints == {
        "tracks": TRACKS,
        "artists": ARTISTS,
        "album": Endpoint("albums/{id}", ids="album.id"),
    }


def test_an_endpoint_takes_its_ids_at_the_end_or_one_in_its_place() -> None:
    assert ARTISTS.path_for(["a", "b"]) == "artists?ids=a,b"
    assert Endpoint("albums/{id}/tracks", ids="album.id").path_for(["a"]) == "albums/a/tracks"


def test_one_by_one_an_endpoint_is_asked_for_the_object_itself() -> None:
    assert ARTISTS.one_by_one() == Endpoint("artists/{id}", ids="artists.*.id")
    assert Endpoint("tracks/?ids=", 50, "tracks").one_by_one() == Endpoint("tracks/{id}")


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        ("artists: {batch: 50, items: artists, ids: artists.*.id}", "artists.path: missing"),
        ("artists: {path: artists, items: artists, ids: artists.*.id}", "artists.path: must end with ?ids="),
        ("artists: {path: 'https://x.invalid/?ids=', items: artists, ids: id}", "artists.path: must end with ?ids="),
        ("artists: {path: 'artists?ids=', ids: artists.*.id}", "artists.items: missing"),
        ("artists: {path: 'artists?ids=', items: artists}", "artists.ids: must say where"),
        ("artists: {path: 'artists?ids=', items: artists, ids: 'artists[0].id'}", "artists.ids: must say where"),
        ("artists: {path: 'artists/{id}', batch: 2, ids: id}", "artists: a path with {id}"),
        ("artists: {path: 'artists/{id}', items: artists, ids: id}", "artists: a path with {id}"),
        ("tracks: {path: 'tracks?ids=', items: tracks, ids: id}", "tracks.ids: tracks are asked for by their own"),
        ("Artists: {path: 'artists/{id}', ids: id}", "Artists: names a table"),
        ("'a; drop table x': {path: 'artists/{id}', ids: id}", "a; drop table x: names a table"),
        ("5: {path: 'artists/{id}', ids: id}", "5: names a table"),
        *((f"{name}: {{path: 'x/{{id}}', ids: id}}", f"{name}: names a table") for name in OWN_TABLES),
    ],
)
def test_an_endpoint_that_cannot_be_asked_is_refused_with_its_key(tmp_path: Path, endpoint: str, problem: str) -> None:
    assert f"endpoints.{problem}" in refusal(tmp_path, f"endpoints: {{{endpoint}}}")
