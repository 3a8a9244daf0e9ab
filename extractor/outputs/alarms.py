"""Data quality alarms: what in the published tables looks like a change at Spotify rather than in the music.

An alarm is a warning. It drops no rows, and says nothing of why.
"""

from __future__ import annotations

from typing import Any

from extractor.config.settings import Alarms, Config
from extractor.engines.published import Cursor
from extractor.engines.registry import target_of
from extractor.errors import MOST_SHOWN, counted, visible
from extractor.outputs.changes.read import playlist_names

NAMED = 3
"""Playlists that an alarm names; it counts the others."""

# Alarms are of live reads: what was imported says nothing of how Spotify answers now.

# The last day with runs, and the last two days with values. Tracks are compared if both days have a value above 0.
POPULARITY = """
with value_days as (
    select
        date,
        row_number() over (order by date desc) as age
    from (select distinct date from track_daily_popularity where not is_imported) as dates
),

today as (
    select track_id, popularity from track_daily_popularity
    where not is_imported and date = (select date from value_days where age = 1)
),

day_before as (
    select track_id, popularity from track_daily_popularity
    where not is_imported and date = (select date from value_days where age = 2)
)

select
    (select max(date) from runs where kind = 'read'),
    (select date from value_days where age = 1),
    (select date from value_days where age = 2),
    (select avg(case when popularity = 0 then 100.0 else 0 end) from today),
    (select avg(case when popularity = 0 then 100.0 else 0 end) from day_before),
    (
        select avg(today.popularity - day_before.popularity) from today
        inner join day_before on today.track_id = day_before.track_id
        where today.popularity > 0 and day_before.popularity > 0
    )
"""
FOLLOWERS = """
with read_days as (
    select
        date,
        count(followers) as answers,
        row_number() over (order by date desc) as age
    from playlist_days
    where outcome in ('complete', 'unchanged', 'partial') and source is null
    group by date
)

select
    (select date from read_days where age = 1),
    (select answers from read_days where age = 1),
    (select answers from read_days where age = 2)
"""
SHRUNK = """
select
    today.playlist_id,
    before.size,
    today.size
from playlist_days as today
inner join playlist_days as before
    on today.playlist_id = before.playlist_id and today.date - today.days_since_usable = before.date
where
    today.date = (select max(date) from playlist_days where source is null and outcome <> 'not_run')
    and coalesce(today.source, before.source) is null
    and before.size > 0
    and (before.size - today.size) * 100.0 / before.size >= {percent}
order by before.size - today.size desc, 1
"""


def read_alarms(config: Config) -> list[str]:
    """Return the alarms of what is published. Raises WarehouseError if it can't be read."""
    with target_of(config).reading(config) as cursor:
        return alarms_of(cursor, config.alarms)


def alarms_of(cursor: Cursor, limits: Alarms) -> list[str]:
    """Return a sentence for each alarm of the last day, from the published tables."""
    found = [*_popularity(cursor, limits)]
    if limits.vanishing and (missing := _followers(cursor)):
        found.append(missing)
    if limits.shrinks_percent is not None:
        found += _shrunk(cursor, limits.shrinks_percent)
    return [visible(text)[:MOST_SHOWN] for text in found]


def _popularity(cursor: Cursor, limits: Alarms) -> list[str]:
    [(last_run, today, before, zeros, zeros_before, moved)] = _rows(cursor, POPULARITY)
    found = []
    if limits.vanishing and today and last_run and today < last_run:
        found.append(f"no track had a popularity on {last_run}; the last values are of {today}")
    if before is None:
        return found
    if limits.zeros_percent is not None and zeros - zeros_before >= limits.zeros_percent:
        found.append(
            f"{zeros:.0f} % of tracks have popularity 0 on {today}, {zeros_before:.0f} % on {before}: perhaps Spotify "
            "had no values"
        )
    if limits.mean_popularity is not None and moved is not None and abs(moved) >= limits.mean_popularity:
        found.append(f"the popularity of the same tracks moved by {moved:+.1f} on average between {before} and {today}")
    return found


def _followers(cursor: Cursor) -> str | None:
    [(day, answers, answers_before)] = _rows(cursor, FOLLOWERS)
    return f"no playlist had a number of followers on {day}" if answers_before and not answers else None


def _shrunk(cursor: Cursor, percent: int) -> list[str]:
    shrunk = _rows(cursor, SHRUNK.format(percent=percent))
    names = playlist_names(cursor) if shrunk else {}
    found = [
        f"{names[playlist_id][0]}: {counted(size, 'track')}, {before:,} when it was last read completely"
        for playlist_id, before, size in shrunk
    ]
    return found[:NAMED] + ([f"{len(found) - NAMED} more playlists shrank as much"] if len(found) > NAMED else [])


def _rows(cursor: Cursor, sql: str) -> list[tuple[Any, ...]]:
    cursor.execute(sql)
    return cursor.fetchall()
