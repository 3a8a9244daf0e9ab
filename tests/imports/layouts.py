"""Writes snapshots in the layouts of other programs: git archives, responses of the Web API, neutral tables, charts."""

import csv
import gzip
import io
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from tests.imports.worlds import Snapshot
from tests.pipeline.oracle import Entry

Commit = tuple[datetime, Mapping[str, bytes | None]]
"""When, and the new contents of files by path; None for a file that is deleted."""


def write_git(folder: Path, commits: Iterable[Commit]) -> Path:
    """Make a repository with these commits."""
    script: list[bytes] = []
    for at, files in commits:
        seconds = int(at.timestamp())
        script.append(f"commit refs/heads/main\ncommitter a <a@b> {seconds} +0200\ndata 0\n".encode())
        for path, content in files.items():
            if content is None:
                script.append(f"D {path}\n".encode())
            else:
                script.append(f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(folder)], check=True)
    subprocess.run(
        ["git", "-C", str(folder), "fast-import", "--quiet", "--date-format=raw"], input=b"".join(script), check=True
    )
    return folder


def clone(git: Path, folder: Path, option: str) -> Path:
    """Clone a part of a repository."""
    subprocess.run(["git", "clone", "--quiet", "--bare", option, f"file://{git}", str(folder)], check=True)
    return folder


def archive(folder: Path, snapshots: Iterable[Snapshot]) -> Path:
    """Write a git archive as the public ones are: one file per playlist, null entries and local files dropped."""
    return write_git(folder, [(each.at, archive_files(each)) for each in snapshots])


def archive_files(snapshot: Snapshot) -> dict[str, bytes]:
    """Return the files of a playlist in a git archive, also those that must not be used."""
    tracks = [
        {
            "added_at": entry.added_at and entry.added_at.replace("T", " ").replace("Z", ""),
            "album": {"name": "Album", "url": f"https://open.spotify.com/album/{entry.track_id}"},
            "artists": [{"name": "Ä, B", "url": f"https://open.spotify.com/artist/{entry.track_id}"}],
            "duration_ms": 180_000,
            "name": f'Track "{entry.track_id}"',
            "url": f"https://open.spotify.com/track/{entry.track_id}",
        }
        for entry in snapshot.entries
        if entry.track_id
    ]
    content = {
        "description": "",
        "num_followers": snapshot.followers,
        "original_name": snapshot.name,
        "owner": {"name": "Name", "url": f"https://open.spotify.com/user/{snapshot.owner}"},
        "snapshot_id": "same",
        "tracks": tracks,
    }
    name = snapshot.playlist_id
    return {
        f"playlists/pretty/{name}.json": json.dumps(content, indent=2, sort_keys=True).encode(),
        f"playlists/cumulative/{name}.json": json.dumps({"tracks": tracks[:1], "at": str(snapshot.at)}).encode(),
        f"playlists/plain/{name}": str(snapshot.at).encode(),
        f"playlists/followers/{name}.json": json.dumps({str(snapshot.at.date()): 1}).encode(),
    }


def response(snapshot: Snapshot, key: str = "items", total: int | None = None) -> dict[str, Any]:
    """Return the Web API's response for a playlist, in the new shape (`items`) or the old one (`tracks`)."""
    inner = {"items": "item", "tracks": "track"}[key]
    page = {
        "href": f"https://api.spotify.com/v1/playlists/{snapshot.playlist_id}/{key}?offset=0&limit=100",
        "items": [
            {"added_at": each.added_at, "added_by": {"id": "a person"}, inner: item(each)} for each in snapshot.entries
        ],
        "next": None,
        "offset": 0,
        "total": len(snapshot.entries) if total is None else total,
    }
    return {
        "id": snapshot.playlist_id,
        "name": snapshot.name,
        "owner": {"id": snapshot.owner},
        "snapshot_id": f"{snapshot.at}",
        "followers": {"total": snapshot.followers},
        key: page,
    }


def item(entry: Entry) -> dict[str, Any] | None:
    """Return the content of an entry as the Web API does."""
    if entry.other:
        return {"id": None, "uri": "spotify:local:a:b:c:100", "type": "track", "is_local": True, "name": "Local"}
    if entry.track_id is None:
        return None
    return {
        "id": entry.track_id,
        "uri": f"spotify:track:{entry.track_id}",
        "type": "track",
        "name": f"Track {entry.track_id}",
        "available_markets": ["DE", "SE"],
        "album": {"name": "Album", "available_markets": ["DE"]},
        "popularity": 50,
    }


def table_rows(snapshots: Iterable[Snapshot], *, with_total: bool = True) -> list[dict[str, Any]]:
    """Return the rows of the neutral table."""
    rows: list[dict[str, Any]] = []
    for snapshot in snapshots:
        head = {
            "playlist_id": snapshot.playlist_id,
            "day": snapshot.at.date().isoformat(),
            "observed_at": snapshot.at.isoformat(),
            "playlist_name": snapshot.name,
            "total": len(snapshot.entries) if with_total else None,
        }
        nothing = {"position": None, "uri": None, "added_at": None, "track_name": None}
        for position, entry in enumerate(snapshot.entries, 1):
            uri = "spotify:local:a:b:c:100" if entry.other else entry.track_id and f"spotify:track:{entry.track_id}"
            of_entry = {"position": position, "uri": uri, "added_at": entry.added_at, "track_name": 'T, "x";\ny'}
            rows.append(head | of_entry)
        if not snapshot.entries:
            rows.append(head | nothing)
    return rows


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], delimiter: str = ",") -> Path:
    """Write a CSV, compressed if its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_ndjson(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write one JSON object a line, without the keys that have no value; compressed if the name of the file says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [{key: value for key, value in row.items() if value is not None} for row in rows]
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write a Parquet file."""
    lines = path.with_suffix(".csv")
    write_csv(lines, rows)
    duckdb.sql(
        f"copy (from read_csv('{lines}', header = true, all_varchar = true, hive_partitioning = false)) to '{path}'"
    )
    lines.unlink()
    return path
