"""The neutral table: its formats, and when a read of it is complete."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from extractor.landing.reader import envelopes
from extractor.simulator.identifiers import spotify_id
from tests.imports.conftest import Target
from tests.imports.layouts import table_rows, write_csv, write_ndjson, write_parquet
from tests.imports.worlds import Imported, Snapshot, generate, landed
from tests.pipeline.oracle import Entry

PLAYLIST, A, B = (spotify_id(name) for name in ("playlist", "A", "B"))
Rows = list[dict[str, Any]]
WRITERS: dict[str, Callable[[Path, Sequence[dict[str, Any]]], Path]] = {
    "t.csv": write_csv,
    "t.csv.gz": write_csv,
    "t.parquet": write_parquet,
    "t.ndjson": write_ndjson,
}


def complete(world: Sequence[Snapshot]) -> list[Imported]:
    return sorted(Imported(each.playlist_id, each.at.date(), each.at, "complete", each.entries) for each in world)


def row(position: int | None, uri: str | None, day: str = "2024-05-01", **others: object) -> dict[str, Any]:
    return {
        "playlist_id": PLAYLIST,
        "day": day,
        "position": position,
        "uri": uri,
        "added_at": None,
        "total": None,
    } | others


def outcomes(target: Target, tmp_path: Path, rows: Rows, *options: str, exit_code: int = 0) -> list[str]:
    """Import rows and return the outcomes that landed."""
    found, printed = target.run("import", "table", write_csv(tmp_path / "rows.csv", rows), *options)
    assert found == exit_code, printed
    return [read.outcome for read in landed(target.landing)]


@pytest.mark.parametrize("name", WRITERS)
def test_random_tables_land_as_they_are(target: Target, tmp_path: Path, name: str) -> None:
    world = generate(7)
    path = WRITERS[name](tmp_path / name, table_rows(world))
    assert target.read("table", path) == complete(world)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("stem", ["a[1]", "a*", "a?", "[!a]"])
def test_no_character_of_a_name_is_a_wildcard(target: Target, tmp_path: Path, name: str, stem: str) -> None:
    """In DuckDB, a[1].csv would be a1.csv, and a* all that begin with a."""
    ending = name.removeprefix("t")
    folder = tmp_path / stem
    for other, track in (("t", B), ("a1", A), ("ab", A)):
        WRITERS[name](folder / f"{other}{ending}", [row(1, track)])
    (folder / f"t{ending}").rename(folder / f"{stem}{ending}")
    [read] = target.read("table", folder / f"{stem}{ending}", "--complete")
    assert (read.outcome, [entry.track_id for entry in read.entries]) == ("complete", [B])


def test_rows_in_any_order_and_many_files_are_one_table(target: Target, tmp_path: Path) -> None:
    world = generate(8)
    rows = table_rows(world)[::-1]
    write_csv(tmp_path / "t" / "one.csv", rows[::2])
    write_csv(tmp_path / "t" / "folder" / "other.csv.gz", rows[1::2], delimiter=";")
    assert target.read("table", tmp_path / "t") == complete(world)


def test_without_a_total_a_read_is_complete_only_on_the_users_word(
    make_target: Callable[[str], Target], tmp_path: Path
) -> None:
    world = generate(9)
    path = write_csv(tmp_path / "t.csv", table_rows(world, with_total=False))
    assert {read.outcome for read in make_target("unknown").read("table", path)} == {"partial"}
    assert make_target("vouched").read("table", path, "--complete") == complete(world)


@pytest.mark.parametrize(
    ("positions", "total", "options", "outcome"),
    [
        ((1, 2), 2, (), "complete"),
        ((0, 1), 2, (), "complete"),
        ((1, 2), 3, (), "partial"),
        ((1, 2), 3, ("--complete",), "partial"),
        ((0, 1), None, ("--complete",), "complete"),
        ((1, 3), None, ("--complete",), "partial"),
        ((2, 3), None, ("--complete",), "partial"),
        ((), 0, (), "complete"),
        ((), None, (), "partial"),
        ((), None, ("--complete",), "complete"),
        ((), 3, ("--complete",), "partial"),
    ],
)
def test_completeness_needs_a_proof(
    target: Target,
    tmp_path: Path,
    positions: tuple[int, ...],
    total: int | None,
    options: tuple[str, ...],
    outcome: str,
) -> None:
    tracks = (A, B)
    rows = [row(position, track, total=total) for position, track in zip(positions, tracks, strict=False)]
    rows = rows or [row(None, None, total=total)]
    has_holes = options and total is None and positions in ((1, 3), (2, 3))
    assert outcomes(target, tmp_path, rows, *options, exit_code=3 if has_holes else 0) == [outcome]


def test_a_day_without_rows_is_no_read(target: Target, tmp_path: Path) -> None:
    rows = [row(1, A, "2024-05-01"), row(1, A, "2024-05-03")]
    assert outcomes(target, tmp_path, rows, "--complete") == ["complete", "complete"]
    assert sorted(path.name for path in target.landing.iterdir()) == ["2024-05-01", "2024-05-03"]


def test_ids_links_uris_and_days_are_understood(target: Target, tmp_path: Path) -> None:
    rows = [
        row(1, f"https://open.spotify.com/intl-de/track/{A}?si=1", "20240501", added_at="2024-04-30"),
        row(2, f"spotify:track:{A}", added_at="2024-04-30T02:00:00+02:00"),
        row(3, B, "2024-05-01 00:00:00", playlist_id=f"https://open.spotify.com/playlist/{PLAYLIST}?si=x"),
        row(4, f"spotify:episode:{B}", playlist_id=f"spotify:playlist:{PLAYLIST}"),
        row(5, "", playlist_id=f" {PLAYLIST} ", added_at="2024-04-30 10:00:00"),
    ]
    read = target.read("table", write_csv(tmp_path / "t.csv", rows), "--complete")
    claims = ("2024-04-30T00:00:00Z", "2024-04-30T00:00:00Z", None, None, "2024-04-30T10:00:00Z")
    entries = [Entry(A, claims[0]), Entry(A, claims[1]), Entry(B, None), Entry(None, None, other=True)]
    at = datetime(2024, 5, 1, tzinfo=UTC)
    wanted = (*entries, Entry(None, claims[4]))
    assert read == [Imported(PLAYLIST, at.date(), at, "complete", wanted)]


@pytest.mark.parametrize(
    "artists", ['["Ö, P", "Q\'s"]', '[{"name": "Ö, P", "id": "x"}, {"name": "Q\'s"}]', "['Ö, P', \"Q's\"]", "Ö, P; Q's"]
)
def test_artists_are_understood_as_names_or_objects(target: Target, tmp_path: Path, artists: str) -> None:
    target.read("table", write_csv(tmp_path / "t.csv", [row(1, A, artists=artists)]), "--complete")
    [path] = target.landing.glob("*/*.gz")
    [body] = [line["body"] for _, line in envelopes(path) if line["endpoint"] == "playlists"]
    assert body["items"]["items"][0]["item"]["artists"] == [{"name": "Ö, P"}, {"name": "Q's"}]


def test_a_day_with_a_time_is_that_of_utc(target: Target, tmp_path: Path) -> None:
    rows = [row(1, A, "2024-05-31T23:30:00-05:00"), row(1, A, "2024-05-03 23:30:00")]
    reads = target.read("table", write_csv(tmp_path / "t.csv", rows), "--complete")
    assert [str(read.day) for read in reads] == ["2024-05-03", "2024-06-01"]


def test_what_is_known_of_a_track_lands_in_the_shape_of_the_api(target: Target, tmp_path: Path) -> None:
    of_track = {"track_name": 'A "name"', "artists": '["Ö, P", "Q"]', "album": "Album", "release_date": "2020"}
    numbers = {"duration_ms": 1, "isrc": "I", "explicit": "true", "popularity": 7}
    target.read("table", write_csv(tmp_path / "t.csv", [row(1, A) | of_track | numbers]), "--complete")
    [path] = target.landing.glob("*/*.gz")
    [body] = [line["body"] for _, line in envelopes(path) if line["endpoint"] == "playlists"]
    item = body["items"]["items"][0]["item"]
    assert item == {
        "id": A,
        "uri": f"spotify:track:{A}",
        "type": "track",
        "name": 'A "name"',
        "artists": [{"name": "Ö, P"}, {"name": "Q"}],
        "album": {"name": "Album", "release_date": "2020"},
        "duration_ms": 1,
        "explicit": True,
        "external_ids": {"isrc": "I"},
        "popularity": 7,
    }


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    "others",
    [{"item": "5"}, {"item": "A song"}, {"page": "7"}, {"filename": "a.csv"}, {"Filename": "a.csv", "File": "x"}],
)
def test_columns_with_names_of_ours_are_not_used(
    target: Target, tmp_path: Path, name: str, others: dict[str, str]
) -> None:
    rows = [row(1, A, **others), row(2, B, **{key: f"{value} " for key, value in others.items()})]
    [read] = target.read("table", WRITERS[name](tmp_path / name, rows), "--complete")
    assert (read.outcome, read.entries) == ("complete", (Entry(A, None), Entry(B, None)))


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("folder", ["day=2024-06-01", "total=1"])
def test_names_of_folders_are_no_columns(target: Target, tmp_path: Path, name: str, folder: str) -> None:
    rows = [{key: value for key, value in row(1, A).items() if key != "total"}]
    [read] = target.read("table", WRITERS[name](tmp_path / folder / name, rows).parent)
    assert (str(read.day), read.outcome) == ("2024-05-01", "partial")


def test_keys_of_json_are_understood_in_any_case(target: Target, tmp_path: Path) -> None:
    path = write_ndjson(tmp_path / "t.ndjson", [{key.title(): value for key, value in row(1, A, total=1).items()}])
    [read] = target.read("table", path)
    assert (read.outcome, read.entries) == ("complete", (Entry(A, None),))
