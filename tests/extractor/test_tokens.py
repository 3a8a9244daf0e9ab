"""The access token: requested once, renewed in time, and never sent to another host."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from extractor.errors import CredentialsError, ExtractorError
from extractor.simulator.faults import Fault
from extractor.spotify.credentials import Credentials
from tests.extractor.asking import Serve, asking, on_api, on_token
from tests.extractor.conftest import FakeTime


def test_token_is_reused_for_many_requests(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time)
    assert [me.get().status for _ in range(3)] == [200, 200, 200]
    assert me.tokens == 1


def test_login_before_the_first_request_is_not_repeated(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time)
    me.client.log_in()
    me.get()
    assert me.tokens == 1


def test_token_is_reused_for_most_of_its_lifetime(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time)
    me.get()
    time.passed += 3500
    me.get()
    assert me.tokens == 1


def test_token_is_renewed_before_it_expires(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time)
    me.get()
    time.passed += 3550
    me.get()
    assert me.tokens == 2
    assert me.statuses == [200, 200]


def test_expired_token_is_renewed_once_and_the_request_retried(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time)
    me.get()
    me.simulator.expire_tokens()
    answer = me.get()
    assert (answer.status, answer.requests) == (200, 2)
    assert me.statuses == [200, 401, 200]
    assert me.tokens == 2


def test_token_expiring_under_several_threads_is_renewed_once(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time)
    me.get()
    me.simulator.expire_tokens()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: me.get(), range(12)))
    assert {answer.status for answer in answers} == {200}
    assert me.tokens == 2


def test_second_401_is_returned(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_api(status=401))
    answer = me.get()
    assert (answer.status, answer.requests) == (401, 2)
    assert answer.reason == "401 The access token expired"
    assert me.tokens == 2


def test_401_that_requires_a_user_is_returned_without_token_renewal(serve: Serve, time: FakeTime) -> None:
    words = {"error": {"status": 401, "message": "Valid user authentication required"}}
    me = asking(serve, time, on_api(status=401, body=words))
    answer = me.get()
    assert (answer.status, answer.reason) == (401, "401 Valid user authentication required")
    assert (me.statuses, me.tokens) == ([401], 1)


@pytest.mark.parametrize("credentials", [Credentials("simulator", "wrong-secret"), Credentials("another", "x-secret")])
def test_refused_credentials_raise_their_own_error(serve: Serve, time: FakeTime, credentials: Credentials) -> None:
    me = asking(serve, time, credentials=credentials)
    with pytest.raises(CredentialsError, match=r"SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET") as caught:
        me.client.log_in()
    assert credentials.client_secret not in str(caught.value)
    assert me.tokens == 1
    assert time.sleeps == []


def test_credentials_refused_with_401_raise_the_same_error(serve: Serve, time: FakeTime) -> None:
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
def test_token_request_is_retried_after_a_transient_fault(serve: Serve, time: FakeTime, fault: Fault) -> None:
    me = asking(serve, time, fault)
    assert me.get().status == 200
    assert me.tokens == 2
    assert len(time.sleeps) == 1


def test_failed_token_request_names_url_and_reason(serve: Serve, time: FakeTime) -> None:
    me = asking(serve, time, on_token(status=500))
    with pytest.raises(ExtractorError, match=r"/api/token: 500 Server error\.") as caught:
        me.client.log_in()
    assert caught.value.exit_code == 1
    assert me.tokens == 5


def test_token_with_an_invalid_lifetime_is_accepted(serve: Serve, time: FakeTime) -> None:
    usual = asking(serve, time)
    usual.client.log_in()
    for lifetime in (None, "soon"):
        body = {"access_token": "made-up", "token_type": "Bearer", "expires_in": lifetime}
        asking(serve, time, on_token(body=body)).client.log_in()


def test_secret_is_not_sent_to_a_redirect_of_the_token_endpoint(serve: Serve, time: FakeTime) -> None:
    elsewhere = asking(serve, time)
    me = asking(serve, time, on_token(status=307, headers={"Location": elsewhere.simulator.token_url}))
    with pytest.raises(ExtractorError):
        me.client.log_in()
    assert elsewhere.simulator.requests == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_token_is_not_sent_to_a_redirect(serve: Serve, time: FakeTime, status: int) -> None:
    elsewhere = asking(serve, time)
    me = asking(serve, time, on_api(status=status, headers={"Location": f"{elsewhere.simulator.base_url}/tracks"}))
    answer = me.get()
    assert (answer.status, answer.requests) == (status, 1)
    assert answer.reason
    assert elsewhere.simulator.requests == []


def test_repr_does_not_show_tokens(serve: Serve, time: FakeTime) -> None:
    body = {"access_token": "a-token-to-hide", "token_type": "Bearer", "expires_in": 3600}
    me = asking(serve, time, on_token(body=body))
    answer = me.get()
    assert answer.status == 401  # an unknown token
    for shown in (repr(me.client), repr(vars(me.client)), repr(answer)):
        assert "a-token-to-hide" not in shown
        assert "simulator-secret" not in shown


@pytest.mark.parametrize("token", ["a b", "a\nb", "\u00e9", "", 5150, None, ["a"]])
def test_access_token_that_is_not_visible_ascii_is_refused_and_not_shown(
    serve: Serve, time: FakeTime, token: object
) -> None:
    me = asking(serve, time, Fault("/api/token", body={"access_token": token, "expires_in": 3600}))
    with pytest.raises(ExtractorError, match="200 without an access token") as caught:
        me.get()
    assert repr(token) not in str(caught.value)
    assert me.statuses == []
