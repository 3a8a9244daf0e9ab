"""Add imported playlists to the watch list."""

from __future__ import annotations

import csv
import io
import stat
from collections.abc import Mapping
from pathlib import Path

from extractor.config.watch_list import read_seed
from extractor.files import replace_file

HEADER = ["playlist_id", "label"]


def unwatched(seed: Path, names: Mapping[str, str]) -> dict[str, str]:
    """Return those playlists, with their names, that a seed does not have. Raises ConfigError for an invalid seed."""
    known = read_seed(seed, "playlist")
    return {playlist_id: name for playlist_id, name in names.items() if playlist_id not in known}


def watch(seed: Path, names: Mapping[str, str]) -> None:
    """Append playlists to a seed, with their names as labels; what is in it stays as it is, also behind a link."""
    content = seed.read_bytes() if seed.exists() else b""
    text = content.decode("utf-8-sig")
    newline = "\r\n" if "\r\n" in text else "\n"
    header = next(csv.reader(io.StringIO(text)), HEADER)
    added = io.StringIO()
    writer = csv.writer(added, lineterminator=newline)
    if not content:
        writer.writerow(header)
    for playlist_id, name in names.items():
        row = dict(zip(HEADER, (playlist_id, " ".join(name.split())), strict=True))
        writer.writerow([row.get(column.strip().lower(), "") for column in header])
    separator = newline if text and not text.endswith("\n") else ""
    mode = stat.S_IMODE(seed.stat().st_mode) if content else 0o666
    replace_file(seed.resolve(), content + (separator + added.getvalue()).encode(), mode)
