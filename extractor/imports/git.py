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

# A repository of others must run nothing and fetch nothing, and no settings may change what its history is.
SETTINGS = (
    "core.fsmonitor=false",
    "diff.orderFile=/dev/null",
    "diff.relative=false",
    "i18n.logOutputEncoding=UTF-8",
    "log.follow=false",
    "log.showRoot=true",
    "log.showSignature=false",
)
MOVES = ("--find-renames=100%", "--diff-merges=off")
"""Files that are moved as they are; exact ones are found without comparing contents."""
ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE")
OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


NO_HISTORY = ("not a git repository (or any", "bad revision 'HEAD'")
"""What git says of a folder that is in no repository, and of a repository without a commit."""


@dataclass(frozen=True)
class Version:
    """A version of a file: the commit that changed or added it, the commit's time in UTC, and the content.

    Versions of the same content have the same `blob`.
    """

    commit: str
    path: str
    committed_at: datetime
    is_added: bool
    blob: str
    content: bytes


@dataclass(frozen=True)
class _Change:
    commit: str
    committed_at: datetime | None
    is_added: bool
    blob: str
    path: str


class Repository:
    """A git repository, perhaps bare, or a folder in one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def has_history(self) -> bool:
        """Return whether a commit changed something below the path.

        Raises ConfigError if there is a repository that git can't read.
        """
        folder = self._path.resolve()
        if not any((each / name).exists() for each in (folder, *folder.parents) for name in (".git", "HEAD")):
            return False  # also where git is not installed
        try:
            return bool(self._git("log", "-1", "--format=%H", "HEAD", "--", "."))
        except ConfigError as error:
            if any(reason in str(error) for reason in NO_HISTORY):
                return False
            raise

    @property
    def is_shallow(self) -> bool:
        """Return whether the clone has only the last commits of the history."""
        return self._git("rev-parse", "--is-shallow-repository").strip() == "true"

    def versions(self, wanted: Callable[[str], bool], problems: Problems) -> Iterator[Version]:
        """Yield each version of the files whose path is wanted, in the order of history; deleted files have none.

        A file that was moved, or deleted and added again, is unchanged if its content is.

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
                file = f"{change.commit[:12]}:{change.path}"
                if change.committed_at is None:
                    problems.add(f"{file}: the date of its commit is none")
                elif content is None:
                    problems.add(f"{file}: the repository lacks it, or it is too large")
                else:
                    yield Version(
                        change.commit, change.path, change.committed_at, change.is_added, change.blob, content
                    )
            asking.join()
            if asking.error:
                raise asking.error

    def _changes(self, wanted: Callable[[str], bool]) -> Iterator[_Change]:
        options = ("--raw", "-z", "--no-abbrev", "--full-history", "--no-ext-diff", "--no-textconv", *MOVES)
        commit, committed_at = "", None
        deleted: dict[str, str] = {}
        cut, before_all = self._cut_commits(), set[str]()
        with self._started("log", "--reverse", f"--format={COMMIT}%H %ct", *options, "HEAD", "--", ".") as log:
            fields = _fields(_pipe(log.stdout))
            for each in fields:
                field = each.lstrip("\n")
                if field.startswith(COMMIT):
                    commit, seconds = field.removeprefix(COMMIT).split(" ")
                    committed_at = _instant(seconds)
                    continue
                path = next(fields)
                change = re.fullmatch(r":\d+ (\d+) (\w+) (\w+) ([ADMTR])\d*", field)
                if change and change[4] == "R":
                    path = next(fields)  # the one to which it was moved
                if not change or not wanted(path):
                    continue
                mode, before, blob, kind = change.groups()
                if kind == "D":
                    deleted[path] = before
                    continue
                before = deleted.pop(path, before) if kind == "A" else before
                if commit in cut:
                    before_all.add(blob)
                # A change of the mode only is no new content.
                elif mode in REGULAR_FILES and blob != before and not (kind == "A" and blob in before_all):
                    yield _Change(commit, committed_at, kind == "A", blob, path)

    def _cut_commits(self) -> frozenset[str]:
        """Return the first commits of a shallow clone: which files they changed is not known."""
        file = self._path / self._git("rev-parse", "--git-path", "shallow").strip()
        return frozenset(file.read_text("ascii").split()) if file.exists() else frozenset()

    def _git(self, *arguments: str) -> str:
        with self._started(*arguments) as process:
            return _pipe(process.stdout).read().decode("utf-8", "replace")

    @contextmanager
    def _started(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        command = ["git", "-C", str(self._path), *(part for each in SETTINGS for part in ("-c", each)), *arguments]
        try:
            process = subprocess.Popen(  # noqa: S603 (git itself, with options of our own)
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={name: value for name, value in os.environ.items() if name not in ELSEWHERE} | OFFLINE,
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
            reason = b"".join(said).decode("utf-8", "replace").rpartition("fatal: ")[2]
            remedy = "; clone it again without --filter" if "promisor remote" in reason else ""
            raise ConfigError(
                f"{self._path}: git can't read it: {' '.join(reason.split()) or f'exit code {code}'}{remedy}"
            )


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
        except Exception as error:  # noqa: BLE001 (raised by who reads)
            self.error = error


def _instant(seconds: str) -> datetime | None:
    """Return a time that git gives; None for none, and for one that no calendar has."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without this pipe")
    return pipe


def _fields(stream: IO[bytes]) -> Iterator[str]:
    """Yield the fields that a null byte ends: of all characters, only it is in no path."""
    rest = b""
    while part := stream.read(1 << 16):
        *whole, rest = (rest + part).split(b"\0")
        for field in whole:
            yield field.decode("utf-8", "replace")


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
