"""Format changes: as text, a Markdown list, JSON, CSV or an Atom feed. Control characters are escaped in each."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from itertools import groupby
from xml.etree import ElementTree as ET

from extractor.errors import counted, visible
from extractor.outputs.changes.crossings import Crossing
from extractor.outputs.changes.read import Change, Changes, Tally
from extractor.outputs.changes.words import SPOTIFY, address, between, day_of, listed, some
from extractor.project import PROGRAM

NAMED = 5
"""Playlists that a note names; it counts the others."""

SIGNS = {"added": "+", "returned": "+", "removed": "−", "replaced": "="}  # noqa: RUF001 (as wide as the plus)

ATOM = "http://www.w3.org/2005/Atom"

PLAIN = str.maketrans({"−": "-", "–": "-", "…": "..."})  # noqa: RUF001
"""ASCII for our own signs."""

MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&$@]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
"""What Markdown would interpret, also GitHub's: formulas, mentions and bare addresses."""

ITEM = re.compile(r"^(\s*\d*)([-+.)])")
"""What would begin an item of a list."""

NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def as_text(found: Changes) -> str:
    """Return the changes grouped by playlist, below a line with their numbers."""
    lines, tell = [heading(found)], _teller(found)
    for group in found.by_playlist():
        lines += ["", f"{_line(group[0].playlist)}  {Tally.of(group)}"]
        lines += [f"  {SIGNS[change.change]} {_line(change.title + _kind(change) + tell(change))}" for change in group]
    lines += _below(list(notes(found)))
    return "\n".join(lines) + "\n"


def as_markdown(found: Changes) -> str:
    """Return the changes as a nested list with links to Spotify."""
    lines, tell = [f"**{marked(heading(found))}**"], _teller(found)
    for number, group in enumerate(found.by_playlist()):
        playlist = linked(group[0].playlist, address("playlist", group[0].playlist_id))
        lines += [*([] if number else [""]), f"- {playlist}: {Tally.of(group)}"]
        for change in group:
            track = linked(change.track or change.track_id, address("track", change.track_id))
            rest = change.title.removeprefix(change.track or change.track_id) + _replaced(change) + tell(change)
            lines.append(f"  - {change.change}: {track}{marked(rest)}")
    lines += _below([marked(note) for note in notes(found)])
    return "\n".join(lines) + "\n"


def as_json(found: Changes) -> str:
    """Return the changes as an array of objects, one per line."""
    return as_objects(cells(change) for change in found.changes)


def as_csv(found: Changes) -> str:
    """Return the changes as rows below a header; null is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", *(field.name for field in fields(Change))])
    for change in found.changes:
        writer.writerow(visible(cell) if isinstance(cell, str) else cell for cell in cells(change).values())
    return text.getvalue()


def as_atom(found: Changes) -> str:
    """Return an Atom feed (RFC 4287), newest first: an entry for each playlist and day on which changes were seen."""
    return atom_text(atom(found))


def atom_text(feed: ET.Element) -> str:
    """Return the text of an Atom feed."""
    ET.register_namespace("", ATOM)
    ET.indent(feed)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(feed, encoding="unicode") + "\n"


def atom(found: Changes, most: int | None = None) -> ET.Element:
    """Return an Atom feed. An entry has the same id in every feed; its time is the day."""
    feed = ET.Element(f"{{{ATOM}}}feed")
    _add(feed, "title", "Playlist changes" + (": " if found.about else "") + listed(found.about))
    _add(feed, "id", _urn(f"changes {found.key}"))
    last = max([change.date for change in found.changes], default=found.through or found.since)
    _add(feed, "updated", _instant(last))
    _add(feed, "generator", "spotify-track-history")
    _add(ET.SubElement(feed, f"{{{ATOM}}}author"), "name", "spotify-track-history")
    for changes in _entries(found)[:most]:
        first = changes[0]
        entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
        _add(entry, "title", f"{first.playlist}: {Tally.of(changes)}")
        _add(entry, "id", _urn(f"changes {found.key} {first.playlist_id} {first.date}"))
        _add(entry, "updated", _instant(first.date))
        if link := address("playlist", first.playlist_id):
            ET.SubElement(entry, f"{{{ATOM}}}link", {"rel": "alternate", "href": link})
        _add(entry, "content", _html(changes)).set("type", "html")
    return feed


FORMATS: dict[str, Callable[[Changes], str]] = {
    "text": as_text,
    "md": as_markdown,
    "json": as_json,
    "csv": as_csv,
    "atom": as_atom,
}


def fitting(text: str, result_format: str, encoding: str) -> str:
    """Return formatted changes for an encoding that may lack characters: escaped in JSON and XML, else our signs."""
    if encoding.lower().replace("-", "").replace("_", "") == "utf8":
        return text
    if result_format == "json":
        return "".join(each if each.isascii() else json.dumps(each)[1:-1] for each in text)
    if result_format in ("atom", "html"):
        return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
    return text.translate(PLAIN)


def heading(found: Changes) -> str:
    """Return a line with the period and the numbers of changes, or why there can be none."""
    about = f"{_line(listed(found.about))}, " if found.about else ""
    playlists = counted(found.observed, "playlist")
    if found.through is None:
        text = _unobserved(found)
    elif not found.changes and found.is_first:
        text = f"changes need two reads of a playlist; {playlists} read for the first time by {_day(found.through)}"
    else:
        text = f"{between(found.since, found.through, with_year=True)}: "
        if not found.changes:
            text += f"no changes in {playlists}"
        else:
            text += str(found.tally) + (
                f" in {len(found.by_playlist()):,} of {playlists}" if found.observed > 1 else ""
            )
    return about + text if about else text[:1].upper() + text[1:]


def notes(found: Changes) -> Iterator[str]:
    """Yield what the numbers lack: playlists that were not observed, and those without an earlier read."""
    if found.through is None or found.history is None:
        return
    first = found.history[0]
    if found.changes and found.since < first <= min(change.date_before for change in found.changes):
        yield f"The first observed day is {_day(first)}."
    if earlier := found.earlier():
        yield f"Perhaps before {_day(found.since)}: changes of " + _listed(earlier)
    if found.not_observed:
        yield "Not observed: " + _listed(found.not_observed)
    if found.first_reads:
        yield "Read for the first time, so earlier changes are unknown: " + _listed(found.first_reads)


def _teller(found: Changes) -> Callable[[Change], str]:
    """Return a function that says between which days a change happened, unless all have the same ones."""
    is_same = all((each.date_before, each.date) == (found.since, found.through) for each in found.changes)
    year = found.through.year if found.through else None

    def tell(change: Change) -> str:
        return "" if is_same else f" ({between(change.date_before, change.date, with_year=change.date.year != year)})"

    return tell


def _kind(change: Change) -> str:
    """Return what the sign of a change does not say."""
    return ", returned" if change.change == "returned" else _replaced(change)


def _replaced(change: Change) -> str:
    """Return the track whose place another id took."""
    return f", a new id of {change.replaced_track or change.replaced_track_id}" if change.change == "replaced" else ""


def _unobserved(found: Changes) -> str:
    if found.history is None:
        return f"{'not' if found.is_of_playlist else 'no playlist has been'} observed yet: {PROGRAM} status shows why"
    why = _listed(found.not_observed)
    last = f"the last observed day is {_day(found.history[1])}"
    return f"nothing was observed after {_day(found.since)}; {last}" + (f". Not observed: {why}" if why else "")


def _day(day: date) -> str:
    return day_of(day, with_year=True)


def _listed(names: list[str]) -> str:
    return some([_line(name) for name in names], NAMED)


def _below(lines: list[str]) -> list[str]:
    return ["", *lines] if lines else []


def _line(text: str) -> str:
    return visible(text.replace("\n", " "))


def marked(text: str) -> str:
    """Return a text of one line, without power in Markdown."""
    return MARKUP.sub(r"\\\1", _line(text))


def linked(name: str, link: str | None) -> str:
    """Return a name in Markdown, with its link if there is one; it may be the first of a line or of an item."""
    return f"[{marked(name)}]({link})" if link else ITEM.sub(r"\1\\\2", marked(name))


def cells(change: Change | Crossing) -> dict[str, object]:
    """Return a change as an object of JSON."""
    values = {"id": change.id} | {each.name: getattr(change, each.name) for each in fields(change)}
    return {name: each.isoformat() if isinstance(each, date) else each for name, each in values.items()}


def as_objects(changes: Iterable[Mapping[str, object]]) -> str:
    """Return objects as a JSON array, one per line."""
    # Only strings contain these characters, and there \u0000 is what JSON calls them too.
    lines = [visible(json.dumps(change, ensure_ascii=False)) for change in changes]
    return "[\n  " + ",\n  ".join(lines) + "\n]\n" if lines else "[]\n"


def _entries(found: Changes) -> list[list[Change]]:
    newest_first = sorted(found.changes, key=lambda change: -change.date.toordinal())
    groups = groupby(newest_first, key=lambda change: (change.date, change.playlist_id))
    return [list(group) for _, group in groups]


def _html(changes: list[Change]) -> str:
    """Return a list of the changes of a playlist and day."""
    items = ET.Element("ul")
    for change in changes:
        item = ET.SubElement(items, "li")
        item.text = f"{SIGNS[change.change]} "
        link = address("track", change.track_id)
        # A title that runs from right to left must not turn the signs and numbers around it.
        title = ET.SubElement(item, *(("a", {"href": link, "dir": "auto"}) if link else ("span", {"dir": "auto"})))
        title.text = _clean(change.title)
        bounds = between(change.date_before, change.date, with_year=True)
        title.tail = _clean(f"{_kind(change)} ({bounds})")
    return ET.tostring(items, encoding="unicode", method="html")


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{ATOM}}}{name}")
    child.text = _clean(text.replace("\n", " "))
    return child


def _clean(text: str) -> str:
    return NOT_IN_XML.sub("\ufffd", visible(text))


def _urn(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{SPOTIFY}/ {name}").urn


def _instant(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
