"""Tables that another version of the program has made."""

from datetime import date

import duckdb
import pytest

from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import MARTS

pytestmark = pytest.mark.slow

DAYS = (date(2026, 1, 1), date(2026, 1, 2))
WORLD = "{tracks: 60, playlists: {churning: {size: 30, churn: 0.3}}}"
EARLIER = """
alter table intermediate.int_playlist_versions drop column added_bys;
alter table main.playlist_history rename column playlist_name to name;
"""
"""As version 0.1.0 had them: a fact lacks a column, a mart has one of another name."""


def test_tables_of_an_earlier_version_are_rebuilt_by_a_full_refresh(make_project: MakeProject) -> None:
    project = make_project(WORLD)
    project.extract(DAYS[0])
    project.publish()
    project.extract(DAYS[1])
    assert project.run("load").exit_code == 0
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute(EARLIER)
    before = project.database.read_bytes()
    finished = project.run("build")
    assert finished.exit_code == 1
    assert "rebuild the tables with ./run.sh build --full-refresh" in finished.stderr
    assert project.database.read_bytes() == before
    for command, *options in (("build", "--full-refresh"), ("publish",)):
        assert project.run(command, None, *options).exit_code == 0
    other = make_project(WORLD)
    for day in DAYS:
        other.extract(day)
    other.publish()
    for mart in {*MARTS} - {"runs", "track_daily_popularity"}:
        assert project.rows(f"from {mart} order by all") == other.rows(f"from {mart} order by all"), mart
