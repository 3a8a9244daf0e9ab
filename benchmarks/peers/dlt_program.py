"""Runs in the environment of the peers: merge a day's memberships into a table of dlt."""

from __future__ import annotations

import sys

import dlt
import duckdb

from benchmarks.peers.memberships import MEMBERSHIPS


def main(folder: str, answers: str, day: str) -> None:
    """Yield an Arrow table, the fastest format that dlt accepts; rows of playlists that were not read are kept."""
    memberships = MEMBERSHIPS.replace("ANSWERS", answers)
    found = dlt.resource(
        duckdb.sql(f"select *, md5(concat(playlist_id, ' ', track_id)) as version from ({memberships})").arrow(),
        name="memberships",
        merge_key="playlist_id",
        write_disposition={
            "disposition": "merge",
            "strategy": "scd2",
            "row_version_column_name": "version",
            "boundary_timestamp": day,
        },
    )
    destination = dlt.destinations.duckdb(f"{folder}/dlt.duckdb")
    dlt.pipeline("peer", destination=destination, dataset_name="peer", pipelines_dir=folder).run(found)


if __name__ == "__main__":
    main(*sys.argv[1:])
