"""./run.sh status: its report at every stage, and its exit code."""

import json
from datetime import date
from pathlib import Path
from shutil import rmtree

import duckdb
import pytest

from extractor.cli.commands import main
from extractor.engines.base import Loaded
from extractor.extract.plan import Plan, Unasked
from extractor.outputs.export import Exported
from extractor.outputs.report.report import Reported
from extractor.outputs.status import Status, status
from extractor.outputs.verify import Verified
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id
from tests.extractor.conftest import DAY, NEXT_DAY, Bench, MakeBench

LISTS = ", ".join(f"l{number}: {{days: {{2026-01-01: [A{number}, B{number}]}}}}" for number in range(4))
WORLD = f"{{tracks: 0, histories: {{{LISTS}}}}}"
L0, L3 = spotify_id("l0"), spotify_id("l3")
DAY_AFTER = date(2026, 1, 3)

PUBLISHED = """
create table playlists as select '{playlist}' as playlist_id, 'Its name' as playlist_name;
create table playlist_days as select date '2026-01-01' as date, 'complete' as outcome;
create table runs as select 'r' as run_id, 'read' as kind, 1 as worker, date '2026-01-01' as date, {code} as exit_code,
    timestamp '2026-01-01 06:00' as started_at, 4 as playlists_asked, 4 as playlists_answered,
    8 as tracks_asked, 8 as tracks_answered, true as has_bulk_tracks, true as has_popularity;
"""


@pytest.fixture(autouse=True)
def no_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ignore any login of the user who runs the tests."""
    monkeypatch.delenv("SPOTIFY_REFRESH_TOKEN", raising=False)
    monkeypatch.setenv("SPOTIFY_TOKEN_FILE", str(tmp_path / "token.json"))


def look(run: Bench, day: date = DAY) -> Status:
    return status(run.config, day, run.time.now())


def publish(run: Bench, code: int = 0) -> None:
    with duckdb.connect(str(run.config.database)) as connection:
        connection.execute(PUBLISHED.format(playlist=L3, code=code))


def test_status_of_an_empty_project_says_so(bench: MakeBench) -> None:
    run = bench(WORLD)
    found = look(run)
    assert (found.exit_code, found.runs, found.published, found.coverage) == (3, [], None, {"not_run": 4})
    assert found.bytes_on_disk == {"landing": 0, "raw": 0, "warehouse": 0, "database": 0}
    assert "published    nothing yet" in str(found)


def test_status_reports_extraction_before_the_build(bench: MakeBench) -> None:
    run = bench(WORLD, Fault(f"/v1/playlists/{L3}", status=404))
    run.set(requests_per_day=600)
    run.extract()
    found = look(run)
    assert found.exit_code == 3
    assert found.coverage == {"complete": 3, "unavailable": 1}
    assert found.tracks_answered == 6
    assert (found.published, found.bytes_on_disk["landing"] > 1000) == (None, True)
    (ended,) = found.runs
    assert (ended.date, ended.worker, ended.exit_code, ended.playlists_answered) == (DAY, 1, 3, 3)
    assert (ended.bulk_tracks, ended.popularity) == (None, True)
    assert [str(each) for each in found.requests] == [
        "4 playlists (596 left)",
        "0 playlist_items (600 left)",
        "0 tracks (600 left)",
    ]
    assert f"unavailable  {L3}, since 2026-01-01: 404 Resource not found" in str(found)


def test_long_unavailable_playlists_are_listed_separately(bench: MakeBench) -> None:
    run = bench(
        WORLD, Fault(f"/v1/playlists/{L3}", status=404), Fault(f"/v1/playlists/{L0}", day=DAY_AFTER, status=403)
    )
    run.set(tolerate_unavailable_days=1)
    for day in (DAY, NEXT_DAY, DAY_AFTER):
        run.extract(day)
    publish(run)
    found = look(run, DAY_AFTER)
    assert [(each.playlist_id, each.name, each.tolerated) for each in found.unavailable] == [
        (L3, "Its name", True),
        (L0, "", False),
    ]
    lines = str(found).splitlines()
    assert [line.split(", since")[0] for line in lines if "since" in line] == [
        f"unavailable  {L0}",
        f"for long     Its name ({L3})",
    ]
    run.watch(L0)
    assert [each.playlist_id for each in look(run, DAY_AFTER).unavailable] == [L0]


def test_published_runs_are_reported_after_their_landing_files_are_purged(bench: MakeBench) -> None:
    run = bench(WORLD)
    publish(run)
    assert [str(each) for each in look(run).runs] == [
        "2026-01-01  worker 1  2026-01-01 06:00 UTC  4 of 4 playlists, 8 of 8 tracks, exit 0"
    ]
    assert "with days to 2026-01-01" in str(look(run))
    assert look(run, NEXT_DAY).exit_code == 0
    assert look(run, DAY_AFTER).exit_code == 3


def test_missing_slice_is_named_once_the_day_has_begun(bench: MakeBench) -> None:
    run = bench(WORLD)
    run.set(batch_size=2)
    assert look(run).slices_not_run == []
    run.extract()
    found = look(run)
    assert found.slices_not_run == [2]
    assert found.coverage == {"complete": 2, "not_run": 2}
    assert "not run      slice 2" in str(found)


def test_previous_day_counts_until_the_day_is_read(bench: MakeBench) -> None:
    run = bench(WORLD)
    run.set(batch_size=2)
    codes = []
    for day in (DAY, NEXT_DAY):
        for worker in (1, 2):
            codes.append(look(run, day).exit_code)
            run.set(batch_number=worker)
            run.extract(day)
    assert codes == [3, 3, 0, 0]
    rmtree(run.config.landing / NEXT_DAY.isoformat())
    run.set(batch_number=1)
    run.extract(NEXT_DAY)
    assert look(run, NEXT_DAY).exit_code == 0  # worker 2 has not run yet
    assert look(run, DAY_AFTER).exit_code == 3  # and did not


def test_state_names_the_day_that_was_not_read(bench: MakeBench) -> None:
    run = bench(WORLD, Fault(f"/v1/playlists/{L3}", day=DAY_AFTER, status=404))
    run.set(batch_size=2)
    states = []
    for day in (DAY, NEXT_DAY, DAY_AFTER):
        for worker in (1, 2):
            states.append((look(run, day).state, look(run, day).exit_code))
            run.set(batch_number=worker)
            run.extract(day)
    states.append((look(run, DAY_AFTER).state, look(run, DAY_AFTER).exit_code))
    states.append((look(run, date(2026, 1, 4)).state, look(run, date(2026, 1, 4)).exit_code))
    assert states == [
        ("neither 2026-01-01 nor 2025-12-31 was read", 3),
        ("2025-12-31 was not read, and 2026-01-01 is not finished", 3),
        ("all well", 0),
        ("all well", 0),
        ("all well", 0),
        ("all well", 0),
        ("2026-01-03 was not read completely", 3),
        ("2026-01-03 was not read completely", 3),
    ]
    assert "state        2026-01-03 was not read completely" in str(look(run, DAY_AFTER)).splitlines()


def test_one_thing_is_not_called_many(bench: MakeBench) -> None:
    budget = "1 playlist and 2 tracks of 3 left today"
    assert str(Plan(1, 0, 1, 2, 3)) == f"needs at least 1 request (1 playlist, 0 tracks); {budget}"
    assert str(Unasked(("a",), 1, (1,))) == "1 playlist and 1 track were not requested: slice 1 did not finish"
    assert str(Loaded(1, 1)) == "loaded 1 answer from 1 new file"
    assert str(Verified({}, ["x"])).endswith(" 1 problem")
    assert str(Exported(Path("x"), 1, 0)) == "exported 1 file (0.0 MB) into x"
    assert str(Reported(Path("x"), 0, 1, 1, 1, 1)).endswith(": 1 playlist, 1 track, 1 day, without the 1 earlier day")
    assert "0 tracks answered" in str(look(bench(WORLD)))


def test_last_run_of_a_worker_counts(bench: MakeBench) -> None:
    run = bench(WORLD, Fault(f"/v1/playlists/{L3}", times=1, status=404))
    assert (run.extract().exit_code, look(run).exit_code) == (3, 3)
    run.time.sleep(60)
    assert (run.extract().exit_code, look(run).exit_code) == (0, 0)


def test_rate_limit_stop_exits_75_with_the_time_to_wait_until(bench: MakeBench) -> None:
    run = bench(WORLD, Fault("/v1/playlists", after=1, status=429, headers={"Retry-After": "9000"}))
    assert run.extract().exit_code == 75
    found = look(run)
    assert found.exit_code == 75
    assert found.not_before is not None
    assert "Spotify accepts no requests until 2026-01-02 08:30 UTC" in str(found)


def test_running_or_killed_run_is_reported(bench: MakeBench) -> None:
    run = bench(WORLD)
    run.extract()
    (path,) = run.config.landing.glob("2026-*/*.gz")
    path.write_bytes(path.read_bytes()[:-60])  # its last line is missing
    found = look(run)
    assert str(found.runs[0]).endswith("running or killed")
    assert found.coverage["complete"] >= 3


def test_damaged_file_is_reported_and_status_goes_on(bench: MakeBench) -> None:
    run = bench(WORLD)
    run.extract()
    (run.config.landing / DAY.isoformat() / "x.ndjson.gz").write_bytes(b"no gzip")
    run.config.database.write_bytes(b"no database")
    found = look(run)
    assert [Path(problem.split(":")[0]).name for problem in found.problems] == ["x.ndjson.gz", "spotify.duckdb"]
    assert found.coverage == {"complete": 4}


def test_locked_warehouse_is_not_queried(bench: MakeBench) -> None:
    run = bench(WORLD)
    with duckdb.connect(str(run.config.warehouse)):
        found = look(run)
    assert (found.problems, found.bytes_on_disk["warehouse"] > 0) == ([], True)


def test_status_writes_nothing(bench: MakeBench) -> None:
    run = bench(WORLD)
    run.extract()
    rmtree(run.config.landing / "contents")
    before = sorted(run.config.landing.parent.rglob("*"))
    look(run)
    assert sorted(run.config.landing.parent.rglob("*")) == before


def test_status_prints_text_or_json(bench: MakeBench, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = bench(WORLD)
    path = tmp_path / "config.yaml"
    path.write_text("{landing: landing, warehouse: w.duckdb, database: spotify.duckdb}")
    run.extract()
    arguments = ["status", "--config", str(path), "--date", "2026-01-01"]
    assert main(arguments, run.time.clock) == 0
    assert capsys.readouterr().out.startswith("state        all well\n")
    assert main([*arguments, "--log-format", "json"], run.time.clock) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["event"], told["day"], told["coverage"]) == ("status", "2026-01-01", {"complete": 4})
    assert told["runs"][0]["started_at"] == "2026-01-02T06:00:00+00:00"


def test_unknown_tracks_are_listed_with_their_label_and_since_when(bench: MakeBench) -> None:
    run = bench(f"{{tracks: 0, histories: {{{LISTS}}}}}")
    gone = spotify_id("gone")
    run.watch(*run.simulator.world.playlist_ids, tracks=(gone,))
    assert run.extract().exit_code == 3
    found = look(run, NEXT_DAY)
    assert [(each.track_id, each.since) for each in found.unknown_tracks] == [(gone, DAY)]
    assert f"unknown      {gone}, since 2026-01-01: Spotify does not know this track" in str(found)
