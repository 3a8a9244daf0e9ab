"""Send HTTP requests and read responses: what the Web API client and the token endpoint share."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import requests
from requests.exceptions import InvalidProxyURL, InvalidSchema, InvalidURL

from extractor.errors import MOST_SHOWN, ConfigError, ExtractorError, visible

TIMEOUTS = (10, 30)
"""Seconds to connect, and seconds to wait for the next byte."""

ANSWER_SECONDS = 60.0
"""For a whole response: a server that sends a byte now and then would never reach the limits above."""

MAX_BODY_BYTES = 12 * 1024 * 1024

DEEPEST = 64
"""Levels of nesting in JSON; responses of Spotify have about ten."""

Auth = Callable[[requests.PreparedRequest], requests.PreparedRequest]
"""Adds the credentials to a request. Without one, requests would use those in ~/.netrc."""


def no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request without credentials."""
    return request


def bearer_auth(token: str) -> Auth:
    """Return an Auth that sends an access token."""

    def add(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return add


class ConnectionFailed(Exception):
    """The connection failed before the whole response was read; the request can be retried."""


class ResponseTooLarge(Exception):
    """The response exceeded MAX_BODY_BYTES; the rest was not read."""


@dataclass(frozen=True)
class RawResponse:
    """An HTTP response. `body` is its JSON object; None if the content is anything else, or not of a usual kind."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    body: dict[str, Any] | None

    def __str__(self) -> str:
        """Return the status and Spotify's error message."""
        return f"{self.status} {_error_message(self.body, self.content)}".strip()


def send(request: Callable[..., requests.Response], url: str, **arguments: Any) -> RawResponse:
    """Send a request with a function of requests, without following redirects, and read the whole response.

    Raises ConnectionFailed, ResponseTooLarge, or ExtractorError if the TLS certificate can't be verified.
    """

    def answer() -> tuple[requests.Response, bytes]:
        with request(url, timeout=TIMEOUTS, allow_redirects=False, stream=True, **arguments) as response:
            return response, _read_body(response)

    try:
        response, content = _within(ANSWER_SECONDS, answer)
    except (InvalidSchema, InvalidURL, InvalidProxyURL) as error:
        raise ConfigError(
            f"{url}: can't be requested ({visible(str(error))[:MOST_SHOWN]}); check the address in config.yaml, and "
            "the proxy in HTTPS_PROXY, HTTP_PROXY and ALL_PROXY"
        ) from None
    except requests.RequestException as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise ExtractorError(
                f"{url}: the TLS certificate can't be verified, so nothing was sent. Check the address and this "
                "machine's clock; behind a TLS-inspecting proxy, set REQUESTS_CA_BUNDLE to its certificate."
            ) from None
        raise ConnectionFailed(f"no response ({type(error).__name__})") from error
    except OSError as error:
        if "certificate" not in str(error):
            raise ConnectionFailed(f"no response ({type(error).__name__})") from error
        raise ConfigError(f"REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE: {error}") from None
    return RawResponse(response.status_code, response.headers, content, _json_object(content))


def _within(seconds: float, answer: Callable[[], tuple[requests.Response, bytes]]) -> tuple[requests.Response, bytes]:
    """Return the answer. Raises ConnectionFailed if it takes longer; its thread is left to itself then."""
    found: list[tuple[requests.Response, bytes]] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(answer())
        except BaseException as error:  # noqa: BLE001 (raised below)
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise ConnectionFailed(f"no whole response within {seconds:g} s")
    return found[0]


def _read_body(response: requests.Response) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(64 * 1024):
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise ResponseTooLarge(f"response over {MAX_BODY_BYTES} bytes")
    return bytes(content)


def _json_object(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and _is_usual(body, DEEPEST) else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _is_usual(value: object, levels: int) -> bool:
    """Return whether every database takes a JSON value: numbers that fit, and at most so many levels of nesting."""
    if isinstance(value, dict):
        return levels > 0 and all(_is_usual(each, levels - 1) for each in value.values())
    if isinstance(value, list):
        return levels > 0 and all(_is_usual(each, levels - 1) for each in value)
    return not isinstance(value, float) or math.isfinite(value)


def _error_message(body: dict[str, Any] | None, content: bytes) -> str:
    """Return the message of an error in any of Spotify's formats: an object, a string, or plain text."""
    error = (body or {}).get("error")
    if isinstance(error, dict):
        message = str(error.get("message") or error.get("reason") or "")
    elif isinstance(error, str):
        message = str((body or {}).get("error_description") or error)
    else:
        message = "" if content.lstrip().startswith(b"<") else content[:MOST_SHOWN].decode("utf-8", "replace")
    return visible(message.strip())[:MOST_SHOWN]
