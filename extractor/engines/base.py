"""What the engines share: the steps each has, what a step returns, and the ledger of builds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from extractor.config.settings import Config
from extractor.engines.published import PublishedReport

LAST_BUILD = """
select build_number, up_to_load, is_full_refresh, has_passed, facts_format from state.builds
order by build_number desc, has_passed desc
limit 1
"""

# A row of its own: that of the build that passed still says which loads its tables hold.
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


@dataclass(frozen=True)
class Loaded:
    """What a load added."""

    files: int
    answers: int
    unknown: int = 0

    def __str__(self) -> str:
        if not self.files:
            return "nothing new to load"
        told = f"loaded {self.answers} answers from {self.files} new files"
        return told + (f", {self.unknown} of an unknown shape" if self.unknown else "")


@dataclass(frozen=True)
class BuildOptions:
    """How to build: everything or what is new, testing all rows or the changed ones; and the format of dbt's log."""

    full_refresh: bool = False
    full_tests: bool = False
    forget_purged: bool = False
    log_format: str = "text"


DAILY = BuildOptions()
"""Builds what is new, and tests the rows that may have changed."""


@dataclass(frozen=True)
class Built:
    """What a build that passed did."""

    models: int
    tests: int
    warnings: int
    seconds: float

    def __add__(self, other: Built) -> Built:
        """Both builds: the tables of the last, the tests and the seconds of both."""
        warnings = self.warnings + other.warnings
        return Built(other.models, self.tests + other.tests, warnings, self.seconds + other.seconds)

    def __str__(self) -> str:
        text = f"built {self.models} tables and views, {self.tests} tests passed in {self.seconds:.1f} s"
        return text + (f", {self.warnings} with warnings" if self.warnings else "")


@dataclass(frozen=True)
class Published:
    """What analysts open, as it is now: a file, or what a server has."""

    database: Path | str
    bytes: int

    def __str__(self) -> str:
        return f"published {self.database} ({megabytes(self.bytes)})"


def megabytes(size: int) -> str:
    """A size for a person."""
    return f"{size / 1e6:.1f} MB"


@dataclass(frozen=True)
class Target:
    """An engine: its steps, which raise what those of DuckDB raise, and what is published.

    `is_published` says whether the last publication is that of the last build, which has passed with every load.
    """

    load: Callable[[Config], Loaded]
    build: Callable[[Config, BuildOptions], Built]
    publish: Callable[[Config], Published]
    report: Callable[[Config], PublishedReport]
    is_published: Callable[[Config], bool] = lambda _: False
