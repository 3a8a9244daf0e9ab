"""Split answers with DuckDB: the answer's own fields, and each entry or object in it.

A piece of landing lines is read once to classify each line, then once for each kind of part. So memory is bounded by
what the reader buffers. The rows may go to another database.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from extractor.engines.duckdb.files import path_text
from extractor.engines.pieces import Part, Piece
from extractor.errors import LandingError

# `part` is what is split off: a playlist's entries in `items` or in `tracks`, those of a further page, the objects in
# an array, or the body itself. An answer without one may be valid, such as an empty playlist.
# The entries are first cut out as text, because patching such a long JSON costs more than everything else here; the cut
# is valid if that text occurs once. No `case` returns the arrays, which it would copy.
INCOMING = """
create or replace temp table incoming as
with lines as (
    select *
    from read_json(
        getvariable('piece'), format = 'newline_delimited',
        columns = {run: 'varchar', line: 'integer', worker: 'integer', day: 'date', endpoint: 'varchar', asked: 'json',
                   status: 'integer', requests: 'integer', observed_at: 'timestamp', body: 'json'}
    )
),

kinds as (
    select
        *,
        case
            when status is distinct from 200 then null
            when json_exists(asked, '$.ids') then 'ids'
            when endpoint = 'playlists' and (asked ->> 'fields') is null then 'list'
            when endpoint = 'playlist_items' then 'page'
        end as kind,
        '/' || replace(replace(asked ->> 'items', '~', '~0'), '/', '~1') as place
    from lines
),

lists as (
    select *, json_extract(body, ['$.items.items', '$.tracks.items', '$.items'])::varchar[] as lists
    from kinds
),

parts as (
    select
        *,
        case
            when kind = 'list' and lists[1] ^@ '[' and lists[1] <> '[]' then 'items'
            when kind = 'list' and lists[2] ^@ '[' and lists[2] <> '[]' then 'tracks'
            when
                kind = 'page' and lists[3] ^@ '[' and lists[3] <> '[]'
                and try_cast(asked ->> 'offset' as integer) is not null then 'page'
            when kind = 'ids' and place is null and json_array_length(asked, '$.ids') = 1 then 'object'
            when
                kind = 'ids' and json_type(body, place) = 'ARRAY'
                and json_array_length(body, place) = json_array_length(asked, '$.ids') then 'objects'
        end as part,
        list_position(['items', 'tracks', 'page'], part) as number
    from lists
),

cuts as (
    select
        *,
        replace(body, '"items":' || lists[number], '"items":0') as cut,
        case when strlen(cut) = strlen(body) - strlen(lists[number]) + 1 then cut else body end as short
    from parts
)

select
    run as run_id, line, worker, day, endpoint, asked, status, requests, observed_at,
    case part
        when 'items' then json_merge_patch(short, case
            when lists[2] = lists[1] then '{"items": {"items": null}, "tracks": {"items": null}}'
            else '{"items": {"items": null}}'
        end)
        when 'tracks' then json_merge_patch(short, '{"tracks": {"items": null}}')
        when 'page' then json_merge_patch(short, '{"items": null}')
        when 'objects' then json_merge_patch(body, json_object(asked ->> 'items', null))
        when 'object' then null
        else body
    end as body,
    part,
    coalesce(case
        when part is not null then false
        when kind = 'list' then
            json_type(body) is distinct from 'OBJECT'
            or json_type(body, '$.items') not in ('OBJECT', 'NULL') or lists[1] not in ('[]', 'null')
            or json_type(body, '$.tracks') not in ('OBJECT', 'NULL') or lists[2] not in ('[]', 'null')
        when kind = 'page' then lists[3] is distinct from '[]'
        when kind = 'ids' then true
    end, false) as is_unknown
from cuts
"""

FOUND = """
select
    run_id, min(line), max(line), count(distinct line),
    count(run_id || line || worker || day || endpoint || asked || requests || observed_at), count(*)
from incoming
group by run_id
"""

PARTS = "select count(*), count(*) filter (is_unknown), coalesce(list(distinct part), []) from incoming"

ANSWERS = "select run_id, line, worker, day, endpoint, asked, status, requests, observed_at, body from incoming"

# A value of an unexpected shape becomes null; its line belongs to another part. Spotify writes `added_at` first in an
# entry, so few entries need to be parsed for it.
ENTRIES = r"""
with lines as (
    select run as run_id, line, body
    from read_json(
        getvariable('piece'), format = 'newline_delimited', ignore_errors = true,
        columns = {run: 'varchar', line: 'integer', body: '<shape>'}
    )
),

lists as (
    select run_id, line, day, asked, observed_at, <first> as first, <list> as list
    from lines
    inner join incoming using (run_id, line)
    where <condition>
),

entries as (
    select
        run_id, line, day,
        asked ->> 'playlist_id' as playlist_id,
        try_cast(asked ->> 'attempt' as integer) as attempt,
        first + generate_subscripts(list, 1) - 1 as position,
        nullif(unnest(list), 'null') as entry,
        observed_at
    from lists
)

select
    run_id, line, day, playlist_id, attempt, position,
    coalesce(nullif(regexp_extract(entry, '^\{"added_at":"([^"\\]+)"', 1), ''), entry ->> 'added_at') as added_at,
    entry, observed_at
from entries
"""

OBJECTS = """
with lines as (
    select run as run_id, line, body
    from read_json(
        getvariable('piece'), format = 'newline_delimited', columns = {run: 'varchar', line: 'integer', body: 'json'}
    )
),

answers as (
    select
        run_id, line, day, endpoint, observed_at,
        from_json(json_extract(asked, '$.ids'), '["varchar"]') as ids,
        case part
            when 'object' then [lines.body]
            else from_json(
                json_extract(lines.body, '/' || replace(replace(asked ->> 'items', '~', '~0'), '/', '~1')), '["json"]'
            )
        end as objects
    from lines
    inner join incoming using (run_id, line)
    where part in ('object', 'objects')
)

select
    run_id, line, day, endpoint,
    unnest(ids) as asked_id,
    nullif(unnest(objects), 'null') as object,
    observed_at
from answers
"""


def _entries(condition: str, shape: str, first: str, list_: str) -> str:
    filled = ENTRIES.replace("<condition>", condition).replace("<shape>", shape)
    return filled.replace("<first>", first).replace("<list>", list_)


LISTS = _entries(
    "part in ('items', 'tracks')",
    "struct(items struct(items json[]), tracks struct(items json[]))",
    "0",
    "case part when 'items' then lines.body.items.items else lines.body.tracks.items end",
)
PAGES = _entries("part = 'page'", "struct(items json[])", "cast(asked ->> 'offset' as integer)", "lines.body.items")

ROWS = (
    ("playlist_entries", LISTS, {"items", "tracks"}),
    ("playlist_entries", PAGES, {"page"}),
    ("answered_objects", OBJECTS, {"object", "objects"}),
)
"""Raw tables, the query for their rows, and the parts that it reads."""


@dataclass(frozen=True)
class Split:
    """A piece after reading: the number of answers, how many have an unknown shape, and its rows, as SQL by table."""

    answers: int
    unknown: int
    rows: tuple[tuple[str, str], ...]


def split(connection: duckdb.DuckDBPyConnection, piece: Piece) -> Split:
    """Read a piece. Its rows can be selected until the next piece is read.

    Raises LandingError for lines that are not envelopes, or not those that the piece was made of.
    """
    connection.execute(f"set variable piece = {path_text(piece.path)}")
    try:
        connection.execute(INCOMING)
    except (duckdb.DataError, duckdb.InvalidInputException) as error:
        raise LandingError(str(error)) from error
    found = connection.execute(FOUND).fetchall()
    if sorted(found, key=str) != sorted(map(_expected, piece.parts), key=str):
        raise LandingError("lines are missing, or are not of the run")
    [(answers, unknown, parts)] = connection.execute(PARTS).fetchall()
    rows = ((table, sql) for table, sql, needed in ROWS if needed & set(parts))
    return Split(answers, unknown, (("answers", ANSWERS), *rows))


def _expected(part: Part) -> tuple[object, ...]:
    lines = part.last - part.first + 1
    return part.file.run, part.first, part.last, lines, lines, lines
