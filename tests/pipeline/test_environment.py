"""Environment variables for dbt or Python do not change what is built, tested and published."""

from datetime import date

import pytest

from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

DAY = date(2026, 1, 1)
WORLD = "{days: 1, tracks: 60, playlists: {one: {size: 20}, two: {size: 30}}}"
OF_A_SHELL = {
    "DBT_DEFER": "1",
    "DBT_EMPTY": "1",
    "DBT_EXCLUDE_RESOURCE_TYPES": "test",
    "DBT_LOG_PATH": "/nowhere",
    "DBT_PROFILES_DIR": "/nowhere",
    "DBT_PROJECT_DIR": "/nowhere",
    "DBT_RESOURCE_TYPES": "model",
    "DBT_TARGET": "postgres",
    "DBT_TARGET_PATH": "/nowhere",
    "DBT_WARN_ERROR": "1",
    "DBT_WRITE_JSON": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "SPOTIFY_RAW": "/nowhere/raw.duckdb",
    "SPOTIFY_WAREHOUSE": "/nowhere/warehouse.duckdb",
}


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(WORLD)


def test_shell_environment_does_not_change_what_is_published(project: Project, make_project: MakeProject) -> None:
    undisturbed = make_project(WORLD)
    usual = undisturbed.run("daily", DAY)
    assert usual.exit_code == 0, usual.told
    done = project.run("daily", DAY, environment=project.simulator.credentials | OF_A_SHELL)
    assert done.exit_code == 0, done.told
    assert what_passed(done.stdout) == what_passed(usual.stdout)
    assert project.marts() == undisturbed.marts()
    assert project.rows("select count(*) > 40 from tracks_in_playlist") == [(True,)]


def what_passed(text: str) -> str:
    """Return what was built and tested, without durations."""
    (line,) = (line for line in text.splitlines() if "tests passed" in line)
    return line.split(" in ")[0]
