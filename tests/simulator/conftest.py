"""Fixtures of the simulator's tests."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.server import Simulator
from extractor.simulator.world import World
from tests.simulator.reader import Reader, Serve


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that serves a world, or a scenario given as text, until the test ends."""
    with ExitStack() as stack:

        def start(world: World | str) -> Reader:
            made = GeneratedWorld.from_text(world) if isinstance(world, str) else world
            reader = Reader(stack.enter_context(Simulator(made)))
            stack.callback(reader.session.close)
            return reader

        yield start
