"""Invalid input is refused before any request or landing file, with a hint."""

from datetime import date
from pathlib import Path

import pytest

from extractor.simulator.identifiers import spotify_id
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import REPO, Project, of_day

DAY = date(2026, 1, 1)
WORLD = "histories: {list: {days: {2026-01-01: [A, B]}}}"
SECRET = "a-secret-that-must-not-be-shown"


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(WORLD)


def landed(project: Project) -> list[Path]:
    return [path for path in project.folder.rglob("*") if path.is_file() and "landing" in path.parts]


@pytest.mark.parametrize("command", ["extract", "daily"])
def test_wrong_credentials_are_reported_at_once(project: Project, command: str) -> None:
    wrong = project.simulator.credentials | {"SPOTIFY_CLIENT_SECRET": SECRET}
    finished = project.run(command, DAY, environment=wrong)
    assert finished.exit_code == 2
    assert "Spotify refused the client id or secret" in finished.stderr
    assert SECRET not in finished.told
    assert "Traceback" not in finished.told
    assert landed(project) == []


@pytest.mark.parametrize("environment", [{}, {"SPOTIFY_CLIENT_ID": "", "SPOTIFY_CLIENT_SECRET": " "}])
def test_missing_credentials_are_named(project: Project, environment: dict[str, str]) -> None:
    finished = project.run("daily", DAY, environment=environment)
    assert finished.exit_code == 2
    for told in ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET", "./run.sh demo"):
        assert told in finished.stderr
    assert landed(project) == []
    assert project.simulator.requests == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("api: {max_inflight: 2}", "api.max_inflight"),
        ("landings: x", "landings"),
        ("api: {max_in_flight: two}", "api.max_in_flight"),
        ("discover_tracks: 1", "discover_tracks"),
        ("batch_size: true", "batch_size"),
        ("drop_fields: available_markets", "drop_fields"),
        ("endpoints: {tracks: {path: 'tracks?ids=', batch: 51, items: tracks}}", "endpoints.tracks.batch"),
        ("api: [1", "line 1"),
    ],
)
def test_config_error_is_reported(project: Project, text: str, key: str) -> None:
    project.config.write_text(text, encoding="utf-8")
    finished = project.run("extract", DAY)
    assert finished.exit_code == 2, finished.told
    assert str(project.config) in finished.stderr
    assert key in finished.stderr
    assert "Traceback" not in finished.stderr
    assert landed(project) == []


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("playlists.csv", "playlist_id,label\n\nnot-an-id,x\n", "playlists.csv:3"),
        ("playlists.csv", "id,label\n", "playlists.csv:1"),
        ("tracks.csv", f"track_id,label\nhttps://open.spotify.com/playlist/{spotify_id('list')},x\n", "tracks.csv:2"),
    ],
)
def test_seed_error_is_reported_with_its_line(project: Project, file: str, text: str, place: str) -> None:
    (project.folder / "seeds" / file).write_text(text, encoding="utf-8")
    finished = project.run("extract", DAY)
    assert finished.exit_code == 2, finished.told
    assert f"{project.folder / 'seeds'}/{place}:" in finished.stderr
    assert landed(project) == []
    assert project.simulator.requests == []


@pytest.mark.parametrize("options", [["--date", "2026-13-01"], ["--date", "9999-01-01"], ["--dat"]])
def test_invalid_option_is_refused(project: Project, options: list[str]) -> None:
    finished = project.run("extract", None, *options)
    assert finished.exit_code == 2
    assert "Traceback" not in finished.stderr
    assert landed(project) == []


def test_publish_without_a_build_is_refused(project: Project) -> None:
    finished = project.run("publish")
    assert finished.exit_code == 1
    assert "./run.sh build" in finished.stderr
    assert not project.database.exists()


def test_run_sh_works_from_any_folder_through_a_symlink_with_a_relative_config(project: Project) -> None:
    link = project.folder / "a link"
    link.symlink_to(REPO / "run.sh")
    project.simulator.day = DAY
    started = project.start("extract", *of_day("extract", DAY), program=link, config="config.yaml", cwd=project.folder)
    stdout, stderr = started.communicate(timeout=60)
    assert started.returncode == 0, stderr
    assert "1 of 1 playlists" in stdout
    assert list(project.landing.glob("2026-01-01/*.ndjson.gz"))
