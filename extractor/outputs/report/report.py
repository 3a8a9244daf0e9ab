"""The report: one HTML file to look at, made from the published database alone."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Any

import duckdb

from extractor.config.settings import Config
from extractor.engines.base import megabytes
from extractor.engines.duckdb.files import opened
from extractor.landing.files import replace_file
from extractor.outputs.missing import check_published

PAGE = Path(__file__).parent / "assets"
SCRIPTS = (
    "words",
    "world",
    "dom",
    "charts",
    "gantt",
    "movers",
    "runs",
    "overview",
    "playlist",
    "track",
    "search",
    "main",
)
"""Modules of the page, each after those it imports: they become one script."""

CELLS = 15_000_000
"""Tracks times days of popularity in a page: some 4 MB of it, and 15 MB of the browser's memory."""
STAYS = 500_000
"""Stays in a page: some 5 MB of it."""

# The page shows the last days, as many as the limits allow: one rule for all that is shown, and said in the page.
DAYS = """
with days as (

    select date from playlist_days
    union
    select date from track_daily_popularity
    union
    select date from runs

),

ends as (

    select coalesce(first_absent, last_seen) as date, count(*) as stays
    from tracks_in_playlist
    group by all

),

too_many as (

    select date from ends qualify sum(stays) over (order by date desc) > $stays order by date desc limit 1

)

select
    least(
        max(date),
        greatest(
            min(date),
            max(date) - cast($cells // (select greatest(count(*), 1) from track_info) as integer) + 1,
            (select date + 1 from too_many)
        )
    ) as first_day,
    max(date) as last_day,
    cast(max(date) - min(date) + 1 as integer) as days_known
from days
"""

PLAYLISTS = """
create temp table playlist_numbers as
select playlist_id, row_number() over (order by lower(coalesce(name, label, playlist_id)), playlist_id) - 1 as playlist
from playlists
"""
TRACKS = """
create temp table track_numbers as
select track_id, row_number() over (order by artists, name, track_id) - 1 as track
from track_info
where
    track_id in (select track_id from tracks_in_playlist where coalesce(first_absent, last_seen) >= $first_day)
    or track_id in (select track_id from track_daily_popularity where date >= $first_day)
"""

# Each becomes a list per column: days are numbers from the first day shown, playlists and tracks those made above.
FACTS = {
    # A letter a day from the list's first one; `e` is a day that shows the list empty, which is not a day unobserved.
    "playlists": """
        select
            playlist_id as id, name, nullif(label, '') as label, owner_kind as owner, is_watched as watched,
            coalesce(min(date) - $first_day, 0) as since,
            coalesce(string_agg(
                case
                    when outcome in ('complete', 'unchanged') and entries = 0 then 'e'
                    when outcome = 'unavailable' then 'x'
                    else left(outcome, 1)
                end, '' order by date
            ), '') as outcomes
        from playlist_numbers
        inner join playlists using (playlist_id)
        left join (from playlist_days where date >= $first_day) using (playlist_id)
        group by all order by min(playlist)
    """,
    "reasons": """
        select playlist, date - $first_day as day, reason
        from playlist_days inner join playlist_numbers using (playlist_id)
        where date >= $first_day and reason is not null
        order by playlist, date
    """,
    "tracks": """
        select track_id as id, name, artists, album, year(release_date) as released
        from track_numbers inner join track_info using (track_id)
        order by track
    """,
    # Lengths instead of days where they are small: they pack better.
    "stays": """
        select
            playlist, track, first_seen - $first_day as first, last_seen - first_seen as lasted,
            first_absent - last_seen as absent_after, first_seen - added_at as claimed_before,
            cast(added_at_source = 'claimed' as integer) as claimed, cast(starts_before_watch as integer) as older,
            days_seen
        from tracks_in_playlist
        inner join playlist_numbers using (playlist_id)
        inner join track_numbers using (track_id)
        where coalesce(first_absent, last_seen) >= $first_day
        order by playlist, first_seen, track, stay_number
    """,
    "runs": """
        select
            strftime(date, '%Y-%m-%d') as day, worker, cast(epoch(ended_at - started_at) as integer) as seconds,
            playlists_asked, playlists_answered, tracks_asked, tracks_answered, requests, exit_code
        from runs order by date desc, started_at desc, run_id limit 14
    """,
}

# A byte for each track and day: 0 where there is no value, else 128 and the difference from the last one, which packs
# to a third less than the values do.
POPULARITY = """
with steps as (

    select track, date - $first_day as day,
        cast(popularity - lag(popularity, 1, 0) over (partition by track order by date) + 128 as utinyint) as step
    from track_daily_popularity inner join track_numbers using (track_id)
    where date >= $first_day

),

grid as (

    select track, unnest(range($days)) as day from track_numbers

)

select list(coalesce(step, 0) order by day)
from grid left join steps using (track, day)
group by track order by track
"""

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Reported:
    """The page that was written."""

    output: Path
    bytes: int
    playlists: int
    tracks: int
    days: int
    days_left_out: int

    def __str__(self) -> str:
        less = f", without the {self.days_left_out} days before" if self.days_left_out else ""
        told = f"{self.playlists} playlists, {self.tracks} tracks, {self.days} days{less}"
        return f"wrote {self.output} ({megabytes(self.bytes)}): {told}"


def report(config: Config, output: Path) -> Reported:
    """Write the page; one that is there is replaced when the new one is whole.

    Raises WarehouseError if nothing is published yet, LandingError if the page can't be written.
    """
    check_published(config.database)
    with opened(config.database, read_only=True, memory_limit=config.memory_limit) as connection:
        facts, popularity = _facts(connection)
    replace_file(output, _page(facts, popularity).encode())
    lists, tracks, days = len(facts["playlists"]["id"]), len(facts["tracks"]["id"]), facts["days"]
    return Reported(output, output.stat().st_size, lists, tracks, days, facts["days_known"] - days)


def _facts(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], bytes]:
    """What the page shows: everything but popularity by name, and popularity by track and day."""
    [(first, last, known)] = connection.execute(DAYS, {"cells": CELLS, "stays": STAYS}).fetchall()
    days = (last - first).days + 1 if last else 0
    shown = {"first_day": first or date(1970, 1, 1)}
    connection.execute(PLAYLISTS)
    connection.execute(TRACKS, shown)
    facts: dict[str, Any] = {"first_day": first and first.isoformat(), "days": days, "days_known": known or 0}
    for name, sql in FACTS.items():
        cursor = connection.execute(sql, shown if "$first_day" in sql else None)
        columns = [column[0] for column in cursor.description or ()]
        rows: Rows = cursor.fetchall()
        facts[name] = dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(columns, ())
    values = connection.execute(POPULARITY, shown | {"days": days}).fetchall()
    return facts, b"".join(bytes(steps) for (steps,) in values)


def _page(facts: dict[str, Any], popularity: bytes) -> str:
    """Everything in one file. What names say can't reach the markup: it is packed, and the page makes text of it."""
    style, script = _read("page.css"), "\n".join(_inlined(name) for name in SCRIPTS)
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:"
    return Template(_read("page.html")).substitute(
        policy=policy,
        style=style,
        script=script,
        facts=_packed(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()),
        popularity=_packed(popularity),
    )


def _read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _inlined(module: str) -> str:
    """A module as a part of the one script: its own names in a scope of their own, the exported ones known to all."""
    code = _read(f"{module}.js")
    body = re.sub(r"^import [^;]*;\n|^export ", "", code, flags=re.MULTILINE)
    exported = ", ".join(re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", code, flags=re.MULTILINE))
    return f"const {{{exported}}} = (() => {{\n{body}\nreturn {{{exported}}};\n}})();"


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _packed(content: bytes) -> str:
    return b64encode(gzip.compress(content, compresslevel=6, mtime=0)).decode()
