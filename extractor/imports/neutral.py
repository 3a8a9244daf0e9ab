"""The neutral snapshot table: one row per entry of a playlist on a day. Every source is mapped to it.

A read is the rows of one playlist, day and instant. A row without a position is a read of an empty playlist; one with a
position but without a track is a null entry.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import duckdb

from extractor.engines.duckdb.files import named

COLUMNS = (
    "playlist_id",
    "day",
    "position",
    "track_id",
    "uri",
    "added_at",
    "observed_at",
    "playlist_name",
    "playlist_description",
    "owner_id",
    "followers",
    "snapshot_id",
    "total",
    "track_name",
    "artists",
    "album",
    "release_date",
    "duration_ms",
    "isrc",
    "explicit",
    "popularity",
    "streams",
    "kind",
)
"""The columns of the neutral table, all of them text, numbers or dates. `artists` may be an array of names."""

REQUIRED = ("playlist_id", "day", "position")
IDENTIFYING = ("track_id", "uri")
"""At least one of these is required too."""

OF_SOURCES = ("item", "page")
"""Columns that only sources of this package have: the API's own object of an entry, and the page that it was on. Those
of tables with such a name are of another kind, and not used."""

MOST = 2**31 - 1
MOST_STREAMS = 2**53

FIRST_DAY = date(2006, 1, 1)
"""Before it there was no Spotify."""

TABLE = """
create macro json_text(value) as cast(to_json(value) as varchar);
create macro counted_entries(number) as number || case number when 1 then ' entry' else ' entries' end;
create macro whole(value, most) as case
    when try_cast(value as double) = try_cast(value as bigint) and try_cast(value as bigint) between 0 and most
        then try_cast(value as bigint)
end;
create macro is_of_no_form(value, most) as whole(value, most) is null and trim(value) <> '';
create table rows (
    file varchar, row bigint, playlist_id varchar, day date, observed_at timestamp, page integer, position integer,
    track_id varchar, added_at varchar, entry varchar, is_unreadable boolean, problem varchar, name varchar,
    description varchar, owner_id varchar, followers bigint, snapshot_id varchar, total integer, kind varchar,
    is_lost boolean
);
create table files (file varchar, first_row bigint, lines_above integer);
create table refused (
    file varchar, line bigint, number bigint, ids varchar[], days date[], blank_lines bigint
);
create table lost_files (problem varchar)
"""
"""`files` has the number of the first row of each table, and the lines above it, null if it has no lines. `refused` are
lines that have no row, each with the ids and days in its text, and the number of blank lines of its file, which may be
above it. The rows of documents, such as the files of a commit, have no number. A row that is lost belongs to no read:
its playlist, as far as it names one, may be of no form, and its day is null if it is none."""

PLAYLIST = (
    r"^(?:(?:https?://)?open\.spotify\.com/(?:intl-\w+/)?(?:user/[^/]+/)?playlist/|spotify:(?:user:[^:]+:)?playlist:)?"
    r"([0-9A-Za-z]{22})/?(?:[?#].*)?$"
)
CHART = r"^chart:[0-9A-Za-z_.-]+:[0-9A-Za-z_.-]+$"
THING = r"^(?:(?:https?://)?open\.spotify\.com/(?:intl-\w+/)?(\w+)/|spotify:(\w+):)?([0-9A-Za-z]{22})/?(?:[?#].*)?$"
OTHER_URI = r"^spotify:(\w+):.*$"

NORMALIZE = r"""
insert into rows
with source as (select {columns} from {relation}),

texts as (
    select
        *,
        coalesce(
            nullif(regexp_extract(trim(playlist_id), '{playlist}', 1), ''),
            nullif(regexp_extract(trim(playlist_id), '{chart}', 0), '')
        ) as found_playlist,
        coalesce(
            case when length(trim(day)) <= 10 then try_cast(trim(day) as date) end,
            cast(try_strptime(trim(day), '%Y%m%d') as date),
            cast(cast(try_cast(trim(day) as timestamptz) as timestamp) as date)
        ) as found_day,
        cast(try_cast(nullif(trim(observed_at), '') as timestamptz) as timestamp) as found_instant,
        whole(position, {most}) as place,
        coalesce(nullif(trim(track_id), ''), nullif(trim(uri), '')) as thing,
        regexp_extract(thing, '{thing}', ['web', 'app', 'id']) as parts,
        nullif(parts['id'], '') as found_id,
        case
            when found_id is not null then coalesce(nullif(parts['web'], ''), nullif(parts['app'], ''), 'track')
            when thing not like 'spotify:track:%' then nullif(regexp_extract(thing, '{other_uri}', 1), '')
        end as found_type,
        case when found_id is null then thing else 'spotify:' || found_type || ':' || found_id end as found_uri,
        cast(try_cast(nullif(trim(added_at), '') as timestamptz) as timestamp) as claim,
        coalesce(nullif(kind, ''), case when found_playlist ^@ 'chart:' then 'chart' end) as found_kind
    from source
),

items as (
    select
        *,
        found_day between date '{first_day}' and date '{today}' as is_possible,
        coalesce(
            item,
            case when found_type is not null then '{{' || concat_ws(
                ',',
                '"id":"' || found_id || '"',
                '"uri":' || json_text(found_uri),
                '"type":' || case found_type when 'local' then '"track","is_local":true' else json_text(found_type) end,
                '"name":' || json_text(track_name),
                '"artists":' || json_text(list_transform(
                    case
                        when artists ^@ '[' and json_valid(artists) then list_transform(
                            from_json(artists, '["json"]'), lambda artist: coalesce(artist ->> 'name', artist ->> '$')
                        )
                        when artists ^@ '[' then list_transform(  -- as Python shows a list
                            regexp_extract_all(artists, '''[^'']*''|"[^"]*"'), lambda shown: shown[2:-2]
                        )
                        else list_transform(string_split(artists, ';'), lambda name: trim(name))
                    end,
                    lambda name: {{'name': name}}
                )),
                '"album":{{' || nullif(concat_ws(
                    ',', '"name":' || json_text(album), '"release_date":' || json_text(release_date)
                ), '') || '}}',
                '"duration_ms":' || whole(duration_ms, {most}),
                '"explicit":' || try_cast(explicit as boolean),
                '"external_ids":{{"isrc":' || json_text(isrc) || '}}',
                '"popularity":' || whole(popularity, 100)
            ) || '}}' end,
            'null'
        ) as content
    from texts
),

judged as (
    select
        *,
        case
            when found_playlist is null then 'playlist_id ' || coalesce(json_text(playlist_id), 'is missing')
            when found_day is null then 'day ' || coalesce(json_text(day), 'is missing')
            when not is_possible then 'day ' || found_day || ' can''t have been observed'
            when found_instant is null and trim(observed_at) <> '' then 'observed_at ' || json_text(observed_at)
            when abs(date_diff('day', cast(found_instant as date), found_day)) > 1
                then 'observed_at ' || json_text(observed_at) || ' is not on day ' || found_day
        end as refusal,
        case
            when place is null and (thing is not null or item is not null or trim(position) <> '')
                then 'position ' || coalesce(json_text(position), 'is missing')
            when thing is not null and found_type is null then 'id ' || json_text(thing)
        end as fault,
        case
            when claim is null and trim(added_at) <> '' then 'added_at ' || json_text(added_at)
            when is_of_no_form(popularity, 100) then 'popularity ' || json_text(popularity)
            when is_of_no_form(duration_ms, {most}) then 'duration_ms ' || json_text(duration_ms)
            when is_of_no_form(followers, {most}) then 'followers ' || json_text(followers)
            when is_of_no_form(total, {most}) then 'total ' || json_text(total)
            when is_of_no_form(streams, {most_streams}) then 'streams ' || json_text(streams)
        end as doubt
    from items
)

select
    file,
    row,
    coalesce(found_playlist, nullif(trim(playlist_id), '')),
    case when is_possible then found_day end,
    coalesce(found_instant, found_day),
    try_cast(page as integer),
    place,
    coalesce(case when found_type = 'track' then found_id end, item ->> 'id'),
    strftime(claim, '%Y-%m-%dT%H:%M:%SZ'),
    case when place is not null and fault is null then '{{' || concat_ws(
        ',',
        '"added_at":' || coalesce(json_text(strftime(claim, '%Y-%m-%dT%H:%M:%SZ')), 'null'),
        '"item":' || content,
        case when found_kind = 'chart' then '"chart":{{' || concat_ws(
            ',', '"rank":' || place, '"streams":' || whole(streams, {most_streams})
        ) || '}}' end
    ) || '}}' end,
    fault is not null,
    coalesce(refusal, fault, doubt),
    nullif(playlist_name, ''),
    nullif(playlist_description, ''),
    nullif(owner_id, ''),
    whole(followers, {most}),
    nullif(snapshot_id, ''),
    whole(total, {most}),
    found_kind,
    refusal is not null
from judged
"""


def missing_columns(found: Collection[str]) -> list[str]:
    """Return the required columns that are not among those found, in lower case."""
    missing = [name for name in REQUIRED if name not in found]
    return missing if any(name in found for name in IDENTIFYING) else [*missing, " or ".join(IDENTIFYING)]


def add_rows(
    work: duckdb.DuckDBPyConnection, relation: str, found: Mapping[str, str], today: date, file: str, row: str
) -> None:
    """Add a relation in neutral columns to the table `rows`. `found` has its columns in lower case, with their types.

    `file` and `row` are SQL expressions over it that say where a row comes from, for messages.
    """
    columns = [f"{file} as file", f"{row} as row"]
    for name in (*COLUMNS, *OF_SOURCES):
        value = "null" if name not in found else f"to_json({named(name)})" if "[]" in found[name] else named(name)
        columns.append(f"cast({value} as varchar) as {name}")
    work.execute(
        NORMALIZE.format(
            columns=", ".join(columns),
            relation=relation,
            playlist=PLAYLIST,
            chart=CHART,
            thing=THING,
            other_uri=OTHER_URI,
            most=MOST,
            most_streams=MOST_STREAMS,
            first_day=FIRST_DAY,
            today=today,
        )
    )


def columns_of(work: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Return the columns of a relation, in lower case, with their types."""
    return {str(name).lower(): str(kind) for name, kind, *_ in work.execute(f"describe {relation}").fetchall()}
