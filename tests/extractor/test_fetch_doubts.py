"""Inconsistent responses: no playlist is called complete without proof, and no run is aborted."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from extractor.simulator.faults import Fault
from extractor.simulator.server import Simulator
from extractor.spotify.http import TIMEOUTS
from tests.extractor.conftest import DAY, NEXT_DAY, Bench, MakeBench
from tests.extractor.listing import FIRST_REQUEST, FURTHER_PAGE, LIST, PROBE, one_list, spoiled

SHORT = one_list()
LONG = one_list(pad_to=101)
PLAYLIST = f"playlists/{LIST}"
SECOND_PAGE = f"playlists/{LIST}/tracks?offset=100&limit=100"


def ended(run: Bench) -> tuple[int, dict[str, Any]]:
    code = run.extract().exit_code
    (read,) = run.reads()
    return code, read


def in_page(**values: Any) -> Callable[[Any], None]:
    """Return a function that sets keys of the paging object of a playlist or page."""
    return lambda body: body.get("tracks", body).update(values)


def link(offset: int, path: str = f"http://elsewhere.invalid/v1/playlists/{LIST}/tracks") -> str:
    return f"{path}?offset={offset}&limit=100"


@pytest.mark.parametrize("total", [1, 3, 0, None])
def test_short_playlist_with_a_wrong_total_is_partial(bench: MakeBench, total: int | None) -> None:
    code, read = ended(bench(SHORT, spoiled(SHORT, FIRST_REQUEST, PLAYLIST, in_page(total=total))))
    assert (code, read["outcome"], read["entries"], read["total"]) == (3, "partial", 2, total)


@pytest.mark.parametrize("total", [100, 102])
def test_long_playlist_with_a_wrong_total_is_partial(bench: MakeBench, total: int) -> None:
    spoil = in_page(total=total)
    faults = [spoiled(LONG, FIRST_REQUEST, PLAYLIST, spoil), spoiled(LONG, FURTHER_PAGE, SECOND_PAGE, spoil)]
    code, read = ended(bench(LONG, *faults))
    assert (code, read["outcome"]) == (3, "partial")


def test_endless_paging_is_aborted(bench: MakeBench) -> None:
    run = bench(LONG, spoiled(LONG, FURTHER_PAGE, SECOND_PAGE, in_page(next=link(101))))
    code, read = ended(run)
    assert (code, read["outcome"]) == (3, "partial")
    assert "paging goes on" in read["reason"]
    assert run.simulator.count(FURTHER_PAGE) <= 6


def test_endless_empty_pages_are_aborted(bench: MakeBench) -> None:
    run = bench(LONG, spoiled(LONG, FURTHER_PAGE, SECOND_PAGE, in_page(next=link(100), items=[])))
    code, read = ended(run)
    assert (code, read["outcome"], read["entries"]) == (3, "partial", 100)
    assert run.simulator.count(FURTHER_PAGE) <= 6


def test_repeated_page_is_not_counted_as_a_further_page(bench: MakeBench) -> None:
    twice = one_list(pad_to=200)
    first_again = spoiled(twice, FURTHER_PAGE, f"playlists/{LIST}/tracks?offset=0&limit=100", in_page())
    code, read = ended(bench(twice, first_again))
    assert (code, read["outcome"]) == (3, "partial")


@pytest.mark.parametrize("offset", [50, 120])
def test_next_link_with_a_gap_or_overlap_makes_the_read_partial(bench: MakeBench, offset: int) -> None:
    code, read = ended(bench(LONG, spoiled(LONG, FIRST_REQUEST, PLAYLIST, in_page(next=link(offset)))))
    assert (code, read["outcome"]) == (3, "partial")


def test_short_page_is_not_necessarily_the_last(bench: MakeBench) -> None:
    def shorten(body: Any) -> None:
        page = body["tracks"]
        page.update(items=page["items"][:60], next=link(60))

    code, read = ended(bench(LONG, spoiled(LONG, FIRST_REQUEST, PLAYLIST, shorten)))
    assert (code, read["outcome"], read["entries"]) == (0, "complete", 101)


def test_null_items_count_as_entries(bench: MakeBench) -> None:
    def hide(body: Any) -> None:
        body["items"][0] = None

    code, read = ended(bench(LONG, spoiled(LONG, FURTHER_PAGE, SECOND_PAGE, hide)))
    assert (code, read["outcome"], read["entries"]) == (0, "complete", 101)


@pytest.mark.parametrize("entry", ["spotify:track:2Bx902CBZVlhJTjCu0FGxd", 5, [], {"track": "text"}, {"track": {}}])
def test_malformed_item_does_not_stop_the_run(bench: MakeBench, entry: object) -> None:
    def replace(body: Any) -> None:
        body["tracks"]["items"][0] = entry

    run = bench(SHORT, spoiled(SHORT, FIRST_REQUEST, PLAYLIST, replace))
    code, read = ended(run)
    assert read["entries"] in (2, None)
    assert code in (0, 3)
    assert run.landed("playlists")[0]["body"]["tracks"]["items"][0] == entry


@pytest.mark.parametrize("track_id", [5, {"a": 1}])
def test_id_that_is_not_a_string_does_not_stop_the_run(bench: MakeBench, track_id: object) -> None:
    def replace(body: Any) -> None:
        body["tracks"]["items"][0]["track"]["id"] = track_id

    code, read = ended(bench(SHORT, spoiled(SHORT, FIRST_REQUEST, PLAYLIST, replace)))
    assert read["entries"] in (2, None)
    assert code in (0, 3)


def test_malformed_item_does_not_stop_later_runs_of_the_day(bench: MakeBench) -> None:
    def replace(body: Any) -> None:
        body["tracks"]["items"][0] = "spotify:track:2Bx902CBZVlhJTjCu0FGxd"

    run = bench(SHORT, spoiled(SHORT, FIRST_REQUEST, PLAYLIST, replace, times=1))
    with contextlib.suppress(AttributeError):
        run.extract()
    assert run.extract().exit_code in (0, 3)


@pytest.mark.parametrize("total", ["150", {}])
def test_total_that_is_not_a_number_does_not_stop_the_run(bench: MakeBench, total: object) -> None:
    code, read = ended(bench(LONG, spoiled(LONG, FIRST_REQUEST, PLAYLIST, in_page(total=total))))
    assert code in (0, 3)
    assert read["outcome"] != "unchanged"


@pytest.mark.parametrize("items", [None, {}, 5])
def test_items_that_are_not_an_array_count_as_withheld(bench: MakeBench, items: object) -> None:
    code, read = ended(bench(SHORT, spoiled(SHORT, FIRST_REQUEST, PLAYLIST, in_page(items=items))))
    assert (code, read["outcome"], read["entries"]) == (3, "unavailable", None)


@pytest.mark.parametrize("snapshot_id", [None, ""])
def test_long_playlist_without_a_snapshot_id_is_never_complete(bench: MakeBench, snapshot_id: str | None) -> None:
    def forget(body: Any) -> None:
        body["snapshot_id"] = snapshot_id

    first = spoiled(LONG, FIRST_REQUEST, PLAYLIST, forget)
    probe = Fault(PROBE, body={"snapshot_id": snapshot_id})
    assert ended(bench(LONG, first, probe))[1]["outcome"] == "partial"


def test_playlist_without_a_snapshot_id_is_never_unchanged(bench: MakeBench) -> None:
    def forget(body: Any) -> None:
        del body["snapshot_id"]

    run = bench(SHORT, spoiled(SHORT, FIRST_REQUEST, PLAYLIST, forget))
    assert ended(run)[1]["outcome"] == "complete"  # one page is atomic
    run.extract(run.simulator.world.days[0].replace(day=2))
    assert run.reads(run.simulator.day)[0]["outcome"] == "complete"


def test_next_link_to_another_host_is_followed_on_the_base_url(
    bench: MakeBench, serve: Callable[..., Simulator]
) -> None:
    elsewhere = serve(LONG)
    path = f"{elsewhere.base_url}/playlists/{LIST}/tracks"
    run = bench(LONG, spoiled(LONG, FIRST_REQUEST, PLAYLIST, in_page(next=link(100, path))))
    code, read = ended(run)
    assert (code, read["outcome"], read["entries"]) == (0, "complete", 101)
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    "path",
    [
        "http://elsewhere.invalid/v1/me/player",
        "http://elsewhere.invalid/v1/playlists/37i9dQZF1DXcBWIGoYBM5M/tracks",
        "file:///etc/passwd",
        "",
        "http://[",
    ],
)
def test_next_link_to_another_resource_is_not_followed(bench: MakeBench, path: str) -> None:
    run = bench(LONG, spoiled(LONG, FIRST_REQUEST, PLAYLIST, in_page(next=link(100, path))))
    code, read = ended(run)
    assert (code, read["outcome"], read["entries"]) == (3, "partial", 100)
    assert run.simulator.count(FURTHER_PAGE) == 0


def test_page_without_popularity_or_owner_is_valid(bench: MakeBench) -> None:
    def forget(body: Any) -> None:
        body["owner"] = None
        for entry in body["tracks"]["items"]:
            del entry["track"]["popularity"]

    run = bench(SHORT, spoiled(SHORT, FIRST_REQUEST, PLAYLIST, forget))
    assert ended(run)[1]["outcome"] == "complete"
    assert len(run.asked_tracks()) == 2


def test_slow_response_is_accepted() -> None:
    connecting, reading = TIMEOUTS
    assert connecting >= 10
    assert reading >= 30


def test_playlist_with_missing_metadata_is_valid(bench: MakeBench) -> None:
    def forget(body: Any) -> None:
        body.update(images=None, description=None, public=None)
        del body["followers"]

    assert ended(bench(SHORT, spoiled(SHORT, FIRST_REQUEST, PLAYLIST, forget)))[1]["outcome"] == "complete"


def test_changed_snapshot_id_with_the_same_entries_is_read_again(bench: MakeBench) -> None:
    renamed = one_list("2026-01-01: [A, B], 2026-01-02: {name: another}", pad_to=101)
    run = bench(renamed)
    assert [run.extract(day).exit_code for day in (DAY, NEXT_DAY)] == [0, 0]
    first, second = run.reads(DAY)[0], run.reads(NEXT_DAY)[0]
    assert second["outcome"] == "complete"
    assert first["snapshot_id"] != second["snapshot_id"]
    held = [
        [entry["track"]["id"] for entry in run.landed("playlists", day)[0]["body"]["tracks"]["items"]]
        for day in (DAY, NEXT_DAY)
    ]
    assert held[0] == held[1]
