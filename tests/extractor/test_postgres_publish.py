"""Schema `spotify`: the result of the last passed build, published in one transaction, otherwise unchanged."""

import json
from pathlib import Path

import psycopg2
import pytest

from extractor.config.settings import Config
from extractor.engines.functions import FUNCTIONS
from extractor.engines.postgres.publish import is_published, publish
from extractor.engines.postgres.report import report
from extractor.engines.postgres.server import connected
from extractor.errors import BuildError, WarehouseError
from tests.cluster import Database
from tests.extractor.conftest import empty_marts
from tests.extractor.test_postgres_build import STATE

MADE = """
insert into main.playlists (playlist_id, playlist_name, is_watched) values ('L', 'it''s', true), ('M', null, false);
insert into main.playlist_days (playlist_id, date, outcome) values ('L', '2026-01-01', 'complete');
comment on table main.playlists is 'what''s "watched" %s';
comment on column main.playlists.playlist_name is 'the owner''s';
alter table main.track_info rename to info;
create view main.track_info as select * from main.info;
create schema intermediate;
alter table main.info set schema intermediate;
create table intermediate.renamed (playlist_id varchar, load_number integer);
create table intermediate.int_runs (watched varchar, kind varchar, started_at timestamp);
create schema raw;
create table raw.answers (endpoint varchar, body jsonb, load_number integer);
"""
SCOPE = "playlist_id in (select playlist_id from intermediate.renamed where [new fact])"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a configuration with a dbt manifest, in which playlists change only by a rename."""
    meta = {"rows_to_publish": SCOPE, "indexes": ["btree (playlist_id)"]}
    mart = {"resource_type": "model", "name": "playlists", "schema": "main", "config": {"meta": meta}}
    (tmp_path / "dbt").mkdir()
    (tmp_path / "dbt" / "manifest.json").write_text(json.dumps({"nodes": {"model.spotify.playlists": mart}}))
    return Config(target="postgres", warehouse=tmp_path / "warehouse.duckdb")


@pytest.fixture
def built(server: Database) -> Database:
    """Make marts, one of them a view, such as a passed build leaves."""
    server.rows("create schema main;" + "".join(empty_marts()) + MADE)
    builds(server, load=1)
    return server


def builds(server: Database, load: int, *, passes: bool = True, refreshes: bool = False) -> None:
    """Add the rows that a build up to a load leaves in state.builds."""
    values = "select coalesce(max(build_number), 0) + 1, %s, %s, %s, %s, 1 from state.builds"
    server.rows(STATE)
    server.rows(f"insert into state.builds {values}", load, refreshes, refreshes, passes)


def renames(server: Database, playlist: str, load: int) -> None:
    """Simulate a build up to a load that finds a renamed playlist."""
    server.rows("update main.playlists set playlist_name = 'new' where playlist_id = %s", playlist)
    server.rows("insert into intermediate.renamed values (%s, %s)", playlist, load)
    builds(server, load)


def names(server: Database) -> list[tuple[object, ...]]:
    """Return the published playlists, and the transaction that wrote each."""
    return server.rows("select playlist_name, xmin::text from spotify.playlists order by playlist_id")


def test_only_a_passed_build_is_published(server: Database, config: Config) -> None:
    with pytest.raises(BuildError, match=r"there is none; run `\./run\.sh build --target postgres` first"):
        publish(config)
    assert server.rows("select to_regnamespace('spotify') is null") == [(True,)]


def test_nothing_is_published_after_a_build_that_did_not_pass(built: Database, config: Config) -> None:
    builds(built, load=2, passes=False)
    with pytest.raises(BuildError):
        publish(config)


def test_publish_is_idempotent(built: Database, config: Config) -> None:
    publish(config)
    before = names(built)
    for refreshes in (False, True):
        builds(built, load=1, refreshes=refreshes)
        publish(config)
    assert names(built) == before


def test_publish_writes_only_changed_rows(built: Database, config: Config) -> None:
    publish(config)
    [kept, (_, written)] = names(built)
    renames(built, "M", load=2)
    publish(config)
    [still, (name, written_then)] = names(built)
    assert (still, name) == (kept, "new")
    assert written_then != written


def test_publish_compares_only_rows_the_build_may_have_changed(built: Database, config: Config) -> None:
    publish(config)
    built.rows("update main.playlists set playlist_name = 'not by a build' where playlist_id = 'L'")
    renames(built, "M", load=2)
    publish(config)
    assert [name for name, _ in names(built)] == ["it's", "new"]


def test_publish_includes_changes_of_earlier_unpublished_builds(built: Database, config: Config) -> None:
    publish(config)
    renames(built, "L", load=2)
    builds(built, load=3, passes=False)
    renames(built, "M", load=3)
    publish(config)
    assert [name for name, _ in names(built)] == ["new", "new"]


@pytest.mark.parametrize(
    "happens",
    [
        "insert into state.builds values (2, 1, true, true, false, 1)",  # a full refresh that failed
        "drop table state.builds",  # a database that was rebuilt, beside the schema that was published from it
        "delete from state.published",
        "create or replace view main.track_info as select * from intermediate.info where true and track_id > ''",
    ],
)
def test_publish_compares_all_rows_if_the_published_base_is_unknown(
    built: Database, config: Config, happens: str
) -> None:
    publish(config)
    built.rows("update main.playlists set playlist_name = 'new'")
    built.rows(happens)
    builds(built, load=1)
    publish(config)
    assert [name for name, _ in names(built)] == ["new", "new"]


@pytest.mark.parametrize(
    "edit",
    [
        "update spotify.playlists set playlist_name = 'mine'",
        "delete from spotify.playlists",
        "insert into spotify.playlists (playlist_id) values ('N')",
        "truncate spotify.playlists",
    ],
)
def test_published_tables_are_read_only(built: Database, config: Config, edit: str) -> None:
    publish(config)
    with pytest.raises(psycopg2.errors.RaiseException, match=r"only \./run\.sh publish"):
        built.rows(edit)


def test_published_indexes_match_the_model_properties(built: Database, config: Config) -> None:
    for _ in range(2):
        publish(config)
    indexes = built.rows("select tablename, indexdef from pg_indexes where schemaname = 'spotify'")
    assert [(table, index.partition("USING ")[2]) for table, index in indexes] == [("playlists", "btree (playlist_id)")]


def test_is_published_is_false_until_the_last_build_is_published(built: Database, config: Config) -> None:
    built.rows("insert into intermediate.int_runs values ('watched', 'read', '2026-01-01')")
    assert not is_published(config)
    publish(config)
    assert is_published(config)
    add = "insert into raw.answers select 'runs', jsonb_build_object('event', 'start', 'watched', %s), 2"
    built.rows(add, "watched")
    assert is_published(config), "a run that asked for nothing"
    built.rows(add, "another list")
    assert not is_published(config)
    builds(built, load=2)
    assert not is_published(config)
    publish(config)
    assert is_published(config)
    builds(built, load=2, passes=False)
    assert not is_published(config)


def test_publish_keeps_an_analysts_view(built: Database, config: Config) -> None:
    publish(config)
    built.rows(
        "create schema mine; create view mine.watched as select playlist_name from spotify.playlists where is_watched"
    )
    built.rows("update main.playlists set is_watched = true")
    builds(built, load=1, refreshes=True)
    publish(config)
    assert built.rows("select count(*) from mine.watched") == [(2,)]


def test_table_with_changed_columns_is_rebuilt(built: Database, config: Config) -> None:
    publish(config)
    built.rows("alter table main.playlists add column more integer default 5")
    publish(config)
    assert built.rows("select more from spotify.playlists") == [(5,), (5,)]


def test_failed_publish_is_rolled_back(built: Database, config: Config) -> None:
    publish(config)
    before = names(built)
    built.rows("update main.playlists set playlist_name = 'new'; create view main.zzz as select 1 / 0 as never")
    with pytest.raises(WarehouseError, match="division by zero"):
        publish(config)
    assert names(built) == before


def test_reader_sees_a_consistent_state_and_never_waits(built: Database, config: Config) -> None:
    publish(config)
    reader = built.connect()
    with reader, reader.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        cursor.execute("select count(*) from spotify.playlists where playlist_name = 'new'")
        built.rows("update main.playlists set playlist_name = 'new'")
        builds(built, load=1, refreshes=True)
        publish(config)  # while the reader reads
        cursor.execute("select count(*) from spotify.playlists where playlist_name = 'new'")
        assert cursor.fetchall() == [(0,)]
    reader.close()
    assert [name for name, _ in names(built)] == ["new", "new"]


def test_tables_and_columns_have_comments(built: Database, config: Config) -> None:
    publish(config)
    comments = "select obj_description(oid), col_description(oid, 2) from pg_class where relname = 'playlists'"
    assert built.rows(f"{comments} and relnamespace = 'spotify'::regnamespace") == [
        ('what\'s "watched" %s', "the owner's")
    ]


def test_every_function_has_a_comment_that_describes_it(built: Database, config: Config) -> None:
    publish(config)
    of_spotify = "select proname, obj_description(oid) from pg_proc where pronamespace = 'spotify'::regnamespace"
    found: dict[str, str] = dict(built.rows(of_spotify))
    assert found.keys() == {"error", *FUNCTIONS}
    assert all(comment and comment.endswith(".") for comment in found.values())


def test_nothing_that_others_create_in_public_is_ever_called(built: Database, config: Config) -> None:
    built.rows("create function public.count(bigint) returns bigint language sql as 'select 1/0'")
    built.rows("create table public.playlists (trap integer)")
    publish(config)
    found = built.rows(
        "select proname from pg_proc where pronamespace = 'spotify'::regnamespace "
        "and not coalesce(proconfig, '{}') @> array['search_path=pg_catalog, spotify, pg_temp'] "
        "and proname not in ('error', 'can_be')"
    )
    assert found == []
    with connected() as connection, connection.cursor() as cursor:
        cursor.execute("show search_path")
        assert cursor.fetchall() == [("pg_catalog,pg_temp",)]


@pytest.mark.usefixtures("built")
def test_status_reports_what_is_published(config: Config) -> None:
    assert report(config).at is None
    publish(config)
    found = report(config)
    assert found.where.startswith("schema spotify of ")
    assert (str(found.through), found.names, found.problems) == ("2026-01-01", {"L": "it's", "M": ""}, [])
    assert found.at is not None
