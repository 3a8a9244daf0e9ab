"""The view of a track."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.outputs.report.report import report
from tests.conftest import Demo
from tests.pipeline.browser import Page
from tests.report.pages import (
    Rows,
    rows_of,
    said,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("gap", [(), (date(2026, 1, 5), date(2026, 1, 9), date(2026, 1, 11), date(2026, 1, 12))])
def test_track_view_shows_values_stays_and_gaps(page: Page, demo: Demo, tmp_path: Path, gap: tuple[date, ...]) -> None:
    database = Path(shutil.copy(demo.database, tmp_path / "s.duckdb"))
    database.chmod(0o644)
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from track_daily_popularity where list_contains($1, date)", [[*gap]])
    report(Config(database=database), tmp_path / "report.html")
    with duckdb.connect(str(database), read_only=True) as connection:

        def ask(sql: str) -> Rows:
            return connection.execute(sql).fetchall()

        [(shown, _)] = ask("select track_id, count(*) from tracks_in_playlist group by 1 order by 2 desc, 1 limit 1")
        page.open(tmp_path / "report.html", f"#track={shown}")
        page.wait_for("document.querySelector('svg.popularity')")
        values = ask(f"select date, popularity from track_daily_popularity where track_id = '{shown}' order by date")
        assert not {day for day, _ in values} & set(gap)
        days = [day for day, _ in values]
        alone = [d for d in days if d - timedelta(1) not in days and d + timedelta(1) not in days]
        ends = [day for day in days if day + timedelta(1) not in days]
        # a line for each sequence of days with values, and none across a gap
        line = page.run("document.querySelector('svg.popularity .line').getAttribute('d')")
        assert line.count("M") == len(ends) - len(alone)
        assert page.run("document.querySelectorAll('svg.popularity circle').length") == len(values)
        page.run("document.querySelector('details').open = true")
        page.wait_for("document.querySelector('details table')")
        assert rows_of(page, "Popularity by day") == [[said(day), str(value)] for day, value in reversed(values)]
        stays = ask(f"select last_seen from tracks_in_playlist where track_id = '{shown}' order by first_seen desc")
        assert len(rows_of(page, "Where it was, newest first")) == len(stays)
