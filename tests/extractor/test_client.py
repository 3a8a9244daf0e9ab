"""The HTTP client: retries, refusals and time limits."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from time import monotonic, sleep

import pytest
import requests

from extractor.errors import StoppedByQuota
from extractor.simulator.faults import Fault
from extractor.spotify.http import MAX_BODY_BYTES, ConnectionFailed, send
from tests.extractor.asking import MISSING, Serve, asking, on_api
from tests.extractor.conftest import FakeTime

PASSING = {
    "500 in JSON": on_api(status=500),
    "500 in HTML": on_api(status=500, body="<html>no</html>", headers={"content-type": "text/html"}),
    "502 in HTML": on_api(status=502, body="<html>no</html>", headers={"content-type": "text/html"}),
    "503 empty": on_api(status=503, body=""),
    "504 in HTML": on_api(status=504, body="<html>no</html>"),
    "202": on_api(status=202, body=""),
    "200 and {}": on_api(body={}),
    "200 and nothing": on_api(body=""),
    "200 and null": on_api(body="null"),
    "200 and a list": on_api(body=[1]),
    "200 and no JSON": on_api(body="<html>ok</html>"),
    "200 and JSON nested without end": on_api(body="[" * 200_000),
    "200 and a cut body": on_api(truncate=100),
    "200 and no byte of a body": on_api(truncate=0),
    "a reset connection": on_api(drop=True),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_transient_fault_is_retried(serve: Serve, time: FakeTime, fault: Fault) -> None:
    me = asking(serve, time, replace(fault, times=2))
    answer = me.get()
    assert (answer.status, answer.requests, answer.reason) == (200, 3, None)
    assert answer.body
    assert answer.body["name"] == "A"


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_persistent_fault_fails_with_a_reason_after_all_retries(serve: Serve, time: FakeTime, fault: Fault) -> None:
    me = asking(serve, time, fault)
    answer = me.get()
    assert answer.body is None
    assert answer.reason
    assert answer.requests == len(me.statuses) == 5
    assert "<" not in answer.reason
    assert answer.status == (None if fault.drop or fault.truncate is not None else fault.status or 200)


def test_failure_reason_contains_spotifys_message(serve: Serve, time: FakeTime) -> None:
    assert asking(serve, time, on_api(status=503)).get().reason == "503 Service unavailable"


def test_connection_failure_is_a_reason_not_an_exception(serve: Serve, time: FakeTime) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and never listens
        me = asking(serve, time, base_url=f"http://127.0.0.1:{unused.getsockname()[1]}/v1")
        answer = me.get()
    assert (answer.status, answer.requests) == (None, 5)
    assert answer.reason
    assert "no response" in answer.reason


def test_backoff_grows_and_has_jitter(serve: Serve, time: FakeTime) -> None:
    asking(serve, time, on_api(status=500)).get()
    assert len(time.sleeps) == 4
    for doubled, pause in zip((1, 2, 4, 8), time.sleeps, strict=True):
        assert doubled / 2 <= pause <= doubled * 1.5
    assert len({pause / doubled for doubled, pause in zip((1, 2, 4, 8), time.sleeps, strict=True)}) == 4


def test_total_backoff_of_a_run_is_bounded(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_api(status=500))
    answers = [me.get() for _ in range(60)]
    assert sum(time.sleeps) <= 300
    assert sum(time.sleeps) > 250
    assert answers[0].requests == 5
    # The rest of the patience: zero, or a pause of one second.
    assert all(answer.requests <= 2 for answer in answers[-20:])
    assert all(answer.reason == "500 Server error." for answer in answers)


def test_time_spent_waiting_is_counted(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_api(times=2, status=500), on_api(after=3, times=1, status=429))
    me.get()
    me.get()
    assert me.client.waited_seconds == pytest.approx(sum(time.sleeps))
    assert me.client.waited_seconds > 2


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, {"error": {"status": 400, "message": "Invalid base62 id"}}, "400 Invalid base62 id"),
        (403, {"error": {"status": 403, "message": "Forbidden"}}, "403 Forbidden"),
        (403, {"error": {"status": 403}}, "403"),
        (403, "Check settings on developer.spotify.com/dashboard", "403 Check settings on developer"),
        (404, {"error": {"status": 404, "message": "Resource not found"}}, "404 Resource not found"),
        (404, "<html>nothing</html>", "404"),
        (404, "", "404"),
        (410, {"error": "gone", "error_description": "Gone for good"}, "410 Gone for good"),
        (418, [1, 2], "418"),
    ],
)
def test_refusal_is_not_retried_and_keeps_spotifys_message(
    serve: Serve, time: FakeTime, status: int, body: object, reason: str
) -> None:
    me = asking(serve, time, on_api(status=status, body=body))
    answer = me.get()
    assert (answer.status, answer.requests) == (status, 1)
    assert answer.reason
    assert answer.reason.startswith(reason)
    assert time.sleeps == []


def test_refusal_keeps_its_body(serve: Serve, time: FakeTime) -> None:
    answer = asking(serve, time).get(MISSING)
    assert answer.body == {"error": {"status": 404, "message": "Resource not found"}}


def test_long_error_message_is_truncated(serve: Serve, time: FakeTime) -> None:
    answer = asking(serve, time, on_api(status=403, body="no " * 10_000)).get()
    assert answer.reason
    assert len(answer.reason) < 300


def test_oversized_body_is_neither_read_nor_retried(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_api(body="x" * (MAX_BODY_BYTES + 1)))
    answer = me.get()
    assert (answer.status, answer.body, answer.requests) == (None, None, 1)
    assert answer.reason
    assert str(MAX_BODY_BYTES) in answer.reason


def test_response_has_the_time_it_was_received(serve: Serve, time: FakeTime) -> None:
    answer = asking(serve, time, on_api(times=1, status=500)).get()
    assert answer.observed_at == time.now()
    assert answer.observed_at > time.start


def test_requests_are_counted_per_endpoint_including_retries(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_api(times=2, status=500), on_api(after=4, times=1, status=429))
    me.client.get("tracks", MISSING)
    me.client.get("playlists", MISSING)
    me.client.get("playlists", MISSING)
    assert me.statuses == [500, 500, 404, 404, 429, 404]
    assert me.client.requests == {"tracks": 3, "playlists": 3}


def drip(every: float) -> Iterator[bytes]:
    """Yield a response that never ends, one byte at a time."""
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    while True:
        yield b"X"
        sleep(every)


@pytest.fixture
def dripping() -> Iterator[str]:
    """Yield the address of a server that sends a byte now and then, forever."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_all() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    Thread(target=send_all, args=(connection,), daemon=True).start()

        def send_all(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                for part in drip(0.05):
                    connection.sendall(part)

        Thread(target=serve_all, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_response_that_never_ends_is_given_up(dripping: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.spotify.http.ANSWER_SECONDS", 0.3)
    started = monotonic()
    with pytest.raises(ConnectionFailed, match=r"no whole response within 0\.3 s"):
        send(requests.get, dripping)
    assert monotonic() - started < 5


@pytest.mark.parametrize(
    "body",
    [
        '{"tracks": ' + "[" * 500 + "]" * 500 + "}",
        '{"tracks": ' + '{"a": ' * 100_000 + "1" + "}" * 100_000 + "}",
        '{"popularity": NaN}',
        '{"popularity": -Infinity}',
        '{"popularity": 1e999}',
        '{"popularity": ' + "9" * 5000 + "}",
        "[]",
        "5",
        '{"a": 1',
    ],
    ids=range(9),
)
def test_body_that_is_no_usual_json_object_is_a_failed_response(serve: Serve, time: FakeTime, body: str) -> None:
    response = asking(serve, time, on_api(body=body)).get()
    assert (response.status, response.body) == (200, None)
    assert response.reason


def test_run_ends_after_its_longest_time(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, max_run_hours=1)
    assert me.get().status == 200
    time.sleep(3600)
    with pytest.raises(StoppedByQuota, match=r"the run has reached max_run_hours \(1\): continue after"):
        me.get()


def test_message_with_control_characters_is_escaped_and_cut(serve: Serve, time: FakeTime) -> None:
    message = "\x1b]0;owned\x07\u202e\x9b" + "x" * 500
    reason = asking(serve, time, on_api(status=400, body={"error": {"message": message}})).get().reason or ""
    assert reason.startswith("400 \\u001b]0;owned\\u0007\\u202e\\u009bx")
    assert len(reason) < 250
