"""The marts and the answers for readers, in schema `spotify`: what changed, in one transaction.

Whoever reads sees the state before until it is committed; tables stay the same tables, so views on them survive.
"""

from __future__ import annotations

from typing import Any

from psycopg2.extensions import cursor as Cursor  # noqa: N812 (a class)

from extractor.config import Config
from extractor.errors import BuildError
from extractor.postgres.build import has_passed
from extractor.postgres.server import ALONE, place, transaction
from extractor.publish import ANSWERS, Published, comment_of
from extractor.transform import PROJECT

MARTS = """
select relname, relkind = 'v' from pg_class
where relnamespace = to_regnamespace('main') and relkind in ('r', 'v')
order by relname
"""
COLUMNS = """
select attname, format_type(atttypid, atttypmod) from pg_attribute
where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
order by attnum
"""
COMMENTS = """
select format('comment on table spotify.%%I is %%L', relname, obj_description(oid))
from pg_class
where oid = %s::regclass
union all
select format('comment on column spotify.%%I.%%I is %%L', relname, attname, col_description(attrelid, attnum))
from pg_attribute inner join pg_class on pg_class.oid = attrelid
where attrelid = %s::regclass and attnum > 0 and not attisdropped
"""

# Rows are compared whole, by hashing; nulls are equal.
DELETE = "delete from {published} as old where not exists (select from {made} as new where new = old)"
INSERT = "insert into {published} select * from {made} except select * from {published}"

INDEXES = {
    "tracks_in_playlist": ("playlist_id, added_at", "track_id"),
    "tracklists": ("playlist_id, first_day",),
    "playlist_days": ("playlist_id, date",),
    "track_daily_popularity": ("track_id, date",),
    "track_info": ("track_id", "upper(isrc)"),
}
"""What the answers look for."""

REMEMBER = """
create table if not exists raw.published (published_at timestamptz);
delete from raw.published;
insert into raw.published values (now());
"""
SIZE = "select coalesce(sum(pg_total_relation_size(oid)), 0) from pg_class where relnamespace = 'spotify'::regnamespace"


def publish(_: Config, __: bool) -> Published:
    """Make schema `spotify` what the marts are; rows that are the same are not touched.

    A table whose columns have changed is made anew, and views on it go. Raises BuildError unless a build has passed.
    """
    with transaction() as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [ALONE])
        if not has_passed(cursor):
            raise BuildError(
                f"{place()}: changed since the last build that passed its tests, or never built; "
                "run `./run.sh build --target postgres` first. Nothing is published"
            )
        cursor.execute("create schema if not exists spotify")
        for mart, is_view in _rows(cursor, MARTS):
            _bring_in_line(cursor, mart, is_view)
        for name in ANSWERS:
            definition = (PROJECT / "answers" / "postgres" / f"{name}.sql").read_text("utf-8")
            cursor.execute(definition)
            cursor.execute(f"comment on function spotify.{name} is %s", [comment_of(definition)])
        cursor.execute(REMEMBER)
        [(size,)] = _rows(cursor, SIZE)
    return Published(f"schema spotify of {place()}", int(size))


def _bring_in_line(cursor: Cursor, mart: str, is_view: bool) -> None:
    made, published = f'main."{mart}"', f'spotify."{mart}"'
    if _rows(cursor, COLUMNS, made) != _rows(cursor, COLUMNS, published):
        cursor.execute(f"drop table if exists {published} cascade")
        cursor.execute(f"create table {published} as table {made}")
    else:
        if is_view:  # worked out once, for both statements
            made = f'pg_temp."{mart}"'
            cursor.execute(f'create temp table "{mart}" on commit drop as table main."{mart}"')
        cursor.execute(DELETE.format(made=made, published=published))
        cursor.execute(INSERT.format(made=made, published=published))
    for number, columns in enumerate(INDEXES.get(mart, ()), 1):
        cursor.execute(f'create index if not exists "{mart}_{number}" on {published} ({columns})')
    cursor.execute(f"analyze {published}")
    for (comment,) in _rows(cursor, COMMENTS, f'main."{mart}"', f'main."{mart}"'):
        cursor.execute(comment)


def _rows(cursor: Cursor, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    cursor.execute(sql, parameters or None)
    return list(cursor.fetchall())
