"""Write the Atom feed of the last days beside the published database."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from xml.etree import ElementTree as ET

from extractor.config.settings import Config
from extractor.engines.published import literal
from extractor.engines.registry import target_of
from extractor.files import replace_file
from extractor.outputs.changes.formats import ATOM, atom, atom_text
from extractor.outputs.changes.read import observed_days, read_between

DAYS = timedelta(days=28)

MOST_ENTRIES = 300
"""Entries of the feed; there is one for each playlist and day with changes."""

ENTRY, ID, UPDATED = (f"{{{ATOM}}}{name}" for name in ("entry", "id", "updated"))

LAST_RUN = "select max(started_at) from runs"
ENTRIES = """
select date, count(distinct playlist_id)
from playlist_changes
where date > {since} and date <= {last}
group by date
order by date desc
"""


def write_feed(config: Config) -> None:
    """Replace the feed by one of the last observed days, as many as it has room for, unless it is the same.

    What is new or differs from the feed before, perhaps by a late day, gets a later time than any before, so that
    readers take it in again. Raises WarehouseError if the published tables can't be read, FileError if the feed can't
    be written.
    """
    with target_of(config).reading(config) as published:
        observed = observed_days(published)
        if not observed:
            return
        last = observed[-1]
        since = last - min(DAYS, last - last.min)
        published.execute(ENTRIES.format(since=literal(since), last=literal(last)))
        room = MOST_ENTRIES
        for day, entries in published.fetchall():
            room -= entries
            if room <= 0:
                since = day - timedelta(days=1)
                break
        feed = atom(read_between(published, since, observed), MOST_ENTRIES)
        published.execute(LAST_RUN)
        [(last_run,)] = published.fetchall()
    before = _before(config)
    if before is not None:
        _keep_times(feed, before, (last_run or datetime.combine(last, time())).replace(tzinfo=UTC))
    text = atom_text(feed).encode()
    if not config.feed.exists() or config.feed.read_bytes() != text:
        replace_file(config.feed, text)


def _before(config: Config) -> ET.Element | None:
    """Return the feed that is there; None if it is no feed."""
    try:
        feed = ET.fromstring(config.feed.read_bytes())  # noqa: S314 (our own file)
        for each in (feed, *feed.iter(ENTRY)):
            _time(each)
    except (OSError, ET.ParseError, ValueError):
        return None
    return feed


def _keep_times(feed: ET.Element, before: ET.Element, now: datetime) -> None:
    """Set the times of the feed and its entries: the ones before, or if they differ, a later one."""
    later = max(now, _time(before) + timedelta(seconds=1))
    known = {entry.findtext(ID): entry for entry in before.iter(ENTRY)}
    for entry in feed.iter(ENTRY):
        _set_time(entry, known.get(entry.findtext(ID)), later)
    _set_time(feed, before, later)


def _set_time(element: ET.Element, before: ET.Element | None, later: datetime) -> None:
    is_same = before is not None and _content(before) == _content(element)
    instant = _time(before) if before is not None and is_same else later
    for updated in element.findall(UPDATED):
        updated.text = f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _content(element: ET.Element) -> list[object]:
    """Return all of an element but the blanks around others, and its time."""
    return [
        _content(child) if child.tag == ENTRY else (child.tag, child.attrib, (child.text or "").strip())
        for child in element
        if child.tag != UPDATED
    ]


def _time(element: ET.Element) -> datetime:
    return datetime.fromisoformat(element.findtext(UPDATED, "")).replace(tzinfo=UTC)
