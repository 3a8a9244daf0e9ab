"""Read a git archive with a file playlists/pretty/<id>.json per playlist: each commit that changes one is a read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from extractor.engines.duckdb.files import path_text
from extractor.errors import ConfigError
from extractor.imports.documents import pieces
from extractor.imports.git import Repository
from extractor.imports.neutral import add_rows, columns_of
from extractor.imports.problems import Problems

FILE = re.compile(r"(?:^|/)pretty/([^/]+)\.json$")
"""Other folders are never used: `plain` is sorted by name, and `cumulative` loses each removal that was undone."""

INDENTATION = re.compile(rb"\n\s*")

# A file without the key `tracks`, or with something else in it, is no read.
DOCUMENTS = """
create or replace temp view documents as
select
    file,
    playlist_id,
    observed_at,
    try_cast(text as json) as body,
    case when json_type(body, '$.tracks') = 'ARRAY' then body end as read
from read_json(
    {path}, format = 'newline_delimited', maximum_object_size = {longest},
    columns = {{file: 'varchar', playlist_id: 'varchar', observed_at: 'varchar', text: 'varchar'}}
)
"""

ROWS = """
create or replace temp view mapped as
with reads as (
    select
        file,
        playlist_id,
        observed_at,
        from_json(read, '{"name": "varchar", "original_name": "varchar", "description": "varchar",
            "num_followers": "varchar", "snapshot_id": "varchar", "owner": {"url": "varchar"}}') as list,
        from_json(read -> 'tracks', '[{"added_at": "varchar", "name": "varchar", "url": "varchar",
            "duration_ms": "bigint", "album": {"name": "varchar", "url": "varchar"},
            "artists": [{"name": "varchar", "url": "varchar"}]}]') as tracks
    from documents
    where read is not null
),

entries as (
    select * exclude (tracks), unnest(tracks) as track, generate_subscripts(tracks, 1) as position from reads

    union all

    select * exclude (tracks), null as track, null as position from reads
    where len(tracks) = 0
),

linked as (
    select
        *,
        -- A named track without a link is a local file. As a null entry, it would hide others.
        case
            when trim(track['url']) <> '' then trim(track['url'])
            when trim(track['name']) <> '' then 'spotify:local:'
            when track is not null then 'a track without link and name'
        end as link,
        nullif(regexp_extract(link, '/track/([0-9A-Za-z]{22})', 1), '') as track_id
    from entries
)

select
    file,
    playlist_id,
    left(observed_at, 10) as day,
    observed_at,
    position,
    link as uri,
    nullif(track['added_at'], '1970-01-01 00:00:00') as added_at,
    coalesce(list['original_name'], list['name']) as playlist_name,
    list['description'] as playlist_description,
    regexp_extract(list['owner']['url'], '/user/([^/?]+)', 1) as owner_id,
    list['num_followers'] as followers,
    list['snapshot_id'] as snapshot_id,
    case when track_id is not null then '{' || concat_ws(
        ',',
        '"id":"' || track_id || '","uri":"spotify:track:' || track_id || '","type":"track"',
        '"name":' || json_text(track['name']),
        '"artists":' || json_text(list_transform(
            track['artists'],
            lambda artist: json_merge_patch('{}', to_json({
                'id': nullif(regexp_extract(artist['url'], '/artist/([0-9A-Za-z]{22})', 1), ''), 'name': artist['name']
            }))
        )),
        '"album":' || nullif(json_text(json_merge_patch('{}', to_json({
            'id': nullif(regexp_extract(track['album']['url'], '/album/([0-9A-Za-z]{22})', 1), ''),
            'name': track['album']['name']
        }))), '{}'),
        '"duration_ms":' || track['duration_ms']
    ) || '}' end as item
from linked
"""

# A track that is missing from some reads and back with the claim that it had was hidden by a null entry, which the
# archive drops: adding it again would make a new claim. Where most claims change between two reads, claims prove
# nothing. Spotify's own playlists change without claims.
RESTORED = """
create temp table ordered as
select
    playlist_id,
    day,
    observed_at,
    row_number() over (partition by playlist_id order by observed_at) as number,
    lower(owner_id) is not distinct from 'spotify' as is_spotifys
from reads
where outcome = 'complete' and playlist_id not like '37i9dQZ%'
qualify not bool_and(is_spotifys) over (partition by playlist_id);

create temp table present as
select
    ordered.playlist_id, ordered.number, entries.track_id, entries.added_at
from entries
inner join ordered using (playlist_id, day, observed_at)
where entries.track_id is not null;

create temp table gaps as
select playlist_id, track_id, number as last_number, next_number
from (
    select *, lead(number) over (partition by playlist_id, track_id order by number) as next_number
    from (select distinct playlist_id, track_id, number from present)
)
where next_number > number + 1;

create temp table rewritten as
with steps as (
    select distinct playlist_id, unnest(range(last_number + 1, next_number + 1)) as number from gaps
),

kept as (
    select
        steps.playlist_id, steps.number, now.track_id,
        bool_or(now.added_at is not distinct from before.added_at) as is_same
    from steps
    inner join present as now using (playlist_id, number)
    inner join present as before
        on
            steps.playlist_id = before.playlist_id
            and steps.number = before.number + 1
            and now.track_id = before.track_id
    group by all
)

select playlist_id, number from kept
group by all
having count(*) filter (not is_same) > 0.5 * count(*)

union all

select playlist_id, number + unnest([0, 1]) from ordered
where is_spotifys;

insert into restored
with claims as (
    select distinct gaps.*, before.added_at
    from gaps
    inner join present as before
        on gaps.playlist_id = before.playlist_id and last_number = before.number and gaps.track_id = before.track_id
    inner join present as after
        on
            gaps.playlist_id = after.playlist_id
            and next_number = after.number
            and gaps.track_id = after.track_id
            and before.added_at = after.added_at
    where not exists (
        from rewritten
        where
            rewritten.playlist_id = gaps.playlist_id
            and rewritten.number > gaps.last_number
            and rewritten.number <= gaps.next_number
    )
)

select
    ordered.playlist_id, ordered.day, ordered.observed_at,
    row_number() over (partition by ordered.playlist_id, ordered.number order by added_at, track_id), added_at
from claims
inner join ordered
    on
        claims.playlist_id = ordered.playlist_id
        and ordered.number > claims.last_number
        and ordered.number < claims.next_number;

drop table ordered;
drop table present;
drop table gaps;
drop table rewritten
"""


def read_archive(
    work: duckdb.DuckDBPyConnection, folder: Path, path: Path, today: date, problems: Problems
) -> Iterator[int]:
    """Add the entries of an archive to `rows`; yield how many files of commits are done after each part.

    Raises ConfigError if git can't read the repository, or if its history has no such file.
    """

    def read(path: Path, longest: int) -> None:
        work.execute(DOCUMENTS.format(path=path_text(path), longest=longest))
        for (file,) in work.execute("select file from documents where read is null").fetchall():
            problems.add(f"{file}: not a playlist in JSON with an array `tracks`")
        work.execute(ROWS)
        add_rows(work, "mapped", columns_of(work, "mapped"), today, "file", "null")

    done = 0
    for done in pieces(_documents(Repository(path), problems), folder / "documents.ndjson", read, problems):
        yield done
    if not done:
        reason = "no commit has a file playlists/pretty/<id>.json: not an archive of this layout"
        if problems.named:
            reason = "no commit that can be used changes a file playlists/pretty/<id>.json"
        raise ConfigError("\n".join([*problems.named, f"{path}: {reason}"]))


def _documents(repository: Repository, problems: Problems) -> Iterator[dict[str, Any]]:
    known: set[int] = set()
    for version in repository.versions(lambda path: FILE.search(path) is not None, problems):
        [playlist_id] = FILE.findall(version.path)[-1:]
        content = hash((playlist_id, version.blob))
        if version.is_added and content in known:
            continue  # a copy of what it has been at another time, at another path
        known.add(content)
        yield {
            "file": f"{version.commit[:12]}:{version.path}",
            "playlist_id": playlist_id,
            "observed_at": f"{version.committed_at:%Y-%m-%d %H:%M:%S}Z",
            # No string of JSON has a line break, so this takes out only the indentation: a third of the bytes.
            "text": INDENTATION.sub(b"", version.content).decode("utf-8-sig", "replace"),
        }
