"""Replace small files: a fault or a kill leaves the old content or the new one, never a part of it."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from extractor.errors import FileError


def replace_file(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Replace the content of a file: write it beside, sync it to disk, read it back, then rename.

    `mode` is that of the new file, less the umask. Raises FileError naming the file, which is unchanged then.
    """
    with _file_beside(path) as beside, _named(path):
        _write(beside, content, mode)
        _put_in_place(beside, path, content)


@contextmanager
def room_for(path: Path, size: int, mode: int = 0o666) -> Iterator[Callable[[bytes], None]]:
    """Take room on disk for at most `size` bytes; yield a function that replaces the content of the file.

    Raises FileError before the block if the disk is too full. A content within `size` then needs no further room.
    """
    with _file_beside(path) as beside:
        with _named(path):
            _write(beside, bytes(size), mode)

        def replace(content: bytes) -> None:
            with _named(path):
                _write(beside, content, mode)
                _put_in_place(beside, path, content)

        yield replace


def remove_leftovers(path: Path) -> None:
    """Remove what killed processes left beside a file. Only for a file that no other process is replacing now."""
    for left_over in path.parent.glob(f".{path.name}.*"):
        with suppress(OSError):
            left_over.unlink()


def sync(path: Path) -> None:
    """Sync a file or folder to disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _file_beside(path: Path) -> Iterator[Path]:
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with _named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
    finally:
        with suppress(OSError):
            beside.unlink()  # already renamed, unless something failed


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileError(f"{path}: can't be written: {error.strerror}") from error


def _write(path: Path, content: bytes, mode: int) -> None:
    # Without O_TRUNC: an existing file keeps the room that it has.
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, mode), "wb") as file:  # noqa: PTH123 (of a descriptor)
        file.write(content)
        file.flush()
        os.ftruncate(file.fileno(), len(content))
        os.fsync(file.fileno())


def _put_in_place(beside: Path, path: Path, content: bytes) -> None:
    if beside.read_bytes() != content:
        raise OSError(errno.EIO, "what was written can't be read back")
    beside.replace(path)
    sync(path.parent)
