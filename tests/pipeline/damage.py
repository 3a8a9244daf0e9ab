"""Ways in which a landing file can be damaged, as bytes in and bytes out."""

import gzip
from random import Random


def cut_stream(content: bytes) -> bytes:
    """A kill, or a copy that was cut off: the gzip stream ends in the middle."""
    return content[: len(content) * 6 // 10]


def cut_text(content: bytes) -> bytes:
    """The gzip stream is whole, its text ends in the middle of a line."""
    text = gzip.decompress(content)
    return gzip.compress(text[: len(text) * 6 // 10])


def cut_last_line(content: bytes) -> bytes:
    """The text ends in the middle of its last line."""
    return gzip.compress(gzip.decompress(content)[:-10])


def break_line(content: bytes, number: int = 3) -> bytes:
    """A line in the middle is no JSON."""
    lines = gzip.decompress(content).split(b"\n")
    lines[number - 1] = lines[number - 1][: len(lines[number - 1]) // 2]
    return gzip.compress(b"\n".join(lines))


def drop_line(content: bytes, number: int = 3) -> bytes:
    """A line in the middle is gone."""
    lines = gzip.decompress(content).split(b"\n")
    return gzip.compress(b"\n".join(lines[: number - 1] + lines[number:]))


def flip_bit(content: bytes, seed: int) -> bytes:
    """One bit of the gzip stream, behind its header, is another."""
    chance = Random(seed)
    position = chance.randrange(20, len(content))
    flipped = content[position] ^ 1 << chance.randrange(8)
    return content[:position] + bytes([flipped]) + content[position + 1 :]


def change_digit(content: bytes) -> bytes:
    """A popularity is another and the stream still readable: only its checksum tells."""
    text = gzip.decompress(content)
    at = text.index(b'"popularity":') + len(b'"popularity":')
    changed = text[:at] + (b"1" if text[at : at + 1] != b"1" else b"2") + text[at + 1 :]
    return gzip.compress(changed)[:-8] + content[-8:]


def overwrite_middle(content: bytes) -> bytes:
    """A stretch of the stream is lost: it can't be unpacked."""
    middle = len(content) // 2
    return content[:middle] + b"\xff" * 64 + content[middle + 64 :]
