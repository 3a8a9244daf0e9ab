"""The demo, and its output as shown in the README."""

from __future__ import annotations

import re

import duckdb
import pytest

from tests.conftest import Demo
from tests.pipeline.harness import REPO

pytestmark = pytest.mark.slow

BLOCKS = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def test_demo_answers_the_three_questions_and_names_the_database(demo: Demo) -> None:
    output, database = demo.told, demo.database
    for question in ("1. Which tracks were in", "2. In which playlists was", "3. How popular was it"):
        answer = output.split(question)[1].split("\n\n")
        assert answer[1].lstrip().startswith("select")
        assert len(answer[2].splitlines()) > 3, f"no rows under {question}"
    assert str(database) in output
    assert str(database.with_name("report.html")) in output


def test_demo_world_is_large_enough(demo: Demo) -> None:
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        [(lists, tracks, days)] = connection.execute(
            "select (select count(*) from playlists), (select count(*) from track_info), "
            "(select count(distinct date) from playlist_days)"
        ).fetchall()
    assert lists >= 12
    assert tracks >= 600
    assert days == 30


def test_first_result_in_the_readme_matches_the_demo(demo: Demo) -> None:
    blocks = BLOCKS.findall((REPO / "README.md").read_text(encoding="utf-8"))
    (kind, question), (_, shown) = blocks[:2]
    assert kind == "sql"
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        rows = connection.execute(question).fetchall()
    given = [[str(value) for value in row if value is not None] for row in rows]
    told = [re.split(r"\s{2,}", line.strip()) for line in shown.splitlines()[2:]]
    assert told == given
