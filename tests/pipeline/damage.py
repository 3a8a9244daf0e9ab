"""Kinds of damage to a landing file, as functions from bytes to bytes."""

import gzip
from random import Random


def cut_stream(content: bytes) -> bytes:
    """Truncate the gzip stream, as a kill or an interrupted copy does."""
    return content[: len(content) * 6 // 10]


def cut_text(content: bytes) -> bytes:
    """Truncate the text in the middle of a line; the gzip stream is whole."""
    text = gzip.decompress(content)
    return gzip.compress(text[: len(text) * 6 // 10])


def cut_last_line(content: bytes) -> bytes:
    """Truncate the text in the middle of its last line."""
    return gzip.compress(gzip.decompress(content)[:-10])


def break_line(content: bytes, number: int = 3) -> bytes:
    """Make a line in the middle invalid JSON."""
    lines = gzip.decompress(content).split(b"\n")
    lines[number - 1] = lines[number - 1][: len(lines[number - 1]) // 2]
    return gzip.compress(b"\n".join(lines))


def drop_line(content: bytes, number: int = 3) -> bytes:
    """Remove a line in the middle."""
    lines = gzip.decompress(content).split(b"\n")
    return gzip.compress(b"\n".join(lines[: number - 1] + lines[number:]))


def flip_bit(content: bytes, seed: int) -> bytes:
    """Flip a bit of the gzip stream, after its header."""
    chance = Random(seed)
    position = chance.randrange(20, len(content))
    flipped = content[position] ^ 1 << chance.randrange(8)
    return content[:position] + bytes([flipped]) + content[position + 1 :]


def change_digit(content: bytes) -> bytes:
    """Change a popularity so that the stream is still readable: only its checksum detects it."""
    text = gzip.decompress(content)
    at = text.index(b'"popularity":') + len(b'"popularity":')
    changed = text[:at] + (b"1" if text[at : at + 1] != b"1" else b"2") + text[at + 1 :]
    return gzip.compress(changed)[:-8] + content[-8:]


def overwrite_middle(content: bytes) -> bytes:
    """Overwrite a part of the stream so that it can't be decompressed."""
    middle = len(content) // 2
    return content[:middle] + b"\xff" * 64 + content[middle + 64 :]
