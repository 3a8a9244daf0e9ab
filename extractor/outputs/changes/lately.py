"""Summarize what changed lately: up to three lines at the end of a daily run, and the first lines of `status`."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from extractor.config.settings import Config
from extractor.engines.published import Cursor, literal
from extractor.engines.registry import target_of
from extractor.errors import counted
from extractor.outputs.changes.read import Changes, Tally, observed_days, read_between
from extractor.outputs.changes.words import day_of, listed, some

NO_CHANGES_YET = "changes need two reads of a playlist"

NAMED = 3
"""Playlists and tracks that a summary names."""

WEEK = 7
"""Observed days of a week."""

COUNTS = """
select
    count(case when not is_replacement and change <> 'removed' then 1 end),
    count(case when not is_replacement and change = 'removed' then 1 end),
    count(case when is_replacement and change <> 'removed' then 1 end),
    count(distinct playlist_id)
from playlist_changes
where date > {since} and date <= {last}
"""


def summarize_day(config: Config, day: date) -> tuple[str, dict[str, object]]:
    """Return up to three lines about the changes that a day shows, or why it shows none, and the same as facts.

    Raises WarehouseError if what is published can't be read.
    """
    with target_of(config).reading(config) as published:
        observed = [each for each in observed_days(published) if each <= day]
        if observed[-1:] != [day]:
            last = f"; the last observed day is {day_of(observed[-1])}" if observed else ""
            return f"no playlist was observed on {day_of(day)}{last}", {"since": None}
        if len(observed) == 1:
            return NO_CHANGES_YET, {"since": None}
        found = read_between(published, observed[-2], observed)
    text = "\n".join([listed([_numbers(found), *_biggest(found)]), *_others(found)])
    tally, biggest = found.tally, found.biggest()
    facts = {
        "since": found.since,
        "added": tally.added,
        "removed": tally.removed,
        "replaced": tally.replaced,
        "compared": found.compared,
        "perhaps_before": found.earlier(),
        "playlists": [{"playlist": name, "added": each.added, "removed": each.removed} for name, each in biggest],
    }
    return text, facts


def _numbers(found: Changes) -> str:
    """Return the numbers of changes, and where they are."""
    if not found.changes and not found.compared:
        return NO_CHANGES_YET
    if not found.changes:
        return f"no changes in {counted(found.compared, 'playlist')} since {day_of(found.since)}"
    changed = found.biggest()
    where = _line(changed[0][0]) if len(changed) == 1 else counted(len(changed), "playlist")
    return f"{found.tally} in {where} since {day_of(found.since)}"


def _biggest(found: Changes) -> list[str]:
    """Return a line that names the playlists with most changes, if several have changed."""
    changed = found.biggest()
    names = listed([f"{name} {numbers}" for name, numbers in changed[:NAMED]])
    return [_line(f"biggest: {names}")] if len(changed) > 1 else []


def _others(found: Changes) -> list[str]:
    """Return lines about changes that may be older, and about tracks that entered several playlists."""
    lines = []
    if earlier := found.earlier():
        lines.append(f"perhaps before {day_of(found.since)}: changes of {some(earlier, NAMED)}")
    titles: dict[str, str] = {}
    entered: dict[str, set[str]] = defaultdict(set)
    for change in found.changes:
        if change.change in ("added", "returned"):
            titles.setdefault(change.recording, change.title)
            entered[change.recording].add(change.playlist_id)
    several = [(-len(playlists), titles[each]) for each, playlists in entered.items() if len(playlists) > 1]
    if several:
        names = some([f"{title} ({-number})" for number, title in sorted(several)], NAMED)
        lines.append(f"entered several playlists: {names}")
    return [_line(line) for line in lines]


def _line(text: str) -> str:
    return text.replace("\n", " ")


def summarize_lately(config: Config) -> list[str]:
    """Return lines about the changes of the last observed day and of the last seven; none without two such days.

    Raises WarehouseError if what is published can't be read.
    """
    with target_of(config).reading(config) as published:
        observed = observed_days(published)
        if len(observed) < 2:
            return []
        found = read_between(published, observed[-2], observed)
        lines = [f"{day_of(observed[-1])}: {_numbers(found)}", *_biggest(found), *_others(found)]
        return [*lines, _of_week(published, observed)] if len(observed) > 2 else lines


def _of_week(published: Cursor, observed: list[date]) -> str:
    days = min(WEEK, len(observed) - 1)
    since = observed[-days - 1]
    published.execute(COUNTS.format(since=literal(since), last=literal(observed[-1])))
    [(added, removed, replaced, playlists)] = published.fetchall()
    return f"{days} observed days: {Tally(added, removed, replaced)} in {counted(playlists, 'playlist')}"
