"""Runs in the environment of the peers: read every playlist page by page, then its tracks fifty at a time."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, TextIO

import spotipy


def main(base_url: str, token_url: str, playlists: str, into: str) -> None:
    """Save all responses in a file. Pages are as large as any version of the API allowed."""
    spotipy.SpotifyClientCredentials.OAUTH_TOKEN_URL = token_url
    login = spotipy.SpotifyClientCredentials(cache_handler=spotipy.MemoryCacheHandler())
    spotify = spotipy.Spotify(auth_manager=login)
    spotify.prefix = f"{base_url}/"
    track_ids: dict[str, None] = {}
    with Path(into).open("w", encoding="utf-8") as answers:
        for playlist_id in Path(playlists).read_text(encoding="utf-8").split():
            page = _kept(spotify.playlist_items(playlist_id, limit=100), answers)
            while page:
                track_ids |= {item["track"]["id"]: None for item in page["items"] if item["track"]}
                page = _kept(spotify.next(page), answers) if page["next"] else None
        ids = list(track_ids)
        for first in range(0, len(ids), 50):
            _kept(spotify.tracks(ids[first : first + 50]), answers)


def _kept(answer: Any, answers: TextIO) -> Any:
    answers.write(json.dumps(answer) + "\n")
    return answer


if __name__ == "__main__":
    main(*sys.argv[1:])
