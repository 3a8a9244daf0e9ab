"""The parts that all engines share: the steps each has, the results of a step, and the table of builds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from extractor.config.settings import Config
from extractor.engines.published import Cursor, PublishedReport, reading
from extractor.errors import BuildError, counted

LAST_BUILD = """
select build_number, up_to_load, is_full_refresh, has_passed, facts_format from state.builds
order by build_number desc, has_passed desc
limit 1
"""

# Inserted as a separate row, so that the row of the build that passed still says which loads its tables hold.
DISTRUST = """
insert into state.builds (build_number, up_to_load, is_full_refresh, rebuilds_facts, has_passed, facts_format)
select build_number + 1, up_to_load, false, false, false, facts_format from state.builds
order by build_number desc, has_passed desc
limit 1
"""


@dataclass(frozen=True)
class Build:
    """A row of state.builds."""

    build_number: int
    up_to_load: int
    is_full_refresh: bool
    has_passed: bool
    facts_format: int


def check_passed(build: Build | None, target: str, where: object, consequence: str) -> Build:
    """Return a build that passed. Raises BuildError, with the consequence, for one that did not and for none."""
    if build is None or not build.has_passed:
        command = "./run.sh build" if target == "duckdb" else f"./run.sh build --target {target}"
        raise BuildError(
            f"{where}: the last build did not pass its tests, or there is none; run `{command}` first. {consequence}"
        )
    return build


@dataclass(frozen=True)
class Loaded:
    """The result of a load."""

    files: int
    answers: int
    unknown: int = 0

    def __str__(self) -> str:
        if not self.files:
            return "nothing new to load"
        text = f"loaded {counted(self.answers, 'answer')} from {counted(self.files, 'new file')}"
        return text + (f", {self.unknown} of an unknown shape" if self.unknown else "")


@dataclass(frozen=True)
class BuildOptions:
    """Options of a build: full or incremental, test all rows or the changed ones, and the format of dbt's log."""

    full_refresh: bool = False
    full_tests: bool = False
    forget_purged: bool = False
    log_format: str = "text"


DAILY = BuildOptions()
"""Builds incrementally, and tests the rows that may have changed."""


@dataclass(frozen=True)
class Built:
    """The result of a build that passed."""

    models: int
    tests: int
    warnings: int
    seconds: float

    def __add__(self, other: Built) -> Built:
        """Return both builds as one: the tables of the last, the tests and seconds of both added."""
        warnings = self.warnings + other.warnings
        return Built(other.models, self.tests + other.tests, warnings, self.seconds + other.seconds)

    def __str__(self) -> str:
        text = f"built {self.models} tables and views, {counted(self.tests, 'test')} passed in {self.seconds:.1f} s"
        return text + (f", {self.warnings} with warnings" if self.warnings else "")


@dataclass(frozen=True)
class Published:
    """The published database: a file, or a schema on a server."""

    database: Path | str
    bytes: int

    def __str__(self) -> str:
        return f"published {self.database} ({megabytes(self.bytes)})"


def megabytes(size: int) -> str:
    """Return a size in bytes as text, in MB."""
    return f"{size / 1e6:.1f} MB"


@dataclass(frozen=True)
class Target:
    """An engine: its steps, which raise the same errors as those of DuckDB, and its published database.

    `is_published` returns whether the last publication is of the last build, and that build passed with every load.
    `reading` yields a cursor on the published tables.
    """

    load: Callable[[Config], Loaded]
    build: Callable[[Config, BuildOptions], Built]
    publish: Callable[[Config], Published]
    is_published: Callable[[Config], bool]
    report: Callable[[Config], PublishedReport] = PublishedReport.of
    reading: Callable[[Config], AbstractContextManager[Cursor]] = reading
