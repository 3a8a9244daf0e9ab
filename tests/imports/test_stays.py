"""What is imported, loaded, built and published: each stay as the definition makes it of the reads that count."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from random import Random

import duckdb
import pytest

from tests.imports.conftest import Target
from tests.imports.layouts import archive, response, table_rows, write_csv, write_git
from tests.imports.test_api import text
from tests.imports.test_charts import TRACKS
from tests.imports.worlds import Imported, Snapshot, generate, of_archive
from tests.pipeline.oracle import Entry, Read, Stay, tracks_in_playlist

pytestmark = pytest.mark.slow


def as_snapshots(world: Sequence[Snapshot]) -> list[Imported]:
    return [Imported(each.playlist_id, each.at.date(), each.at, "complete", each.entries) for each in world]


def stays_of(reads: Sequence[Imported]) -> list[Stay]:
    in_order = sorted(reads, key=lambda read: (read.at, read.playlist_id))
    return tracks_in_playlist(Read(each.playlist_id, each.day, each.outcome, each.entries) for each in in_order)


def published_stays(target: Target) -> list[Stay]:
    with duckdb.connect(str(target.folder / "spotify.duckdb"), read_only=True) as connection:
        rows = connection.execute(f"select {', '.join(Stay._fields)} from tracks_in_playlist").fetchall()
    return sorted(Stay(*row) for row in rows)


def test_stays_of_every_source_match_the_definition(make_target: Callable[[str], Target], tmp_path: Path) -> None:
    worlds = [generate(seed) for seed in (11, 12, 13)]
    of_git, of_table, of_api = worlds
    responses = [(each.at, {f"{each.playlist_id}.json": text(response(each))}) for each in of_api]
    sources: list[tuple[object, ...]] = [
        ("archive", archive(tmp_path / "git", of_git)),
        ("table", write_csv(tmp_path / "t.csv", table_rows(of_table))),
        ("api", write_git(tmp_path / "api", responses)),
    ]
    wanted = stays_of(of_archive(of_git) + as_snapshots(of_table) + as_snapshots(of_api))
    assert sum(row.stay_number > 1 for row in wanted) > 20
    at_once, in_steps = make_target("at once"), make_target("in steps")
    for source in sources:
        at_once.read(*source)
    at_once.publish()
    assert published_stays(at_once) == wanted
    for source in reversed(sources):
        in_steps.read(*source)
        in_steps.publish()
    assert published_stays(in_steps) == wanted


def test_charts_have_stays_and_positions_also_after_an_export(
    make_target: Callable[[str], Target], tmp_path: Path
) -> None:
    random, days = Random(1), ("2018-05-01", "2018-05-02", "2018-05-04")
    charts = {day: random.sample(TRACKS, 30) for day in days}
    for day, tracks in charts.items():
        rows = [
            {
                "Position": rank,
                "Track Name": "T",
                "Artist": "A",
                "Streams": 1000 - rank,
                "URL": f"spotify:track:{track}",
            }
            for rank, track in enumerate(tracks, 1)
        ]
        write_csv(tmp_path / "charts" / f"regional-se-daily-{day}.csv", rows)
    chart = "chart:top-200-daily:se"
    wanted = sorted((chart, day, track, n, 1000 - n) for day in days for n, track in enumerate(charts[day], 1))
    reads = [
        Imported(chart, date.fromisoformat(day), datetime.fromisoformat(f"{day}T00:00:00Z"), "complete", entries)
        for day in days
        for entries in [tuple(Entry(track, None) for track in charts[day])]
    ]
    first, second = make_target("first"), make_target("second")
    first.read("charts", tmp_path / "charts")
    first.publish()
    exit_code, printed = first.run("export", "--format", "snapshots")
    assert (exit_code, printed.startswith("exported 1 file (")) == (0, True), printed
    second.read("table", first.folder / "export" / "snapshots.parquet")
    second.publish()
    for target in (first, second):
        assert published_stays(target) == stays_of(reads)
        with duckdb.connect(str(target.folder / "spotify.duckdb"), read_only=True) as connection:
            positions = "select playlist_id, date::varchar, track_id, rank, streams from chart_positions order by all"
            assert connection.execute(positions).fetchall() == wanted


def test_a_longer_archive_gives_what_it_would_have_given_at_once(target: Target, tmp_path: Path) -> None:
    """Its older reads are known better: a track that came back later was hidden."""
    world = generate(14)
    target.read("archive", archive(tmp_path / "short", world[: len(world) // 2]))
    target.publish()
    target.read("archive", archive(tmp_path / "long", world))
    target.publish()
    assert published_stays(target) == stays_of(of_archive(world))
