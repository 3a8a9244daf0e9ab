"""Runs a command in which one call of the operating system or of DuckDB fails or kills the process.

python -m tests.faults.injecting reads tasks from standard input, one JSON object per line, and forks a process for
each, which saves the start of Python. It writes an Outcome for each. dbt runs in a process of its own, as it does
under ./run.sh. Its calls are counted apart, because their number differs a little from run to run.
"""

import builtins
import errno
import importlib
import io
import json
import mmap
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from multiprocessing import Pipe, get_context
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

import duckdb

from extractor.cli import commands
from extractor.cli.console import flush_output
from extractor.clock import Clock
from extractor.engines import dbt as transform
from tests.forked import dbt_code

REPO = Path(__file__).resolve().parents[2]
CRASHED = 70
"""Exit code of a command that ended with a traceback."""

WRITING = ("copy_file_range", "fdatasync", "fsync", "ftruncate", "link", "mkdir", "sendfile", "write")
"""What a full disk refuses. It lets files be renamed and removed."""
CALLS = (*WRITING, "chmod", "remove", "rename", "replace", "rmdir", "unlink", "utime")
STATEMENTS = ("begin", "commit", "execute", "executemany", "query", "rollback", "sql")
READING = ("from", "select", "describe", "explain", "set", "use", "attach", "with")
LEFT_BY_KILLS = "ignore:resource_tracker"
"""Warnings not to show: of the semaphores of a dbt that was killed."""
WITH_DBT = ("daily", "build")
"""Commands that run dbt."""


@dataclass(frozen=True)
class Task:
    """A command, and the fault at call `number`: the name of an errno, `full` (from then on), `kill`, or none.

    The call is the command's, or dbt's if `is_of_dbt`. With `file_size`, no file can become larger. `environment` is
    added to that of this process.
    """

    arguments: tuple[str, ...]
    fault: str = ""
    number: int = 0
    file_size: int | None = None
    is_of_dbt: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """Exit code (-9 if killed), the number of calls of the command and of its dbt, and the output.

    The command's calls that pass the changes on are those after `before_passing` and up to `after_passing`.
    """

    exit_code: int
    told: str
    calls: int
    dbt_calls: int
    before_passing: int
    after_passing: int

    @property
    def was_killed(self) -> bool:
        return self.exit_code in (-signal.SIGKILL, -signal.SIGABRT)  # DuckDB aborts if no file can grow


class Faults:
    """Counts calls and makes one of them fail, in this process and those that it forks: one at a time calls."""

    def __init__(self, task: Task) -> None:
        self._counts = memoryview(mmap.mmap(-1, 32)).cast("q")  # of the command, of dbt, before and after passing on
        self._task = task
        self._lock = threading.Lock()
        self._is_dbt = False

    @property
    def counts(self) -> list[int]:
        """Return the numbers of an outcome."""
        return list(self._counts)

    def noting(self, pass_on: Callable[..., None]) -> Callable[..., None]:
        """Return a function that also notes which calls pass the changes on."""

        def call(*arguments: Any) -> None:
            self._counts[2] = self._counts[0]
            try:
                pass_on(*arguments)
            finally:
                self._counts[3] = self._counts[0]

        return call

    def install_in_dbt(self) -> None:
        """Replace the counted functions in this process, which is dbt's."""
        self._is_dbt = True
        self.install()

    def count(self, *, writes: bool) -> int | None:
        """Count a call; return the errno with which it must fail, or None."""
        with self._lock:
            self._counts[self._is_dbt] += 1
            fault, reached = self._task.fault, self._counts[self._task.is_of_dbt]
            if fault == "full":
                return errno.ENOSPC if writes and reached >= self._task.number else None
            if fault == "" or self._is_dbt != self._task.is_of_dbt or reached != self._task.number:
                return None
            if fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            return int(getattr(errno, fault))

    def install(self) -> None:
        """Replace the counted functions in this process."""
        write, create, real, connect = os.write, os.open, builtins.open, duckdb.connect
        for name in CALLS:
            setattr(os, name, self._watched(getattr(os, name), writes=name in WRITING))
        to_disk = os.write
        created = self._watched(create, writes=True)
        opened = self._watched(self._open, writes=True)

        def write_(file: int, content: Any) -> int:
            is_on_disk = stat.S_ISREG(os.fstat(file).st_mode)
            return int((to_disk if is_on_disk else write)(file, content))

        def create_(path: Any, flags: int, *more: Any, **how: Any) -> int:
            return int((created if flags & os.O_CREAT else create)(path, flags, *more, **how))

        def open_(file: Any, mode: str = "r", *more: Any, **how: Any) -> Any:
            return (opened if set(mode) & set("wxa+") else real)(file, mode, *more, **how)

        def connect_(*where: Any, **how: Any) -> Any:
            return WatchedConnection(connect(*where, **how), self)

        os.write, os.open = write_, create_
        builtins.open = io.open = open_
        duckdb.connect = connect_

    def _open(
        self,
        file: Any,
        mode: str,
        buffering: int = -1,
        *text: Any,
        closefd: bool = True,
        opener: Any = None,
        **how: Any,
    ) -> Any:
        """Open a file for writing as open() does; what its buffer passes on is counted."""
        path = os.fspath(file) if isinstance(file, os.PathLike) else file  # as the file's name, which gzip stores
        raw = WatchedFile(path, mode.replace("b", "").replace("t", ""), closefd, opener)
        raw.faults = self
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *text, **how)

    def _watched(self, function: Callable[..., Any], *, writes: bool) -> Callable[..., Any]:
        def call(*arguments: Any, **how: Any) -> Any:
            if error := self.count(writes=writes):
                raise OSError(error, os.strerror(error))
            return function(*arguments, **how)

        return call


class WatchedFile(io.FileIO):
    """A file without a buffer whose writes are counted."""

    faults: Faults

    def write(self, content: Any, /) -> int:
        if error := self.faults.count(writes=True):
            raise OSError(error, os.strerror(error))
        return super().write(content)


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
            [sys.executable, "-W", LEFT_BY_KILLS, "-m", "tests.faults.injecting"],
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
    if task.arguments[0] in WITH_DBT:
        importlib.import_module("tests.warm")  # once; it takes seconds
    faults = Faults(task)
    with tempfile.TemporaryFile("w+") as told:
        child = os.fork()
        if not child:
            _run(task, told.fileno(), faults)
        _, status = os.waitpid(child, 0)
        told.seek(0)
        code = os.waitstatus_to_exitcode(status)
        return Outcome(code, told.read(), *faults.counts)


def _run(task: Task, told: int, faults: Faults) -> None:
    """Run the command and exit; called in the child process."""
    end, code = os._exit, CRASHED
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(told, 1)
    os.dup2(told, 2)
    os.environ.update(task.environment)
    if task.file_size is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (task.file_size, task.file_size))
    try:
        with ExitStack() as stack:
            if task.arguments[0] in WITH_DBT:
                dbt = DbtBeside(faults, has_faults=task.file_size is None)
                stack.enter_context(patch.object(transform, "subprocess")).run = dbt.run
            stack.enter_context(patch.object(commands, "_pass_on", faults.noting(commands._pass_on)))
            if task.file_size is None:
                faults.install()
            code = commands.main(task.arguments, Clock())
    except BaseException:  # noqa: BLE001 (this process exits in any case)
        traceback.print_exc()
    finally:
        flush_output()
        end(code)


class DbtBeside:
    """Runs dbt in processes forked from one that is forked now: later, DuckDB would have threads that they lacked."""

    def __init__(self, faults: Faults, *, has_faults: bool) -> None:
        self._faults = faults
        self._ours, its = Pipe()
        if not os.fork():
            self._ours.close()
            with suppress(EOFError):  # the command has ended
                while True:
                    its.send(self._code(*its.recv(), has_faults))
            os._exit(0)
        its.close()

    def run(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, **_: Any
    ) -> "subprocess.CompletedProcess[bytes]":
        """Take the place of subprocess.run."""
        self._ours.send((command[1:], env, cwd))
        return subprocess.CompletedProcess(command, self._ours.recv())

    def _code(self, *dbt: Any) -> int:
        process = get_context("fork").Process(target=self._dbt, args=dbt)
        process.start()
        process.join()
        return process.exitcode or 0

    def _dbt(self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, has_faults: bool) -> None:
        if has_faults:
            self._faults.install_in_dbt()
        sys.exit(dbt_code(arguments, environment, folder))


if __name__ == "__main__":
    _serve()
