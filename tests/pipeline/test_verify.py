"""Verify: damage in any file is found or harmless; and what a backup restores is what was lost."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

DAYS = tuple(date(2026, 1, number) for number in (1, 2, 3))
WORLD = """
first_day: 2026-01-01
days: 3
tracks: 120
playlists: {churning: {size: 30, churn: 0.3, returns: 0.5, pool: [0, 90]}, long: {size: 110, churn: 0.05}}
"""
PLACES = tuple(range(5, 100, 10))


@pytest.fixture(scope="module")
def original(make_shared_project: MakeProject) -> Project:
    project = make_shared_project(WORLD)
    for day in DAYS:
        assert project.run("daily", day).exit_code == 0
    return project


@pytest.fixture
def project(original: Project, tmp_path: Path) -> Iterator[Project]:
    shutil.copytree(original.folder, tmp_path / "copy", copy_function=shutil.copy2)
    yield Project(tmp_path / "copy", original.simulator)


def test_sound_files_are_sound(project: Project) -> None:
    verified = project.run("verify")
    assert verified.exit_code == 0, verified.told
    assert verified.stdout.splitlines()[-1].split() == ["result", "sound"]
    assert [line.split()[0] for line in verified.stdout.splitlines()] == [
        "landing",
        "raw",
        "facts",
        "published",
        "result",
    ]


def files(folder: Path) -> list[Path]:
    kept = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size)
    outside = {"dbt", "seeds"}
    return [path for path in kept if not outside & set(path.relative_to(folder).parts) and path.suffix != ".lock"]


def test_flipped_byte_in_any_file_is_found_or_harmless(project: Project) -> None:
    before = project.marts()
    found: dict[str, int] = {}
    for path in files(project.folder):
        whole, mode = path.read_bytes(), path.stat().st_mode
        for place in PLACES:
            damaged = bytearray(whole)
            damaged[len(whole) * place // 100] ^= 0x55
            path.chmod(0o644)
            path.write_bytes(damaged)
            verified = project.run("verify")
            assert verified.exit_code in (0, 1, 2), verified.told
            assert "Traceback" not in verified.told
            if verified.exit_code:
                assert path.name in verified.told or path.suffix == ".yaml", verified.told
                found[path.suffix] = found.get(path.suffix, 0) + 1
            elif path.suffix == ".duckdb":
                with duckdb.connect(str(path), read_only=True):  # free room of the file
                    pass
        path.write_bytes(whole)
        path.chmod(mode)
    assert project.run("verify").exit_code == 0
    assert project.marts() == before
    assert found[".gz"] > 20
    assert found[".duckdb"] > 5


@pytest.mark.parametrize("name", ["raw.duckdb", "warehouse.duckdb", "spotify.duckdb"])
def test_missing_rows_are_found(project: Project, name: str) -> None:
    tables = {
        "raw.duckdb": ("raw.playlist_entries", "raw.answers"),
        "warehouse.duckdb": ("intermediate.int_playlist_reads", "intermediate.int_playlist_versions"),
        "spotify.duckdb": ("main.playlist_days",),
    }
    path = project.folder / name
    whole = path.read_bytes()
    for table in tables[name]:
        path.chmod(0o644)
        path.write_bytes(whole)
        with duckdb.connect(str(path)) as connection:
            schema = f"{path.stem}.{table}"
            connection.execute(f"delete from {schema} where rowid = (select max(rowid) from {schema})")
        verified = project.run("verify")
        assert verified.exit_code == 1, f"{table}: {verified.told}"
        assert name in verified.stdout


def test_lost_and_shortened_landing_files_are_found(project: Project) -> None:
    [path] = project.landing.glob(f"{DAYS[1]}/*.ndjson.gz")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    verified = project.run("verify")
    assert verified.exit_code == 1
    assert "raw has what is missing" in verified.stdout


def test_backup_of_the_folder_restores_everything(project: Project, tmp_path: Path) -> None:
    before = project.marts()
    shutil.copytree(project.folder, tmp_path / "backup")
    for name in ("raw.duckdb", "warehouse.duckdb", "spotify.duckdb"):
        (project.folder / name).unlink()
    shutil.rmtree(project.landing)
    shutil.copytree(tmp_path / "backup", project.folder, dirs_exist_ok=True)
    assert project.run("verify").exit_code == 0
    project.publish()
    assert project.marts() == before


def test_landing_files_alone_restore_everything(project: Project) -> None:
    before = project.marts()
    for name in ("raw.duckdb", "warehouse.duckdb", "spotify.duckdb"):
        (project.folder / name).unlink()
    project.publish()
    assert project.run("verify").exit_code == 0
    assert project.marts() == before


def test_status_says_that_the_published_file_cannot_be_opened(project: Project) -> None:
    path = project.folder / "spotify.duckdb"
    path.chmod(0o644)
    path.write_bytes(b"something else" * 1000)
    status = project.run("status", DAYS[2])
    assert "spotify.duckdb" in status.stdout
    assert "problem" in status.stdout
