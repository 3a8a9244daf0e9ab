"""Changes through ./run.sh: on the demo, compared with its tables, and at the end of daily runs."""

# ruff: noqa: RUF001 (our minus signs)

import json
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from extractor.cli.commands import main
from tests.conftest import Demo
from tests.pipeline.conftest import MakeProject

pytestmark = pytest.mark.slow

Row = dict[str, Any]


def rows_of(demo: Demo, query: str) -> list[Row]:
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        found = connection.execute(query)
        columns = [column[0] for column in found.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def test_changes_of_the_demo_are_those_of_its_tables(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    names = {row["playlist_id"]: row["playlist_name"] for row in rows_of(demo, "from playlists")}
    tracks = {row["track_id"]: row for row in rows_of(demo, "from track_info")}
    stays = rows_of(demo, "from tracks_in_playlist")
    starts = {(row["playlist_id"], row["track_id"], row["first_seen"]): row["entry_position"] for row in stays}
    ends = {(row["playlist_id"], row["track_id"], row["first_absent"]): row["last_position"] for row in stays}
    expected = []
    for row in rows_of(demo, "from playlist_changes"):
        if row["date"] <= date(2026, 1, 10) or (row["is_replacement"] and row["change"] == "removed"):
            continue
        key = (row["playlist_id"], row["track_id"], row["date"])
        track, other = tracks[row["track_id"]], tracks.get(row["other_track_id"])
        expected.append(
            {
                "playlist_id": row["playlist_id"],
                "playlist": names[row["playlist_id"]],
                "track_id": row["track_id"],
                "track": track["track_name"],
                "artists": track["artists"],
                "isrc": track["isrc"],
                "change": "replaced" if row["is_replacement"] else row["change"],
                "position": ends[key] if row["change"] == "removed" else starts[key],
                "replaced_track_id": row["other_track_id"],
                "replaced_track": other and other["track_name"],
                "date": row["date"].isoformat(),
                "date_before": row["date_before"].isoformat(),
            }
        )
    arguments = ["--config", str(demo.folder / "config.yaml"), "--since", "2026-01-10", "--format", "json"]
    assert main(["changes", *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    for row in found:
        del row["label"], row["id"]
    assert len(found) > 300
    assert sorted(found, key=repr) == sorted(({key: row[key] for key in found[0]} for row in expected), key=repr)


WORLD = """
tracks: 0
histories:
  one: {days: {2026-01-01: [A, B], 2026-01-02: [A, C], 2026-01-03: [A, C], 2026-01-04: [A, C, D]}}
"""


def test_daily_run_ends_with_what_has_changed(make_project: MakeProject) -> None:
    project = make_project(WORLD)
    last = []
    for number in range(4):
        done = project.run("daily", date(2026, 1, 1) + timedelta(number))
        assert done.exit_code == 0, done.told
        last.append(done.stdout.splitlines()[-1])
    [(name,)] = project.rows("select playlist_name from playlists")
    assert last[0] == "changes need two reads of a playlist"
    assert last[1] == f"+1 −1 in {name} since 1 Jan"
    assert last[2] == "no changes in 1 playlist since 2 Jan"
    assert last[3] == f"+1 −0 in {name} since 3 Jan"
    again = project.run("daily", date(2026, 1, 4))
    assert "not rebuilt" in again.stdout
    assert again.stdout.splitlines()[-1] == last[3]
    assert project.run("changes").stdout.splitlines()[0] == "Between 3 and 4 Jan 2026: +1 −0"


UNREAD = """
tracks: 4
first_day: 2026-01-01
days: 2
playlists: {one: {name: Piano, size: 2, events: {2026-01-02: {status: 404}}}}
"""


def test_day_without_reads_says_so_and_names_playlists_as_published(make_project: MakeProject) -> None:
    project = make_project(UNREAD)
    first = project.run("daily", date(2026, 1, 1))
    assert (first.exit_code, first.stdout.splitlines()[-1]) == (0, "changes need two reads of a playlist")
    project.simulator.day = date(2026, 1, 2)
    second = project.run("daily", date(2026, 1, 2))
    [playlist_id] = project.simulator.world.playlist_ids
    assert second.exit_code == 3, second.told
    assert f"  not read: playlist Piano ({playlist_id}): unavailable, 404" in second.stdout
    assert second.stdout.splitlines()[-1] == "no playlist was observed on 2 Jan; the last observed day is 1 Jan"
