"""Schema `spotify`: what the last passed build made, in one transaction, and otherwise left alone."""

import pytest

from extractor.config import Config
from extractor.errors import BuildError, WarehouseError
from extractor.postgres.build import PASSED, REMEMBER
from extractor.postgres.publish import publish
from extractor.postgres.report import report
from extractor.publish import ANSWERS
from tests.cluster import Database
from tests.extractor.conftest import empty_marts

MADE = """
insert into main.playlists (playlist_id, name, is_watched) values ('L', 'it''s', true), ('M', null, false);
insert into main.playlist_days (playlist_id, date, outcome) values ('L', '2026-01-01', 'complete');
comment on table main.playlists is 'what''s "watched" %s';
comment on column main.playlists.name is 'the owner''s';
alter table main.track_info rename to info;
create view main.track_info as select * from main.info;
alter table main.info set schema intermediate;
"""
CONFIG = Config(target="postgres")


@pytest.fixture
def built(server: Database) -> Database:
    """Make marts, one of them a view, as a passed build leaves them."""
    server.rows("create schema main;" + "".join(empty_marts()) + MADE)
    passes(server)
    return server


def passes(server: Database) -> None:
    server.rows(f"{PASSED}; delete from raw.passed; {REMEMBER}")


def names(server: Database) -> list[tuple[object, ...]]:
    """Return the published lists, and the transaction that wrote each."""
    return server.rows("select name, xmin::text from spotify.playlists order by playlist_id")


def test_only_a_passed_build_is_published(server: Database) -> None:
    with pytest.raises(BuildError, match=r"never built; run `\./run\.sh build --target postgres` first"):
        publish(CONFIG, False)
    assert server.rows("select to_regnamespace('spotify') is null") == [(True,)]


def test_what_was_built_since_without_its_tests_is_not_published(built: Database) -> None:
    built.rows("insert into raw.built values ('some_model', 8)")
    with pytest.raises(BuildError):
        publish(CONFIG, False)


def test_publishing_again_writes_no_row(built: Database) -> None:
    publish(CONFIG, False)
    before = names(built)
    publish(CONFIG, False)
    assert names(built) == before


def test_only_rows_that_differ_are_written(built: Database) -> None:
    publish(CONFIG, False)
    [kept, (_, written)] = names(built)
    built.rows("update main.playlists set name = 'new' where name is null")
    passes(built)
    publish(CONFIG, False)
    [still, (name, written_then)] = names(built)
    assert (still, name) == (kept, "new")
    assert written_then != written


def test_an_analysts_view_survives(built: Database) -> None:
    publish(CONFIG, False)
    built.rows("create schema mine; create view mine.watched as select name from spotify.playlists where is_watched")
    built.rows("update main.playlists set is_watched = true")
    publish(CONFIG, True)
    assert built.rows("select count(*) from mine.watched") == [(2,)]


def test_a_table_with_other_columns_is_made_anew(built: Database) -> None:
    publish(CONFIG, False)
    built.rows("alter table main.playlists add column more integer default 5")
    publish(CONFIG, False)
    assert built.rows("select more from spotify.playlists") == [(5,), (5,)]


def test_a_publication_that_fails_changes_nothing(built: Database) -> None:
    publish(CONFIG, False)
    before = names(built)
    built.rows("update main.playlists set name = 'new'; create view main.zzz as select 1 / 0 as never")
    with pytest.raises(WarehouseError, match="division by zero"):
        publish(CONFIG, False)
    assert names(built) == before


def test_a_reader_sees_one_state_and_waits_for_nothing(built: Database) -> None:
    publish(CONFIG, False)
    reader = built.connect()
    with reader, reader.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        cursor.execute("select count(*) from spotify.playlists where name = 'new'")
        built.rows("update main.playlists set name = 'new'")
        publish(CONFIG, False)  # while the reader reads
        cursor.execute("select count(*) from spotify.playlists where name = 'new'")
        assert cursor.fetchall() == [(0,)]
    reader.close()
    assert [name for name, _ in names(built)] == ["new", "new"]


def test_tables_and_columns_have_their_comments(built: Database) -> None:
    publish(CONFIG, False)
    comments = "select obj_description(oid), col_description(oid, 2) from pg_class where relname = 'playlists'"
    assert built.rows(f"{comments} and relnamespace = 'spotify'::regnamespace") == [
        ('what\'s "watched" %s', "the owner's")
    ]


def test_every_answer_has_a_comment_that_tells_what_it_is(built: Database) -> None:
    publish(CONFIG, False)
    of_spotify = "select proname, obj_description(oid) from pg_proc where pronamespace = 'spotify'::regnamespace"
    found: dict[str, str] = dict(built.rows(of_spotify))
    assert found.keys() == set(ANSWERS)
    assert all(comment and comment.endswith(".") for comment in found.values())


@pytest.mark.usefixtures("built")
def test_the_status_tells_what_is_published() -> None:
    assert report(CONFIG).at is None
    publish(CONFIG, False)
    found = report(CONFIG)
    assert found.where.startswith("schema spotify of ")
    assert (str(found.through), found.names, found.problems) == ("2026-01-01", {"L": "it's", "M": ""}, [])
    assert found.at is not None
