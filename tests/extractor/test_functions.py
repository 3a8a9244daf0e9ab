"""The published functions in cases that the histories of tests/pipeline do not cover."""

from datetime import date

import duckdb

from extractor.engines.functions import FUNCTIONS, define
from tests.extractor.conftest import empty_marts

STAYS = """
insert into track_info (track_id, isrc) values ('A', 'I'), ('B', 'i');
insert into playlists (playlist_id, label) values ('L', 'a list');
insert into tracks_in_playlist (playlist_id, track_id, stay_number, added_at, first_seen, last_seen, is_current) values
    ('L', 'A', 1, '2026-01-01', '2026-01-01', '2026-01-02', false),
    ('L', 'B', 1, '2026-01-01', '2026-01-01', '2026-01-09', true),
    ('L', 'A', 2, '2026-01-05', '2026-01-05', '2026-01-09', true);
"""


def test_id_that_returns_while_another_id_of_its_recording_is_present_is_no_new_stay() -> None:
    with duckdb.connect() as connection:
        connection.execute("".join(empty_marts()) + STAYS)
        for name in FUNCTIONS:
            define(connection, name)
        found = connection.execute("select stay_number, added_at, last_seen, track_ids from playlists_of_isrc('i')")
        assert found.fetchall() == [(1, date(2026, 1, 1), date(2026, 1, 9), ["A", "B"])]
