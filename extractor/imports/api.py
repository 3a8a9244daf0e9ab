"""Read raw responses of the Web API for playlists, from a folder or from the history of a git repository."""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from extractor.engines.duckdb.files import path_text
from extractor.errors import ConfigError
from extractor.imports.documents import LONGEST_LINE, pieces
from extractor.imports.git import Repository, Version
from extractor.imports.neutral import add_rows, columns_of
from extractor.imports.problems import Problems
from extractor.landing.payloads import page_of
from extractor.landing.writer import without

ENDINGS = (".json", ".json.gz")
OF_A_PLAYLIST = re.compile(r"/playlists/([0-9A-Za-z]{22})(?:[/?]|$)")
ID_IN_PATH = re.compile(r"(?<![0-9A-Za-z])([0-9A-Za-z]{22})(?![0-9A-Za-z])")
DAY_IN_PATH = re.compile(r"(?<!\d)(\d{4})([-_./]?)(\d{2})\2(\d{2})(?=(?:\d{4}|\d{6})?(?!\d))")
"""A date, perhaps with the four or six digits of a time after it."""

ROWS = """
create or replace temp view mapped as
with documents as (
    from read_json(
        {path}, format = 'newline_delimited', maximum_object_size = {longest},
        columns = {{
            file: 'varchar', playlist_id: 'varchar', day: 'varchar', observed_at: 'varchar', page: 'varchar',
            total: 'varchar', snapshot_id: 'varchar', playlist_name: 'varchar', playlist_description: 'varchar',
            owner_id: 'varchar', followers: 'varchar', entries: 'json[]'
        }}
    )
)

select
    * exclude (entries, entry),
    entry ->> 'added_at' as added_at,
    entry ->> 'uri' as uri,
    nullif(entry ->> 'item', 'null') as item
from (
    select
        *, cast(page as integer) + generate_subscripts(entries, 1) as position, unnest(entries) as entry
    from documents

    union all

    select *, null as position, null as entry from documents
    where len(entries) = 0
)
"""


@dataclass(frozen=True)
class _Document:
    """A file with a response, and when it was observed: on a day (UTC), perhaps at a known instant.

    `version` is what it is in git; None outside.
    """

    file: str
    path: str
    day: date | None
    observed_at: str | None
    content: bytes
    version: Version | None = None


def read_responses(
    work: duckdb.DuckDBPyConnection,
    folder: Path,
    path: Path,
    today: date,
    drop_fields: Collection[str],
    problems: Problems,
) -> Iterator[int]:
    """Add the entries of responses to `rows`; yield how many files are done after each part.

    Raises ConfigError if no file is a response for a playlist.
    """

    def read(piece: Path, longest: int) -> None:
        work.execute(ROWS.format(path=path_text(piece), longest=longest))
        add_rows(work, "mapped", columns_of(work, "mapped"), today, "file", "null")

    reasons = Problems()
    found = 0
    responses = _responses(path, frozenset(drop_fields), reasons, problems)
    for found in pieces(responses, folder / "documents.ndjson", read, problems):
        yield found
    if not found:
        named = [*reasons.named, *problems.named] or [f"{path}: no file that ends with {' or '.join(ENDINGS)}"]
        raise ConfigError("\n".join(named[:3]) + f"\n{path}: no response of the Web API for a playlist that is usable")
    for reason in reasons.named:
        problems.add(reason)
    problems.count += reasons.count - len(reasons.named)


def _responses(
    path: Path, drop_fields: frozenset[str], reasons: Problems, problems: Problems
) -> Iterator[dict[str, Any]]:
    repository = Repository(path)
    known: dict[int, str] = {}
    for document in _of_git(repository, problems) if path.is_dir() and repository.has_history else _of_folder(path):
        try:
            response = _parsed(document, drop_fields)
            if document.version:
                _check_time(document.version, response["playlist_id"], known)
            yield response
        except _NoReadError as error:
            reasons.add(f"{document.file}: {error}")
        except (ValueError, RecursionError) as error:
            reasons.add(f"{document.file}: not a response for a playlist: {error}")
        except (TypeError, KeyError, AttributeError):
            reasons.add(f"{document.file}: not a response for a playlist: its fields have not the types of the Web API")


def _of_git(repository: Repository, problems: Problems) -> Iterator[_Document]:
    for version in repository.versions(_is_response, problems):
        yield _Document(
            file=f"{version.commit[:12]}:{version.path}",
            path=version.path,
            day=version.committed_at.date(),
            observed_at=f"{version.committed_at:%Y-%m-%d %H:%M:%S}Z",
            content=version.content,
            version=version,
        )


class _NoReadError(Exception):
    """A response was not received when it was committed."""


def _check_time(version: Version, playlist_id: str, known: dict[int, str]) -> None:
    """Raise _NoReadError for a file of another day, or with what a playlist has been at another time.

    `known` has the first commit of each content.
    """
    committed, dated = version.committed_at.date(), _day_in(version.path)
    first = known.setdefault(hash((playlist_id, version.blob)), version.commit)
    if dated and abs(dated - committed) > timedelta(days=1):
        raise _NoReadError(
            f"its path says {dated}, but it was committed on {committed}; to import it as of the day in its path, "
            "copy the folder out of the repository"
        )
    if version.is_added and not dated and first != version.commit:
        raise _NoReadError(f"a copy of what was committed in {first[:12]}: not another response")


def _of_folder(path: Path) -> Iterator[_Document]:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if _is_response(file.name))
    for file in files:
        inner = file.relative_to(path) if file != path else Path(file.name)
        if file.is_file() and not any(part.startswith(".") for part in inner.parts):
            yield _Document(str(file), str(inner), _day_in(str(inner)), None, file.read_bytes())


def _is_response(path: str) -> bool:
    return path.lower().endswith(ENDINGS)


def _unpacked(document: _Document) -> bytes:
    """Return the text of a file. Raises ValueError if it can't be unpacked."""
    if not document.path.lower().endswith(".gz"):
        return document.content
    try:
        with gzip.open(io.BytesIO(document.content)) as content:
            return content.read(LONGEST_LINE)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"not compressed with gzip, or cut off: {error}") from error


def _day_in(path: str) -> date | None:
    """Return the last date in a path. A time of day beside it is not used: it may be of any time zone."""
    for year, _, month, day in reversed(DAY_IN_PATH.findall(path)):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def _parsed(document: _Document, drop_fields: frozenset[str]) -> dict[str, Any]:
    """Return a response as the columns of its entries. Raises ValueError and the like if it is none."""
    body = json.loads(_unpacked(document))
    if not isinstance(body, dict):
        raise ValueError("no object, which a response is")
    if isinstance(body.get("playlists"), list):
        raise ValueError("several playlists; a file must have the response for one")
    if document.day is None:
        raise ValueError("no day in its path, such as 2024-05-31, and no commit to date it")
    page = page_of(body)
    if page is None:
        raise ValueError("no array of entries in `tracks` or `items`")
    if body.get("type") not in (None, "playlist") or any(map(_is_elsewhere, (body.get("href"), page.get("href")))):
        raise ValueError("it is of something else, as its type or its address says")
    if page["items"] and not any(map(_is_entry, page["items"])):
        raise ValueError("its array holds no entries of a playlist")
    is_page = page is body
    playlist_id = _playlist_id(body, document.path, is_page=is_page)
    total, owner = page.get("total"), body.get("owner") or {}
    return {
        "file": document.file,
        "playlist_id": playlist_id,
        "day": document.day.isoformat(),
        "observed_at": document.observed_at,
        "page": int(page.get("offset") or 0),
        "total": total if isinstance(total, int) else None,
        "snapshot_id": body.get("snapshot_id"),
        "playlist_name": None if is_page else body.get("name"),
        "playlist_description": None if is_page else body.get("description"),
        "owner_id": None if is_page else owner.get("id"),
        "followers": None if is_page else (body.get("followers") or {}).get("total"),
        "entries": [_entry(entry, drop_fields) for entry in page["items"]],
    }


def _playlist_id(body: dict[str, Any], path: str, *, is_page: bool) -> str:
    """Return the playlist's own id, or of a page the one in its address, or else the one in the file's path."""
    if not is_page and isinstance(body.get("id"), str):
        return str(body["id"])
    for pattern, text in ((OF_A_PLAYLIST, str(body.get("href"))), (ID_IN_PATH, path)):
        if found := pattern.findall(text):
            return str(found[-1])
    raise ValueError("no id of a playlist, in it or in its path")


def _is_elsewhere(href: Any) -> bool:
    """Return whether an address is not of one playlist. Some have taken the addresses out."""
    return "://" in str(href) and "/playlists/" not in str(href)


def _is_entry(entry: Any) -> bool:
    return entry is None or (
        isinstance(entry, dict)
        and ("item" in entry or "track" in entry)
        and isinstance(entry.get("item") or entry.get("track") or {}, dict)
    )


def _entry(entry: Any, drop_fields: frozenset[str]) -> dict[str, Any]:
    """Return the claim and the content of an entry; of one that can't be read, a URI of no form."""
    if not _is_entry(entry):
        return {"uri": "an entry without item or track"}
    entry = entry or {}
    item = entry.get("item") or entry.get("track")
    if item and not (item.get("id") or item.get("uri")):  # left out by the parameter `fields`
        return {"uri": "a track without id and uri"}
    return {"added_at": entry.get("added_at"), "item": without(item, drop_fields) or None}
