"""Replace small files atomically."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from extractor.errors import LandingError


def replace_file(path: Path, content: bytes) -> None:
    """Replace the content of a file atomically: readers see the old or the new content, also after a kill."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        raise LandingError(f"{path}: can't be written: {error.strerror}") from error
