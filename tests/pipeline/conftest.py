"""Fixtures: projects to run commands on, for one test or for a module."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.server import Simulator
from extractor.simulator.world import World
from tests.pipeline.harness import Project
from tests.pipeline.histories import RUNS, january, read_cases

MakeProject = Callable[..., Project]

CASES, WORLD = read_cases(Path(__file__).with_name("histories.yaml"))


def _maker(stack: ExitStack, new_folder: Callable[[], Path]) -> MakeProject:
    def make(world: World | str, **options: Any) -> Project:
        made = GeneratedWorld.from_text(world) if isinstance(world, str) else world
        project = Project(new_folder(), stack.enter_context(Simulator(made)))
        project.watch(made.playlist_ids)
        project.configure(**options)
        return project

    return make


@pytest.fixture
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeProject]:
    """Return a function that serves a world and configures a project for it, until the test ends."""
    with ExitStack() as stack:
        yield _maker(stack, lambda: tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def make_shared_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeProject]:
    """Return a function like `make_project` whose projects last for all tests of a module."""
    with ExitStack() as stack:
        yield _maker(stack, lambda: tmp_path_factory.mktemp("shared_project"))


@pytest.fixture(scope="session")
def published_histories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Return a project that has published every history of histories.yaml."""
    with ExitStack() as stack:
        project = _maker(stack, lambda: tmp_path_factory.mktemp("histories"))(WORLD)
        for number in RUNS:
            project.watch(case.playlist_id for case in CASES if case.is_watched(number))
            project.extract(january(number))
        project.publish()
        yield project
