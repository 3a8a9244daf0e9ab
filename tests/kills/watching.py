"""Reads the published file continuously from its own process, as an analyst would.

python -m tests.kills.watching DATABASE runs until its input ends, then prints what it saw.
"""

import json
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from tests.pipeline.harness import MARTS, OBSERVED, REPO

MAY_BE_EMPTY = ("playlist_changes", "chart_positions")
"""There are no changes on the first day, and no charts without imports."""
PUBLISHED = tuple(mart for mart in MARTS if mart != "runs")
"""The marts that a kill leaves no trace in."""

IDLE_SECONDS = 0.1
PATIENCE = 0.002

State = dict[str, tuple[int, str]]
"""Rows of each of these marts, and what they add up to."""


def state_of(database: Path) -> State:
    """Open the published file read-only, read all of it, close it. Raises duckdb.Error if it is not whole."""
    with duckdb.connect(str(database), read_only=True) as connection:
        state = {}
        for mart in MARTS:
            less = f"exclude ({', '.join(OBSERVED[mart])})" if mart in OBSERVED and mart != "runs" else ""
            content = f"select count(*), coalesce(sum(hash(row)), 0)::varchar from (select * {less} from {mart}) as row"
            [(rows, content_hash)] = connection.execute(content).fetchall()
            state[mart] = (rows, content_hash)
    if not all(rows for mart, (rows, _) in state.items() if mart not in MAY_BE_EMPTY):
        raise duckdb.Error(f"an empty mart: {state}")
    return {mart: state[mart] for mart in PUBLISHED}


@dataclass(frozen=True)
class Sight:
    """Everything seen: how often the file was opened, each of its states, and every error."""

    looks: int
    states: list[State]
    faults: list[str]


class Watcher:
    """A context manager that watches a published file from another process."""

    def __init__(self, database: Path) -> None:
        command = [sys.executable, "-m", "tests.kills.watching", str(database)]
        self._process = subprocess.Popen(
            command, cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def stop(self) -> Sight:
        """Stop watching; return what was seen."""
        stdout, stderr = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, stderr
        seen = json.loads(stdout)
        states = [{mart: (rows, content) for mart, (rows, content) in state.items()} for state in seen["states"]]
        return Sight(seen["looks"], states, seen["faults"])


def _watch(database: Path) -> Sight:
    looks, states, faults = 0, list[State](), list[str]()
    there, last, due = False, "", 0.0
    while not select.select([sys.stdin], [], [], PATIENCE)[0]:
        # Between two reads, check only the directory: a changed or removed file is read at once.
        try:
            found = database.stat()
        except FileNotFoundError:
            if there:
                faults.append(f"{time.strftime('%X')}: gone")
            continue
        there, now = True, f"{found.st_ino} {found.st_size} {found.st_mtime_ns}"
        if now == last and time.monotonic() < due:
            continue
        looks += 1
        try:
            state = state_of(database)
        except duckdb.Error as error:
            faults.append(f"{time.strftime('%X')}: {error}")
        else:
            if state not in states:
                states.append(state)
        last, due = now, time.monotonic() + IDLE_SECONDS
    return Sight(looks, states, faults)


if __name__ == "__main__":
    print(json.dumps(vars(_watch(Path(sys.argv[1])))))
