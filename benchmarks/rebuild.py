"""rebuild: a full refresh of every stay, compared with one hand-written query that gives the same rows."""

from __future__ import annotations

import time

import duckdb

from benchmarks.bench import Bench, Project
from benchmarks.results import Result, ratio
from benchmarks.worlds import World

PRESENCE = """
create table presence as
select
    lpad(l::varchar, 22, 'L') as playlist_id,
    left(md5(t::varchar), 22) as track_id,
    date '2020-01-01' + cast(d as integer) as day,
    date '2019-01-01' + cast(min(v) as integer) as claimed_on
from ({slots})
group by all
"""

# Gaps and islands, as an analyst would write it, assuming that every playlist was read completely every day.
BY_HAND = """
create table stays as
with last_days as (select playlist_id, max(day) as last_day from presence group by playlist_id),
islands as (
    select *, day - cast(row_number() over (partition by playlist_id, track_id order by day) as integer) as island
    from presence
),
stays as (
    select
        playlist_id, track_id, min(day) as first_seen, max(day) as last_seen, cast(count(*) as integer) as days_seen,
        arg_min(claimed_on, day) as claimed_on
    from islands
    group by playlist_id, track_id, island
)
select
    playlist_id, track_id,
    row_number() over (partition by playlist_id, track_id order by first_seen) as stay_number,
    first_seen, last_seen, days_seen, claimed_on,
    case when last_seen < last_day then last_seen + 1 end as first_absent
from stays inner join last_days using (playlist_id)
"""

DIFFERENCES = """
with last_days as (
    select playlist_id, max(day) as day, max(usable_days) as usable_days
    from warehouse.intermediate.int_playlist_days_counted
    where is_usable
    group by playlist_id
),
ours as (
    select
        playlist_id, track_id, stay_number, first_seen,
        coalesce(last_held, day) as last_seen,
        days_held + case when last_held is null then usable_days else 0 end as days_seen,
        claimed_on, first_absent
    from warehouse.intermediate.int_stays
    inner join last_days using (playlist_id)
)
select count(*) from ((from ours except from stays) union all (from stays except from ours))
"""

STAYS = ("int_playlists_rewound", "int_playlist_days_counted", "int_membership_changes", "int_stays")
"""All models between the facts and the stays."""

ALL_AT_ONCE = '{"entries_at_once": 1000000000}'


def measure(bench: Bench) -> list[Result]:
    """Compare both ways. Raises AssertionError unless they give the same rows."""
    world = World(lists=10) if bench.quick else World(lists=250)
    days = 20 if bench.quick else 400
    project = Project(bench.folder / "rebuild")
    world.load_at_once(project.config, days)
    bench.say("rebuild: loaded")
    project.dbt("run", "--select", "+int_stays", "--vars", ALL_AT_ONCE)
    bench.say("rebuild: built")
    project.dbt("run", "--full-refresh", "--select", *STAYS, "--vars", ALL_AT_ONCE)
    nodes = project.nodes()
    ours = max(node.ended for node in nodes) - min(node.began for node in nodes)
    with duckdb.connect(str(bench.folder / "by-hand.duckdb")) as connection:
        connection.execute(PRESENCE.format(slots=world.slots(0, days - 1)))
        connection.execute("checkpoint")
        started = time.monotonic()
        connection.execute(BY_HAND)
        by_hand = time.monotonic() - started
        [(presences,)] = connection.execute("select count(*) from presence").fetchall()
        [(stays,)] = connection.execute("select count(*) from stays").fetchall()
        connection.execute(f"attach '{project.config.warehouse}' as warehouse (read_only)")
        [(differences,)] = connection.execute(DIFFERENCES).fetchall()
    if differences:
        raise AssertionError(f"rebuild: {differences} stays differ from those of the hand-written query")
    told = f"{ours:.1f} s, by hand {by_hand:.1f} s: {presences:,} presences, the same {stays:,} stays"
    slowest = {node.name: round(node.seconds, 2) for node in nodes[:12]}
    return [ratio("rebuild", ours / by_hand, 1.2, told, seconds=ours, by_hand_seconds=by_hand, slowest=slowest)]
