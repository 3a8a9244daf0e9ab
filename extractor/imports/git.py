"""Read the versions of files in a git repository: one pass over its history, without a checkout, as a stream."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from extractor.errors import ConfigError
from extractor.imports.problems import Problems

COMMIT = "commit "
REGULAR_FILES = ("100644", "100755")
MOST_BYTES = 1 << 26
"""A larger file is no response of the Web API."""

# A repository of others must run nothing and fetch nothing.
HARMLESS = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-c", "core.quotePath=false")
OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


@dataclass(frozen=True)
class Version:
    """A version of a file: the commit that changed it, the commit's time in UTC, and the content."""

    commit: str
    path: str
    committed_at: datetime
    content: bytes


@dataclass(frozen=True)
class _Change:
    commit: str
    committed_at: datetime
    blob: str
    path: str


class Repository:
    """A git repository, perhaps bare, or a folder in one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def has_history(self) -> bool:
        """Return whether a commit changed something below the path."""
        with suppress(ConfigError):
            return bool(self._git("log", "-1", "--format=%H", "HEAD", "--", "."))
        return False

    @property
    def is_shallow(self) -> bool:
        """Return whether the clone has only the last commits of the history."""
        return self._git("rev-parse", "--is-shallow-repository").strip() == "true"

    def versions(self, wanted: Callable[[str], bool], problems: Problems) -> Iterator[Version]:
        """Yield each version of the files whose path is wanted, in the order of history; deleted files have none.

        Raises ConfigError if git can't read the history.
        """
        asked: deque[_Change] = deque()
        with self._started("cat-file", "--batch", "--buffer") as contents:
            asking = _Asking(self._changes(wanted), _pipe(contents.stdin), asked)
            asking.start()
            answers = _pipe(contents.stdout)
            while header := answers.readline():
                change = asked.popleft()
                content = _content(answers, header)
                if content is None:
                    problems.add(f"{change.commit[:12]}:{change.path}: the repository lacks it, or it is too large")
                else:
                    yield Version(change.commit, change.path, change.committed_at, content)
            asking.join()
            if asking.error:
                raise asking.error

    def _changes(self, wanted: Callable[[str], bool]) -> Iterator[_Change]:
        options = ("--raw", "--no-abbrev", "--no-renames", "--full-history", "--no-ext-diff", "--no-textconv")
        commit, committed_at = "", datetime.fromtimestamp(0, UTC)
        with self._started("log", "--reverse", f"--format={COMMIT}%H %ct", *options, "HEAD", "--", ".") as log:
            for raw in _pipe(log.stdout):
                line = raw.decode("utf-8", "replace").rstrip("\n")
                if line.startswith(COMMIT):
                    commit, seconds = line.removeprefix(COMMIT).split(" ")
                    committed_at = datetime.fromtimestamp(int(seconds), UTC)
                elif change := re.fullmatch(r":\d+ (\d+) \w+ (\w+) [AMT]\t(.*)", line):
                    mode, blob, path = change.groups()
                    if mode in REGULAR_FILES and wanted(path):
                        yield _Change(commit, committed_at, blob, path)

    def _git(self, *arguments: str) -> str:
        with self._started(*arguments) as process:
            return _pipe(process.stdout).read().decode("utf-8", "replace")

    @contextmanager
    def _started(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        command = ["git", "-C", str(self._path), *HARMLESS, *arguments]
        try:
            process = subprocess.Popen(  # noqa: S603 (git itself, with options of our own)
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **OFFLINE},
            )
        except OSError as error:
            raise ConfigError(f"git can't be started: {error.strerror}; install git") from error
        said: list[bytes] = []
        errors = _pipe(process.stderr)
        listening = threading.Thread(target=lambda: said.append(errors.read()))
        listening.start()
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe:
                        pipe.close()
            code = process.wait()
            listening.join()
            errors.close()
        if code:
            reason = b"".join(said).decode("utf-8", "replace").strip().splitlines()
            raise ConfigError(f"{self._path}: git can't read it: {reason[-1] if reason else f'exit code {code}'}")


class _Asking(threading.Thread):
    """Asks for the contents of changes, and remembers in which order."""

    def __init__(self, changes: Iterator[_Change], pipe: IO[bytes], asked: deque[_Change]) -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None
        self._changes, self._pipe, self._asked = changes, pipe, asked

    def run(self) -> None:
        try:
            with self._pipe:
                for change in self._changes:
                    self._asked.append(change)
                    self._pipe.write(f"{change.blob}\n".encode())
        except BrokenPipeError:
            return  # git has ended; its exit code says why
        except (OSError, ConfigError, ValueError) as error:
            self.error = error


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without this pipe")
    return pipe


def _content(stream: IO[bytes], header: bytes) -> bytes | None:
    """Return the content that follows a header of cat-file; None if there is none, or if it is too large."""
    words = header.split()
    if len(words) != 3:
        return None
    size = int(words[2])
    left, content = size, b""
    if size <= MOST_BYTES:
        content, left = stream.read(size), 0
    while left and (part := stream.read(min(left, MOST_BYTES))):
        left -= len(part)
    stream.read(1)
    return content if size <= MOST_BYTES else None
