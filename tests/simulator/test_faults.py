"""Faults occur as the rules say, and no more often."""

import time
from datetime import date

import pytest
import requests

from extractor.simulator.faults import Fault, FaultCounter
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.window import Window
from tests.simulator.reader import Reader, Serve

WORLD = "{days: 5, histories: {list: {days: {2026-01-01: [A, B]}}}}"
PLAYLIST = f"playlists/{spotify_id('list')}"
TRACK = f"tracks/{spotify_id('A')}"


def with_fault(serve: Serve, rule: str) -> Reader:
    return serve(f"{WORLD[:-1]}, faults: [{rule}]}}")


def statuses(reader: Reader, path: str, times: int) -> list[int]:
    return [reader.get(path).status_code for _ in range(times)]


def test_rule_counts_matching_requests(serve: Serve) -> None:
    reader = with_fault(serve, "{path: '/v1/tracks/', after: 1, times: 2, status: 500}")
    reader.json(PLAYLIST)
    assert statuses(reader, TRACK, 5) == [200, 500, 500, 200, 200]
    assert [seen.status for seen in reader.simulator.requests[-5:]] == [200, 500, 500, 200, 200]


def test_rule_applies_only_on_its_day(serve: Serve) -> None:
    reader = with_fault(serve, "{path: tracks, day: 2026-01-02, status: 503}")
    for number, status in ((1, 200), (2, 503), (3, 200)):
        reader.simulator.day = date(2026, 1, number)
        assert reader.get(TRACK).status_code == status


def test_every_server_has_its_own_counts(serve: Serve) -> None:
    rule = "{path: tracks, times: 1, status: 500}"
    readers = [with_fault(serve, rule), with_fault(serve, rule)]
    assert [statuses(reader, TRACK, 2) for reader in readers] == [[500, 200], [500, 200]]


def test_first_due_rule_responds_and_all_rules_count() -> None:
    rules = [Fault("x", times=1, status=500), Fault("x", after=1, times=1, status=502), Fault("y", status=503)]
    counter = FaultCounter(rules)
    met = [counter.meet(target, date(2026, 1, 1)) for target in ("/x", "/y", "/x", "/x")]
    assert met == [rules[0], rules[2], rules[1], None]


def test_token_expires_between_requests(serve: Serve) -> None:
    reader = with_fault(serve, "{path: /v1/, after: 1, times: 1, status: 401}")
    assert statuses(reader, TRACK, 3) == [200, 401, 200]
    reader = with_fault(serve, "{path: /v1/, status: 401}")
    assert reader.get(TRACK).json() == {"error": {"status": 401, "message": "The access token expired"}}


def test_429_with_and_without_retry_after(serve: Serve) -> None:
    quota = "{error: {status: 429, message: Too many requests, reason: QUOTA_EXCEEDED}}"
    reader = with_fault(
        serve,
        f"{{path: v1, times: 1, status: 429, headers: {{Retry-After: 7}}, body: {quota}}}, {{path: v1, status: 429}}",
    )
    waiting, waitless = reader.get(TRACK), reader.get(TRACK)
    assert (waiting.status_code, waiting.headers["retry-after"]) == (429, "7")
    assert waiting.json()["error"]["reason"] == "QUOTA_EXCEEDED"
    assert (waitless.status_code, waitless.headers.get("retry-after")) == (429, None)
    assert waitless.json() == {"error": {"status": 429, "message": "API rate limit exceeded"}}


@pytest.mark.parametrize("status", [500, 502])
def test_html_error(serve: Serve, status: int) -> None:
    reader = with_fault(
        serve, f"{{path: v1, status: {status}, body: <html>no</html>, headers: {{content-type: text/html}}}}"
    )
    answer = reader.get(PLAYLIST)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (status, "<html>no</html>", "text/html")


def test_empty_response(serve: Serve) -> None:
    answer = with_fault(serve, "{path: v1, status: 503, body: ''}").get(PLAYLIST)
    assert (answer.status_code, answer.content) == (503, b"")


def test_meaningless_response(serve: Serve) -> None:
    answer = with_fault(serve, "{path: v1, body: {}}").get(PLAYLIST)
    assert (answer.status_code, answer.json()) == (200, {})


def test_headers_only_fault_keeps_the_usual_response(serve: Serve) -> None:
    answer = with_fault(serve, "{path: v1, headers: {x-spotify-mood: grey}}").get(TRACK)
    assert (answer.json()["name"], answer.headers["x-spotify-mood"]) == ("A", "grey")


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_truncated_body(serve: Serve, encoding: str) -> None:
    reader = with_fault(serve, "{path: v1, times: 1, truncate: 100}")
    headers = {"Accept-Encoding": encoding}
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        _ = reader.get(PLAYLIST, headers=headers).content
    assert reader.get(PLAYLIST, headers=headers).json()["id"] == spotify_id("list")


def test_connection_reset(serve: Serve) -> None:
    reader = with_fault(serve, "{path: v1, times: 1, drop: true}")
    with pytest.raises(requests.exceptions.ConnectionError, match="reset"):
        reader.get(PLAYLIST)
    reader.json(PLAYLIST)
    assert [seen.status for seen in reader.simulator.requests] == [200, 0, 200]


def test_delayed_response(serve: Serve) -> None:
    reader = with_fault(serve, "{path: v1, times: 1, delay: 2}")
    start = time.perf_counter()
    with pytest.raises(requests.exceptions.ReadTimeout):
        reader.session.get(f"{reader.simulator.base_url}/{TRACK}", timeout=0.05)
    assert reader.json(TRACK)["name"] == "A"
    assert time.perf_counter() - start < 2, "the next answer waits for the late one"
    reader = with_fault(serve, "{path: v1, times: 1, delay: 0.3}")
    start = time.perf_counter()
    assert reader.json(TRACK)["name"] == "A"
    assert time.perf_counter() - start >= 0.3


def test_token_requests_can_be_refused(serve: Serve) -> None:
    reader = with_fault(serve, "{path: /api/token, after: 1, status: 400, body: {error: invalid_client}}")
    with pytest.raises(KeyError):
        reader.log_in()


def test_playlist_changes_while_it_is_read(serve: Serve) -> None:
    reader = serve(
        "{shape: tracks, histories: {list: {pad_to: 150, padding: before, days: {2026-01-01: [A], 2026-01-02: [B]}}},"
        " faults: [{path: 'tracks[?]', times: 1, then_day: 2026-01-02}]}"
    )
    first = reader.json(PLAYLIST)
    last_entries = [reader.json(first["tracks"]["next"])["items"][-1] for _ in range(2)]
    assert [entry["track"]["name"] for entry in last_entries] == ["A", "B"]
    assert reader.json(PLAYLIST)["snapshot_id"] != first["snapshot_id"]


def test_requests_over_the_rate_limit_window_are_refused_until_it_rolls(serve: Serve) -> None:
    reader, now = serve(WORLD), [0.0]
    reader.simulator.window = Window(2, now=lambda: now[0])
    assert statuses(reader, TRACK, 3) == [200, 200, 429]
    now[0] = 12.5
    assert reader.get(TRACK).headers["Retry-After"] == "18"
    now[0] = 30.5
    assert statuses(reader, TRACK, 3) == [200, 200, 429]
