"""How a playlist is read, and the outcome of the read."""

import pytest

from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id, spotify_owned_id
from tests.extractor.conftest import DAY, NEXT_DAY, Bench, MakeBench, usual_body
from tests.extractor.listing import FIRST_REQUEST, FURTHER_PAGE, LIST, PROBE, Restless, one_list

LONG = one_list(pad_to=201)
CHANGING = one_list("2026-01-01: [A, B], 2026-01-02: [A, C], 2026-01-03: [A, D]", pad_to=101)


def ended(run: Bench) -> tuple[int, dict[str, object]]:
    """Return the exit code of a run and the outcome of its only read."""
    code = run.extract().exit_code
    (read,) = run.reads()
    return code, read


def paths(run: Bench) -> list[str]:
    """Return the paths of playlist requests, without base URL and id."""
    prefix = f"/v1/playlists/{LIST}"
    return [seen.path.removeprefix(prefix) for seen in run.simulator.requests if seen.path.startswith(prefix)]


@pytest.mark.parametrize("shape", ["tracks", "items", "both"])
def test_small_playlist_is_complete_after_one_request(bench: MakeBench, shape: str) -> None:
    run = bench(one_list(pad_to=100, shape=shape))
    code, read = ended(run)
    assert (code, read["outcome"], read["entries"], read["total"]) == (0, "complete", 100, 100)
    assert read["snapshot_id"] == run.landed("playlists")[0]["body"]["snapshot_id"]
    assert paths(run) == [""]


@pytest.mark.parametrize(("shape", "key"), [("tracks", "tracks"), ("items", "items"), ("both", "items")])
def test_pages_of_a_long_playlist_follow_next(bench: MakeBench, shape: str, key: str) -> None:
    run = bench(one_list(pad_to=250, shape=shape))
    code, read = ended(run)
    assert (code, read["outcome"], read["entries"]) == (0, "complete", 250)
    further = [f"/{key}?offset=100&limit=100", f"/{key}?offset=200&limit=100"]
    assert paths(run) == ["", *further, "?fields=snapshot_id"]


def test_playlist_of_101_entries_is_paged(bench: MakeBench) -> None:
    run = bench(one_list(pad_to=101))
    assert ended(run)[1]["entries"] == 101
    assert len(paths(run)) == 3


def test_every_response_of_a_read_is_landed_with_its_request(bench: MakeBench) -> None:
    run = bench(LONG)
    run.extract()
    asked = [each["asked"] for each in run.landed() if each["endpoint"].startswith("playlist_items")]
    assert [each["offset"] for each in asked] == [100, 200]
    assert {(each["playlist_id"], each["attempt"]) for each in asked} == {(LIST, 1)}
    assert [each["asked"].get("fields") for each in run.landed("playlists")] == [None, "snapshot_id"]
    assert run.landed("playlist_reads")[0]["asked"] == {"playlist_id": LIST}


def test_empty_playlist_is_complete_with_no_entries(bench: MakeBench) -> None:
    code, read = ended(bench(one_list("2026-01-01: []")))
    assert (code, read["outcome"], read["entries"], read["total"]) == (0, "complete", 0, 0)


def test_playlist_of_local_files_episodes_and_nulls_is_complete(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [{local: x}, {episode: e}, {pseudo_episode: p}, {'null': D}, null]"))
    code, read = ended(run)
    assert (code, read["outcome"], read["entries"]) == (0, "complete", 5)
    assert run.asked_tracks() == []


def test_playlist_that_stops_changing_is_complete_with_its_last_attempt(bench: MakeBench) -> None:
    # Requests: first page, second page, probe; then again, because the probe reports a change.
    run = bench(Restless(CHANGING, [1, 1, 2, 2, 2, 3, 3]))
    code, read = ended(run)
    assert (code, read["outcome"], read["attempt"], read["entries"]) == (0, "complete", 3, 101)
    assert [each["asked"]["attempt"] for each in run.landed("playlist_items")] == [1, 2, 3]
    held = [entry["track"]["id"] for entry in run.landed("playlists")[4]["body"]["tracks"]["items"]]
    assert spotify_id("D") in held
    assert read["snapshot_id"] == run.landed("playlists")[4]["body"]["snapshot_id"]


def test_playlist_that_keeps_changing_is_partial(bench: MakeBench) -> None:
    run = bench(Restless(CHANGING, [1, 1, 2] * 5))
    code, read = ended(run)
    assert (code, read["outcome"], read["attempt"]) == (3, "partial", 4)
    assert "changed" in str(read["reason"])
    assert len(paths(run)) == 4 * 3


def snapshot_ids(*ids: object) -> list[Fault]:
    """Return faults that give the n-th first page, and the n-th probe, these snapshot ids in turn."""
    faults = []
    for number, snapshot_id in enumerate(ids):
        page = usual_body(one_list(pad_to=101), f"playlists/{LIST}") | {"snapshot_id": snapshot_id}
        where, body = (FIRST_REQUEST, page) if number % 2 == 0 else (PROBE, {"snapshot_id": snapshot_id})
        faults.append(Fault(where, after=number // 2, times=1, body=body))
    return faults


def test_playlist_with_another_snapshot_id_at_every_request_is_proven_by_two_equal_reads(bench: MakeBench) -> None:
    run = bench(one_list(pad_to=101), *snapshot_ids("a", "b", "c", "d"))
    code, read = ended(run)
    assert (code, read["outcome"], read["attempt"], read["entries"]) == (0, "complete", 2, 101)
    assert "two reads" in str(read["reason"])
    assert len(paths(run)) == 2 * 3


@pytest.mark.parametrize(
    ("ids", "outcome", "attempt"),
    [("aa", "complete", 1), ("abcc", "complete", 2), ("abababab", "partial", 4), ("abcbcbcb", "partial", 4)],
)
def test_snapshot_ids_that_come_back_are_believed(bench: MakeBench, ids: str, outcome: str, attempt: int) -> None:
    run = bench(one_list(pad_to=101), *snapshot_ids(*ids))
    _, read = ended(run)
    assert (read["outcome"], read["attempt"]) == (outcome, attempt)


def test_two_different_reads_prove_nothing(bench: MakeBench) -> None:
    run = bench(Restless(CHANGING, [1, 1, 2, 3, 3, 1, 2, 2, 3, 1, 1, 2]))
    code, read = ended(run)
    assert (code, read["outcome"], read["attempt"]) == (3, "partial", 4)


def test_partial_read_is_not_cached_for_the_next_day(bench: MakeBench) -> None:
    run = bench(one_list(pad_to=101), Fault(FURTHER_PAGE, day=DAY, status=404))
    assert ended(run)[1]["outcome"] == "partial"
    run.extract(NEXT_DAY)
    assert run.reads(NEXT_DAY)[0]["outcome"] == "complete"


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [(404, None, "unavailable"), (403, "Not yours", "unavailable"), (500, None, "failed"), (400, None, "failed")],
)
def test_outcome_of_a_refused_playlist_depends_on_the_status_code(
    bench: MakeBench, status: int, body: str | None, outcome: str
) -> None:
    answer = f"{{status: {status}{f', body: {body}' if body else ''}}}"
    run = bench(one_list(f"2026-01-01: {answer}"))
    code, read = ended(run)
    assert (code, read["outcome"], read["entries"]) == (3, outcome, None)
    assert str(read["reason"]).startswith(f"{status} ")
    assert run.landed("playlists")[0]["status"] == status
    assert f"playlist {LIST}: {outcome}" in run.extract().summary


def test_playlist_without_a_response_is_failed(bench: MakeBench) -> None:
    code, read = ended(bench(one_list(), Fault(FIRST_REQUEST, drop=True)))
    assert (code, read["outcome"]) == (3, "failed")
    assert read["reason"]


def test_one_failing_playlist_never_stops_the_others(bench: MakeBench) -> None:
    lists = "".join(f", l{number}: {{days: {{2026-01-01: [A]}}}}" for number in range(5))
    run = bench(f"{{tracks: 0, histories: {{list: {{days: {{2026-01-01: {{status: 404}}}}}}{lists}}}}}")
    assert run.extract().exit_code == 3
    assert sorted(read["outcome"] for read in run.reads()) == ["complete"] * 5 + ["unavailable"]


def test_withheld_items_are_not_an_empty_playlist(bench: MakeBench) -> None:
    run = bench(LONG)
    run.simulator.restricted = True
    code, read = ended(run)
    assert (code, read["outcome"], read["entries"]) == (3, "unavailable", None)
    assert len(paths(run)) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_playlist_with_refused_further_pages_is_partial_with_the_entries_seen(bench: MakeBench, status: int) -> None:
    words = {"error": {"status": status, "message": "Valid user authentication required"}}
    code, read = ended(bench(LONG, Fault(FURTHER_PAGE, status=status, body=words)))
    assert (code, read["outcome"], read["entries"], read["total"]) == (3, "partial", 100, 201)
    assert str(status) in str(read["reason"])


def test_better_attempt_is_kept_over_a_later_worse_one(bench: MakeBench) -> None:
    gone = Fault(FIRST_REQUEST, after=1, status=404)
    code, read = ended(bench(Restless(CHANGING, [1, 1, 2]), gone))
    assert (code, read["outcome"], read["entries"]) == (3, "partial", 101)


def test_read_is_partial_if_the_final_probe_fails(bench: MakeBench) -> None:
    code, read = ended(bench(LONG, Fault(PROBE, status=500)))
    assert (code, read["outcome"]) == (3, "partial")
    assert "500" in str(read["reason"])


def test_unchanged_long_playlist_costs_one_request(bench: MakeBench) -> None:
    run = bench(one_list(pad_to=101))
    run.extract()
    before = len(paths(run))
    assert run.extract(NEXT_DAY).exit_code == 0
    assert len(paths(run)) - before == 1
    assert run.reads(NEXT_DAY)[0]["outcome"] == "unchanged"


def test_unchanged_short_playlist_is_complete(bench: MakeBench) -> None:
    run = bench(one_list())
    run.extract()
    run.extract(NEXT_DAY)
    assert run.reads(NEXT_DAY)[0]["outcome"] == "complete"


def test_changed_long_playlist_is_read_in_full(bench: MakeBench) -> None:
    run = bench(CHANGING)
    run.extract()
    run.extract(NEXT_DAY)
    assert run.reads(NEXT_DAY)[0]["outcome"] == "complete"
    assert run.reads(NEXT_DAY)[0]["entries"] == 101


def test_backfilled_day_does_not_use_a_later_days_content(bench: MakeBench) -> None:
    run = bench(one_list(pad_to=101))
    run.extract(NEXT_DAY)
    run.extract(DAY)
    assert run.reads(DAY)[0]["outcome"] == "complete"


def test_backfilled_day_does_not_overwrite_the_cache_of_a_later_day(bench: MakeBench) -> None:
    run = bench(one_list("2026-01-01: [A], 2026-01-02: [B], 2026-01-03: same", pad_to=101))
    run.extract(NEXT_DAY)
    run.extract(DAY)
    third = NEXT_DAY.replace(day=3)
    run.extract(third)
    assert run.reads(third)[0]["outcome"] == "unchanged"


@pytest.mark.parametrize("key", ["list", "37i9dQZF1DXcBWIGoYBM5M"])
def test_spotifys_own_playlists_are_never_unchanged(bench: MakeBench, key: str) -> None:
    days = "2026-01-01: [A], 2026-01-02: [B]"
    written = f"{{days: {{{days}}}, pad_to: 101, owner: spotify, stuck_snapshot: true}}"
    run = bench(f"{{tracks: 0, histories: {{{key}: {written}}}}}")
    run.extract()
    run.extract(NEXT_DAY)
    first, second = run.landed("playlists", DAY)[0]["body"], run.landed("playlists", NEXT_DAY)[0]["body"]
    assert (first["id"], first["snapshot_id"]) == (spotify_owned_id(key), second["snapshot_id"])
    assert run.reads(NEXT_DAY)[0]["outcome"] == "complete"


def test_rerun_requests_only_playlists_not_read_yet(bench: MakeBench) -> None:
    other = spotify_id("other")
    run = bench(f"{one_list()[:-2]}, other: {{days: {{2026-01-01: [C]}}}}}}}}", Fault(other, times=1, status=404))
    assert run.extract().exit_code == 3
    assert run.extract().exit_code == 0
    asked = [each["asked"]["playlist_id"] for each in run.landed("playlists")]
    assert (asked.count(LIST), asked.count(other)) == (1, 2)
