"""Custom endpoints: which are accepted, how they are requested, and what lands."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractor.config.endpoints import RESERVED, TRACKS, Endpoint
from extractor.config.settings import read_config
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.world import PlaylistState, Track
from tests.extractor.conftest import DAY, Bench, MakeBench
from tests.extractor.listing import LIST, one_list, spoiled
from tests.extractor.test_config import refusal, written

ARTISTS = Endpoint("artists?ids=", 50, "artists", "artists.*.id")


def test_custom_endpoints_are_added_to_tracks(tmp_path: Path) -> None:
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


def test_endpoint_takes_ids_as_a_parameter_or_one_in_its_path() -> None:
    assert ARTISTS.path_for(["a", "b"]) == "artists?ids=a,b"
    assert Endpoint("albums/{id}/tracks", ids="album.id").path_for(["a"]) == "albums/a/tracks"


def test_single_request_of_an_endpoint_returns_the_object_itself() -> None:
    assert ARTISTS.single() == Endpoint("artists/{id}", ids="artists.*.id")
    assert Endpoint("tracks/?ids=", 50, "tracks").single() == Endpoint("tracks/{id}")
    single = Endpoint("albums/{id}", ids="album.id")
    assert single.single() == single


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        ("artists: {batch: 50, items: artists, ids: artists.*.id}", "artists.path: missing"),
        ("artists: {path: artists, items: artists, ids: artists.*.id}", "artists.path: must end with ?ids="),
        ("artists: {path: 'https://x.invalid/?ids=', items: artists, ids: id}", "artists.path: must end with ?ids="),
        ("artists: {path: 'artists?ids=', ids: artists.*.id}", "artists.items: missing"),
        ("artists: {path: 'artists?ids=', items: artists}", "artists.ids: must be the path"),
        ("artists: {path: 'artists?ids=', items: artists, ids: 'artists[0].id'}", "artists.ids: must be the path"),
        ("artists: {path: 'artists/{id}', batch: 2, ids: id}", "artists: a path with {id}"),
        ("artists: {path: 'artists/{id}', items: artists, ids: id}", "artists: a path with {id}"),
        ("tracks: {path: 'tracks?ids=', items: tracks, ids: id}", "tracks.ids: tracks are requested by their own"),
        ("Artists: {path: 'artists/{id}', ids: id}", "Artists: is no valid name"),
        ("'a; drop table x': {path: 'artists/{id}', ids: id}", "a; drop table x: is no valid name"),
        ("5: {path: 'artists/{id}', ids: id}", "5: is no valid name"),
        *((f"{name}: {{path: 'x/{{id}}', ids: id}}", f"{name}: is no valid name") for name in RESERVED),
    ],
)
def test_invalid_endpoint_is_refused_with_its_key(tmp_path: Path, endpoint: str, problem: str) -> None:
    assert f"endpoints.{problem}" in refusal(tmp_path, f"endpoints: {{{endpoint}}}")


WORLD = """
tracks: 40
playlists:
  long: {size: 30, churn: 0.0}
histories:
  short: {days: {2026-01-01: [A, {track: zero, popularity: 0}, {local: x}, {episode: e}, null]}}
"""
ENDPOINTS = {
    "tracks": TRACKS,
    "artists": replace(ARTISTS, batch=4),
    "albums": Endpoint("albums/{id}", ids="album.id"),
}


def asked(run: Bench, name: str) -> list[str]:
    return [each for answer in run.landed(name) for each in answer["asked"]["ids"]]


def ids_of_tracks(run: Bench) -> tuple[set[str], set[str]]:
    """Return the artists and the albums of every track in the world's playlists."""
    world = run.simulator.world
    lists = [world.playlist(playlist_id, DAY) for playlist_id in world.playlist_ids]
    entries = [entry for each in lists if isinstance(each, PlaylistState) for entry in each.entries]
    tracks = [entry.content for entry in entries if entry and isinstance(entry.content, Track)]
    return {artist.id for track in tracks for artist in track.artists}, {track.album.id for track in tracks}


def test_every_id_in_the_days_tracks_is_requested_once(bench: MakeBench) -> None:
    run = bench(WORLD)
    run.set(endpoints=ENDPOINTS)
    ended = run.extract()
    assert ended.exit_code == 0
    artists, albums = ids_of_tracks(run)
    assert len(artists) > 8
    assert sorted(asked(run, "artists")) == sorted(artists)
    assert sorted(asked(run, "albums")) == sorted(albums)
    assert run.simulator.count("/v1/artists") == -(-len(artists) // 4)
    assert f"{len(artists)} of {len(artists)} artists, {len(albums)} of {len(albums)} albums" in ended.summary
    assert ended.facts["artists_answered"] == len(artists)
    run.extract()
    assert len(asked(run, "artists")) == len(artists)


def test_ids_in_tracks_requested_by_id_are_requested_too(bench: MakeBench) -> None:
    run = bench(WORLD)
    run.set(endpoints=ENDPOINTS)
    run.watch(tracks=(spotify_id("A"),))
    run.extract()
    track = run.simulator.world.track(spotify_id("A"), DAY)
    assert track
    assert asked(run, "artists") == [artist.id for artist in track.artists]


def test_unanswered_ids_are_retried_and_make_the_run_incomplete(bench: MakeBench) -> None:
    run = bench(WORLD, Fault("/v1/artists", times=1, status=404))
    run.set(endpoints=ENDPOINTS)
    first = run.extract()
    assert first.exit_code == 3
    assert "not read: 4 artists from " in first.summary
    missing = run.landed("artists")[0]["asked"]["ids"]
    assert run.extract().exit_code == 0
    assert run.landed("artists")[-1]["asked"]["ids"] == missing


def test_app_without_bulk_access_falls_back_to_single_requests(bench: MakeBench) -> None:
    run = bench(WORLD, Fault(r"/v1/artists\?", status=403))
    run.set(endpoints=ENDPOINTS)
    assert run.extract().exit_code == 0
    artists, _ = ids_of_tracks(run)
    answers = [each for each in run.landed("artists") if each["status"] == 200]
    assert {each["body"]["id"] for each in answers} == artists


@pytest.mark.parametrize("odd", [None, 5, "x", {"id": "../../etc/passwd"}, [{"id": "a,b"}], [None, {"id": 7}]])
def test_only_valid_ids_are_taken_from_a_response(bench: MakeBench, odd: object) -> None:
    def spoil(body: dict[str, Any]) -> None:
        for entry in body["tracks"]["items"]:
            if entry and entry["track"]:
                entry["track"]["artists"] = odd

    scenario = one_list("2026-01-01: [A, B]")
    run = bench(scenario, spoiled(scenario, "/v1/playlists/", f"playlists/{LIST}", spoil))
    run.set(endpoints={"tracks": TRACKS, "artists": ARTISTS})
    assert run.extract().exit_code == 0
    assert asked(run, "artists") == []
