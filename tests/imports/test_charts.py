"""Daily charts as they are found, and adapters: queries that give the neutral columns."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from extractor.imports import table
from extractor.landing.reader import envelopes
from extractor.simulator.identifiers import spotify_id
from tests.imports.conftest import Target
from tests.imports.layouts import write_csv
from tests.imports.worlds import landed

TRACKS = [spotify_id(f"track {number}") for number in range(200)]
NOTE = ',,,"Note that these figures are generated using a formula, …"\r\n'


def top_50(country: str, day: str, ranks: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "spotify_id": TRACKS[rank],
            "name": f'Track "{rank}", x',
            "artists": "A, B",
            "daily_rank": rank,
            "country": country,
            "snapshot_date": day,
            "popularity": rank,
            "is_explicit": "False",
            "duration_ms": 1000,
            "album_name": "Album",
            "album_release_date": "2024-01-01",
        }
        for rank in ranks
    ]


def top_200(ranks: Sequence[int], *, with_source: bool) -> list[dict[str, Any]]:
    source = {"source": "Label"} if with_source else {}
    return [
        {"rank": rank, "uri": f"spotify:track:{TRACKS[rank]}", "artist_names": "A", "track_name": "T", **source}
        | {"peak_rank": 1, "previous_rank": 1, "days_on_chart": 3, "streams": 1000 - rank}
        for rank in ranks
    ]


def until_2021(ranks: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"Position": rank, "Track Name": "T", "Artist": "A", "Streams": 1000 - rank}
        | {"URL": f"https://open.spotify.com/track/{TRACKS[rank]}"}
        for rank in ranks
    ]


def by_region(region: str, chart: str, ranks: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "title": "T",
            "rank": rank,
            "date": "2018-05-01",
            "artist": "A",
            "url": f"https://open.spotify.com/track/{TRACKS[rank]}",
        }
        | {"region": region, "chart": chart, "trend": "", "streams": "" if chart == "viral50" else 5}
        for rank in ranks
    ]


def bodies(target: Target) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the responses that landed, by playlist and day."""
    lines = [line for path in target.landing.glob("*/*.gz") for _, line in envelopes(path)]
    return {
        (each["asked"]["playlist_id"], each["day"]): each["body"] for each in lines if each["endpoint"] == "playlists"
    }


def test_charts_of_every_layout_in_one_folder(target: Target, tmp_path: Path) -> None:
    full = range(1, 51)
    rows = top_50("DE", "2024-05-01", full) + top_50("", "2024-05-01", full) + top_50("DE", "2024-05-02", [*full][:49])
    write_csv(tmp_path / "c" / "top.csv", rows)
    write_csv(tmp_path / "c" / "regional-global-daily-2024-05-01.csv", top_200(range(1, 200), with_source=True))
    write_csv(tmp_path / "c" / "regional-us-daily-2024-05-01.csv.gz", top_200(range(1, 200), with_source=False))
    old = write_csv(tmp_path / "c" / "regional-se-daily-2018-05-01.csv", until_2021(range(1, 200)))
    old.write_bytes(NOTE.encode() + old.read_bytes())
    write_csv(
        tmp_path / "c" / "regions.csv", by_region("New Zealand", "top200", full) + by_region("Peru", "viral50", full)
    )
    reads = target.read("charts", tmp_path / "c")
    assert {(read.playlist_id, str(read.day), read.outcome, len(read.entries)) for read in reads} == {
        ("chart:top-50:de", "2024-05-01", "complete", 50),
        ("chart:top-50:de", "2024-05-02", "complete", 49),
        ("chart:top-50:global", "2024-05-01", "complete", 50),
        ("chart:top-200-daily:global", "2024-05-01", "complete", 199),
        ("chart:top-200-daily:us", "2024-05-01", "complete", 199),
        ("chart:top-200-daily:se", "2018-05-01", "complete", 199),
        ("chart:top-200-daily:new-zealand", "2018-05-01", "complete", 50),
        ("chart:viral-50:peru", "2018-05-01", "complete", 50),
    }
    landed_bodies = bodies(target)
    first = landed_bodies["chart:top-50:de", "2024-05-01"]["items"]["items"][0]
    assert (first["chart"], first["item"]["popularity"], first["added_at"]) == ({"rank": 1}, 1, None)
    assert first["item"]["name"] == 'Track "1", x'
    assert first["item"]["artists"] == [{"name": "A"}, {"name": "B"}]
    for chart in ("chart:top-200-daily:us", "chart:top-200-daily:global"):
        body = landed_bodies[chart, "2024-05-01"]
        assert (body["kind"], body["items"]["items"][1]["chart"]) == ("chart", {"rank": 2, "streams": 998})


@pytest.mark.parametrize("ranks", [[1, 2, 4], [2, 3, 4], [1, 2, 2]])
def test_ranks_with_holes_or_repeats_are_named(target: Target, tmp_path: Path, ranks: list[int]) -> None:
    rows = top_50("DE", "2024-05-01", ranks)
    rows[-1]["spotify_id"] = TRACKS[100]
    path = write_csv(tmp_path / "top.csv", rows + top_50("SE", "2024-05-01", [1, 2, 3]))
    exit_code, printed = target.run("import", "charts", path)
    assert (exit_code, f"{path}:2: playlist chart:top-50:de on 2024-05-01: " in printed) == (3, True), printed
    assert {read.playlist_id: read.outcome for read in landed(target.landing)} == {
        "chart:top-50:de": "partial",
        "chart:top-50:se": "complete",
    }


def test_a_chart_with_a_lost_line_is_not_complete(target: Target, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "top.csv", top_50("DE", "2024-05-01", [1, 2, 3]))
    path.write_text(path.read_text() + "lost\n")
    assert target.run("import", "charts", path)[0] == 3
    assert [read.outcome for read in landed(target.landing)] == ["partial"]


def test_a_lost_line_may_belong_to_any_chart_of_its_day(target: Target, tmp_path: Path) -> None:
    """By rank: the neighbours of a country's last line are of other countries."""
    charts = [
        top_50(country, f"2024-05-0{day}", [1, 2, 3]) for day in (1, 2) for country in ("DE", "SE", "FR", "ES", "IT")
    ]
    rows = [chart[rank] for part in (charts[:5], charts[5:]) for rank in range(3) for chart in part]
    path = write_csv(tmp_path / "c" / "top.csv", rows)
    lines = path.read_text().splitlines()
    lines[13] += ",more"
    path.write_text("\n".join(lines) + "\n")
    (tmp_path / "c" / "notes.csv").write_text("a file of another kind\n")
    exit_code, printed = target.run("import", "charts", path.parent)
    assert (exit_code, f"{path}:14: " in printed) == (3, True), printed
    found = {(read.playlist_id, read.day.day): read.outcome for read in landed(target.landing)}
    assert len(found) == 10
    assert {key for key, outcome in found.items() if outcome == "partial"} == {key for key in found if key[1] == 1}


def test_charts_are_read_by_the_names_that_their_site_gives(target: Target, tmp_path: Path) -> None:
    """A region may have a hyphen; a Viral 50 has no streams; streams may have commas."""
    new, old = top_200([1, 2, 3], with_source=True), until_2021([1, 2, 3])
    new[0]["streams"] = old[0]["Streams"] = "1,234,567"
    folder = tmp_path / "c"
    write_csv(folder / "regional-gb-en-daily-2024-05-01.csv", new)
    write_csv(folder / "copy of regional-us-weekly-2018-05-04--2018-05-11 (1).csv", old)
    write_csv(folder / "viral-gb-en-daily-2024-05-01.csv", [dict(list(each.items())[:-1]) for each in new])
    viral = [{key: value for key, value in each.items() if key != "Streams"} for each in old]
    write_csv(folder / "viral-global-daily-2018-05-01.csv", viral)
    regions = by_region("Peru", "top200", [1, 2, 3])
    regions[0]["streams"] = "1,234,567"
    write_csv(folder / "regions.csv", regions)
    assert {read.outcome for read in target.read("charts", folder)} == {"complete"}
    streams = {key: body["items"]["items"][0]["chart"].get("streams") for key, body in bodies(target).items()}
    assert streams == {
        ("chart:top-200-daily:gb-en", "2024-05-01"): 1_234_567,
        ("chart:top-200-weekly:us", "2018-05-04"): 1_234_567,
        ("chart:viral-50:gb-en", "2024-05-01"): None,
        ("chart:viral-50:global", "2018-05-01"): None,
        ("chart:top-200-daily:peru", "2018-05-01"): 1_234_567,
    }


@pytest.mark.parametrize(("with_streams", "name"), [(True, "regional"), (False, "viral")])
@pytest.mark.parametrize("is_old", [True, False])
def test_a_renamed_chart_says_how_it_must_be_named(
    target: Target, tmp_path: Path, name: str, *, with_streams: bool, is_old: bool
) -> None:
    rows = until_2021([1, 2]) if is_old else top_200([1, 2], with_source=False)
    rows = [{key: value for key, value in each.items() if with_streams or key.lower() != "streams"} for each in rows]
    exit_code, printed = target.run("import", "charts", write_csv(tmp_path / "chart de 17.02.2025.csv", rows))
    assert (exit_code, f"name the file {name}-<region>-daily-" in printed) == (2, True), printed


def test_a_top_200_without_streams_says_what_it_lacks(target: Target, tmp_path: Path) -> None:
    rows = [dict(list(each.items())[:-1]) for each in top_200([1, 2], with_source=False)]
    path = write_csv(tmp_path / "regional-gb-daily-2024-06-04.csv", rows)
    exit_code, printed = target.run("import", "charts", path)
    assert (exit_code, "without streams it is a Viral 50: name the file viral-" in printed) == (2, True), printed


def test_an_exportify_file_without_a_day_says_where_it_must_be(target: Target, tmp_path: Path) -> None:
    rows = [{"Track URI": f"spotify:track:{TRACKS[1]}", "Track Name": "T", "Album Name": "A", "Artist Name(s)": "B"}]
    rows[0] |= {"Release Date": "1", "Duration (ms)": "5", "Popularity": "9", "Explicit": "1", "Added At": ""}
    for name, column in ((spotify_id("mine"), "day"), ("mine 2024-05-31", "playlist_id")):
        exit_code, printed = target.run("import", "exportify", write_csv(tmp_path / f"{name}.csv", rows))
        assert (exit_code, f'{column} "unknown: it must be in the name of the file"' in printed) == (2, True), printed


def test_exportify_files_are_named_by_playlist_and_day(target: Target, tmp_path: Path) -> None:
    playlist_id = spotify_id("mine")
    rows = [
        {
            "Track URI": f"spotify:track:{TRACKS[number]}",
            "Track Name": "T",
            "Album Name": "Al",
            "Artist Name(s)": "A, B",
        }
        | {"Release Date": "2020", "Duration (ms)": 5, "Popularity": 9, "Explicit": "true", "Added By": "someone"}
        | {"Added At": "2024-01-01T00:00:00Z"}
        for number in (3, 1, 2)
    ]
    write_csv(tmp_path / "e" / f"{playlist_id} 2024-05-31.csv", rows)
    [read] = target.read("exportify", tmp_path / "e", "--complete")
    assert (read.playlist_id, read.day, read.outcome) == (playlist_id, date(2024, 5, 31), "complete")
    assert [entry.track_id for entry in read.entries] == [TRACKS[3], TRACKS[1], TRACKS[2]]


def test_a_user_adds_an_adapter_without_code(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home" / "imports").mkdir(parents=True)
    (tmp_path / "home" / "imports" / "mine.sql").write_text(
        "-- my tracker\nselect liste as playlist_id, tag as day, nr as position, lied as uri from input -- all of it"
    )
    monkeypatch.setattr(table, "HOME", tmp_path / "home")
    bad = (tmp_path / "home" / "imports" / "mine.sql").read_text().replace("lied", "leid")
    (tmp_path / "home" / "imports" / "misspelt.sql").write_text(bad)
    path = write_csv(tmp_path / "x.csv", [{"liste": spotify_id("l"), "tag": "2024-05-01", "nr": 1, "lied": TRACKS[0]}])
    [read] = target.read("mine", path, "--complete", "--name", "my-tracker")
    assert read.entries[0].track_id == TRACKS[0]
    assert [path.name.rsplit("-", 1)[0] for path in target.landing.glob("*/*")] == ["import-my-tracker"]
    exit_code, printed = target.run("import", "misspelt", path)
    assert (exit_code, 'Referenced column "leid" not found' in printed) == (2, True), printed
    assert "It has liste, tag, nr, lied" in printed, printed
