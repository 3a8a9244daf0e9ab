"""Rate limits: respecting Retry-After, stopping if the wait is too long, and the request budget."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from extractor.errors import StoppedByQuota
from extractor.landing.budget import load_wait, save_wait
from extractor.simulator.faults import Fault
from tests.extractor.asking import Asking, Serve, asking, on_api
from tests.extractor.conftest import FakeTime


class HeldTime(FakeTime):
    """A clock whose sleep lasts until `over` is set; `asleep` is set when a sleep begins."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep, self.over = Event(), Event()

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.asleep.set()
        assert self.over.wait(5)


def wait_told(seconds: object, times: int | None = 1) -> Fault:
    return on_api(status=429, times=times, headers={"Retry-After": str(seconds)})


def slept(serve: Serve, time: FakeTime, fault: Fault) -> float:
    """Return how long a successful request with this fault took."""
    answer = asking(serve, time, fault).get()
    assert answer.status == 200
    return sum(time.sleeps)


def stopped(me: Asking) -> StoppedByQuota:
    with pytest.raises(StoppedByQuota) as caught:
        me.get()
    return caught.value


def test_retry_after_is_respected(serve: Serve, time: FakeTime) -> None:
    assert 7 <= slept(serve, time, wait_told(7)) <= 8.5


def test_fractional_retry_after_is_respected(serve: Serve, time: FakeTime) -> None:
    assert 2.5 <= slept(serve, time, wait_told(2.5)) <= 4


def test_missing_retry_after_waits_briefly(serve: Serve, time: FakeTime) -> None:
    assert 1 <= slept(serve, time, on_api(status=429, times=1)) <= 5


def test_retry_after_0_is_not_taken_literally(serve: Serve, time: FakeTime) -> None:
    assert 1 <= slept(serve, time, wait_told(0)) <= 5


@pytest.mark.parametrize("nonsense", ["soon", "-5", "", "inf", "nan", "1e300", "Thu, 01 Jan 2026 06:00:10 GMT"])
def test_invalid_retry_after_is_ignored_or_stops_the_run(serve: Serve, time: FakeTime, nonsense: str) -> None:
    me = asking(serve, time, wait_told(nonsense))
    try:
        assert me.get().status == 200
        assert 1 <= sum(time.sleeps) <= 5
    except StoppedByQuota as stop:
        assert stop.until > time.now()


def test_http_date_in_retry_after_is_respected(serve: Serve, time: FakeTime) -> None:
    assert 20 <= slept(serve, time, wait_told("Fri, 02 Jan 2026 06:00:20 GMT")) <= 21.5


@pytest.mark.parametrize("long", ["864000", "1e300", "Fri, 02 Jan 2099 06:00:20 GMT"])
def test_retry_after_is_believed_for_a_day_at_most(serve: Serve, time: FakeTime, long: str) -> None:
    stop = stopped(asking(serve, time, wait_told(long))) if long[0] != "1" else None
    assert stop is None or stop.until == time.now() + timedelta(days=1)


def test_wait_of_more_than_a_day_comes_from_a_wrong_clock(tmp_path: Path, time: FakeTime) -> None:
    now = time.now()
    for wait, is_believed in ((timedelta(hours=23), True), (timedelta(days=400), False)):
        save_wait(tmp_path, now + wait)
        assert (load_wait(tmp_path, now) is not None) == is_believed


def test_429_with_a_plain_text_body_is_a_429(serve: Serve, time: FakeTime) -> None:
    fault = on_api(status=429, times=1, body="Too many requests", headers={"Retry-After": "3"})
    assert 3 <= slept(serve, time, fault) <= 4.5


def test_waiting_for_the_rate_limit_does_not_count_as_an_attempt(serve: Serve, time: FakeTime) -> None:
    assert slept(serve, time, wait_told(5, times=8)) >= 40


def test_no_requests_are_sent_while_one_waits(serve: Serve) -> None:
    time = HeldTime()
    me = asking(serve, time, wait_told(30))
    threads = [Thread(target=me.get) for _ in range(3)]
    for thread in threads:
        thread.start()
        assert time.asleep.wait(5)
        time.asleep.clear()
    try:
        assert me.statuses == [429]
        assert all(30 <= seconds <= 31.5 for seconds in time.sleeps)
    finally:
        time.passed += 32
        time.over.set()
        for thread in threads:
            thread.join(5)
    assert me.statuses == [429, 200, 200, 200]


def test_wait_equal_to_the_patience_is_waited(serve: Serve, time: FakeTime) -> None:
    assert slept(serve, time, wait_told(120)) >= 120


def test_longer_retry_after_stops_the_run_and_reports_until_when(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, wait_told(3600))
    stop = stopped(me)
    assert stop.exit_code == 75
    assert abs(stop.until - (time.start + timedelta(hours=1))) < timedelta(seconds=2)
    assert "2026-01-02 07:00 UTC" in str(stop)
    assert time.sleeps == []
    assert me.statuses == [429]


def test_any_429_stops_the_run_without_patience(serve: Serve, time: FakeTime) -> None:
    assert stopped(asking(serve, time, wait_told(1), max_wait_seconds=0)).until > time.start


def test_repeated_waits_add_up(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, wait_told(50, times=None))
    stop = stopped(me)
    assert me.statuses == [429, 429, 429]
    assert 100 <= sum(time.sleeps) <= 103
    assert abs(stop.until - (time.now() + timedelta(seconds=50))) < timedelta(seconds=2)


def test_repeated_429s_without_retry_after_stop_the_run(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_api(status=429))
    assert stopped(me).until > time.now()
    assert sum(time.sleeps) <= 130
    assert len(me.statuses) < 10


def test_no_requests_are_sent_after_the_stop(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, wait_told(3600))
    first = stopped(me)
    assert stopped(me).until == first.until
    assert me.statuses == [429]


def test_endpoint_budget_lasts_until_midnight(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, requests_per_day=3)
    assert [me.get().status for _ in range(3)] == [200, 200, 200]
    stop = stopped(me)
    assert stop.until == datetime(2026, 1, 3, tzinfo=UTC)
    assert "budget of 3 tracks requests" in str(stop)
    assert me.statuses == [200, 200, 200]


def test_retries_count_against_the_budget(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_api(status=500), requests_per_day=3)
    stopped(me)
    assert me.statuses == [500, 500, 500]


def test_requests_of_earlier_runs_count_against_the_budget(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, spent={"tracks": 2, "playlists": 50}, requests_per_day=3)
    me.get()
    stopped(me)
    assert me.statuses == [200]
    assert me.client.requests == {"tracks": 1}


def test_every_endpoint_has_its_own_budget(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, spent={"playlists": 3}, requests_per_day=3)
    assert me.get().status == 200


def test_token_requests_do_not_count_against_the_budget(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, requests_per_day=1)
    me.client.log_in()
    assert me.get().status == 200
