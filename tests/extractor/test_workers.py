"""Two concurrent workers on one folder: each reads what the other has landed, even half-written files."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from extractor.landing.reader import LandingFile
from extractor.landing.writer import LandingWriter
from extractor.simulator.failures import Failure
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.world import PlaylistState
from tests.extractor.conftest import DAY, FakeTime, MakeBench
from tests.extractor.listing import Restless

TRACKS = r"/v1/tracks\?"
NOON = FakeTime().now()
SHARED = [spotify_id(f"Z{number}") for number in range(10)]
ZEROS = ", ".join(f"{{track: Z{number}, popularity: 0}}" for number in range(10))
TWO = (
    f"{{tracks: 0, histories: {{one: {{days: {{2026-01-01: [{ZEROS}]}}}}, two: {{days: {{2026-01-01: [{ZEROS}]}}}}}}}}"
)


def ids(file: LandingFile) -> list[str]:
    return [envelope["asked"]["ids"][0] for envelope in file.envelopes()]


def test_growing_file_is_read_from_where_it_ended(tmp_path: Path) -> None:
    with LandingWriter(tmp_path, DAY, "other", 2) as other:
        reader = LandingFile(other.path)
        assert ids(reader) == []
        for name in "ab":
            other.write("tracks", {"ids": [name]}, {}, NOON, 200, 1)
            assert ids(reader) == [name]
        assert ids(reader) == []
    assert ids(reader) == []


def test_file_cut_anywhere_is_read_to_the_end_once_written(tmp_path: Path) -> None:
    with LandingWriter(tmp_path, DAY, "other", 2) as other:
        for name in "abcd":
            other.write("tracks", {"ids": [name]}, {"name": name * 9}, NOON, 200, 1)
    content = other.path.read_bytes()
    for cut in range(len(content)):
        other.path.write_bytes(content[:cut])
        reader = LandingFile(other.path)
        first = ids(reader)
        other.path.write_bytes(content)
        assert first + ids(reader) == list("abcd"), cut


class Meanwhile(Restless):
    """A world that calls a function before it returns the first playlist."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__(TWO, [1])
        self._happens = happens
        self._has_happened = False

    def playlist(self, playlist_id: str, day: date) -> PlaylistState | Failure:
        if not self._has_happened:
            self._has_happened = True
            self._happens()
        return super().playlist(playlist_id, day)


def test_discovered_track_requested_by_another_worker_is_not_requested_again(bench: MakeBench) -> None:
    first = bench(TWO)
    first.set(batch_number=1, batch_size=1)
    second = bench(Meanwhile(first.extract))
    second.set(batch_number=2, batch_size=1)
    assert second.extract().exit_code == 0
    assert sorted(second.asked_tracks()) == sorted(SHARED)
    assert (first.simulator.count(TRACKS), second.simulator.count(TRACKS)) == (1, 0)
    assert [read["outcome"] for read in first.reads()] == ["complete", "complete"]


def test_half_written_line_of_a_worker_does_not_stop_others(bench: MakeBench) -> None:
    run = bench(TWO)
    run.set(batch_number=1, batch_size=1)
    run.extract()
    (path,) = (run.config.landing / DAY.isoformat()).iterdir()
    path.write_bytes(path.read_bytes()[:-40])
    run.set(batch_number=2)
    assert run.extract().exit_code == 0
