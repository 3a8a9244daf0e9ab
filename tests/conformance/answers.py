"""Spotify's responses for a history. What a history does not specify is made up deterministically."""

from collections.abc import Sequence
from typing import Any

from tests.conformance.history import CHARTS, Entry, History, Read, streams_of
from tests.conformance.runs import Run, id_of

JsonObject = dict[str, Any]


def playlist(history: History, read: Read, version: str) -> JsonObject:
    """Return a playlist without its items. Its name changes at New Year."""
    return {
        "id": id_of(history, read.list),
        "name": f"{read.list} of {read.day:%B}",
        "owner": {"id": "curator", "display_name": "Curator"},
        "snapshot_id": version,
        **({"kind": "chart"} if read.source == CHARTS else {}),
    }


def page(
    history: History, read: Read, run: Run, entries: Sequence[Entry], *, offset: int, total: int, goes_on: bool
) -> JsonObject:
    """Return a page of a playlist's entries."""
    list_id = id_of(history, read.list)
    following = f"https://api.spotify.com/v1/playlists/{list_id}/tracks?offset={offset + len(entries)}"
    return {
        "items": [
            {
                "added_at": entry.added_at,
                "is_local": entry.kind == "local",
                "item" if read.source else "track": content(history, entry, run),
                **({"chart": {"rank": rank, "streams": streams_of(rank)}} if read.source == CHARTS else {}),
            }
            for rank, entry in enumerate(entries, 1)
        ],
        "limit": max(len(entries), 1),
        "next": following if goes_on else None,
        "offset": offset,
        "total": total,
    }


def content(history: History, entry: Entry, run: Run) -> JsonObject | None:
    """Return the content of an entry."""
    match entry.kind:
        case "null":
            return None
        case "track":
            return track(history, entry.name or "", entry.popularity, run) | {"episode": False, "track": True}
        case "episode":
            episode_id = id_of(history, f"episode {entry.name}")
            return {"id": episode_id, "uri": f"spotify:episode:{episode_id}", "type": "episode", "name": entry.name}
        case _:
            uri = f"spotify:local:::{entry.name}:180"
            return {"id": None, "uri": uri, "type": "track", "is_local": True, "name": entry.name}


def track(history: History, name: str, popularity: int | None, run: Run) -> JsonObject:
    """Return a track; without the key `popularity` if it has none."""
    track_id = id_of(history, name)
    described = {
        "id": track_id,
        "uri": f"spotify:track:{track_id}",
        "type": "track",
        "name": title(name, run),
        "artists": [{"id": id_of(history, "artist"), "name": f"Artist of {name}"}],
        "album": {"id": id_of(history, "album"), "name": "Album", "release_date": "2019-05"},
        "available_markets": ["DE", "SE"],
        "duration_ms": 180_000,
        "explicit": False,
        "external_ids": {},
        "is_local": False,
    }
    return described if popularity is None else described | {"popularity": popularity}


def title(name: str, run: Run) -> str:
    """Return a title. Titles change so that there are several versions: B's every other day, C's within a day.

    Those of imports differ by source, but A has one title everywhere.
    """
    if run.source and name != "A":
        return f"{name} ({run.source})"
    changed = {"B": run.day.day % 4 < 2, "C": run.slot > 1}
    return f"{name} (remastered)" if changed.get(name) else name
