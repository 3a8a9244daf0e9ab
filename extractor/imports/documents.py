"""Hand many small JSON documents to DuckDB in pieces of bounded size."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from extractor.imports.problems import Problems

PIECE_BYTES = 1 << 24
"""DuckDB needs about ten times this memory for a piece."""
LONGEST_LINE = 1 << 26
"""Twice what the longest playlists need, which have 11,000 entries."""


def pieces(
    lines: Iterable[dict[str, Any]], path: Path, read: Callable[[Path, int], None], problems: Problems
) -> Iterator[int]:
    """Write lines as NDJSON to `path`; yield how many lines have been read.

    For every piece, `read` is called with the path and the size of the longest line, of which DuckDB allocates a
    multiple.
    """
    done = 0
    found = iter(lines)
    while True:
        size = longest = 0
        with path.open("wb") as piece:
            for line in found:
                # Half of a surrogate pair is no character.
                text = (json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "replace")
                if len(text) > LONGEST_LINE:
                    problems.add(f"{line['file']}: too large for a playlist")
                    continue
                size += piece.write(text)
                longest = max(longest, len(text))
                done += 1
                if size >= PIECE_BYTES:
                    break
        if not size:
            path.unlink()
            return
        read(path, longest)
        yield done
