"""Hand many small JSON documents to DuckDB in pieces of bounded size."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from extractor.imports.problems import Problems

PIECE_BYTES = 1 << 26
LONGEST_LINE = 1 << 26
"""DuckDB takes twice this memory for each thread. The longest playlists, of 11,000 entries, need half of it."""


def pieces(
    lines: Iterable[dict[str, Any]], path: Path, read: Callable[[Path], None], problems: Problems
) -> Iterator[int]:
    """Write lines as NDJSON to `path`, and call `read` with it for every piece; yield how many lines have been read."""
    done = 0
    found = iter(lines)
    while True:
        size = 0
        with path.open("w", encoding="utf-8") as piece:
            for line in found:
                text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
                if len(text) > LONGEST_LINE // 4:  # a character has up to four bytes
                    problems.add(f"{line['file']}: too large for a playlist")
                    continue
                size += piece.write(text)
                done += 1
                if size >= PIECE_BYTES:
                    break
        if not size:
            path.unlink()
            return
        read(path)
        yield done
