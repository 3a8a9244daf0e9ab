"""Simulated responses have every field of recorded ones, with a compatible type."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extractor.simulator.identifiers import spotify_id
from tests.simulator.reader import Reader, Serve

WORLD = """
histories:
  mixed:
    days:
      2026-01-01:
        [A, {local: x}, {episode: e}, {pseudo_episode: p}, {pseudo_episode: q}, {pseudo_episode: r}, {null: C}, null]
  long: {pad_to: 250, days: {2026-01-01: [A]}}
"""
# Sent only if a market applies: with a user's token, or for some apps.
ONLY_WITH_A_MARKET = {"is_playable", "linked_from", "restrictions", "resume_point"}

# Null for most apps since 2024; the recordings differ.
OFTEN_NULL = {"preview_url", "audio_preview_url", "height", "width"}

Shape = dict[str, set[str]]


def shape(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the JSON type of everything in a value. Elements of an array share a path."""
    match value:
        case dict():
            yield at, "object"
            for name, each in value.items():
                yield from shape(each, f"{at}.{name}")
        case list():
            yield at, "array"
            for each in value:
                yield from shape(each, f"{at}[]")
        case _:
            yield at, "null" if value is None else "number" if type(value) in (int, float) else type(value).__name__


def shapes(values: list[Any]) -> Shape:
    found: Shape = {}
    for value in values:
        for path, kind in shape(value):
            found.setdefault(path, set()).add(kind)
    return found


def differences(recorded: list[Any], simulated: list[Any]) -> list[str]:
    """Return what recorded values have and simulated ones lack. A recorded null matches any type."""
    ours = shapes(simulated)
    found = []
    for path, kinds in shapes(recorded).items():
        if ONLY_WITH_A_MARKET & set(path.replace("[]", "").split(".")):
            continue
        if path not in ours:
            found.append(f"{path}: missing")
        elif not kinds - {"null"} <= ours[path] and not (path.split(".")[-1] in OFTEN_NULL and "null" in ours[path]):
            found.append(f"{path}: {sorted(kinds)} recorded, {sorted(ours[path])} simulated")
    return found


def fixture(name: str) -> Any:
    """Return a recorded body; recordings are not part of this repository."""
    shared = os.environ.get("SHARED_DIR") or Path(__file__).resolve().parents[3] / "shared"
    path = Path(shared) / "fixtures" / name
    if not path.is_file():
        pytest.skip(f"no recorded answer at {path}")
    content = json.loads(path.read_text())
    return content["response"]["body"] if "response" in content else content


@pytest.fixture
def reader(serve: Serve) -> Reader:
    return serve(WORLD)


def entries_by_kind(entries: list[Any]) -> dict[str, list[Any]]:
    """Group the entries of a page by kind: an array would mix their shapes."""
    kinds: dict[str, list[Any]] = {}
    for entry in entries:
        track = entry and (entry.get("track") or entry.get("item"))
        if track is None:
            kind = "nothing"
        elif entry["is_local"]:
            kind = "local"
        elif track["type"] == "episode":
            kind = "episode" if track["episode"] else "pseudo episode"
        else:
            kind = "track"
        kinds.setdefault(kind, []).append(entry)
    return kinds


def without_entries(value: Any) -> Any:
    """Return a playlist or page without the arrays of entries in it."""
    if not isinstance(value, dict):
        return value
    return {
        name: without_entries(each) for name, each in value.items() if not isinstance(each, list) or name == "images"
    }


def entries_of(value: dict[str, Any]) -> list[Any]:
    pages = [value, *(value[key] for key in ("tracks", "items") if isinstance(value.get(key), dict))]
    return [entry for page in pages if isinstance(page.get("items"), list) for entry in page["items"]]


@pytest.mark.parametrize(
    ("name", "world", "path"),
    [
        ("2026_playlist_tracks_and_items.json", "both", "playlists/{mixed}"),
        ("2026_playlist_items_field_no_followers.json", "both", "playlists/{mixed}"),
        ("2026_playlist_items_page_track_and_item.json", "both", "playlists/{mixed}/items?limit=48"),
        ("2024_playlist_local_file_and_unavailable_track.json", "tracks", "playlists/{mixed}"),
        ("2024_playlist_tracks_plus_episode.json", "tracks", "playlists/{mixed}"),
        ("playlist_tracks_page_episode_as_pseudo_track.json", "tracks", "playlists/{mixed}/tracks"),
        ("playlist_tracks_page_tracks_and_episodes.json", "tracks", "playlists/{mixed}/tracks"),
        ("http/playlist_with_local_file_200.json", "tracks", "playlists/{mixed}"),
        ("http/playlist_tracks_page_with_local_file_200.json", "tracks", "playlists/{mixed}/tracks"),
        ("http/playlist_tracks_page_episodes_200.json", "tracks", "playlists/{mixed}/tracks"),
    ],
)
def test_playlists_and_pages(serve: Serve, name: str, world: str, path: str) -> None:
    recorded = fixture(name)
    answer = serve(f"shape: {world}\n{WORLD}").json(path.format(mixed=spotify_id("mixed")))
    assert differences([without_entries(recorded)], [without_entries(answer)]) == []
    ours = entries_by_kind(entries_of(answer))
    theirs = entries_by_kind(entries_of(recorded))
    assert theirs
    for kind, entries in theirs.items():
        assert differences(entries, ours[kind]) == [], kind


def test_empty_entry(reader: Reader) -> None:
    recorded = fixture("transcribed/item_null_track.json")
    entries = reader.json(f"playlists/{spotify_id('mixed')}/tracks")["items"]
    assert differences([recorded], [entries[-2]]) == []
    assert shapes([entries[-2]])[".track"] == {"null"}
    assert fixture("page_with_null_item.json")["items"] == [entries[-1]]


def test_artist_of_a_pseudo_episode_can_have_no_name(reader: Reader) -> None:
    entries = entries_by_kind(reader.json(f"playlists/{spotify_id('mixed')}/tracks")["items"])["pseudo episode"]
    assert {entry["track"]["artists"][0]["name"] is None for entry in entries} == {True, False}
    assert all(entry["track"]["album"]["name"] for entry in entries)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("http/track_single_200.json", "tracks/{a}"),
        ("track_with_linked_from.json", "tracks/{a}"),
        ("http/tracks_bulk_one_invalid_200.json", "tracks?ids={a},j"),
        ("http/tracks_bulk_all_invalid_200.json", "tracks?ids=hi,dad"),
        ("tracks_bulk_unknown_id_null_2015.json", "tracks?ids={a},0000000000000000000000"),
    ],
)
def test_tracks(reader: Reader, name: str, path: str) -> None:
    recorded, answer = fixture(name), reader.json(path.format(a=spotify_id("A")))
    assert differences([recorded], [answer]) == []
    nulls = [[track is None for track in body["tracks"]] for body in (recorded, answer) if "tracks" in body]
    assert len({str(sorted(each)) for each in nulls}) <= 1


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("error_404_playlist.json", "playlists/0000000000000000000000"),
        ("http/track_single_invalid_id_400.json", "tracks/nonexistanttrack"),
        ("http/playlist_invalid_id_404.json", "playlists/nope"),
        ("transcribed/error_400_too_many_ids.json", "tracks?ids=" + "a," * 50 + "a"),
    ],
)
def test_refusals(reader: Reader, name: str, path: str) -> None:
    assert differences([fixture(name)], [reader.get(path).json()]) == []


def test_tokens(reader: Reader) -> None:
    simulator = reader.simulator
    form, client = {"grant_type": "client_credentials"}, tuple(simulator.credentials.values())
    with reader.session.post(simulator.token_url, data=form, auth=(client[0], client[1])) as good:
        assert differences([fixture("auth_200_client_credentials.json")], [good.json()]) == []
    with reader.session.post(simulator.token_url, data=form, auth=("no-one", "")) as bad:
        assert bad.json() == fixture("auth_400_invalid_client.json")
    with reader.session.post(simulator.token_url, data=form, auth=(client[0], "")) as bad:
        assert bad.json() == fixture("transcribed/auth_400_invalid_client_secret.json")
    simulator.expire_tokens()
    assert reader.get("tracks").json() == fixture("transcribed/error_401_expired.json")


def test_differences_are_detected() -> None:
    recorded = {"name": "x", "album": {"id": "y", "artists": [{"id": "z"}]}, "popularity": 3, "uri": None}
    simulated = {"name": 1, "album": {"id": None, "artists": [{}]}, "popularity": 5, "uri": "u"}
    assert differences([recorded], [simulated]) == [
        ".name: ['str'] recorded, ['number'] simulated",
        ".album.id: ['str'] recorded, ['null'] simulated",
        ".album.artists[].id: missing",
    ]
