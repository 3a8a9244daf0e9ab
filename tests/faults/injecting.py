"""Runs a command in which one call of the operating system or of DuckDB fails or kills the process.

python -m tests.faults.injecting reads tasks from standard input, one JSON object per line, and forks a process for
each, which saves the start of Python. It writes an Outcome for each.
"""

import builtins
import errno
import io
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from extractor.cli.commands import main
from extractor.clock import Clock

REPO = Path(__file__).resolve().parents[2]
CRASHED = 70
"""Exit code of a command that ended with a traceback."""

WRITING = ("copy_file_range", "fdatasync", "fsync", "ftruncate", "link", "mkdir", "sendfile", "write")
"""What a full disk refuses. It lets files be renamed and removed."""
CALLS = (*WRITING, "chmod", "remove", "rename", "replace", "rmdir", "unlink")
STATEMENTS = ("begin", "commit", "execute", "executemany", "query", "rollback", "sql")
READING = ("from", "select", "describe", "explain", "set", "use", "attach", "with")


@dataclass(frozen=True)
class Task:
    """A command, and the fault at call `number`: the name of an errno, `full` (from then on), `kill`, or none.

    With `file_size`, no file can become larger.
    """

    arguments: tuple[str, ...]
    fault: str = ""
    number: int = 0
    file_size: int | None = None


@dataclass(frozen=True)
class Outcome:
    """Exit code (-9 if killed), the number of calls, and the output."""

    exit_code: int
    calls: int
    told: str

    @property
    def was_killed(self) -> bool:
        return self.exit_code in (-signal.SIGKILL, -signal.SIGABRT)  # DuckDB aborts if no file can grow


class Faults:
    """Counts calls and makes one of them fail."""

    def __init__(self, fault: str, number: int) -> None:
        self.calls = 0
        self._fault, self._number = fault, number
        self._lock = threading.Lock()

    def count(self, *, writes: bool) -> int | None:
        """Count a call; return the errno with which it must fail, or None."""
        with self._lock:
            self.calls += 1
            if self._fault == "full" and self.calls >= self._number and writes:
                return errno.ENOSPC
            if self.calls != self._number or self._fault in ("", "full"):
                return None
            if self._fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            return int(getattr(errno, self._fault))

    def install(self) -> None:
        """Replace the counted functions in this process."""
        for name in CALLS:
            setattr(os, name, self._watched(getattr(os, name), writes=name in WRITING))
        opened = self._watched(builtins.open, writes=True)

        def open_(file: Any, mode: str = "r", *more: Any, **how: Any) -> Any:
            return (opened if set(mode) & set("wxa+") else real)(file, mode, *more, **how)

        real = builtins.open
        connect = duckdb.connect

        def connect_(*where: Any, **how: Any) -> Any:
            return WatchedConnection(connect(*where, **how), self)

        builtins.open = io.open = open_
        duckdb.connect = connect_

    def _watched(self, function: Callable[..., Any], *, writes: bool) -> Callable[..., Any]:
        def call(*arguments: Any, **how: Any) -> Any:
            if error := self.count(writes=writes):
                raise OSError(error, os.strerror(error))
            return function(*arguments, **how)

        return call


class WatchedConnection:
    """A DuckDB connection whose statements are counted."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, faults: Faults) -> None:
        self._connection, self._faults = connection, faults

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def cursor(self) -> "WatchedConnection":
        return WatchedConnection(self._connection.cursor(), self._faults)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        if name not in STATEMENTS:
            return found

        def call(*arguments: Any, **how: Any) -> Any:
            writes = not (arguments and str(arguments[0]).split()[0].lower() in READING)
            if error := self._faults.count(writes=writes):
                raise duckdb.IOException(f"IO Error: {os.strerror(error)}")
            return found(*arguments, **how)

        return call


class Injector:
    """A process that runs commands with faults. Use it as a context manager."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.injecting"],
            cwd=REPO,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(self, task: Task) -> Outcome:
        """Run a command to its end."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asdict(task)) + "\n")
        self._process.stdin.flush()
        return Outcome(**json.loads(self._process.stdout.readline()))


def _serve() -> None:
    for line in sys.stdin:
        task = json.loads(line)
        print(json.dumps(asdict(_outcome_of(Task(**task | {"arguments": tuple(task["arguments"])})))), flush=True)


def _outcome_of(task: Task) -> Outcome:
    with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as counted:
        child = os.fork()
        if not child:
            _run(task, told.fileno(), counted.fileno())
        _, status = os.waitpid(child, 0)
        for file in (told, counted):
            file.seek(0)
        return Outcome(os.waitstatus_to_exitcode(status), int(counted.read() or 0), told.read())


def _run(task: Task, told: int, counted: int) -> None:
    """Run the command and exit; called in the child process."""
    write, end, code = os.write, os._exit, CRASHED
    os.dup2(told, 1)
    os.dup2(told, 2)
    faults = Faults(task.fault, task.number)
    if task.file_size is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (task.file_size, task.file_size))
    else:
        faults.install()
    try:
        code = main(task.arguments, Clock())
    except BaseException:  # noqa: BLE001 (this process exits in any case)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        write(counted, str(faults.calls).encode())
        end(code)


if __name__ == "__main__":
    _serve()
