"""Write what must not be lost: small files, and what only a command's output holds.

A fault or a kill leaves the old content of a file or the new one, never a part of it.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from extractor.errors import FileError, OutputError


def replace_file(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Replace the content of a file: write it beside, sync it to disk, read it back, then rename.

    `mode` is that of the new file, less the umask. Raises FileError naming the file, which is unchanged then.
    """
    with _beside(path, mode) as file, _named(path):
        _put_in_place(file, path, content)


@contextmanager
def room_for(path: Path, size: int, mode: int = 0o666) -> Iterator[Callable[[bytes], None]]:
    """Take room on disk for at most `size` bytes; yield a function that replaces the content of the file, once.

    Raises FileError before the block if the disk is too full. A content within `size` then needs no further room.
    """
    with _beside(path, mode) as file:
        with _named(path):
            _write(file, bytes(size))

        def replace(content: bytes) -> None:
            with _named(path):
                _put_in_place(file, path, content)

        yield replace


def remove_file(path: Path) -> None:
    """Remove a file if it is there. Raises FileError naming it."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{path}: can't be removed: {error.strerror}") from error


def sync(path: Path) -> None:
    """Sync a file or folder to disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def printing(stream: TextIO) -> Iterator[None]:
    """Raise OutputError unless what the block prints on a stream has been written at its end, or is wanted no more."""
    try:
        yield
        stream.flush()
    except BrokenPipeError:
        return  # such as `| head`
    except OSError as error:
        raise OutputError(f"the output can't be written: {error.strerror}") from error


def _new(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


@contextmanager
def _beside(path: Path, mode: int) -> Iterator[int]:
    """Yield the descriptor of a file beside `path`, locked. What a killed process left there is used again."""
    with _named(path):
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "it is not a regular file")  # such as /dev/null: a rename would replace it
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _locked(_new(path), mode)
    try:
        yield descriptor
    finally:
        with suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), _new(path).stat()):
                _new(path).unlink()  # not renamed, because something failed
        os.close(descriptor)


def _locked(path: Path, mode: int) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, mode)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)  # another process has put it in place meanwhile


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileError(f"{path}: can't be written: {error.strerror}") from error


def _write(descriptor: int, content: bytes) -> None:
    # Written over what is there: the file keeps the room that it has.
    os.lseek(descriptor, 0, os.SEEK_SET)
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)


def _put_in_place(descriptor: int, path: Path, content: bytes) -> None:
    _write(descriptor, content)
    if _new(path).read_bytes() != content:
        raise OSError(errno.EIO, "what was written can't be read back")
    _new(path).replace(path)
    sync(path.parent)
