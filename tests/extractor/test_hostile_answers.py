"""Hostile responses: Spotify's data never becomes part of a path, a request or an SQL statement."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractor.config.endpoints import TRACKS, Endpoint
from extractor.engines.duckdb.load import load
from extractor.simulator.faults import Fault
from tests.extractor.conftest import MakeBench, usual_body
from tests.extractor.listing import FIRST_REQUEST, LIST, one_list

WORLD = one_list()
HOSTILE = (
    "../../outside",
    "/etc/outside",
    "'; drop table raw.playlists; --",
    '"; drop schema raw cascade; --',
    "{{ env_var('HOME') }}",
    "A\0B",
    "x" * 100_000,
    "A" * 22 + "/../../me",
    "?ids=,&fields=",
    "\u202e\U0001f600\n\r\x1b[2J",
)


def spoiled_body(value: str) -> Any:
    """Return the playlist with a value in place of every id and name, except the id of one track."""
    body = usual_body(WORLD, f"playlists/{LIST}")
    body |= {"id": value, "name": value, "description": value, "snapshot_id": value, "owner": {"id": value}}
    for entry in body["tracks"]["items"]:
        entry["track"] |= {"name": value, "artists": [{"id": value}]}
    entry["track"] |= {"id": value, "uri": f"spotify:track:{value}"}
    return body


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_id_or_name_is_stored_verbatim_and_has_no_other_effect(
    bench: MakeBench, tmp_path: Path, value: str
) -> None:
    run = bench(WORLD, Fault(FIRST_REQUEST, body=spoiled_body(value)))
    run.set(endpoints={"tracks": TRACKS, "artists": Endpoint("artists?ids=", 50, "artists", "artists.*.id")})
    run.extract()
    load(run.config)
    named = [path.name for path in tmp_path.rglob("*")]
    assert [name for name in named if "outside" in name or not re.fullmatch(r"[\w.-]{1,80}", name, re.ASCII)] == []
    assert [path.stem for path in run.config.landing.glob("contents/*")] in ([], [LIST])
    assert not Path("/etc/outside.json").exists()
    assert {seen.path for seen in run.simulator.requests} == {"/api/token", f"/v1/playlists/{LIST}"}
    with duckdb.connect(str(run.config.raw)) as connection:
        found = "select body from raw.raw.answers where endpoint = 'playlists'"
        [(body,)] = connection.execute(found).fetchall()
    assert json.loads(body)["name"] == value


ODD: tuple[object, ...] = (5, 0, 7.5, "", " ", True, [], ["A"], {}, {"id": "A"}, None, "9" * 22)


def odd_body(**of_track: Any) -> Any:
    """Return the playlist with other values in its first track."""
    body = usual_body(WORLD, f"playlists/{LIST}")
    body["tracks"]["items"][0]["track"] |= of_track
    return body


@pytest.mark.parametrize("key", ["id", "uri", "type", "popularity", "name", "artists", "album", "is_local"])
@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_odd_value_in_a_track_stops_nothing(bench: MakeBench, key: str, value: object) -> None:
    run = bench(WORLD, Fault(FIRST_REQUEST, body=odd_body(**{key: value})))
    assert run.extract().exit_code in (0, 3)
    [read] = run.reads()
    assert read["outcome"] == "complete"
    loaded = load(run.config)
    assert loaded.answers > 3
    assert all(re.fullmatch("[0-9A-Za-z]{22}", track_id) for track_id in run.asked_tracks())


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_odd_answer_for_a_track_is_one_failed_track(bench: MakeBench, value: object) -> None:
    run = bench(WORLD, Fault(r"/v1/tracks", body={"tracks": value}))
    run.watch(tracks=("A" * 22,))
    assert run.extract().exit_code == 3
    load(run.config)
