"""Write the Atom feed of the last days beside the published database."""

from __future__ import annotations

from datetime import timedelta

from extractor.config.settings import Config
from extractor.engines.published import literal
from extractor.engines.registry import target_of
from extractor.files import replace_file
from extractor.outputs.changes.formats import as_atom
from extractor.outputs.changes.read import observed_days, read_between

DAYS = timedelta(days=28)

MOST_ENTRIES = 300
"""Entries of the feed; there is one for each playlist and day with changes."""

ENTRIES = """
select date, count(distinct playlist_id)
from playlist_changes
where date > {since} and date <= {last}
group by date
order by date desc
"""


def write_feed(config: Config) -> None:
    """Replace the feed by one of the last observed days, as many as it has room for, unless it is the same.

    Raises WarehouseError if the published tables can't be read, FileError if the feed can't be written.
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
        feed = as_atom(read_between(published, since, observed), MOST_ENTRIES).encode()
    if not config.feed.exists() or config.feed.read_bytes() != feed:
        replace_file(config.feed, feed)
