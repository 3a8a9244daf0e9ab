"""The access of an app is detected from responses, once per run."""

from typing import Any

import pytest

from extractor.errors import CredentialsError
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id
from tests.extractor.conftest import Bench, MakeBench
from tests.extractor.listing import FIRST_REQUEST, LIST, one_list, spoiled

pytestmark = pytest.mark.slow

NAMES = [f"T{number}" for number in range(60)]
WATCHED = tuple(spotify_id(name) for name in NAMES)
KNOWN_TRACKS = f"{{tracks: 0, histories: {{list: {{days: {{2026-01-01: [{', '.join(NAMES)}]}}}}}}}}"
BULK = r"/v1/tracks\?"
SINGLE = r"/v1/tracks/"
PREMIUM = "Active premium subscription required for the owner of the app."
UNREGISTERED = "Check settings on developer.spotify.com/dashboard, the user may not be registered."


def watching_tracks(bench: MakeBench, *faults: Fault, tracks: tuple[str, ...] = WATCHED) -> Bench:
    run = bench(KNOWN_TRACKS, *faults)
    run.watch(tracks=tracks)
    return run


def end(run: Bench) -> dict[str, Any]:
    body: dict[str, Any] = run.landed("runs")[-1]["body"]
    return body


def test_forbidden_bulk_request_falls_back_to_single_tracks(bench: MakeBench) -> None:
    run = watching_tracks(bench, Fault(BULK, status=403))
    assert run.extract().exit_code == 0
    assert (run.simulator.count(BULK), run.simulator.count(SINGLE)) == (1, 60)
    singles = [each for each in run.landed("tracks") if each["status"] == 200]
    assert [each["asked"] for each in singles] == [{"ids": [track_id]} for track_id in WATCHED]
    assert [each["body"]["name"] for each in singles] == NAMES
    assert end(run)["capabilities"] == {"bulk_tracks": False, "playlist_items": None, "popularity": True}


def test_tracks_read_one_by_one_are_not_requested_again(bench: MakeBench) -> None:
    run = watching_tracks(bench, Fault(BULK, status=403))
    run.extract()
    assert run.extract().summary.splitlines()[0].endswith("no tracks to request; requests: none")


def test_single_forbidden_batch_falls_back_and_the_next_stays_bulk(
    bench: MakeBench,
) -> None:
    run = watching_tracks(bench, Fault(BULK, after=1, times=1, status=403))
    run.set(endpoints={"tracks": type(run.config.endpoints["tracks"])("tracks?ids=", 20, "tracks")})
    assert run.extract().exit_code == 0
    assert (run.simulator.count(BULK), run.simulator.count(SINGLE)) == (3, 20)


@pytest.mark.parametrize(("status", "words"), [(404, "Resource not found"), (400, "Invalid base62 id")])
def test_unknown_single_id_is_not_read_and_not_requested_again(bench: MakeBench, status: int, words: str) -> None:
    refusal = Fault(f"{SINGLE}{WATCHED[0]}", status=status, body={"error": {"status": status, "message": words}})
    run = watching_tracks(bench, Fault(BULK, status=403), refusal, tracks=WATCHED[:2])
    extraction = run.extract()
    assert extraction.exit_code == 3
    assert f"not read: track {WATCHED[0]}: Spotify does not know this id" in extraction.summary
    assert run.extract().exit_code == 0
    assert run.simulator.count(SINGLE) == 2


def test_id_that_breaks_its_batch_is_isolated_and_the_others_are_read(bench: MakeBench) -> None:
    invalid = {"error": {"status": 400, "message": "Invalid base62 id"}}
    run = watching_tracks(bench, Fault(WATCHED[17], status=400, body=invalid))
    extraction = run.extract()
    assert extraction.exit_code == 3
    assert (extraction.facts["tracks_answered"], extraction.facts["tracks_failed"]) == (len(WATCHED) - 1, 1)
    answered = [each for each in run.landed("tracks") if each["status"] == 200]
    assert sorted(track_id for each in answered for track_id in each["asked"]["ids"]) == sorted(
        set(WATCHED) - {WATCHED[17]}
    )
    assert run.simulator.count(BULK) <= 2 + 2 * 6
    assert run.extract().exit_code == 0
    assert run.simulator.count(BULK) <= 2 + 2 * 6


def test_batch_refused_for_another_reason_is_not_bisected(bench: MakeBench) -> None:
    run = watching_tracks(bench, Fault(BULK, status=400, body={"error": {"status": 400, "message": "Invalid limit"}}))
    assert run.extract().exit_code == 3
    assert run.simulator.count(BULK) == 2


def test_few_requests_are_sent_if_all_tracks_are_forbidden(bench: MakeBench) -> None:
    run = watching_tracks(bench, Fault("/v1/tracks", status=403))
    ended = run.extract()
    assert ended.exit_code == 3
    assert run.simulator.count("/v1/tracks") == 4
    assert "60 not read" in ended.summary


LONG = "days: {2026-01-01: [A]}, pad_to: 250"
TWO_LONG = f"{{shape: both, tracks: 0, histories: {{list: {{{LONG}}}, other: {{{LONG}}}}}}}"


def test_forbidden_items_endpoint_falls_back_to_tracks_and_is_remembered(bench: MakeBench) -> None:
    run = bench(TWO_LONG, Fault(r"/items\?", status=403))
    assert run.extract().exit_code == 0
    assert [read["entries"] for read in run.reads()] == [250, 250]
    assert (run.simulator.count(r"/items\?"), run.simulator.count(r"/tracks\?offset")) == (1, 4)
    assert end(run)["capabilities"]["playlist_items"] == "tracks"


def test_forbidden_tracks_endpoint_falls_back_to_items_fifty_at_a_time(bench: MakeBench) -> None:
    def name_tracks(body: Any) -> None:
        body["tracks"] = body.pop("items")
        body["tracks"]["next"] = body["tracks"]["next"].replace("/items?", "/tracks?")

    scenario = one_list(pad_to=250, shape="items")  # whose /tracks is forbidden
    run = bench(scenario, spoiled(scenario, FIRST_REQUEST, f"playlists/{LIST}", name_tracks))
    assert run.extract().exit_code == 0
    assert run.reads()[0]["entries"] == 250
    assert (run.simulator.count(r"/tracks\?offset"), run.simulator.count(r"/items\?offset=\d+&limit=50")) == (1, 3)
    assert end(run)["capabilities"]["playlist_items"] == "items"


def test_pages_forbidden_under_both_names_are_given_up(bench: MakeBench) -> None:
    run = bench(TWO_LONG, Fault(r"/(items|tracks)\?", status=403))
    assert run.extract().exit_code == 3
    assert {read["outcome"] for read in run.reads()} == {"partial"}
    assert end(run)["capabilities"]["playlist_items"] is None


@pytest.mark.parametrize("status", [401, 403])
def test_playlist_that_requires_a_user_is_unavailable_and_requested_once(bench: MakeBench, status: int) -> None:
    words = {"error": {"status": status, "message": "Valid user authentication required"}}
    run = bench(one_list(), Fault(FIRST_REQUEST, status=status, body=words))
    assert run.extract().exit_code == 3
    (read,) = run.reads()
    assert read["outcome"] == "unavailable"
    assert "only to a logged-in user" in read["reason"]
    assert (run.simulator.count("/v1/"), run.simulator.count("^/api/token")) == (1, 1)


def test_withheld_items_are_explained(bench: MakeBench) -> None:
    run = bench(one_list())
    run.simulator.restricted = True
    run.extract()
    assert "items withheld: Spotify shows this app the playlist" in run.reads()[0]["reason"]


def test_app_without_popularity_is_warned_with_counts(bench: MakeBench) -> None:
    run = watching_tracks(bench)
    run.simulator.restricted = True
    ended = run.extract()
    assert ended.exit_code == 0
    assert "0 of 60 tracks had a popularity: " in ended.summary
    assert end(run)["capabilities"] == {"bulk_tracks": False, "playlist_items": None, "popularity": False}
    assert end(run)["tracks_without_popularity"] == 60


def test_popularity_0_counts_as_a_popularity(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{track: A, popularity: 0}]"))
    assert "carried" not in run.extract().summary
    assert end(run)["tracks_without_popularity"] == 0


@pytest.mark.parametrize("body", [PREMIUM, {"error": {"status": 403, "message": PREMIUM}}], ids=["text", "JSON"])
def test_app_owner_without_premium_ends_the_run_at_once(bench: MakeBench, body: object) -> None:
    run = bench("{tracks: 300, playlists: {a: {}, b: {}, c: {}}}", Fault("/v1/", status=403, body=body))
    with pytest.raises(CredentialsError, match="owner has no Premium"):
        run.extract()
    assert run.simulator.count("/v1/") == 1
    assert (end(run)["exit_code"], end(run)["requests"]) == (2, {"playlists": 1})


def test_unregistered_user_is_an_error_with_a_hint(bench: MakeBench) -> None:
    run = bench(one_list(), Fault("/v1/", status=403, body=UNREGISTERED))
    with pytest.raises(CredentialsError, match="User Management"):
        run.extract()
