"""HTTP transport: TLS certificates are verified, and no credentials but the token are sent."""

import ssl
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import requests

from extractor.errors import ConfigError, ExtractorError
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.server import Simulator
from extractor.spotify.http import ConnectionFailed, send
from tests.extractor.asking import WORLD, Serve, asking
from tests.extractor.conftest import FakeTime

SELF_SIGNED = Path(__file__).with_name("self_signed.pem")


class Impostor(Simulator):
    """A simulator behind TLS, with an untrusted certificate."""

    def __init__(self) -> None:
        super().__init__(GeneratedWorld.from_text(WORLD), date(2026, 1, 1))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(SELF_SIGNED)
        self._listener.socket = context.wrap_socket(self._listener.socket, server_side=True)

    @property
    def url(self) -> str:
        return super().url.replace("http:", "https:")


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    with Impostor() as server:
        yield server


def test_nothing_is_sent_if_the_certificate_cannot_be_verified(
    serve: Serve, time: FakeTime, impostor: Impostor
) -> None:
    without_token = asking(serve, time, token_url=impostor.token_url)
    for me in (without_token, asking(serve, time, base_url=impostor.base_url)):
        with pytest.raises(ExtractorError, match=r"https://127\.0\.0\.1:.*certificate.*nothing was sent") as caught:
            me.get()
        assert caught.value.exit_code == 1
    assert impostor.requests == []
    assert time.sleeps == []


def test_certificate_trusted_by_the_system_is_accepted(
    time: FakeTime, impostor: Impostor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(SELF_SIGNED))
    assert asking(lambda *_: impostor, time).get().status == 200


def test_netrc_is_ignored(serve: Serve, time: FakeTime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("default login someone password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert asking(serve, time).get().status == 200


def test_certificates_file_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(ConfigError, match=r"REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE: .*/nowhere/ca\.pem"):
        send(requests.get, "https://127.0.0.1:1/")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://", "http://[", "://"])
def test_proxy_that_cannot_be_used_is_reported(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises((ConfigError, ConnectionFailed)):
        send(requests.get, "https://127.0.0.1:1/")
