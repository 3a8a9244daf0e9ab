"""Projects to run commands on: made for one test, for all tests of a module, or ahead of time beside other tests."""

import importlib
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.pipeline.harness import REPO, Project
from tests.pipeline.histories import RUNS, january, read_cases
from tests.simulator.generated import GeneratedWorld
from tests.simulator.server import Simulator
from tests.simulator.world import World

MakeProject = Callable[..., Project]

CASES, WORLD = read_cases(Path(__file__).with_name("histories.yaml"))

SLOW = ("tests.pipeline.test_replay", "tests.pipeline.test_increments")
"""Modules whose `prepare` takes a minute: one core does that while the other runs all other tests."""


def _maker(stack: ExitStack, new_folder: Callable[[], Path]) -> MakeProject:
    abandoned = Event()
    stack.callback(abandoned.set)

    def make(world: World | str, **options: Any) -> Project:
        made = GeneratedWorld.from_text(world) if isinstance(world, str) else world
        project = Project(new_folder(), stack.enter_context(Simulator(made)), abandoned)
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


@dataclass(frozen=True)
class Demo:
    """What ./run.sh demo has said and left."""

    told: str
    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "spotify.duckdb"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Run the demo once for all tests."""
    folder = tmp_path_factory.mktemp("demo") / "here"
    command = [str(REPO / "run.sh"), "demo", "--folder", str(folder)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return Demo(finished.stdout, folder)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that need long preparations last."""
    items.sort(key=lambda item: SLOW.index(_module(item)) + 1 if _module(item) in SLOW else 0)


@pytest.fixture(scope="session", autouse=True)
def prepared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Any]]]:
    """What the `prepare` functions of the slow modules will return, by module; they run one after the other."""
    chosen = {_module(item) for item in request.session.items}
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        make = _maker(stack, lambda: tmp_path_factory.mktemp("prepared"))
        modules = [importlib.import_module(name) for name in SLOW if name in chosen]
        yield {module.__name__: pool.submit(module.prepare, make) for module in modules}
        pool.shutdown(wait=False, cancel_futures=True)


def _module(item: pytest.Item) -> str:
    return item.module.__name__ if isinstance(item, pytest.Function) else ""
