"""Responses of the Web API that others have kept: in git or in folders, whole or page by page."""

import gzip
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from extractor.landing.reader import envelopes
from extractor.simulator.identifiers import spotify_id
from tests.imports.conftest import Target
from tests.imports.layouts import archive_files, item, response, write_git
from tests.imports.worlds import FIRST_DAY, Imported, Snapshot, generate, landed
from tests.pipeline.oracle import Entry

PLAYLIST, A, B, C = (spotify_id(name) for name in ("playlist", "A", "B", "C"))
API = "https://api.spotify.com/v1/"
HELD = (Entry(A, "2024-01-01T00:00:00Z"), Entry(None, "2024-01-02T00:00:00Z"), Entry(B, None))
READ = Snapshot(PLAYLIST, FIRST_DAY, HELD, "curator", 1)


def text(body: object) -> bytes:
    return json.dumps(body, indent=1).encode()


def pages(snapshot_ids: tuple[str | None, ...], sizes: tuple[int, ...] = (2, 1), total: int = 3) -> dict[str, bytes]:
    """Return READ as a file with the playlist and its first page, and one file for each further page."""
    files, offset = {}, 0
    for number, (size, snapshot_id) in enumerate(zip(sizes, snapshot_ids, strict=True)):
        entries = [{"added_at": each.added_at, "track": item(each)} for each in HELD[offset : offset + size]]
        page: dict[str, Any] = {"items": entries, "offset": offset, "total": total}
        page["href"] = f"https://api.spotify.com/v1/playlists/{PLAYLIST}/tracks?offset={offset}"
        body = page if number else {"id": PLAYLIST, "name": "List", "tracks": page}
        files[f"data/page-{number}.json"] = text(body | ({"snapshot_id": snapshot_id} if snapshot_id else {}))
        offset += size
    return files


@pytest.mark.parametrize("key", ["items", "tracks"])
@pytest.mark.parametrize("seed", [1, 2])
def test_random_histories_in_git_land_as_they_are(target: Target, tmp_path: Path, seed: int, key: str) -> None:
    world, random = generate(seed), Random(seed)
    wanted, commits = [], []
    for each in world:
        missing = random.choice((0, 0, 0, 1))
        path = f"{random.choice('xy')}/{each.playlist_id}.json"
        commits.append((each.at, {path: text(response(each, key, len(each.entries) + missing))}))
        outcome = "partial" if missing else "complete"
        wanted.append(Imported(each.playlist_id, each.at.date(), each.at, outcome, each.entries))
    assert target.read("api", write_git(tmp_path / "git", commits)) == sorted(wanted)


@pytest.mark.parametrize("name", ['a "quote".json', "back\\slash.json", "tab\t.json", "line\nbreak.json", "ä.json"])
def test_a_file_in_git_may_have_any_name(target: Target, tmp_path: Path, name: str) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / name).write_bytes(text(response(READ)))
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "x")):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(checkout), *arguments]
        subprocess.run(command, check=True)
    [read] = target.read("api", checkout)
    assert (read.outcome, read.entries) == ("complete", HELD)


def test_a_folder_in_no_repository_needs_no_git(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "2024-05-31.json").write_bytes(text(response(READ)))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [str(read.day) for read in target.read("api", tmp_path / "kept")] == ["2024-05-31"]


def test_a_folder_dates_its_files_by_their_paths(target: Target, tmp_path: Path) -> None:
    names = ["2024-03-01/x.json", "x 20240302T235959.json", "2024-01-01/2024-03-03.json", "2024/03/04/x.json"]
    names += ["x_2024_03_05.json", "2024.03.06.json", "20240307235959.json", "1717070400 2024-03-08 2359.json"]
    for day, name in enumerate(names):
        path = tmp_path / "kept" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text(response(READ) | {"day": day}))
    at = datetime(2024, 3, 1, tzinfo=UTC)
    wanted = [at + timedelta(days=day) for day in range(8)]
    reads = target.read("api", tmp_path / "kept")
    assert [(read.day, read.at, read.entries) for read in reads] == [(at.date(), at, HELD) for at in wanted]


@pytest.mark.parametrize(
    ("snapshot_ids", "total", "options", "outcome"),
    [
        (("s", "s"), 3, (), "complete"),
        (("s", "t"), 3, (), "partial"),
        (("s", None), 3, (), "partial"),
        ((None, None), 3, (), "partial"),
        ((None, None), 3, ("--complete",), "complete"),
        (("s", "t"), 3, ("--complete",), "partial"),
        (("s", "s"), 4, ("--complete",), "partial"),
    ],
)
def test_pages_in_several_files_are_one_read(
    target: Target,
    tmp_path: Path,
    snapshot_ids: tuple[str | None, str | None],
    total: int,
    options: tuple[str, ...],
    outcome: str,
) -> None:
    git = write_git(tmp_path / "git", [(FIRST_DAY, pages(snapshot_ids, total=total))])
    assert target.read("api", git, *options) == [Imported(PLAYLIST, FIRST_DAY.date(), FIRST_DAY, outcome, HELD)]


def test_only_the_first_page_is_a_partial_read(target: Target, tmp_path: Path) -> None:
    [(path, content), _] = pages(("s", "s")).items()
    [read] = target.read("api", write_git(tmp_path / "git", [(FIRST_DAY, {path: content})]))
    assert (read.outcome, read.entries) == ("partial", HELD[:2])


def test_items_land_as_the_api_gave_them_without_dropped_fields(target: Target, tmp_path: Path) -> None:
    target.read("api", write_git(tmp_path / "git", [(FIRST_DAY, {"x.json": text(response(READ))})]))
    [path] = target.landing.glob("*/*.gz")
    [body] = [line["body"] for _, line in envelopes(path) if line["endpoint"] == "playlists"]
    first = item(HELD[0])
    assert first and body["items"]["items"][0] == {
        "added_at": HELD[0].added_at,
        "item": {key: value for key, value in first.items() if key not in ("available_markets", "album")}
        | {"album": {"name": "Album"}},
    }
    assert "a person" not in json.dumps(body)
    assert (body["name"], body["owner"], body["followers"]) == (READ.name, {"id": "curator"}, {"total": 1})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "not a response for a playlist"),
        (b"[]", "no object, which a response is"),
        (text([response(READ)]), "no object, which a response is"),
        (text({"playlists": [response(READ)]}), "several playlists; a file must have the response for one"),
        (text(response(READ) | {"owner": "curator"}), "its fields have not the types of the Web API"),
        (text({"id": PLAYLIST, "tracks": {"href": "x", "total": 3}}), "no array of entries"),
        (text({"items": [{"id": PLAYLIST, "name": "a playlist of a user"}]}), "no entries of a playlist"),
        (text({"items": [{"track": None}], "total": 1}), "no id of a playlist"),
        (text({"error": {"status": 404}}), "no array of entries"),
        (text({"tracks": {"href": f"{API}search?query=x", "items": [], "total": 0}, "id": PLAYLIST}), "something else"),
        (text({"href": f"{API}me/tracks", "items": [{"track": {"id": A}}], "total": 1}), "something else"),
        (text({"id": A, "type": "album", "tracks": {"items": [], "total": 0}}), "something else"),
    ],
)
def test_other_files_are_named_and_the_rest_is_imported(
    make_target: Callable[[str], Target], tmp_path: Path, body: bytes, reason: str
) -> None:
    alone = write_git(tmp_path / "alone", [(FIRST_DAY, {"other.json": body})])
    target = make_target("alone")
    exit_code, printed = target.run("import", "api", alone)
    assert (exit_code, reason in printed, target.files()) == (2, True, {}), printed
    both = write_git(tmp_path / "both", [(FIRST_DAY, {"other.json": body, "good.json": text(response(READ))})])
    exit_code, printed = target.run("import", "api", both)
    assert (exit_code, ":other.json: not a response" in printed, reason in printed) == (3, True, True), printed
    assert [read.outcome for read in landed(target.landing)] == ["complete"]


def test_an_entry_without_content_makes_its_read_partial(target: Target, tmp_path: Path) -> None:
    body = response(READ)
    body["items"]["items"][0] = {"added_at": None, "name": "flattened by a script"}
    exit_code, printed = target.run("import", "api", write_git(tmp_path / "git", [(FIRST_DAY, {"x.json": text(body)})]))
    assert (exit_code, "an entry without item or track" in printed) == (3, True), printed
    assert [(read.outcome, len(read.entries)) for read in landed(target.landing)] == [("partial", 2)]


@pytest.mark.parametrize("track", [{"name": "x"}, {"external_urls": {"spotify": "x"}}])
def test_entries_without_ids_prove_no_removal(target: Target, tmp_path: Path, track: dict[str, Any]) -> None:
    cut = response(READ, "tracks") | {"tracks": {"items": [{"track": track}, {"track": track}], "total": 2}}
    commits = [(FIRST_DAY, {"x.json": text(response(READ))}), (FIRST_DAY + timedelta(1), {"x.json": text(cut)})]
    exit_code, printed = target.run("import", "api", write_git(tmp_path / "git", commits))
    assert (exit_code, 'x.json: id "a track without id and uri"' in printed) == (3, True), printed
    assert [read.outcome for read in landed(target.landing)] == ["complete", "partial"]


def test_a_response_that_was_moved_is_no_read(target: Target, tmp_path: Path) -> None:
    body, days = text(response(READ)), [FIRST_DAY + timedelta(number) for number in range(4)]
    commits: list[dict[str, bytes | None]] = [
        {"a/x.json": body},
        {"a/x.json": None, "b/x.json": body},
        {"b/x.json": None},
        {"b/x.json": body},
    ]
    reads = target.read("api", write_git(tmp_path / "git", zip(days, commits, strict=True)))
    assert [read.day for read in reads] == [FIRST_DAY.date()]


def test_a_copy_that_is_committed_later_is_no_read(target: Target, tmp_path: Path) -> None:
    old, new = text(response(READ)), text(response(READ) | {"name": "other"})
    of_next_day = f"kept/{FIRST_DAY + timedelta(5):%Y-%m-%d}/x.json"
    commits: list[dict[str, bytes | None]] = [
        {"x.json": old, "the same/x.json": old},
        {"x.json": new},
        {"x.json": old},
        {"copy/x.json": new},
        {of_next_day: new},
    ]
    days = [FIRST_DAY + timedelta(number) for number in range(len(commits))]
    exit_code, printed = target.run("import", "api", write_git(tmp_path / "git", zip(days, commits, strict=True)))
    assert (exit_code, printed.count("not usable")) == (3, 1), printed
    assert ":copy/x.json: a copy of what was committed in " in printed, printed
    assert [read.at for read in landed(target.landing)] == [days[0], days[1], days[2], days[4]]


def test_a_response_that_is_committed_days_later_is_imported_from_a_folder_only(target: Target, tmp_path: Path) -> None:
    day, late = FIRST_DAY.date(), FIRST_DAY + timedelta(2)
    git = write_git(tmp_path / "git", [(late, {f"kept/{day}/x.json": text(response(READ))})])
    exit_code, printed = target.run("import", "api", git)
    assert f"kept/{day}/x.json: its path says {day}, but it was committed on {late.date()}" in printed, printed
    assert (exit_code, "no file that ends with" in printed, target.files()) == (2, False, {}), printed
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "clone", "--quiet", str(git), str(checkout)], check=True)
    (checkout / "kept").rename(tmp_path / "copied")
    assert [read.day for read in target.read("api", tmp_path / "copied")] == [day]


def test_half_a_surrogate_pair_stops_no_import(target: Target, tmp_path: Path) -> None:
    body = text(response(READ)).replace(b'"Album"', b'"ab\\ud83d"')
    [read] = target.read("api", write_git(tmp_path / "git", [(FIRST_DAY, {"x.json": body})]))
    assert (read.outcome, read.entries) == ("complete", HELD)


def test_a_file_without_a_day_is_refused(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "playlist.json"
    path.write_bytes(text(response(READ)))
    exit_code, printed = target.run("import", "api", path)
    assert (exit_code, "no day in its path" in printed) == (2, True), printed


def test_compressed_responses_are_read_in_git_and_in_a_folder(
    make_target: Callable[[str], Target], tmp_path: Path
) -> None:
    packed = gzip.compress(text(response(READ)))
    git = write_git(tmp_path / "git", [(FIRST_DAY, {"a.json.gz": packed})])
    assert [read.entries for read in make_target("git").read("api", git)] == [HELD]
    kept = tmp_path / "kept"
    kept.mkdir()
    for day, content in enumerate((packed, packed[:-9], text(response(READ))), 1):
        (kept / f"2024-05-0{day}.JSON.GZ").write_bytes(content)
    target = make_target("folder")
    exit_code, printed = target.run("import", "api", kept)
    assert (exit_code, printed.count(": not compressed with gzip, or cut off: ")) == (3, 2), printed
    assert [(str(read.day), read.entries) for read in landed(target.landing)] == [("2024-05-01", HELD)]


@pytest.mark.parametrize("source", ["api", "archive"])
def test_a_project_may_be_in_a_folder_of_any_name(
    make_target: Callable[[str], Target], tmp_path: Path, source: str
) -> None:
    path, content = f"playlists/pretty/{PLAYLIST}.json", text(response(READ))
    if source == "archive":
        content = archive_files(READ)[path]
    git = write_git(tmp_path / "git", [(FIRST_DAY, {path: content})])
    assert [read.playlist_id for read in make_target("my [project]*").read(source, git)] == [PLAYLIST]


def test_a_folder_without_json_says_what_is_expected(target: Target, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "2024-05-31.ndjson").write_bytes(text(response(READ)))
    exit_code, printed = target.run("import", "api", tmp_path / "kept")
    assert (exit_code, "no file that ends with .json or .json.gz" in printed) == (2, True), printed


@pytest.mark.slow
def test_a_popularity_out_of_range_is_none_and_stops_no_build(target: Target, tmp_path: Path) -> None:
    body = response(READ)
    for entry, popularity in zip(body["items"]["items"][::2], (257, 100), strict=True):
        entry["item"]["popularity"] = popularity
    target.read("api", write_git(tmp_path / "git", [(READ.at, {"a.json": text(body)})]))
    target.publish()
    with duckdb.connect(str(target.folder / "spotify.duckdb"), read_only=True) as connection:
        found = connection.execute("select track_id, popularity from track_daily_popularity").fetchall()
    assert found == [(B, 100)]
