"""Landing files: the content of a line, and the effects of kills, full disks and damage."""

import contextlib
import gzip
import json
import resource
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import LandingError
from extractor.landing.day import DayReader, DayState, read_day
from extractor.landing.reader import envelopes
from extractor.landing.writer import LandingWriter
from extractor.simulator.identifiers import randomness, spotify_id
from tests.extractor.conftest import DAY, NEXT_DAY

NOON = datetime(2026, 1, 1, 12, 0, 0, 123456, UTC)
HOSTILE = {
    "emoji": "🎧",
    "lines": "\n\r\x00\u2028\x85\ufeff",
    "quotes": '"\\/',
    "big": 2**70,
    "small": 1e-9,
    "nested": [[[{}]]],
}


def landing(folder: Path, run: str = "run", **options: Any) -> LandingWriter:
    return LandingWriter(folder, DAY, run, 1, **options)


def landed(path: Path) -> list[dict[str, Any]]:
    return [envelope for _, envelope in envelopes(path)]


def batch(*ids: str) -> dict[str, Any]:
    """Return the request parameters for these tracks."""
    return {"ids": list(ids), "items": "tracks"}


def some_file(folder: Path, lines: int = 5, run: str = "run") -> Path:
    with landing(folder, run) as file:
        for number in range(lines):
            file.write("tracks", batch(f"id {number}"), {"tracks": [{"name": f"n {number}"}]}, NOON, 200, 1)
    return file.path


def test_response_lands_as_one_line_in_an_envelope(tmp_path: Path) -> None:
    with LandingWriter(tmp_path, DAY, "20260101T060000-w2-abcd", 2) as file:
        file.write("playlists", {"playlist_id": "x"}, {"name": "n"}, NOON, 200, 3)
        file.write("runs", {}, {"event": "end"}, NOON)
    assert file.path == tmp_path / "2026-01-01" / "20260101T060000-w2-abcd.ndjson.gz"
    lines = gzip.decompress(file.path.read_bytes()).decode().splitlines()
    assert json.loads(lines[0]) == {
        "run": "20260101T060000-w2-abcd",
        "worker": 2,
        "day": "2026-01-01",
        "line": 1,
        "endpoint": "playlists",
        "asked": {"playlist_id": "x"},
        "status": 200,
        "requests": 3,
        "observed_at": "2026-01-01T12:00:00.123Z",
        "body": {"name": "n"},
    }
    assert json.loads(lines[1]) | {"body": 0} == json.loads(lines[0]) | {
        "line": 2, "endpoint": "runs", "asked": {}, "status": None, "requests": 0, "body": 0
    }  # fmt: skip


def test_observed_at_is_utc_in_any_time_zone(tmp_path: Path) -> None:
    with landing(tmp_path) as file:
        file.write("x", {}, {}, NOON.astimezone(timezone(timedelta(hours=5, minutes=30))))
    assert datetime.fromisoformat(landed(file.path)[0]["observed_at"]) == NOON.replace(microsecond=123000)


def test_landed_lines_are_readable_before_the_file_is_closed(tmp_path: Path) -> None:
    with landing(tmp_path) as file:
        for number in range(1, 6):
            file.write("tracks", batch(), {"n": number}, NOON, 200, 1)
            assert [each["body"]["n"] for each in landed(file.path)] == list(range(1, number + 1))


def test_text_and_numbers_round_trip(tmp_path: Path) -> None:
    with landing(tmp_path) as file:
        file.write("playlists", {"playlist_id": "x"}, HOSTILE, NOON, 200, 1)
        file.write("tracks", batch(), {}, NOON, 200, 1)
    assert landed(file.path)[0]["body"] == HOSTILE
    assert len(gzip.decompress(file.path.read_bytes()).split(b"\n")) == 3


def test_lone_surrogate_lands_without_damage_to_the_rest(tmp_path: Path) -> None:
    with landing(tmp_path) as file:
        file.write("tracks", batch(), {"name": "lone \ud83d surrogate", "other": "é"}, NOON, 200, 1)
    (envelope,) = landed(file.path)
    assert envelope["body"]["name"].startswith("lone ")
    assert envelope["body"]["name"].endswith(" surrogate")
    assert envelope["body"]["other"] == "é"


def test_dropped_fields_are_removed_at_every_depth(tmp_path: Path) -> None:
    inner = {"available_markets": ["DE"], "name": "n", "preview_url": None}
    body = {**inner, "track": {**inner, "album": inner}, "items": [inner, [inner], None], "available_market": 1}
    with landing(tmp_path, drop_fields=("available_markets", "preview_url")) as file:
        file.write("albums", {"album_id": "x", "available_markets": 1}, body, NOON, 200, 1)
    (envelope,) = landed(file.path)
    kept = {"name": "n"}
    album = {**kept, "track": {**kept, "album": kept}, "items": [kept, [kept], None], "available_market": 1}
    assert envelope["body"] == album
    assert envelope["asked"] == {"album_id": "x", "available_markets": 1}
    assert body["available_markets"] == ["DE"]


def test_no_field_is_dropped_by_default(tmp_path: Path) -> None:
    with landing(tmp_path) as file:
        file.write("tracks", batch(), {"available_markets": []}, NOON, 200, 1)
    assert landed(file.path)[0]["body"] == {"available_markets": []}


def test_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    some_file(tmp_path)
    with pytest.raises(LandingError, match=r"run\.ndjson\.gz: can't be created"):
        landing(tmp_path)


def test_folder_that_cannot_be_created_is_a_readable_error(tmp_path: Path) -> None:
    (tmp_path / "landing").write_text("a file")
    with pytest.raises(LandingError, match="can't be created"):
        landing(tmp_path / "landing")


@contextlib.contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Limit the size of files within the block."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_is_a_readable_error_and_earlier_lines_stay_whole(tmp_path: Path) -> None:
    noise = [randomness("noise", number).randbytes(200).hex() for number in range(100)]
    memory = DayState()
    file = LandingWriter(tmp_path, DAY, "run", 1, memory.absorb)
    with pytest.raises(LandingError, match="make room and run the same command again"), disk_of(3000), file:
        for number in range(100):
            file.write("tracks", batch(str(number)), {"tracks": [noise[number]]}, NOON, 200, 1)
    whole = landed(file.path)
    assert len(whole) > 3
    assert memory.answered_tracks <= {each["asked"]["ids"][0] for each in whole}


def test_file_stays_readable_after_the_disk_was_full_for_a_moment(tmp_path: Path) -> None:
    noise = [randomness("noise", number).randbytes(200).hex() for number in range(40)]
    with landing(tmp_path) as file:
        with pytest.raises(LandingError), disk_of(3000):
            for number in range(40):
                file.write("tracks", batch(str(number)), {"tracks": [noise[number]]}, NOON, 200, 1)
        # Another thread of the run can be about to land its response.
        with contextlib.suppress(LandingError):
            file.write("tracks", batch("late"), {"tracks": [None]}, NOON, 200, 1)
    assert len(landed(file.path)) > 3


def test_file_torn_in_its_last_two_lines_returns_its_whole_lines(tmp_path: Path) -> None:
    with landing(tmp_path) as file:
        sizes = []
        for number in range(5):
            file.write("tracks", batch(str(number)), {"tracks": [{"name": f"n {number}"}]}, NOON, 200, 1)
            sizes.append(file.path.stat().st_size)
    content = file.path.read_bytes()
    for end in range(sizes[2], len(content)):
        file.path.write_bytes(content[:end])
        whole = [each["asked"]["ids"][0] for each in landed(file.path)]
        least = sum(size <= end for size in sizes)
        assert whole in (list("01234")[:least], list("01234")[: least + 1]), end
        assert read_day(tmp_path, DAY).answered_tracks == set(whole)


@pytest.mark.parametrize("length", [0, 1, 5, 9, 10, 11, 20])
def test_file_torn_in_its_header_is_empty(tmp_path: Path, length: int) -> None:
    path = some_file(tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    assert landed(path) == []


def test_last_line_without_newline_is_torn_or_whole(tmp_path: Path) -> None:
    path = some_file(tmp_path, 3)
    text = gzip.decompress(path.read_bytes())
    for cut, whole in ((1, 3), (2, 2), (40, 2)):
        path.write_bytes(gzip.compress(text[:-cut]))
        assert len(landed(path)) == whole


@pytest.mark.parametrize(
    "damage",
    ["{", "", "null", "5", "[]", "{}", '{"line": 2}', '{"line": 3, "endpoint": "tracks"}', '{"endpoint": "tracks"}'],
)
def test_invalid_line_in_the_middle_is_an_error(tmp_path: Path, damage: str) -> None:
    path = some_file(tmp_path)
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    path.write_bytes(gzip.compress("\n".join([lines[0], damage, *lines[2:], ""]).encode()))
    with pytest.raises(LandingError, match=r"run\.ndjson\.gz:2: not an envelope"):
        landed(path)
    assert problems_of(tmp_path) == [path]


def problems_of(folder: Path) -> list[Path]:
    """Return the files of the day that can't be read."""
    landed = DayReader(folder, DAY)
    landed.catch_up()
    assert all("run.ndjson.gz:2: " in problem for problem in landed.problems.values())
    return list(landed.problems)


@pytest.mark.parametrize("missing", ["asked", "status", "requests", "body"])
def test_incomplete_envelope_is_an_error(tmp_path: Path, missing: str) -> None:
    path = some_file(tmp_path)
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    del lines[1][missing]
    path.write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
    assert problems_of(tmp_path) == [path]


def test_copy_of_a_file_counts_once_and_a_damaged_one_stops_nothing(tmp_path: Path) -> None:
    path = some_file(tmp_path)
    before = read_day(tmp_path, DAY)
    path.with_name("run (1).ndjson.gz").write_bytes(path.read_bytes())
    path.with_name("a conflicted copy.ndjson.gz").write_bytes(path.read_bytes()[:-30])
    path.with_name("broken.ndjson.gz").write_bytes(b"something else")
    path.with_name("._run.ndjson.gz").write_bytes(b"?")
    landed = DayReader(tmp_path, DAY)
    assert landed.catch_up().requests == before.requests
    assert [file.name for file in landed.problems] == ["broken.ndjson.gz"]


def test_missing_line_is_detected(tmp_path: Path) -> None:
    path = some_file(tmp_path)
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines[:2] + lines[3:])))
    with pytest.raises(LandingError, match=r"run\.ndjson\.gz:3: .*expected line 3"):
        landed(path)


def test_damaged_byte_is_detected_or_in_the_torn_end(tmp_path: Path) -> None:
    path = some_file(tmp_path)
    content, whole = path.read_bytes(), landed(path)
    for position in range(0, len(content), 3):
        path.write_bytes(content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :])
        with contextlib.suppress(LandingError):
            found = landed(path)
            assert found == whole[: len(found)], position


@pytest.mark.parametrize("content", [b"not gzip at all", zlib.compress(b"{}\n"), b'{"line": 1}\n'])
def test_file_that_is_not_gzip_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = some_file(tmp_path)
    path.write_bytes(content)
    with pytest.raises(LandingError, match=r"run\.ndjson\.gz(:1)?: damaged"):
        landed(path)


def test_concatenated_files_are_an_error(tmp_path: Path) -> None:
    first, second = some_file(tmp_path, 2, "a"), some_file(tmp_path, 3, "b")
    first.write_bytes(first.read_bytes() + second.read_bytes())
    with pytest.raises(LandingError, match=r"a\.ndjson\.gz"):
        landed(first)


def test_state_of_a_day_comes_from_all_its_files_and_no_others(tmp_path: Path) -> None:
    loud, silent = ({"track": {"id": spotify_id(name), "popularity": much}} for name, much in (("A", 5), ("B", 0)))
    with landing(tmp_path, "a") as first:
        first.write("playlists", {"playlist_id": "l"}, {"tracks": {"items": [loud]}}, NOON, 200, 2)
        first.write("playlist_reads", {"playlist_id": "l"}, {"outcome": "complete"}, NOON)
        first.write("playlist_reads", {"playlist_id": "p"}, {"outcome": "partial"}, NOON)
    with landing(tmp_path, "b") as second:
        second.write("playlists", {"playlist_id": "m"}, {"items": [silent]}, NOON, 200, 1)
        second.write("playlist_reads", {"playlist_id": "m"}, {"outcome": "unchanged"}, NOON)
        second.write("tracks", batch("x", "y"), {"tracks": [None, None]}, NOON, 200, 1)
        second.write("tracks", batch("z"), {"tracks": []}, NOON, 200, 1)
        second.write("tracks", batch("z"), {"reason": "500"}, NOON, 500, 5)
    with LandingWriter(tmp_path, NEXT_DAY, "c", 1) as later:
        later.write("tracks", batch("later"), {"tracks": [None]}, NOON, 200, 1)
    memory = read_day(tmp_path, DAY)
    assert memory.read_playlists == {"l", "m"}
    assert memory.answered_tracks == {"x", "y"}
    assert (memory.popular_tracks, memory.found_tracks) == ({spotify_id("A")}, {spotify_id("A"), spotify_id("B")})
    assert memory.requests["playlists"] == 3
    assert memory.requests["tracks"] == 7
