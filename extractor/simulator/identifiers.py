"""Deterministic ids and randomness: a name gives the same value in every process and on every machine."""

import base64
import hashlib
import random
import re
import string

BASE62 = string.digits + string.ascii_lowercase + string.ascii_uppercase
SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")
SPOTIFY_OWNED_PREFIX = "37i9dQZF1"


def spotify_id(name: str) -> str:
    """Return the 22-character base62 id for `name`; a name that is an id is returned unchanged."""
    return name if is_spotify_id(name) else _base62(name)


def spotify_owned_id(name: str) -> str:
    """Return the id of a playlist owned by Spotify: like `spotify_id`, with the prefix of such playlists."""
    if is_spotify_id(name):
        return name
    return SPOTIFY_OWNED_PREFIX + _base62(name)[len(SPOTIFY_OWNED_PREFIX) :]


def is_spotify_id(text: str) -> bool:
    """Return whether `text` has the form of a Spotify id."""
    return SPOTIFY_ID.fullmatch(text) is not None


def snapshot_id(revision: int, content: str) -> str:
    """Return a snapshot id in the form used since 2024: base64 of a 4-byte revision and a 20-byte hash."""
    digest = hashlib.sha1(f"{revision}\n{content}".encode(), usedforsecurity=False).digest()
    return base64.b64encode(revision.to_bytes(4, "big") + digest).decode()


def randomness(*parts: object) -> random.Random:
    """Return a random generator seeded by `parts`. Text seeds do not depend on PYTHONHASHSEED."""
    return random.Random("/".join(str(part) for part in parts))  # noqa: S311 (generated data is no secret)


def _base62(name: str) -> str:
    """Return 128 bits of the hash of `name` in base62, like Spotify's ids."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big")
    digits = []
    for _ in range(22):
        number, digit = divmod(number, 62)
        digits.append(BASE62[digit])
    return "".join(reversed(digits))
