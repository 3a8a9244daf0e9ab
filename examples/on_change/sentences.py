"""Put the changes that on_change hands over into sentences. The other examples use it."""

import json
import sys


def read_sentences() -> list[str]:
    """Return a sentence for each change on standard input; one of an earlier, failed attempt is marked."""
    return [sentence(change) for change in json.load(sys.stdin)]


def sentence(change: dict) -> str:
    """Return a change as a sentence: the playlist, what changed, and the days between which it happened."""
    track = " – ".join(  # noqa: RUF001 (a dash)
        filter(None, [change["track"] or change["track_id"], change["artists"]])
    )
    days = f"{change['date_before']} to {change['date']}"
    if change["change"] == "popularity":
        text = f"{track}: popularity {change['popularity_before']} to {change['popularity']} ({days})"
    elif change["change"] == "replaced":
        text = f"{change['playlist']}: = {track}, a new id of {change['replaced_track_id']} ({days})"
    else:
        text = f"{change['playlist']}: {'-' if change['change'] == 'removed' else '+'} {track} ({days})"
    if change.get("withdrawn"):
        text = f"Withdrawn: {text}"
    elif change.get("correction"):
        text = f"Corrected: {text}"
    # Names are written by strangers: a line break or a control character in one could forge a sentence.
    visible = "".join(letter if letter.isprintable() else " " for letter in text)
    return visible + (" [again]" if change.get("again") else "")
