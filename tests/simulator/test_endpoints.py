"""Tracks, playlists and pages without faults."""

import time
from datetime import date

import pytest
import requests

from extractor.simulator.identifiers import spotify_id
from extractor.simulator.server import SeenRequest
from tests.simulator.reader import Reader, Serve

LISTS = """
shape: {shape}
tracks: 300
histories:
  long: {{pad_to: 230, days: {{2026-01-01: [A, B, {{null: C}}, null]}}}}
  short: {{days: {{2026-01-01: [A, {{local: x}}]}}}}
"""
UNKNOWN = "0" * 22


@pytest.fixture
def reader(serve: Serve) -> Reader:
    return serve(LISTS.format(shape="both"))


def refusal(answer: requests.Response) -> tuple[int, object]:
    assert answer.json()["error"]["status"] == answer.status_code
    return answer.status_code, answer.json()["error"]["message"]


@pytest.mark.parametrize("limit", [1, 20, 50, 77, 100])
@pytest.mark.parametrize("key", ["tracks", "items"])
def test_pages_contain_every_entry_once(reader: Reader, key: str, limit: int) -> None:
    url, seen = f"playlists/{spotify_id('long')}/{key}?limit={limit}", []
    back: list[str | None] = []
    while url:
        page = reader.json(url)
        assert page["total"] == 230
        assert len(page["items"]) <= page["limit"] == limit
        assert page["href"].startswith(reader.simulator.base_url)
        seen += page["items"]
        back.append(page["previous"])
        url = page["next"]
    assert len(seen) == 230
    assert len(back) == -(-230 // limit)
    uris = [entry["track"]["uri"] for entry in seen if entry and entry["track"]]
    assert len(set(uris)) == len(uris) == 228
    assert [seen[position] is None for position in (2, 3)] == [False, True]
    assert [entry and entry["track"] for entry in seen[2:4]] == [None, None]
    assert back[0] is None
    assert all(back[1:])


def test_playlist_includes_its_first_hundred_entries_regardless_of_limit(reader: Reader) -> None:
    playlist = reader.json(f"playlists/{spotify_id('long')}?limit=10")
    assert [len(playlist[key]["items"]) for key in ("tracks", "items")] == [100, 100]
    following = reader.json(playlist["items"]["next"])
    assert following["offset"] == 100
    assert following == reader.json(f"playlists/{spotify_id('long')}/items?limit=100&offset=100")


def test_pages_default_to_twenty_entries_and_can_be_beyond_the_end(reader: Reader) -> None:
    assert len(reader.json(f"playlists/{spotify_id('long')}/tracks")["items"]) == 20
    beyond = reader.json(f"playlists/{spotify_id('long')}/tracks?offset=500")
    assert (beyond["items"], beyond["next"], beyond["total"]) == ([], None, 230)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "offset=-1"])
def test_invalid_page_parameters_are_refused(reader: Reader, query: str) -> None:
    name = query.partition("=")[0]
    assert refusal(reader.get(f"playlists/{spotify_id('long')}/tracks?{query}")) == (400, f"Invalid {name}")


@pytest.mark.parametrize(
    ("shape", "mine", "other", "status"), [("tracks", "track", "item", 404), ("items", "item", "track", 403)]
)
def test_response_uses_one_field_spelling_throughout(
    serve: Serve, shape: str, mine: str, other: str, status: int
) -> None:
    reader = serve(LISTS.format(shape=shape))
    playlist = reader.json(f"playlists/{spotify_id('long')}")
    assert f"{other}s" not in playlist
    assert f"/{mine}s?" in playlist[f"{mine}s"]["next"]
    for page in (playlist[f"{mine}s"], reader.json(playlist[f"{mine}s"]["next"])):
        assert all(mine in entry and other not in entry for entry in page["items"] if entry)
    assert reader.get(f"playlists/{spotify_id('long')}/{other}s").status_code == status


def test_fields_parameter_filters_the_response(reader: Reader) -> None:
    path = f"playlists/{spotify_id('long')}"
    whole = reader.json(path)
    assert reader.json(f"{path}?fields=snapshot_id") == {"snapshot_id": whole["snapshot_id"]}
    some = reader.json(f"{path}?fields=name,tracks(total,items(added_at,track(id))),nothing")
    assert list(some) == ["name", "tracks"]
    assert some["tracks"]["total"] == 230
    assert some["tracks"]["items"][0] == {
        "added_at": whole["tracks"]["items"][0]["added_at"],
        "track": {"id": spotify_id("A")},
    }
    assert [reader.get(f"{path}?fields={wrong}").status_code for wrong in ("tracks(", "name)", "!name")] == [400] * 3


def test_fields_of_a_page_apply_to_the_next_page_but_those_of_a_playlist_do_not(reader: Reader) -> None:
    path = f"playlists/{spotify_id('long')}"
    page = reader.json(f"{path}/items?limit=100&fields=next,items(added_at)")
    following = reader.json(page["next"])
    assert list(following) == ["next", "items"]
    assert [list(entry) for entry in following["items"]] == [["added_at"]] * 100
    playlist = reader.json(f"{path}?fields=items(next)")
    assert set(reader.json(playlist["items"]["next"])["items"][0]) >= {"added_at", "item"}


def test_bulk_tracks_are_returned_by_position(reader: Reader) -> None:
    a, b = spotify_id("A"), spotify_id("B")
    answer = reader.json(f"tracks?ids={b},{UNKNOWN},{a},hi,{a}")
    assert [track and track["id"] for track in answer["tracks"]] == [b, None, a, None, a]
    assert answer["tracks"][2] == answer["tracks"][4] == reader.json(f"tracks/{a}")


def test_bulk_tracks_have_a_limit(reader: Reader) -> None:
    assert len(reader.json(f"tracks?ids={','.join([spotify_id('A')] * 50)}")["tracks"]) == 50
    assert refusal(reader.get(f"tracks?ids={','.join([spotify_id('A')] * 51)}")) == (400, "too many ids requested")
    assert reader.get("tracks?ids=").status_code == 400


@pytest.mark.parametrize(("kind", "most"), [("artists", 50), ("albums", 20)])
def test_artists_and_albums_of_tracks_can_be_requested(reader: Reader, kind: str, most: int) -> None:
    track = reader.json(f"tracks/{spotify_id('A')}")
    shown = track["album"] if kind == "albums" else track["artists"][0]
    known = reader.json(f"{kind}/{shown['id']}")
    assert [known[name] for name in ("id", "name", "uri")] == [shown[name] for name in ("id", "name", "uri")]
    assert reader.json(f"{kind}?ids={UNKNOWN},{shown['id']}") == {kind: [None, known]}
    assert reader.get(f"{kind}?ids={','.join([UNKNOWN] * most)}").status_code == 200
    assert reader.get(f"{kind}?ids={','.join([UNKNOWN] * (most + 1))}").status_code == 400


@pytest.mark.parametrize("kind", ["tracks", "playlists", "artists", "albums"])
def test_unknown_and_invalid_ids(reader: Reader, kind: str) -> None:
    assert refusal(reader.get(f"{kind}/{UNKNOWN}")) == (404, "Resource not found")
    assert refusal(reader.get(f"{kind}/hi")) == (400, "Invalid base62 id")


def test_other_endpoints_and_methods_are_404(reader: Reader) -> None:
    assert refusal(reader.get("shows/x")) == (404, "Service not found")
    with reader.session.put(f"{reader.simulator.base_url}/tracks/{spotify_id('A')}") as answer:
        assert answer.status_code == 404


def test_response_depends_on_the_day(reader: Reader) -> None:
    path = f"tracks/{spotify_id('A')}"
    popularities = set()
    for number in range(1, 30):
        reader.simulator.day = date(2026, 1, number)
        popularities.add(reader.json(path)["popularity"])
    assert len(popularities) > 2


def test_headers_match_the_real_api(reader: Reader) -> None:
    caches = {
        f"tracks/{spotify_id('A')}": "public, max-age=7200",
        f"tracks?ids={spotify_id('A')}": "public, max-age=7200",
        f"playlists/{spotify_id('long')}": "public, max-age=0",
        f"playlists/{spotify_id('long')}/items": "public, max-age=0",
        f"tracks/{UNKNOWN}": "private, max-age=0",
    }
    for path, cache in caches.items():
        headers = reader.get(path).headers
        assert headers["cache-control"] == cache
        assert headers["content-type"] == "application/json; charset=utf-8"
        assert headers["content-encoding"] == "gzip"
        assert "etag" not in headers
    plain = reader.get(f"tracks/{spotify_id('A')}", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert int(plain.headers["content-length"]) == len(plain.content)


def test_keep_alive_connections_do_not_stall(reader: Reader) -> None:
    path = f"tracks/{spotify_id('A')}"
    durations = []
    for _ in range(15):
        start = time.perf_counter()
        reader.json(path)
        durations.append(time.perf_counter() - start)
    # Without TCP_NODELAY every second response takes 40 ms; compare with the fastest third.
    assert sorted(durations)[10] < 0.035


def test_requests_are_recorded_and_counted(reader: Reader) -> None:
    simulator = reader.simulator
    path = f"/v1/tracks?ids={UNKNOWN}"
    reader.json(path.removeprefix("/v1/"))
    reader.get("tracks/hi")
    assert simulator.requests == [
        SeenRequest("POST", "/api/token", 200, "/api/token"),
        SeenRequest("GET", path, 200, "/v1/tracks"),
        SeenRequest("GET", "/v1/tracks/hi", 400, "/v1/tracks/{id}"),
    ]
    assert [simulator.count(pattern) for pattern in ("/v1/tracks", r"/v1/tracks\?", "/v1/albums")] == [2, 1, 0]


def test_restricted_apps_silently_get_less(reader: Reader) -> None:
    path = f"playlists/{spotify_id('short')}"
    full = reader.json(path)
    reader.simulator.restricted = True
    playlist, track = reader.json(path), reader.json(f"tracks/{spotify_id('A')}")
    assert playlist == {key: value for key, value in full.items() if key not in ("tracks", "items")}
    assert "popularity" not in track
    assert "available_markets" not in track
    assert "isrc" in track["external_ids"]
    assert refusal(reader.get(f"tracks?ids={spotify_id('A')}")) == (403, "Forbidden")
    assert refusal(reader.get(f"{path}/tracks")) == (403, "Forbidden")
    assert refusal(reader.get(f"{path}/items")) == (401, "Valid user authentication required")
