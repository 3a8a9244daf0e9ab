"""A small history with what the long one lacks: replaced ids, repetitions, episodes, odd names, an empty playlist."""

from datetime import date, timedelta
from itertools import product

from tests.functions.published import USABLE, Row


def made_up_id(name: str) -> str:
    """Return an id of Spotify's form."""
    return name.replace("-", "").ljust(22, "x")


MIXED, PLAIN, EMPTY = map(made_up_id, ("mixed", "plain", "empty"))
PLAYLISTS = {MIXED: ("100% Rain", "rain_1"), PLAIN: ("1000 Rains", None), EMPTY: ("O'Hara \\ Ære", "rainy1")}
TRACKS: dict[str, tuple[str, str | None, str, list[str | None]]] = {
    "a": ("Rain", "wet_1", "i1", ["one"]),
    "b": ("rain again", None, "I1", ["one", "two", "one"]),
    "c": ("Ærø 100 %", None, "i2", ["two"]),
    "d": ("wet11", None, "i2", ["three", None]),
}
"""Name, label, ISRC and artists. Ids a and b are of one recording, and c and d."""
ARTISTS = {"one": "The Rains", "two": "Twin", "three": "Twin"}
CONTENTS = {
    MIXED: ["ada", "=", "?", "be.d", "-", "d", "=", "dz!", "bd", "=", "acd", "_"],
    PLAIN: ["_", "=", "a", "ab", "b", "b", "=", "bz", "?", "-", "aab", "a"],
    EMPTY: ["_", "=", "=", "=", "=", "=", "=", "=", "=", "=", "?", "_"],
}
"""What each day's read found: the entries in order, `_` none, `=` unchanged, `?` partial, `-` not run."""
KINDS = {"e": "episode", ".": "local", "!": "unavailable"}
"""Other letters are tracks; no answer described z."""
FIRST_DAY = date(2026, 5, 1)


def small_marts() -> dict[str, list[Row]]:
    """Return the rows of the small history."""
    ids = {letter: made_up_id(letter) for letter in "abcdz"}
    marts: dict[str, list[Row]] = {
        "playlists": [{"playlist_id": key, "playlist_name": of[0], "label": of[1]} for key, of in PLAYLISTS.items()],
        "track_info": [
            {
                "track_id": ids[key],
                "track_name": name,
                "label": label,
                "isrc": isrc,
                "artists": ", ".join(ARTISTS.get(artist or "", "?") for artist in artists),
            }
            for key, (name, label, isrc, artists) in TRACKS.items()
        ],
        "artists": [{"artist_id": made_up_id(key), "artist_name": name} for key, name in ARTISTS.items()],
        "track_artists": [
            {"track_id": ids[key], "artist_position": place, "artist_id": artist and made_up_id(artist)}
            for key, (*_, artists) in TRACKS.items()
            for place, artist in enumerate(artists, 1)
        ],
    }
    for table in ("playlist_days", "tracklists", "tracks_in_playlist", "playlist_changes"):
        marts[table] = []
    for playlist_id, words in CONTENTS.items():
        add_history(marts, ids, playlist_id, words)
    return marts


def add_history(marts: dict[str, list[Row]], ids: dict[str, str], playlist_id: str, words: list[str]) -> None:
    """Add the rows of a playlist, read as the words say."""
    content, usable, version = "", list[tuple[date, str]](), list[Row]()
    for number, word in enumerate(words):
        day = FIRST_DAY + timedelta(number)
        content = content if word in "=?-" else word.strip("_")
        outcome = {"=": "unchanged", "?": "partial", "-": "not_run"}.get(word, "complete")
        days_row = {"playlist_id": playlist_id, "date": day, "outcome": outcome}
        marts["playlist_days"].append(days_row)
        if outcome in USABLE:
            days_row["days_since_usable"] = (day - usable[-1][0]).days if usable else None
            days_row["size"] = len(set(content) & ids.keys())
            if not usable or usable[-1][1] != content:
                version = [
                    {
                        "playlist_id": playlist_id,
                        "first_day": day,
                        "position": position,
                        "kind": KINDS.get(letter, "track"),
                        "track_id": ids.get(letter),
                    }
                    for position, letter in enumerate(content, 1)
                ] or [{"playlist_id": playlist_id, "first_day": day, "kind": "empty"}]
                marts["tracklists"] += version
            for entry in version:
                entry["last_day"] = day
            usable.append((day, content))
    for letter in TRACKS:
        add_stays(marts, {"playlist_id": playlist_id, "track_id": ids[letter]}, letter, usable)
    changes = [change for change in marts["playlist_changes"] if change["playlist_id"] == playlist_id]
    isrcs = {track["track_id"]: track["isrc"].upper() for track in marts["track_info"]}
    for one, other in product(changes, changes):
        is_opposite = (one["change"] == "removed") != (other["change"] == "removed")
        if one["date"] == other["date"] and isrcs[one["track_id"]] == isrcs[other["track_id"]] and is_opposite:
            one |= {"is_replacement": True, "other_track_id": other["track_id"]}


def add_stays(marts: dict[str, list[Row]], key: Row, letter: str, usable: list[tuple[date, str]]) -> None:
    """Add the stays of a track in a playlist, and the changes that they are."""
    stays = list[Row]()
    for before, (day, content) in zip([None, *usable], usable, strict=False):
        if letter not in content:
            if before and letter in before[1]:
                stays[-1] |= {"first_absent": day, "is_current": False}
                marts["playlist_changes"].append(key | change(day, "removed", before[0]))
            continue
        position = content.index(letter) + 1
        if not before or letter not in before[1]:
            stay = key | {"stay_number": len(stays) + 1, "first_seen": day, "added_at": day, "entry_position": position}
            stays.append(stay | {"is_current": True, "days_seen": 0})
            if before:
                marts["playlist_changes"].append(key | change(day, "returned" if stays[1:] else "added", before[0]))
        stays[-1] |= {"last_seen": day, "last_position": position, "days_seen": stays[-1]["days_seen"] + 1}
    marts["tracks_in_playlist"] += stays


def change(day: date, kind: str, before: date) -> Row:
    return {"date": day, "change": kind, "date_before": before, "is_replacement": False}
