"""Fixtures: a browser, the demo's report, and a large one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Demo
from tests.functions.published import Published
from tests.pipeline.browser import Page, browser, chromium
from tests.report.pages import LARGE, Rows, written


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
def published(demo: Demo) -> Published:
    return Published.of(demo.database)


@pytest.fixture(scope="package")
def report_html(demo: Demo) -> Path:
    return demo.folder / "report.html"


@pytest.fixture(scope="package")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("large"), LARGE)
