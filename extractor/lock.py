"""File locks that the operating system releases when the process ends."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from extractor.errors import ConfigError, WarehouseError

WAIT_SECONDS = 3600.0
POLL_SECONDS = 0.2


@contextmanager
def exclusive(
    file: Path, what: str, say: Callable[[str], object] = lambda _: None, *, wait_seconds: float = WAIT_SECONDS
) -> Iterator[None]:
    """Hold the lock `<file>.<what>.lock` during the block. While another process holds it, call `say` once and wait.

    Raises WarehouseError, which says who holds it, if that takes longer than `wait_seconds`, or if the lock file can't
    be written; ConfigError if the file system has no locks.
    """
    path = file.with_name(f"{file.name}.{what}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("ab", buffering=0)
    except OSError as error:
        raise WarehouseError(f"{path}: can't be written: {error.strerror}") from error
    with lock:
        _acquire(lock, path, say, wait_seconds)
        # dbt inherits the lock: if it outlives a killed run, the next run waits for it.
        os.set_inheritable(lock.fileno(), True)
        yield


def _acquire(lock: IO[bytes], path: Path, say: Callable[[str], object], wait_seconds: float) -> None:
    until = time.monotonic() + wait_seconds
    has_said = False
    while not _is_acquired(lock, path):
        if not has_said:
            say(f"another run holds {path.name}; waiting for it to end")
            has_said = True
        if time.monotonic() >= until:
            raise WarehouseError(
                f"{path}: is still held by {_holder(path)}; end it, or wait, and run the command again"
            )
        time.sleep(POLL_SECONDS)
    holder = f"process {os.getpid()} ({' '.join(sys.argv[1:2])}) since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    with suppress(OSError):  # a full disk: only the name of the holder is missing then
        os.ftruncate(lock.fileno(), 0)
        os.write(lock.fileno(), holder.encode("utf-8", "replace"))


def _is_acquired(lock: IO[bytes], path: Path) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno == errno.EINTR:
            return False
        raise ConfigError(
            f"{path}: this file system has no locks ({error.strerror}); choose a folder on a local disk for the data"
        ) from error
    return True


def _holder(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace") or "another process"
    except OSError:
        return "another process"
