"""Publish the marts and the answers in schema `spotify`: only what changed, in one transaction.

Readers see the previous state until the commit. Tables are updated, not replaced, so views on them survive.

Only rows that may differ are compared: those that satisfy the condition `meta.rows_to_publish` in a mart's properties.
In it, `[new fact]` selects the rows of facts and derived tables that are newer than what is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import cursor as Cursor  # noqa: N812 (a class)

from extractor.config.settings import Config
from extractor.engines.base import Build, Published, check_passed
from extractor.engines.dbt import marts
from extractor.engines.functions import FUNCTIONS, Function, comment_of, file_of
from extractor.engines.postgres.build import last_build
from extractor.engines.postgres.server import ALONE, place, transaction

MARTS = """
select relname from pg_class
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

# Whole rows are compared, by hashing; nulls are equal.
MADE = "create temp table made on commit drop as select * from {made} where {scope}"
DELETE = "delete from {published} as old where ({scope}) and not exists (select from made as new where new = old)"
INSERT = "insert into {published} select * from made except select * from {published} where {scope}"

# Rows outside the condition must be as they were published, so the tables are read-only, like the file of DuckDB.
GUARD = """
create or replace function state.refuse_edit() returns trigger language plpgsql as $$
begin
    if coalesce(current_setting('spotify.publishes', true), '') <> 'true' then
        raise exception 'only ./run.sh publish writes to the tables of schema spotify; copy them to change a row';
    end if;
    return null;
end
$$;
set local spotify.publishes to true
"""
GUARDED = """
create trigger published before insert or update or delete or truncate on {published}
for each statement execute function state.refuse_edit()
"""

# base: a hash of what must be the same for numbers of builds and rows to be comparable: the table of builds, and the
# definitions of views, which another version of this program may have changed.
PUBLISHED = """
create table if not exists state.published (
    build_number integer, up_to_load integer, base varchar, published_at timestamptz
)
"""
BASE = """
select md5(concat_ws(',', to_regclass('state.builds')::oid, string_agg(pg_get_viewdef(oid), ',' order by relname)))
from pg_class
where relnamespace = to_regnamespace('main') and relkind = 'v'
"""
# A full refresh rewrites rows, also those that are not newer than what is published.
LAST_PUBLISHED_LOAD = """
select published.up_to_load
from state.published
inner join state.builds using (build_number, up_to_load)
where
    builds.has_passed
    and published.base = %s
    and not exists (
        select from state.builds as refreshes
        where refreshes.is_full_refresh and refreshes.build_number > published.build_number
    )
"""
PUBLISHED_BUILD = "select build_number, up_to_load from state.published where base = %s"
# A run that had nothing to request lands only its start and its end; those wait for the next build, unless the run
# watches other playlists or tracks than the run before.
HAS_NEWS = """
select
    exists (select from raw.answers where load_number > %(load)s and endpoint <> 'runs')
    or exists (
        select from raw.answers
        where
            load_number > %(load)s
            and body ->> 'event' = 'start'
            and body ->> 'kind' is distinct from 'import'
            and body ->> 'watched' is distinct from (
                select watched from intermediate.int_runs where kind = 'read' order by started_at desc limit 1
            )
    )
"""
IS_PUBLISHED = "select to_regclass('state.published') is not null"
SIZE = "select coalesce(sum(pg_total_relation_size(oid)), 0) from pg_class where relnamespace = 'spotify'::regnamespace"


@dataclass(frozen=True)
class _Mart:
    """A table or view of schema `main`: the condition for rows that may have changed, and its indexes."""

    name: str
    scope: str
    indexes: tuple[str, ...]

    @property
    def made(self) -> str:
        return f'main."{self.name}"'

    @property
    def published(self) -> str:
        return f'spotify."{self.name}"'


def publish(config: Config) -> Published:
    """Update schema `spotify` to match the marts; equal rows are not touched.

    A table whose columns have changed is recreated, and views on it are dropped.

    Raises BuildError unless the last build passed.
    """
    properties = {mart["name"]: mart["config"].get("meta", {}) for mart in marts(config)}
    with transaction() as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [ALONE])
        build = check_passed(last_build(cursor), config.target, place(), "Nothing was published")
        cursor.execute("create schema if not exists spotify")
        cursor.execute(PUBLISHED)
        cursor.execute(GUARD)
        for mart in _marts(cursor, properties):
            _publish_mart(cursor, mart)
        define_functions(cursor)
        _remember(cursor, build)
        [(size,)] = _rows(cursor, SIZE)
    return Published(f"schema spotify of {place()}", int(size))


def define_functions(cursor: Cursor) -> None:
    """Define the functions in schema `spotify`, with their comments."""
    for name in ("error", *FUNCTIONS):  # DuckDB has a function `error` of its own
        own = file_of(name, "postgres")
        if own.exists():
            definition = own.read_text("utf-8")
            comment = comment_of(definition)
        else:
            function = Function.of(name)
            definition, comment = function.postgres(), function.comment
        cursor.execute(definition)
        cursor.execute(f"comment on function spotify.{name} is %s", [comment])


def is_published(_: Config) -> bool:
    """Return whether the last publication is of the last build, which passed, and no load came since."""
    with transaction() as connection, connection.cursor() as cursor:
        build = last_build(cursor)
        if build is None or not build.has_passed or _rows(cursor, IS_PUBLISHED) == [(False,)]:
            return False
        if _rows(cursor, PUBLISHED_BUILD, _base(cursor)) != [(build.build_number, build.up_to_load)]:
            return False
        cursor.execute(HAS_NEWS, {"load": build.up_to_load})
        return cursor.fetchall() == [(False,)]


def _marts(cursor: Cursor, properties: dict[str, dict[str, Any]]) -> list[_Mart]:
    newer_than = _rows(cursor, LAST_PUBLISHED_LOAD, _base(cursor))
    found = []
    for (name,) in _rows(cursor, MARTS):
        meta = properties.get(name, {})
        scope = meta.get("rows_to_publish", "true") if newer_than else "true"
        scope = scope.replace("[new fact]", f"load_number > {newer_than[0][0]}") if newer_than else scope
        found.append(_Mart(name, scope, tuple(meta.get("indexes", ()))))
    return found


def _publish_mart(cursor: Cursor, mart: _Mart) -> None:
    if _rows(cursor, COLUMNS, mart.made) != _rows(cursor, COLUMNS, mart.published):
        cursor.execute(f"drop table if exists {mart.published} cascade")
        cursor.execute(f"create table {mart.published} as table {mart.made}")
        cursor.execute(GUARDED.format(published=mart.published))
    else:
        # materialized once for both statements
        for statement in (MADE, "analyze made", DELETE, INSERT, "drop table made"):
            cursor.execute(statement.format(made=mart.made, published=mart.published, scope=mart.scope))
    for number, index in enumerate(mart.indexes, 1):
        cursor.execute(f'create index if not exists "{mart.name}_{number}" on {mart.published} using {index}')
    cursor.execute(f"analyze {mart.published}")
    for (comment,) in _rows(cursor, COMMENTS, mart.made, mart.made):
        cursor.execute(comment)


def _remember(cursor: Cursor, build: Build) -> None:
    cursor.execute("delete from state.published")
    published = [build.build_number, build.up_to_load, _base(cursor)]
    cursor.execute("insert into state.published values (%s, %s, %s, now())", published)


def _base(cursor: Cursor) -> str:
    return str(_rows(cursor, BASE)[0][0])


def _rows(cursor: Cursor, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    cursor.execute(sql, parameters or None)
    return list(cursor.fetchall())
