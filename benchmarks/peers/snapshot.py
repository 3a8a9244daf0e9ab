"""`dbt snapshot`: a row while a membership is found, ended by the first day without it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.bench import run
from benchmarks.peers.memberships import MEMBERSHIPS

SETTINGS = "name: peer\nprofile: peer\nflags: {send_anonymous_usage_stats: false}\n"
PROFILE = "peer: {target: it, outputs: {it: {type: duckdb, path: 'PATH', threads: 4}}}\n"

SNAPSHOT = (
    """
{% snapshot memberships %}
{{ config(
    target_schema='main',
    unique_key=['playlist_id', 'track_id'],
    strategy='check',
    check_cols=['playlist_id'],
    hard_deletes='invalidate',
) }}
"""
    + MEMBERSHIPS.replace("ANSWERS", '{{ var("answers") }}')
    + "{% endsnapshot %}\n"
)
# Otherwise a snapshot uses the current time.
TIME = """
{% macro duckdb__snapshot_get_time() %}cast('{{ var("day") }}' as timestamp){% endmacro %}
{% macro duckdb__current_timestamp() %}cast('{{ var("day") }}' as timestamp){% endmacro %}
"""


class Snapshot:
    """A dbt project with nothing but a snapshot of the memberships."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "snapshot"
        self._database = self._folder / "snapshot.duckdb"
        for name, text in {
            "dbt_project.yml": SETTINGS,
            "profiles.yml": PROFILE.replace("PATH", str(self._database)),
            "snapshots/memberships.sql": SNAPSHOT,
            "macros/time.sql": TIME,
        }.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def day(self, answers: Path, day: date) -> None:
        """Process the answers of a day."""
        where = str(self._folder)
        command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "snapshot"]
        command += ["--vars", json.dumps({"answers": str(answers), "day": str(day)})]
        command += ["--project-dir", where, "--profiles-dir", where, "--target-path", where, "--log-path", where]
        run(command, self._folder / "log")

    def periods(self) -> Sequence[tuple[str, str, str, str | None]]:
        """Return playlist, track, and the days from which and to which (exclusive, null: open) each row is valid."""
        with duckdb.connect(str(self._database), read_only=True) as connection:
            return connection.execute(
                "select playlist_id, track_id, left(dbt_valid_from::varchar, 10), left(dbt_valid_to::varchar, 10) "
                "from memberships"
            ).fetchall()
