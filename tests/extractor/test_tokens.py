"""The access token: asked for once, renewed in time, never spent in vain and never sent elsewhere."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from extractor.errors import CredentialsError, ExtractorError
from extractor.simulator.faults import Fault
from extractor.spotify.credentials import Credentials
from tests.extractor.asking import Serve, asking, on_api, on_token
from tests.extractor.conftest import FakeTime


def test_one_token_serves_many_requests(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time)
    assert [me.get().status for _ in range(3)] == [200, 200, 200]
    assert me.tokens == 1


def test_a_login_before_the_first_request_is_not_done_again(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time)
    me.client.log_in()
    me.get()
    assert me.tokens == 1


def test_a_token_is_kept_for_most_of_its_hour(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time)
    me.get()
    time.passed += 3500
    me.get()
    assert me.tokens == 1


def test_a_token_is_renewed_before_it_expires(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time)
    me.get()
    time.passed += 3550
    me.get()
    assert me.tokens == 2
    assert me.statuses == [200, 200]


def test_an_expired_token_is_renewed_once_and_the_question_asked_again(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time)
    me.get()
    me.simulator.expire_tokens()
    answer = me.get()
    assert (answer.status, answer.requests) == (200, 2)
    assert me.statuses == [200, 401, 200]
    assert me.tokens == 2


def test_a_token_that_expires_under_several_threads_is_renewed_once(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time)
    me.get()
    me.simulator.expire_tokens()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: me.get(), range(12)))
    assert {answer.status for answer in answers} == {200}
    assert me.tokens == 2


def test_a_second_401_is_the_answer(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_api(status=401))
    answer = me.get()
    assert (answer.status, answer.requests) == (401, 2)
    assert answer.reason == "401 The access token expired"
    assert me.tokens == 2


def test_a_401_that_wants_a_user_is_the_answer_and_no_reason_to_renew(serve: Serve, time: FakeTime) -> None:
    words = {"error": {"status": 401, "message": "Valid user authentication required"}}
    me = asking(serve, time, on_api(status=401, body=words))
    answer = me.get()
    assert (answer.status, answer.reason) == (401, "401 Valid user authentication required")
    assert (me.statuses, me.tokens) == ([401], 1)


@pytest.mark.parametrize("credentials", [Credentials("simulator", "wrong-secret"), Credentials("somebody", "x-secret")])
def test_refused_credentials_are_an_error_of_their_own(serve: Serve, time: FakeTime, credentials: Credentials) -> None:
    me = asking(serve, time, credentials=credentials)
    with pytest.raises(CredentialsError, match=r"SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET") as caught:
        me.client.log_in()
    assert credentials.client_secret not in str(caught.value)
    assert me.tokens == 1
    assert time.sleeps == []


def test_credentials_refused_with_401_are_refused_too(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_token(status=401, body={"error": "invalid_client"}))
    with pytest.raises(CredentialsError):
        me.client.log_in()


@pytest.mark.parametrize(
    "fault",
    [
        on_token(times=1, status=500),
        on_token(times=1, status=503, body=""),
        on_token(times=1, status=502, body="<html>"),
        on_token(times=1, status=429, headers={"Retry-After": "1"}),
        on_token(times=1, drop=True),
        on_token(times=1, truncate=20),
        on_token(times=1, body={}),
        on_token(times=1, body="not JSON"),
    ],
)
def test_a_token_is_asked_for_again_after_a_passing_fault(serve: Serve, time: FakeTime, fault: Fault) -> None:
    me = asking(serve, time, fault)
    assert me.get().status == 200
    assert me.tokens == 2
    assert len(time.sleeps) == 1


def test_no_token_at_all_is_an_error_that_names_address_and_reason(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_token(status=500))
    with pytest.raises(ExtractorError, match=r"/api/token: 500 Server error\.") as caught:
        me.client.log_in()
    assert caught.value.exit_code == 1
    assert me.tokens == 5


def test_a_token_without_a_readable_lifetime_is_a_token(serve: Serve, time: FakeTime) -> None:
    usual = asking(serve, time)
    usual.client.log_in()
    for lifetime in (None, "soon"):
        body = {"access_token": "made-up", "token_type": "Bearer", "expires_in": lifetime}
        asking(serve, time, on_token(body=body)).client.log_in()


def test_the_secret_is_not_sent_where_the_token_endpoint_redirects(serve: Serve, time: FakeTime) -> None:
    elsewhere = asking(serve, time)
    me = asking(serve, time, on_token(status=307, headers={"Location": elsewhere.simulator.token_url}))
    with pytest.raises(ExtractorError):
        me.client.log_in()
    assert elsewhere.simulator.requests == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_token_is_not_sent_where_an_answer_redirects(serve: Serve, time: FakeTime, status: int) -> None:
    elsewhere = asking(serve, time)
    me = asking(serve, time, on_api(status=status, headers={"Location": f"{elsewhere.simulator.base_url}/tracks"}))
    answer = me.get()
    assert (answer.status, answer.requests) == (status, 1)
    assert answer.reason
    assert elsewhere.simulator.requests == []


def test_tokens_are_not_shown(serve: Serve, time: FakeTime) -> None:
    body = {"access_token": "a-token-to-hide", "token_type": "Bearer", "expires_in": 3600}
    me = asking(serve, time, on_token(body=body))
    answer = me.get()
    assert answer.status == 401  # nobody gave it out
    for shown in (repr(me.client), repr(vars(me.client)), repr(answer)):
        assert "a-token-to-hide" not in shown
        assert "simulator-secret" not in shown
