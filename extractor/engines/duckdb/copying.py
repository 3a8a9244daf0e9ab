"""Copy a large file: share blocks if the file system can (reflink), else copy inside the kernel."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from extractor.errors import WarehouseError

CLONE = 0x40049409
"""Linux's FICLONE: the new file shares the blocks of the old one, copy-on-write (btrfs, XFS)."""

CHUNK = 64 << 20
CAN_NOT = (errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM)
"""Error numbers of a file system without copy_file_range."""


def copy_file(source: Path, target: Path) -> None:
    """Copy a file to a new one and sync it to disk. Only the owner can open the copy.

    Raises WarehouseError before anything is written if the disk is too full, OSError if the copy fails.
    """
    descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as reader, open(descriptor, "wb", buffering=0) as writer:  # noqa: PTH123 (of a descriptor)
        if _is_cloned(reader.fileno(), writer.fileno()):
            return
        size = os.fstat(reader.fileno()).st_size
        check_room(target, size)
        # Start writing each chunk to disk while the next one is copied.
        with ThreadPoolExecutor(1) as disk:
            synced = [disk.submit(os.fsync, descriptor) for _ in _chunks(reader.fileno(), descriptor, size)]
        for each in synced:
            each.result()


def check_room(target: Path, size: int) -> None:
    """Raise WarehouseError if the disk has no room for `size` bytes."""
    free = shutil.disk_usage(target.parent).free
    if free < size:
        raise WarehouseError(
            f"{target.parent}: {size / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB are free; free some space and "
            "run the same command again"
        )


def _is_cloned(reader: int, writer: int) -> bool:
    with suppress(OSError):
        fcntl.ioctl(writer, CLONE, reader)
        return True
    return False


def _chunks(reader: int, writer: int, size: int) -> Iterator[int]:
    """Copy chunk by chunk; yield the size of each. Raises OSError if the source ends too soon."""
    left, in_kernel = size, hasattr(os, "copy_file_range")
    while left:
        copied = _copied_in_kernel(reader, writer, min(left, CHUNK)) if in_kernel else 0
        if not copied:
            in_kernel = False
            copied = _copied(reader, writer, min(left, CHUNK))
        if not copied:
            raise OSError(errno.EIO, "the file was truncated while it was copied")
        left -= copied
        yield copied


def _copied_in_kernel(reader: int, writer: int, size: int) -> int:
    try:
        return os.copy_file_range(reader, writer, size)
    except OSError as error:
        if error.errno in CAN_NOT:
            return 0
        raise


def _copied(reader: int, writer: int, size: int) -> int:
    content = memoryview(os.read(reader, size))
    written = 0
    while written < len(content):
        written += os.write(writer, content[written:])
    return written
