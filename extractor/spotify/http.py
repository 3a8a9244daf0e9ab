"""Send HTTP requests and read responses: what the Web API client and the token endpoint share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from extractor.errors import ExtractorError

TIMEOUTS = (10, 30)
"""Seconds to connect, and seconds to wait for the next byte."""

MAX_BODY_BYTES = 12 * 1024 * 1024


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
    """An HTTP response. `body` is its JSON object; None if the content is anything else."""

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
    try:
        with request(url, timeout=TIMEOUTS, allow_redirects=False, stream=True, **arguments) as response:
            content = _read_body(response)
    except requests.RequestException as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise ExtractorError(
                f"{url}: the TLS certificate can't be verified, so nothing was sent. Check the address and this "
                "machine's clock; behind a TLS-inspecting proxy, set REQUESTS_CA_BUNDLE to its certificate."
            ) from None
        raise ConnectionFailed(f"no response ({type(error).__name__})") from error
    return RawResponse(response.status_code, response.headers, content, _json_object(content))


def _read_body(response: requests.Response) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(64 * 1024):
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise ResponseTooLarge(f"response over {MAX_BODY_BYTES} bytes")
    return bytes(content)


def _json_object(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _error_message(body: dict[str, Any] | None, content: bytes) -> str:
    """Return the message of an error in any of Spotify's formats: an object, a string, or plain text."""
    error = (body or {}).get("error")
    if isinstance(error, dict):
        return str(error.get("message") or error.get("reason") or "")
    if isinstance(error, str):
        return str((body or {}).get("error_description") or error)
    return "" if content.lstrip().startswith(b"<") else content[:200].decode("utf-8", "replace").strip()
