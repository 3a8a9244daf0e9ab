"""Read the watched playlists and tracks from the seeds and tracks_file, as ids, links or URIs."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from extractor.config.settings import Config
from extractor.errors import ConfigError, NothingToWatchError

SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")

BLANKS = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u2060\ufeff'\"\u2018\u2019\u201c\u201d"
"""What copying from a web page or a chat leaves around an id: blanks, also invisible ones, and quotes."""

KINDS = ("playlist", "track")

LINK = re.compile(
    r"(?:(?:https?://)?open\.spotify\.com/(?:intl-\w+/)?|spotify:)(?:user[:/][^:/]+[:/])?(\w+)[:/](\w+)/?"
)


@dataclass(frozen=True)
class WatchList:
    """This worker's slice of the watch list: labels by id, in the order of the seeds; and the totals before slicing.

    `names` looks up the names of playlists that have been published, if there is a playlist to name.
    """

    playlists: dict[str, str]
    tracks: dict[str, str]
    all_playlists: int
    all_tracks: int
    names: Callable[[], Mapping[str, str]] = dict

    def playlist(self, playlist_id: str) -> str:
        """Return the name or else the label of a playlist, and its id in brackets; the id alone without either."""
        name = self.names().get(playlist_id) or self.playlists.get(playlist_id)
        return f"{name} ({playlist_id})" if name else playlist_id


def read_watch_list(config: Config) -> WatchList:
    """Return the playlists and tracks of this worker's slice. Raises ConfigError naming the file and the line."""
    _check_folder(config)
    playlists, tracks = (read_seed(config.seeds / f"{kind}s.csv", kind) for kind in KINDS)
    if config.tracks_file:
        tracks = dict(_read_ids(config.tracks_file)) | tracks
    if not playlists and not tracks:
        raise NothingToWatchError(
            f"{config.seeds}: nothing to watch yet: add playlists to playlists.csv or tracks to tracks.csv"
        )
    size = config.batch_size
    start = (config.batch_number - 1) * (size or 0)
    end = start + size if size else None
    return WatchList(
        playlists=dict(islice(playlists.items(), start, end)),
        tracks=dict(islice(tracks.items(), start, end)),
        all_playlists=len(playlists),
        all_tracks=len(tracks),
    )


def _check_folder(config: Config) -> None:
    """Raise ConfigError for a folder or a file that is not where its name is: nothing would be read, silently."""
    names = [f"{kind}s.csv" for kind in KINDS]
    if config.tracks_file and not config.seeds.is_dir():
        raise ConfigError(f"seeds: {config.seeds}: no such folder; correct the key, or create the folder")
    for path in sorted(config.seeds.glob("*")) if config.seeds.is_dir() else ():
        [meant] = difflib.get_close_matches(path.name.lower(), names, 1, cutoff=0.9) or [path.name]
        if path.name in names and not path.exists():
            raise ConfigError(f"{path}: is a link to {path.readlink()}, which does not exist; correct or remove it")
        if path.name not in names and meant in names and not (config.seeds / meant).exists():
            raise ConfigError(f"{path}: is not read; the name must be {meant}")


def read_seed(path: Path, kind: str) -> dict[str, str]:
    """Return the labels by id of a seed; none if it does not exist. Raises ConfigError naming the file and the line."""
    if not path.exists():
        return {}
    column = f"{kind}_id"
    watched: dict[str, str] = {}
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if column not in header:
            raise ConfigError(f"{path}:1: the first line must name the columns: {column},label")
        for cells in reader:
            row = dict(zip(header, cells, strict=False))
            if header[-1] == "label":  # with a comma, and without quotes
                row["label"] = ",".join(cells[len(header) - 1 :])
            if row.get(column, "").strip():
                found = spotify_id(row[column], kind, f"{path}:{reader.line_num}")
                watched.setdefault(found, row.get("label", "").strip())
    except csv.Error as error:
        raise ConfigError(f"{path}:{reader.line_num}: not readable as CSV: {error}") from error
    return watched


def _read_ids(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(io.StringIO(_text(path)), 1):
        if line.strip():
            yield spotify_id(line, "track", f"{path}:{number}"), ""


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # -sig: spreadsheets write a byte order mark
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: can't be read as UTF-8 text: {error}") from error


def spotify_id(text: str, kind: str, where: str) -> str:
    """Return the id in an id, a Spotify URI or a link (`…/playlist/<id>?si=…`).

    Raises ConfigError, naming `where`, if there is none or if the link is not to a `kind`.
    """
    text = text.strip(BLANKS)
    bare = text.split("?")[0].split("#")[0]
    link = LINK.fullmatch(bare)
    if link and link[1] != kind:
        raise ConfigError(f"{where}: {text!r} is a link to a {link[1]}; a {kind} is expected here")
    found = link[2] if link else bare
    if not SPOTIFY_ID.fullmatch(found):
        raise ConfigError(
            f"{where}: {text!r} is not a Spotify {kind} id: expected 22 letters and digits, or a link or URI with them"
        )
    return found
