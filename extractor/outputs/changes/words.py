"""How changes are put into words: names, numbers and days."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from extractor.config.watch_list import SPOTIFY_ID

SPOTIFY = "https://open.spotify.com"


def named(name: str, artists: str | None) -> str:
    """Return a title and its artists."""
    return f"{name} – {artists}" if artists else name  # noqa: RUF001 (a dash)


def listed(names: Sequence[str]) -> str:
    """Return names as a list. Names may have commas, so there are semicolons between them."""
    return "; ".join(names)


def some(names: Sequence[str], most: int) -> str:
    """Return the first names, and the number of the others."""
    return listed([*names[:most], *([f"and {len(names) - most:,} more"] if len(names) > most else [])])


def address(kind: str, spotify_id: str) -> str | None:
    """Return the link to a playlist, track or artist; None if Spotify has no page, as of an imported chart."""
    return f"{SPOTIFY}/{kind}/{spotify_id}" if SPOTIFY_ID.fullmatch(spotify_id) else None


def day_of(day: date, *, with_year: bool = False) -> str:
    """Return a day as text, such as 29 Jan."""
    return f"{day.day} {day:%b}" + (f" {day.year}" if with_year else "")


def between(first: date, last: date, *, with_year: bool = False) -> str:
    """Return two days as text: between 13 and 16 Jan."""
    if first.year != last.year:
        return f"between {day_of(first, with_year=True)} and {day_of(last, with_year=True)}"
    start = str(first.day) if first.month == last.month else day_of(first)
    return f"between {start} and {day_of(last, with_year=with_year)}"


def identity(parts: Sequence[object]) -> str:
    """Return a UUID that depends on the parts alone."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{SPOTIFY}/ {parts!s}"))
