"""The work of a day in plain SQL, in one process: the minimum cost of any program with these results.

It goes from a landing file of complete one-page reads to raw entries, stays, popularity and descriptions. It handles no
outcomes, no late days and no null entries; nothing is tested or published.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import duckdb

TABLES = """
create table landed.entries (
    load integer, playlist_id varchar, day date, observed_at timestamp, position integer, added_at varchar,
    content varchar using compression zstd
);
create table versions (playlist_id varchar, content_hash varchar, track_ids varchar[], added_ats timestamp[]);
create table list_days (playlist_id varchar, day date, content_hash varchar, day_before date, hash_before varchar);
create table changes (playlist_id varchar, track_id varchar, day date, came boolean, claim timestamp, day_before date);
create table stays (
    playlist_id varchar, track_id varchar, stay integer, first_seen date, claim timestamp, first_absent date,
    last_seen date
);
create table track_days (
    track_id varchar, day date, popularity integer, description_hash ubigint, observed_at timestamp
);
create table descriptions (track_id varchar, description_hash ubigint, description varchar using compression zstd);
"""

STEPS = (
    """
    insert into landed.entries
    with answers as (
        select day, asked, observed_at, body from read_json(
            '{path}', format = 'newline_delimited', columns = {{
                day: 'date', endpoint: 'varchar', asked: 'json', observed_at: 'timestamp',
                body: 'STRUCT(tracks STRUCT(items STRUCT(added_at VARCHAR, track JSON, item JSON)[]))'
            }}
        )
        where endpoint = 'playlists'
    ),
    entries as (
        select
            asked ->> 'playlist_id' as playlist_id, day, observed_at, unnest(body.tracks.items) as entry,
            generate_subscripts(body.tracks.items, 1) as position
        from answers
    )
    select {load}, playlist_id, day, observed_at, position, entry.added_at, coalesce(entry.item, entry.track)
    from entries
    """,
    "checkpoint landed",
    """
    create or replace temp table new_entries as
    select
        playlist_id, day, observed_at, position, added_at::timestamp as added_at,
        from_json(content, '{{"id": "VARCHAR", "uri": "VARCHAR", "type": "VARCHAR", "popularity": "INTEGER"}}')
            as fields,
        hash(regexp_replace(content, '"popularity":[0-9]+,?', '')) as description_hash
    from landed.entries
    where load = {load}
    """,
    """
    create or replace temp table contents as
    select
        playlist_id, day, list(fields.id order by position) as track_ids, list(added_at order by position) as added_ats,
        md5(string_agg(fields.id || ' ' || added_at, ',' order by position)) as content_hash
    from new_entries
    group by playlist_id, day
    """,
    """
    insert into versions
    select playlist_id, content_hash, track_ids, added_ats from contents
    where (playlist_id, content_hash) not in (select playlist_id, content_hash from versions)
    """,
    """
    insert into list_days
    select c.playlist_id, c.day, c.content_hash, known.day, known.content_hash
    from contents c left join (
        select playlist_id, max(day) as day, arg_max(content_hash, day) as content_hash
        from list_days group by playlist_id
    ) known using (playlist_id)
    """,
    """
    create or replace temp table new_changes as
    with steps as (
        select * from list_days where day in (select day from contents) and content_hash is distinct from hash_before
    ),
    held as (
        select s.playlist_id, s.day, unnest(v.track_ids) as track_id, unnest(v.added_ats) as added_at
        from steps s join versions v on s.playlist_id = v.playlist_id and s.content_hash = v.content_hash
    ),
    was_held as (
        select s.playlist_id, s.day, unnest(v.track_ids) as track_id, unnest(v.added_ats) as added_at
        from steps s join versions v on s.playlist_id = v.playlist_id and s.hash_before = v.content_hash
    ),
    compared as (select *, 1 as is_held, 0 as was_held from held union all select *, 0, 1 from was_held)
    select
        playlist_id, track_id, day, max(is_held) = 1 as came, min(added_at) as claim,
        any_value(s.day_before) as day_before
    from compared join steps s using (playlist_id, day)
    group by playlist_id, track_id, day having max(is_held) <> max(compared.was_held)
    """,
    "insert into changes from new_changes",
    """
    create or replace temp table new_stays as
    with mine as (select c.* from changes c semi join new_changes using (playlist_id, track_id)),
    paired as (
        select *, lead(day) over by_day as gone, lead(day_before) over by_day as last_seen
        from mine window by_day as (partition by playlist_id, track_id order by day)
    )
    select
        playlist_id, track_id, row_number() over (partition by playlist_id, track_id order by day) as stay, day, claim,
        gone, last_seen
    from paired where came
    """,
    "delete from stays where (playlist_id, track_id) in (select playlist_id, track_id from new_stays)",
    "insert into stays from new_stays",
    """
    insert into track_days
    select
        fields.id, day, arg_max(fields.popularity, (fields.popularity > 0, observed_at)),
        arg_max(description_hash, observed_at), max(observed_at)
    from new_entries group by all
    """,
    """
    insert into descriptions
    with unknown as (
        select fields.id as track_id, description_hash, min((playlist_id, position)) as place from new_entries
        where not exists (
            from descriptions d where d.track_id = fields.id and d.description_hash = new_entries.description_hash
        )
        group by all
    )
    select track_id, description_hash, content from unknown
    join landed.entries e on e.playlist_id = place[1] and e.position = place[2] where e.load = {load}
    """,
    "checkpoint",
)


def take_in(folder: Path, load: int, path: Path) -> None:
    """Process the landing file of a day; the first creates the tables."""
    with duckdb.connect(str(folder / "floor.duckdb")) as connection:
        connection.execute(f"attach '{folder}/floor-raw.duckdb' as landed")
        connection.execute("set threads = 2; set memory_limit = '4GB'; set preserve_insertion_order = false")
        if load == 1:
            connection.execute(TABLES)
        for step in STEPS:
            connection.execute(step.format(path=path, load=load))


if __name__ == "__main__":
    take_in(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
