"""The days of a period by outcome, and how many of them are imported, by plain loops over the calendar."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.functions.conftest import Ask
from tests.functions.invented import ENGINES, asking_engine, copied, invent
from tests.functions.published import USABLE, Published
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

PERIODS = (
    (date(2026, 1, 1), date(2026, 1, 31)),
    (date(2025, 12, 20), date(2026, 6, 1)),
    (date(2026, 2, 20), date(2026, 2, 20)),
    (date(2027, 1, 1), date(2027, 1, 3)),
)
IMPORTED = """
update playlist_days set source = case when day(date) % 2 = 0 then 'archive' else 'table' end
where outcome not in ('not_run', 'failed') and month(date) < 3 and day(date) % 3 > 0
"""


@pytest.fixture(scope="module")
def history(long_history: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Published]:
    """Return the published history as if two imports had made some of its reads."""
    file = tmp_path_factory.mktemp("coverage") / "imported.duckdb"

    def change(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(IMPORTED)

    return file, invent(long_history.database, file, change)


@pytest.fixture(params=ENGINES)
def ask(request: pytest.FixtureRequest, history: tuple[Path, Published]) -> Iterator[Ask]:
    with asking_engine(request.param, history[0], lambda: copied(request, history[0])) as ask:
        yield ask


def test_imported_days_are_counted_apart(ask: Ask, history: tuple[Path, Published]) -> None:
    rows = history[1]["playlist_days"]
    playlists = {row["playlist_id"] for row in rows}
    assert sum(row["source"] is not None for row in rows) > 100
    for playlist_id in playlists:
        calendar = {row["date"]: row for row in rows if row["playlist_id"] == playlist_id}
        for first, last in PERIODS:
            days = [first + timedelta(number) for number in range((last - first).days + 1)]
            outcomes = Counter(calendar[day]["outcome"] if day in calendar else "not_run" for day in days)
            imported = Counter(calendar[day]["outcome"] for day in days if day in calendar and calendar[day]["source"])
            wanted = {
                (playlist_id, outcome, outcome in USABLE, number, len(days), imported[outcome])
                for outcome, number in outcomes.items()
            }
            assert set(ask("select * from coverage(?, ?, ?)", playlist_id, first, last)) == wanted
