"""Small files beside the landing files, replaced whole."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from extractor.errors import LandingError


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a kill, finds the old content or the new, never half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        raise LandingError(f"{path}: can't be written: {error.strerror}") from error
