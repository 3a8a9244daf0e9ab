"""Judge the reads of an import: which rows belong to one read, and whether they prove what the playlist contained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from extractor.engines.duckdb.files import number_of
from extractor.imports.problems import MOST_NAMED, Problems

ROWS_AT_ONCE = 250_000
"""Rows of the days that one query reads: what bounds its memory, as long as a day has not more."""

PERSONALISED = (
    "regexp_matches(playlist_id, '^37i9dQZ(F1E|EVX)') and not regexp_matches(playlist_id, '^37i9dQZEVXb[I-R]')"
)
"""Ids of playlists that Spotify fills for each listener, so that each request may show others; not of charts."""

UNTRUSTED_ORDER = "two reads of one instant that differ"
CONTINUED = "another read of the day begins where it ends"
INVERTED = "its day and its observed_at are in another order than those of another read"

LEFT_OUT = """
select count(distinct playlist_id), count(distinct (playlist_id, observed_at))
from rows
where not is_lost and ({is_left_out})
"""

SORT = """
create table entries as
select * exclude (row, file, problem, is_lost), file, row
from rows
where not is_lost and not ({is_left_out})
order by day, playlist_id, observed_at, position
"""

DAYS = "select day, count(*) from entries group by day order by day"

LOST = """
create temp table lost as
select row_number() over () as number, *
from (
    select
        file,
        [row - 1, row + 1] as around,
        case when playlist_id is null then [] else [playlist_id] end as ids,
        case when day is null then [] else [day] end as days,
        false as is_line
    from rows
    where is_lost and row is not null

    union all

    select
        file,
        list_transform(
            range(-1 - blank_lines, 1), lambda step: first_row + line - lines_above - refused.number + step
        ),
        ids,
        days,
        true
    from refused
    left join files using (file)
)
"""
"""Rows and lines of tables that belong to no read, with the numbers of the rows around them. The ids in the text of a
line are those of tracks too."""

# A line that is lost may have been an entry of a read around it, or of any read of the playlist and the day that it
# names. If its file has nothing else, what such a line names is all that is known of the file, and may be cut off.
DOUBTED = """
create temp table doubted as
with near as (
    select number, playlist_id, day
    from (select number, file, unnest(around) as row from lost) as places
    inner join rows using (file, row)
    where not is_lost
),

named as (
    select number, id
    from (select number, is_line, unnest(ids) as id from lost) as ids
    where not is_line or id in (select playlist_id from rows where not is_lost)
),

dated as (
    select number, unnest(days) as day from lost
    union
    select number, day from near
),

alone as (
    select file from lost
    except
    select file from rows where not is_lost
),

possible as (
    select id, day, file in (from alone) as is_alone, is_line
    from lost
    left join named using (number)
    left join dated using (number)
)

select distinct playlist_id, day from near

union

select
    case when is_alone and is_line then null else id end,
    case when is_alone and is_line then null else day end
from possible
where is_alone or id is not null or day is not null
"""
"""Playlists and days of reads that may lack an entry: null is any."""

TABLE = """
create table reads (
    playlist_id varchar, day date, observed_at timestamp, file varchar, row bigint, entries integer, repeated integer,
    total integer, outcome varchar, reason varchar, name varchar, description varchar, owner_id varchar,
    followers bigint, snapshot_id varchar, kind varchar, first_position integer, last_position integer
);
create table restored (playlist_id varchar, day date, observed_at timestamp, number integer, added_at varchar)
"""

# `repeated` are rows that say again what another says: all of them equally often, or they are of a read that has less.
# Rows of two reads that differ are no read: which came last?
JUDGE = """
insert into reads
with found as (
    select
        playlist_id,
        day,
        observed_at,
        coalesce(arg_min(file, row), min(file)) as file,
        min(row) as row,
        count(distinct (position, hash(entry))) filter (entry is not null) as held,
        count(entry) - held as repeated,
        sum(position) filter (entry is not null) as sum_of_places,
        held > 0 and count(*) filter (entry is null and not is_unreadable) > 0 as is_also_empty,
        count(distinct position) as places,
        min(position) as first,
        max(position) as last,
        bool_or(is_unreadable) as has_unreadable,
        count(distinct page) as pages,
        min(page) as first_page,
        min(total) as total,
        min(total) is distinct from max(total) or count(distinct snapshot_id) > 1 as is_mixed,
        bool_and(snapshot_id is not null) as has_snapshot_id,
        max(name) as name,
        max(description) as description,
        max(owner_id) as owner_id,
        max(followers) as followers,
        max(snapshot_id) as snapshot_id,
        max(kind) as kind
    from entries
    where day between $first and $last
    group by playlist_id, day, observed_at
),

judged as (
    select
        *,
        places = last - first + 1 and first <= case when kind = 'chart' then 1 else first end as is_gapless,
        case
            when places < held or is_also_empty then '{untrusted_order}'
            when repeated > 0 and is_gapless and sum_of_places * 2 <> (first + last) * (held + repeated)
                then '{untrusted_order}'
            when repeated > 0 and (held + repeated) % held > 0 then '{untrusted_order}'
            when is_mixed and pages > 1 then 'its pages are of different versions'
            when is_mixed then '{untrusted_order}'
            when pages > 1 and not has_snapshot_id and not $vouched then 'several pages that carry no snapshot_id'
            when has_unreadable then 'an entry can''t be read'
            when total <> held then counted_entries(held) || ' of ' || total
            when last - first >= total or last > total or first_page < 0
                then 'its positions are not those of ' || counted_entries(held)
            when total is null and kind = 'chart' and (held = 0 or first <> 1 or not is_gapless)
                then 'its ranks are not 1 to ' || coalesce(last, 0) || ' without holes'
            when total is null and kind is distinct from 'chart' and not $vouched then 'its total is not known'
            when total is null and held > 0 and (first > 1 or not is_gapless) then 'its positions have holes'
        end as doubt
    from found
)

select
    playlist_id, day, observed_at, file, row, held, repeated, total,
    case when doubt is null then 'complete' else 'partial' end,
    coalesce(doubt, case when total is null and kind is distinct from 'chart' then 'imported: total not known' end),
    name, description, owner_id, followers, snapshot_id, kind, first, last
from judged
"""

# An instant is of one day, and a later one of no earlier day.
JUDGE_ORDER = """
update reads set outcome = 'partial', reason = '{inverted}'
from (
    select playlist_id, day, observed_at
    from reads
    qualify
        day < max(day) over (partition by playlist_id order by observed_at)
        or day > min(day) over (partition by playlist_id order by observed_at desc)
) as found
where
    reads.outcome = 'complete'
    and reads.playlist_id = found.playlist_id
    and reads.day = found.day
    and reads.observed_at = found.observed_at
"""

# The pages of one read, each stamped with its own instant, would be reads that lack what is on the others.
JUDGE_PAGES = """
update reads set outcome = 'partial', reason = '{continued}'
from reads as others
where
    reads.outcome = 'complete'
    and reads.total is null
    and reads.playlist_id = others.playlist_id
    and reads.day = others.day
    and reads.last_position + 1 = others.first_position
"""

# A total equal to the entries proves a read, and ranks prove a chart as far as no line of a chart is lost.
JUDGE_LOST_LINES = """
update reads set outcome = 'partial', reason = 'a line that can''t be read may be of it'
where
    outcome = 'complete'
    and total is null
    and (
        (playlist_id, day) in (select playlist_id, day from doubted where playlist_id is not null and day is not null)
        or day in (select day from doubted where playlist_id is null and day is not null)
        or playlist_id in (select playlist_id from doubted where day is null and playlist_id is not null)
    )
"""
JUDGE_LOST_FILES = """
update reads set outcome = 'partial', reason = 'a file can''t be read: what it held is not known'
where
    outcome = 'complete'
    and total is null
    and kind is distinct from 'chart'
    and (exists (from lost_files) or exists (from doubted where playlist_id is null and day is null))
"""

# What is wrong with all of a file is so with each of its rows.
PROBLEMS = """
from (
    select
        file,
        min(row) as row,
        problem || case when count(*) > 1 then ' (' || count(*) || ' times)' else '' end as problem
    from rows
    where problem is not null
    group by file, rows.problem
)
"""

NAMED = (
    "its ranks are not",
    "its positions have holes",
    "its positions are not those",
    UNTRUSTED_ORDER,
    INVERTED,
    CONTINUED,
)
"""Doubts that are mistakes of the input. The others say what the source does not know, or what a row's problem says."""

# Where a row is: the file, and its line among those that were accepted and refused.
PLACED = """
select
    file || case
        when row is null then ''
        when lines_above is null then ': row ' || number
        else ':' || (number + lines_above + (
            select count(*) from refused
            where refused.file = found.file and refused.line - lines_above - refused.number < found.number
        ))
    end || ': ' || problem
from (
    select places.*, files.lines_above, row - files.first_row + 1 as number
    from (select file, row, problem {found} order by row, file, problem limit {limit}) as places
    left join files using (file)
) as found
"""


@dataclass(frozen=True)
class LeftOut:
    """Playlists that are not imported by rule, and their number of reads."""

    playlists: int
    reads: int


def collect_problems(work: duckdb.DuckDBPyConnection, found: str, problems: Problems) -> None:
    """Add what is wrong to `problems`; `found` are rows of file, row and problem, from their `from` on."""
    named = PLACED.format(found=found, limit=MOST_NAMED)
    for (text,) in work.execute(named).fetchall():
        problems.add(str(text))
        problems.count -= 1
    problems.count += number_of(work, f"select count(*) {found}")


def judge(work: duckdb.DuckDBPyConnection, problems: Problems, *, vouched: bool, leave_out: bool) -> LeftOut:
    """Sort the rows into `entries`, and judge their `reads`; return what was left out as personalised.

    `vouched`: the source says of each read that it is complete, as far as nothing contradicts it.
    """
    collect_problems(work, PROBLEMS, problems)
    work.execute(LOST)
    work.execute(DOUBTED)
    left_out = PERSONALISED if leave_out else "false"
    [(playlists, reads)] = work.execute(LEFT_OUT.format(is_left_out=left_out)).fetchall()
    work.execute(SORT.format(is_left_out=left_out))
    work.execute("drop table rows")
    work.execute(TABLE)
    for first, last in ranges(work.execute(DAYS).fetchall()):
        statement = JUDGE.format(untrusted_order=UNTRUSTED_ORDER)
        work.execute(statement, {"first": first, "last": last, "vouched": vouched})
    work.execute(JUDGE_ORDER.format(inverted=INVERTED))
    work.execute(JUDGE_PAGES.format(continued=CONTINUED))
    work.execute(JUDGE_LOST_LINES)
    work.execute(JUDGE_LOST_FILES)
    doubts = " or ".join(f"reason ^@ '{doubt}'" for doubt in NAMED)
    text = "'playlist ' || playlist_id || ' on ' || day || ': ' || reason as problem"
    collect_problems(work, f"from (select file, row, {text} from reads where {doubts})", problems)  # noqa: S608
    return LeftOut(int(playlists), int(reads))


def ranges(days: list[tuple[object, int]]) -> Iterator[tuple[object, object]]:
    """Yield the first and last day of runs of days with about ROWS_AT_ONCE rows."""
    first, size = None, 0
    for number, (day, rows) in enumerate(days):
        first, size = first or day, size + rows
        if size >= ROWS_AT_ONCE or number + 1 == len(days):
            yield first, day
            first, size = None, 0
