"""Too many requests: waiting as told, stopping where that would take too long, and a budget of one's own."""

from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest

from extractor.errors import StoppedByQuota
from extractor.simulator.faults import Fault
from tests.extractor.asking import Asking, Serve, asking, on_api
from tests.extractor.conftest import FakeTime


class HeldTime(FakeTime):
    """A clock on which a sleep lasts until `over` is set; `asleep` tells that somebody has lain down."""

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
    """Return how long a request took that met this fault and was answered."""
    answer = asking(serve, time, fault).get()
    assert answer.status == 200
    return sum(time.sleeps)


def stopped(me: Asking) -> StoppedByQuota:
    with pytest.raises(StoppedByQuota) as caught:
        me.get()
    return caught.value


def test_retry_after_is_obeyed(serve: Serve, time: FakeTime) -> None:
    assert 7 <= slept(serve, time, wait_told(7)) <= 8.5


def test_a_fraction_of_a_second_is_obeyed(serve: Serve, time: FakeTime) -> None:
    assert 2.5 <= slept(serve, time, wait_told(2.5)) <= 4


def test_without_retry_after_a_short_wait_is_chosen(serve: Serve, time: FakeTime) -> None:
    assert 1 <= slept(serve, time, on_api(status=429, times=1)) <= 5


def test_retry_after_0_is_not_taken_literally(serve: Serve, time: FakeTime) -> None:
    assert 1 <= slept(serve, time, wait_told(0)) <= 5


@pytest.mark.parametrize("nonsense", ["soon", "-5", "", "inf", "nan", "1e300", "Thu, 01 Jan 2026 06:00:10 GMT"])
def test_a_retry_after_that_says_no_time_is_none_or_stops_the_run(serve: Serve, time: FakeTime, nonsense: str) -> None:
    me = asking(serve, time, wait_told(nonsense))
    try:
        assert me.get().status == 200
        assert 1 <= sum(time.sleeps) <= 5
    except StoppedByQuota as stop:
        assert stop.until > time.now()


def test_a_429_in_plain_text_is_a_429(serve: Serve, time: FakeTime) -> None:
    fault = on_api(status=429, times=1, body="Too many requests", headers={"Retry-After": "3"})
    assert 3 <= slept(serve, time, fault) <= 4.5


def test_waiting_for_the_quota_costs_no_attempt(serve: Serve, time: FakeTime) -> None:
    assert slept(serve, time, wait_told(5, times=8)) >= 40


def test_while_one_waits_nobody_asks(serve: Serve) -> None:
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


def test_a_wait_of_just_the_patience_is_waited(serve: Serve, time: FakeTime) -> None:
    assert slept(serve, time, wait_told(120)) >= 120


def test_a_longer_wait_stops_the_run_and_says_until_when(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, wait_told(3600))
    stop = stopped(me)
    assert stop.exit_code == 75
    assert abs(stop.until - (time.start + timedelta(hours=1))) < timedelta(seconds=2)
    assert "2026-01-02 07:00 UTC" in str(stop)
    assert time.sleeps == []
    assert me.statuses == [429]


def test_without_patience_any_429_stops_the_run(serve: Serve, time: FakeTime) -> None:
    assert stopped(asking(serve, time, wait_told(1), max_wait_seconds=0)).until > time.start


def test_repeated_waits_add_up(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, wait_told(50, times=None))
    stop = stopped(me)
    assert me.statuses == [429, 429, 429]
    assert 100 <= sum(time.sleeps) <= 103
    assert abs(stop.until - (time.now() + timedelta(seconds=50))) < timedelta(seconds=2)


def test_429s_without_a_time_end_too(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_api(status=429))
    assert stopped(me).until > time.now()
    assert sum(time.sleeps) <= 130
    assert len(me.statuses) < 10


def test_after_the_stop_nothing_is_asked(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, wait_told(3600))
    first = stopped(me)
    assert stopped(me).until == first.until
    assert me.statuses == [429]


def test_the_budget_of_an_endpoint_is_kept_until_midnight(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, requests_per_day=3)
    assert [me.get().status for _ in range(3)] == [200, 200, 200]
    stop = stopped(me)
    assert stop.until == datetime(2026, 1, 3, tzinfo=UTC)
    assert "budget of 3 tracks requests" in str(stop)
    assert me.statuses == [200, 200, 200]


def test_retries_are_paid_from_the_budget_too(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_api(status=500), requests_per_day=3)
    stopped(me)
    assert me.statuses == [500, 500, 500]


def test_what_the_day_has_spent_already_counts(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, spent={"tracks": 2, "playlists": 50}, requests_per_day=3)
    me.get()
    stopped(me)
    assert me.statuses == [200]
    assert me.client.requests == {"tracks": 1}


def test_every_endpoint_has_a_budget_of_its_own(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, spent={"playlists": 3}, requests_per_day=3)
    assert me.get().status == 200


def test_the_token_is_paid_from_no_budget(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, requests_per_day=1)
    me.client.log_in()
    assert me.get().status == 200
