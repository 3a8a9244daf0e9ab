"""The snapshots of all histories and random worlds, exported and imported into an empty project: the same stays."""

from pathlib import Path

import pytest

from tests.conformance.conftest import Conformance
from tests.conformance.runs import id_of
from tests.pipeline.oracle import Stay
from tests.pipeline.test_snapshots import imported_again, stays_in

pytestmark = pytest.mark.slow


def test_exported_snapshots_give_the_same_stays(conformance: Conformance, tmp_path: Path) -> None:
    """Not of histories whose tracks are followed in part only: an import has all tracks."""
    whole = {
        id_of(history, name) for history in conformance.histories if history.known is None for name in history.lists
    }

    def of_whole(stays: list[Stay]) -> list[Stay]:
        return [stay for stay in stays if stay.playlist_id in whole]

    once = conformance.source.with_name("once")
    stays = of_whole(stays_in(once / "spotify.duckdb"))
    assert len(stays) > 500
    assert of_whole(imported_again(once / "config.yaml", tmp_path / "again")) == stays
