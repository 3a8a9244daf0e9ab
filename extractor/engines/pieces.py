"""Yield the new lines of landing files as uncompressed pieces for a database to read: at most two exist at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from extractor.landing.reader import NewFile, whole_lines

PIECE_BYTES = 1 << 27
"""Minimum size of a piece; it ends with the block of lines that reaches this size."""


@dataclass(frozen=True)
class Part:
    """The lines of one file that are in a piece."""

    file: NewFile
    first: int
    last: int


@dataclass(frozen=True)
class Piece:
    """A file of complete lines, one JSON object each, and their origin."""

    path: Path
    parts: tuple[Part, ...]


Block = tuple[Part, bytes]


def pieces_of(files: Sequence[NewFile], folder: Path) -> Generator[Piece]:
    """Yield the lines that no load has had yet. The next piece is unpacked while one is read; used ones are removed.

    Raises LandingError, naming file and line, if a file is damaged: checksums are verified.
    """
    blocks = (block for file in files for block in _blocks(file))
    with ThreadPoolExecutor(1) as pool:
        number = 0
        following = pool.submit(_fill, folder / "0.ndjson", blocks)
        while (piece := following.result()).parts:
            number += 1
            following = pool.submit(_fill, folder / f"{number}.ndjson", blocks)
            yield piece
            piece.path.unlink()


def _blocks(file: NewFile) -> Iterator[Block]:
    number = 0
    for text in whole_lines(file.path, file.bytes):
        lines = text.count(b"\n")
        new = _without_lines(text, file.known_lines - number)
        if new:
            yield Part(file, max(number, file.known_lines) + 1, number + lines), new
        number += lines


def _without_lines(text: bytes, lines: int) -> bytes:
    start = 0
    for _ in range(lines):
        start = text.find(b"\n", start) + 1
        if start == len(text):
            break
    return text[start:]


def _fill(path: Path, blocks: Iterator[Block]) -> Piece:
    parts: dict[NewFile, Part] = {}
    with path.open("wb") as piece:
        for part, text in blocks:
            piece.write(text)
            first = parts[part.file].first if part.file in parts else part.first
            parts[part.file] = Part(part.file, first, part.last)
            if piece.tell() >= PIECE_BYTES:
                break
    return Piece(path, tuple(parts.values()))
