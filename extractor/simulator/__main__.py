"""Run the simulator by hand: `python -m extractor.simulator --scenario FILE | --replay DIR`."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.reading import ScenarioError
from extractor.simulator.replay import RecordingError, ReplayWorld
from extractor.simulator.server import Simulator
from extractor.simulator.world import World

USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the world that the arguments name until Ctrl-C or a termination signal; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        world = _world(options)
        simulator = Simulator(world, day=options.day, port=options.port)
    except (ScenarioError, RecordingError) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"port {options.port}: {error.strerror}")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with simulator:
        print(describe(simulator), flush=True)
        stop.wait()
    print(f"stopped after {len(simulator.requests)} requests")
    return 0


def describe(simulator: Simulator) -> str:
    """Return the addresses, credentials and playlists that users of the simulator need in another process."""
    world = simulator.world
    lists = [f"  {playlist_id}  {world.label(playlist_id)}" for playlist_id in world.playlist_ids]
    return "\n".join(
        [
            f"base_url: {simulator.base_url}",
            f"token_url: {simulator.token_url}",
            *(f"export {name}={value}" for name, value in simulator.credentials.items()),
            f"day: {simulator.day} (of {len(world.days)}, {world.days[0]} to {world.days[-1]}); to change it:",
            f"  curl -X PUT --data {world.days[-1]} {simulator.url}/simulator/day",
            f"playlists: {len(lists)}",
            *lists,
        ]
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m extractor.simulator", description="A simulator of the Spotify Web API."
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--scenario", type=Path, metavar="FILE", help="a world described in YAML")
    source.add_argument("--replay", type=Path, metavar="DIR", help="recorded days in Parquet files")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any free port)")
    parser.add_argument("--day", type=_day, help="the day to serve (default: the first)")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not a day: {text!r}") from error


def _world(options: argparse.Namespace) -> World:
    return GeneratedWorld.from_file(options.scenario) if options.scenario else ReplayWorld(options.replay)


def _refuse(reason: str) -> int:
    print(f"simulator: {reason}", file=sys.stderr)
    return USAGE_ERROR


if __name__ == "__main__":
    sys.exit(main())
