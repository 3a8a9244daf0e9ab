"""Reports on published files, and what is read of a page in a browser."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from extractor.config.settings import Config
from extractor.engines.functions import FUNCTIONS, define
from extractor.outputs.report.report import SCRIPTS, inlined, report
from tests.extractor.conftest import empty_marts
from tests.pipeline.browser import Page

USABLE = ("complete", "unchanged")
DESKTOP, PHONE = (1280, 900), (390, 844)
NOTHING = "\N{EN DASH}"  # in place of a number that is not known

Rows = list[tuple[Any, ...]]

HOSTILE = (
    """</script><script>window.hacked = 1</script>"><img src=x onerror="window.hacked=2">'; \u202eevil\u202c """
    + "x" * 3000
)
ONE_DAY = f"""
insert into playlists
    (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
values
    ('l1', $${HOSTILE}$$, $${HOSTILE}$$, 'user', true, '2026-01-01', '2026-01-01'),
    ('l2', 'Never read', null, 'user', true, null, null);
insert into playlist_days (playlist_id, date, outcome, reason, entries, total, unavailable_entries, snapshot_id) values
    ('l1', '2026-01-01', 'complete', null, 1, 1, 0, 's'),
    ('l2', '2026-01-01', 'unavailable', $${HOSTILE}$$, null, null, null, null);
insert into track_info (track_id, track_name, artists, album_name)
values ('t1', $${HOSTILE}$$, $${HOSTILE}$$, $${HOSTILE}$$);
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
) values
    ('l1', 't1', 1, '2025-12-01', '2026-01-01', '2026-01-01', null, 'claimed', true, true, 1);
insert into runs (run_id, kind, worker, date, started_at) values ('r', 'read', 1, '2026-01-01', '2026-01-01 06:00:00');
insert into tracklists (playlist_id, first_day, last_day, position, kind, track_id)
values ('l1', '2026-01-01', '2026-01-01', 1, 'track', 't1');
insert into playlist_history (playlist_id, valid_from, playlist_name, description)
values ('l1', '2026-01-01', $${HOSTILE}$$, $${HOSTILE}$$);
"""
# Read on 10 to 13 and 16 to 17 October: 24 tracks are new after the two days without a read, and 3 are gone.
TWO_DAYS_MISSED = """
create macro october(day) as date '2025-10-01' + cast(day - 1 as integer);
insert into playlists
    (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
values ('l1', 'Gap', null, 'user', true, october(10), october(17));
insert into playlist_days (playlist_id, date, outcome, reason, entries, total, unavailable_entries, snapshot_id)
select 'l1', october(d), if(d in (14, 15), 'failed', 'complete'), if(d in (14, 15), 'no answer', null), 30, 30, 0, 's'
from range(10, 18) t(d);
insert into track_info (track_id, track_name, artists) select 't' || t, 'Track ' || t, 'Artist' from range(31) u(t);
create macro stay(t, first, last, absent) as table
select 'l1', 't' || t, 1, october(first), october(last), october(first), october(absent), 'claimed', first = 10,
    absent is null, 1;
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
)
select s.* from (values (0, 10, 13, 16), (1, 10, 13, 16), (2, 10, 13, 16), (3, 10, 17, null), (4, 10, 16, 17),
    (5, 10, 16, 17), (6, 12, 17, null)) u(t, first, last, absent), stay(t, first, last, absent) s
union all
select s.* from range(7, 31) u(t), stay(t, 16, 17, null) s;
create macro version(first, last) as table
select 'l1', october(first), october(last), row_number() over (order by track_id), 'track', track_id
from tracks_in_playlist where october(first) between first_seen and last_seen;
insert into tracklists (playlist_id, first_day, last_day, position, kind, track_id)
from version(10, 11) union all from version(12, 15) union all from version(16, 16) union all from version(17, 17);
"""
# 300 playlists of about 100 tracks out of 30,000; in each, three are added and three removed every day.
LARGE = """
create macro january(day) as date '2026-01-01' + cast(day as integer);
insert into playlists
    (playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date)
select 'l' || l, 'List ' || l, null, 'user', true, january(0), january(39) from range(300) t(l);
insert into playlist_days (playlist_id, date, outcome, reason, entries, total, unavailable_entries, snapshot_id)
select 'l' || l, january(d), if(hash(l, d) % 20 = 0, 'failed', 'complete'), null, 100, 100, 0, 's'
from range(300) t(l), range(40) u(d);
insert into track_info (track_id, track_name, artists)
select 't' || t, 'Track ' || hash(t), 'Artist ' || t % 9000 from range(30000) u(t);
insert into track_daily_popularity by name
select 't' || t as track_id, january(d) as date, 40 + hash(t) % 50 + hash(t, d) % 3 as popularity
from range(30000) u(t), range(40) v(d);
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
)
select
    'l' || l, 't' || hash(l, s) % 30000, s, january(greatest(first, 0)), january(least(first + 32, 39)),
    january(greatest(first, 0)), if(first < 7, january(first + 33), null), 'claimed', first <= 0, first >= 7, 1
from (select l, s, s // 3 - 32 as first from range(300) t(l), range(216) u(s));
"""

# For the demo: some tracks get the recording of a track that left the same playlist on the day of their arrival, some a
# release date near the days of the demo, and some values become 0.
VARIED = """
create temp table pairs as
select min(came.track_id) as new_id, gone.track_id as old_id
from playlist_changes as came
inner join playlist_changes as gone on came.playlist_id = gone.playlist_id and came.date = gone.date
where came.change <> 'removed' and gone.change = 'removed' and hash(came.track_id, gone.track_id) % 3 = 0
group by gone.track_id;
update track_info_history set isrc = 'XX' || left(recordings.old_id, 10) from (
    select track_id, min(old_id) as old_id
    from (select unnest([new_id, old_id]) as track_id, old_id from pairs)
    group by track_id
) as recordings
where track_info_history.track_id = recordings.track_id;
update track_info_history set release_date = date '2026-01-20' - cast(hash(track_id) % 60 as integer)
where release_date_precision = 'day' and hash(track_id) % 2 = 0;
update track_daily_popularity set popularity = 0 where hash(track_id, date) % 20 = 0;
"""


def written(folder: Path, sql: str) -> Path:
    """Write a report on a published file with these rows, and with the functions which the page's queries name."""
    config = Config(database=folder / "s.duckdb")
    with duckdb.connect(str(config.database)) as connection:
        connection.execute("".join(empty_marts()) + sql)
        for name in FUNCTIONS:
            define(connection, name)
    return report(config, folder / "report.html").output


def fact(page: Page, key: str) -> str:
    [text] = page.texts(f"[data-fact={key}]")
    return text.replace(",", "")


def rows_of(page: Page, caption: str) -> list[list[str]]:
    """Return the cells of a table."""
    rows: list[list[str]] = page.run(
        "Array.from([...document.querySelectorAll('table')].find((t) => t.caption.innerText.trim() === "
        f"{caption!r}).tBodies[0].rows, (row) => Array.from(row.cells, (cell) => cell.innerText))"
    )
    return rows


SAVED = """(async () => {
    const tables = [...document.querySelectorAll('.data')];
    const table = tables.find((one) => one.querySelector('caption').textContent === %s);
    const [make, click] = [URL.createObjectURL, HTMLAnchorElement.prototype.click];
    let saved = null, file = null;
    URL.createObjectURL = (blob) => { saved = blob; return make.call(URL, blob); };
    HTMLAnchorElement.prototype.click = function () { file = this.download; };
    [...table.querySelectorAll('.tool')].find((tool) => tool.textContent === 'CSV').click();
    [URL.createObjectURL, HTMLAnchorElement.prototype.click] = [make, click];
    return [file, Array.from(new Uint8Array(await saved.arrayBuffer())), table.querySelector('.sql code')?.textContent];
})()"""


def csv_of(page: Page, caption: str) -> tuple[str, str, str]:
    """Return the name and the text of the CSV file that a table saves, and its SQL."""
    file, content, sql = page.run(SAVED % json.dumps(caption))
    return file, bytes(content).decode("utf-8"), sql


def saved(page: Page, caption: str) -> list[dict[str, str]]:
    """Return the rows of the CSV that a table saves."""
    return list(csv.DictReader(io.StringIO(csv_of(page, caption)[1].removeprefix("\ufeff"))))


def sql_of(page: Page, caption: str) -> str:
    """Return the SQL that a table shows."""
    return csv_of(page, caption)[2]


def tables(page: Page) -> dict[str, tuple[list[dict[str, str]], str]]:
    """Return the rows of each table as it saves them, and its query, by caption. Opens what is folded."""
    page.run(
        "(async () => { document.querySelectorAll('details:not(.sql)').forEach((one) => { one.open = true });"
        "await new Promise((done) => setTimeout(done, 50)) })()"
    )
    captions: list[str] = page.run(
        "Array.from(document.querySelectorAll('.data caption'), (caption) => caption.textContent)"
    )
    return {caption: (saved(page, caption), sql_of(page, caption)) for caption in captions}


def sql_beside(page: Page, title: str) -> str:
    """Return the query beside the numbers of a section, not of a table in it."""
    sql: str = page.run(
        f"[...document.querySelectorAll('section')].find((one) => one.querySelector('h2').textContent === {title!r})"
        ".querySelector(':scope > .sql code').textContent"
    )
    return sql


def as_saved(value: Any) -> str:
    """Return a value of a query as a table saves it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return "" if value is None else re.sub(r"\s+", " ", str(value))


def tip(page: Page, chart: str, day: int, days: int) -> list[str]:
    """Return the lines that a chart tells of a day, of all its days."""
    page.run(
        f"(() => {{ const chart = document.querySelector('{chart}'), {{ left, width }} = chart.getBoundingClientRect();"
        f"const clientX = left + width * {(day + 0.5) / days};"
        "chart.dispatchEvent(new PointerEvent('pointermove', { clientX })) })()"
    )
    return page.texts("#tip div")


def columns(page: Page, kind: str) -> list[tuple[float, float, float]]:
    """Return the left edge, the right one and the height of each column of the churn, in days and in pixels."""
    path, width = page.run(
        "((chart) => [chart.querySelector('path[class=\"KIND\"]').getAttribute('d'), chart.clientWidth])"
        "(document.querySelector('.churn'))".replace("KIND", kind)
    )
    numbers = [[float(one) for one in re.findall(r"[\d.]+", column)] for column in path.split("M")[1:]]
    return [(left / width, right / width, bottom - top) for left, top, right, bottom, _ in numbers]


def said(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def modules(*names: str) -> str:
    """Return the scripts of modules of the page, joined as in the page, in its order."""
    return "\n".join(inlined(name) for name in SCRIPTS if name in names)


Cells = dict[str, Any]


def saved_rows(page: Page, caption: str) -> list[Cells]:
    """Return the rows of a table as it saves them, with numbers and null for empty values."""
    return [{title: _value(value) for title, value in row.items()} for row in saved(page, caption)]


def _value(text: str) -> Any:
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    return text or None


def queried(database: Path, sql: str) -> list[Cells]:
    """Return the rows of a statement on a published file, with values as a table saves them."""
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(sql)
        titles = [column[0] for column in found.description or ()]
        rows = [dict(zip(titles, row, strict=True)) for row in found.fetchall()]
    return [{title: _saved(value) for title, value in row.items()} for row in rows]


def _saved(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, int | float) else value


def check_sql(page: Page, caption: str, database: Path) -> list[Cells]:
    """Compare the rows of a table with those of the SQL that it shows, column by column; return them."""
    rows, asked = saved_rows(page, caption), queried(database, sql_of(page, caption))
    assert asked or not rows
    titles = list(asked[0]) if asked else []
    assert _sorted({title: row[title] for title in titles} for row in rows) == _sorted(asked)
    return rows


def check_facts(page: Page, database: Path, titles: list[str]) -> None:
    """Compare the numbers of the headline with the SQL beside them."""
    [asked] = queried(database, page.run("document.querySelector('.headline .sql code').textContent"))
    shown = [None if text == NOTHING else float(text.replace(",", "")) for text in page.texts(".facts .value")]
    assert dict(zip(titles, shown, strict=True)) == {title: asked[title] for title in titles}


def _sorted(rows: Iterable[Cells]) -> list[Cells]:
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])
