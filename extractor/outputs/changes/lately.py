"""Summarize what changed lately: up to three lines at the end of a daily run, and the first lines of `status`."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from extractor.config.settings import Config
from extractor.engines.base import counted
from extractor.engines.published import Cursor, literal
from extractor.engines.registry import target_of
from extractor.outputs.changes.read import Change, Changes, Tally, observed_days, read_between, read_day
from extractor.outputs.changes.words import day_of, some

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


def summarize_day(config: Config, day: date) -> tuple[str, dict[str, object]] | None:
    """Return up to three lines about the changes that a day shows, and the same as facts; None if there are none.

    Raises WarehouseError if what is published can't be read.
    """
    found = read_day(config, day)
    return _summary(found) if found else None


def _summary(found: Changes) -> tuple[str, dict[str, object]]:
    tally, biggest = found.tally, found.biggest()
    if len(biggest) == 1:
        lines = [f"{tally} in {biggest[0][0]} since {day_of(found.since)}"]
    else:
        names = ", ".join(f"{name} {numbers}" for name, numbers in biggest[:NAMED])
        lines = [f"{tally} in {counted(len(biggest), 'playlist')} since {day_of(found.since)}; biggest: {names}"]
    if earlier := found.earlier():
        lines.append(f"perhaps before {day_of(found.since)}: changes of {some(earlier, NAMED)}")
    entered: dict[str, list[Change]] = defaultdict(list)
    for change in found.changes:
        if change.change in ("added", "returned"):
            entered[change.track_id].append(change)
    several = sorted((each for each in entered.values() if len(each) > 1), key=lambda each: (-len(each), each[0].title))
    if several:
        names = some([f"{each[0].title} ({len(each)})" for each in several], NAMED)
        lines.append(f"entered several playlists: {names}")
    facts = {
        "since": found.since,
        "added": tally.added,
        "removed": tally.removed,
        "replaced": tally.replaced,
        "playlists": [{"playlist": name, "added": each.added, "removed": each.removed} for name, each in biggest],
    }
    return "\n".join(line.replace("\n", " ") for line in lines), facts


def summarize_lately(config: Config) -> list[str]:
    """Return lines about the changes of the last observed day and of the last seven; none without two such days.

    Raises WarehouseError if what is published can't be read.
    """
    with target_of(config).reading(config) as published:
        observed = observed_days(published)
        if len(observed) < 2:
            return []
        found = read_between(published, observed[-2], observed)
        of_day = _summary(found)[0] if found.changes else f"none since {day_of(observed[-2])}"
        of_day = of_day.replace("; biggest: ", "\nbiggest: ", 1)
        lines = f"{day_of(observed[-1])}: {of_day}".splitlines()
        return [*lines, _of_week(published, observed)] if len(observed) > 2 else lines


def _of_week(published: Cursor, observed: list[date]) -> str:
    days = min(WEEK, len(observed) - 1)
    since = observed[-days - 1]
    published.execute(COUNTS.format(since=literal(since), last=literal(observed[-1])))
    [(added, removed, replaced, playlists)] = published.fetchall()
    return f"{days} observed days: {Tally(added, removed, replaced)} in {counted(playlists, 'playlist')}"
