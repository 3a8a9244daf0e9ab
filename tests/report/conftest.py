"""Fixtures: a browser, the demo's report, and a large one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.outputs.report.report import report
from tests.conftest import Demo
from tests.functions.published import Published
from tests.pipeline.browser import Page, browser, chromium
from tests.report.pages import LARGE, VARIED, Rows, written


@pytest.fixture(scope="package")
def page() -> Iterator[Page]:
    """Return a tab of one browser for all tests of the package."""
    program = chromium()
    if program is None:
        why = "no Chromium found: apt-get install chromium-headless-shell"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with browser(program) as tab:
        yield tab


@pytest.fixture(scope="package")
def ask(demo: Demo) -> Iterator[Callable[[str], Rows]]:
    """Return a function that queries the demo's database."""
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


@pytest.fixture(scope="package")
def varied(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Callable[[str], Rows]]]:
    """Return the report and the query function of the demo with replacements, new releases and values of 0."""
    folder = tmp_path_factory.mktemp("varied")
    database = Path(shutil.copy(demo.database, folder / "s.duckdb"))
    database.chmod(0o644)
    with duckdb.connect(str(database)) as connection:
        connection.execute(VARIED)
    written_to = report(Config(database=database), folder / "report.html").output
    with duckdb.connect(str(database), read_only=True) as connection:
        yield written_to, lambda sql: connection.execute(sql).fetchall()


@pytest.fixture(scope="package")
def published(demo: Demo) -> Published:
    return Published.of(demo.database)


@pytest.fixture(scope="package")
def report_html(demo: Demo) -> Path:
    return demo.folder / "report.html"


@pytest.fixture(scope="package")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("large"), LARGE)
