"""The JSON of playlists and their pages, field for field as recorded in 2024-2026."""

from datetime import date
from urllib.parse import urlencode

from extractor.simulator.identifiers import randomness
from extractor.simulator.objects import JsonObject, content_object, image, links
from extractor.simulator.world import Entry, LocalFile, Owner, PlaylistState, Shape

FIRST_PAGE = 100


def playlist_object(
    state: PlaylistState, shape: Shape, base_url: str, passed_on: dict[str, str], day: date
) -> JsonObject:
    """Return `GET /playlists/{id}`: metadata and the first hundred entries, regardless of `limit`."""
    pages = {
        key: page_object(state, shape, f"{base_url}/playlists/{state.id}/{key}", 0, FIRST_PAGE, passed_on)
        for key in shape.page_keys
    }
    return {
        "collaborative": state.collaborative,
        "description": "",
        **links("playlist", state.id, href_base=base_url),
        "followers": {"href": None, "total": followers(state.id, day)},
        "images": [{"height": None, "url": image(state.id, 640), "width": None}],
        "name": state.name,
        "owner": {"display_name": state.owner.display_name, **_user(state.owner)},
        "primary_color": None,
        "public": state.public,
        "snapshot_id": state.snapshot_id,
        **pages,
    }


def followers(playlist_id: str, day: date) -> int:
    """Return the number of followers of a playlist: it grows or falls by the same few every day."""
    chance = randomness("followers", playlist_id)
    daily = chance.choice((-4, -3, -2, -1, 1, 2, 3, 4, 5, 6))
    return max(0, chance.randrange(20_000, 90_000) + daily * (day - date(2026, 1, 1)).days)


def page_object(
    state: PlaylistState, shape: Shape, url: str, offset: int, limit: int, passed_on: dict[str, str]
) -> JsonObject:
    """Return a page of a playlist; links to other pages consist of `url` and the parameters `passed_on`."""

    def link(start: int) -> str:
        return f"{url}?{urlencode({'offset': start, 'limit': limit, **passed_on})}"

    total = len(state.entries)
    return {
        "href": link(offset),
        "items": [entry_object(entry, state.owner, shape) for entry in state.entries[offset : offset + limit]],
        "limit": limit,
        "next": link(offset + limit) if offset + limit < total else None,
        "offset": offset,
        "previous": link(max(0, offset - limit)) if offset > 0 else None,
        "total": total,
    }


def entry_object(entry: Entry | None, owner: Owner, shape: Shape) -> JsonObject | None:
    """Return an element of a page."""
    if entry is None:
        return None
    content = None if entry.content is None else content_object(entry.content)
    # Spotify's own playlists don't show who added an entry.
    adder = Owner("", "") if owner.id == "spotify" else owner
    return {
        "added_at": entry.added_at,
        "added_by": _user(adder),
        "is_local": isinstance(entry.content, LocalFile),
        "primary_color": None,
        **dict.fromkeys(shape.entry_keys, content),
        "video_thumbnail": {"url": None},
    }


def _user(user: Owner) -> JsonObject:
    return links("user", user.id)
