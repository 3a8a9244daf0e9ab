"""What all talk with Spotify has in common: patience, and reading what an answer says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import requests

from extractor.errors import ExtractorError

TIMEOUTS = (10, 30)
"""Seconds to connect, and to wait for the next byte."""

ATTEMPTS = 5
MAX_BODY_BYTES = 12 * 1024 * 1024


Signature = Callable[[requests.PreparedRequest], requests.PreparedRequest]
"""What requests calls to show who asks. Without one it would show what a ~/.netrc says."""


def unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Show nothing."""
    return request


def signed_with(token: str) -> Signature:
    """Show an access token."""

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return sign


def told(error: requests.RequestException, url: str) -> str:
    """A broken connection in words. Raises ExtractorError where it leads to somebody who can't prove to be Spotify."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        raise ExtractorError(
            f"{url}: the certificate is not one that can be trusted, so nothing was sent there. Check the address "
            "and this machine's clock; behind a proxy that reads along, REQUESTS_CA_BUNDLE may name its certificate."
        ) from None
    return f"no answer ({type(error).__name__})"


class TooLarge(Exception):
    """An answer of more than MAX_BODY_BYTES, which nobody has waited for."""


def content_of(response: requests.Response) -> bytes:
    """The body of a streamed answer. Raises TooLarge, or what requests raises for a connection that breaks."""
    content = bytearray()
    for chunk in response.iter_content(64 * 1024):
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise TooLarge(f"answer over {MAX_BODY_BYTES} bytes")
    return bytes(content)


def json_object(content: bytes) -> dict[str, Any] | None:
    """The JSON object that a body is; None where it is none."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def message(body: dict[str, Any] | None, content: bytes) -> str:
    """The error's words, in whichever of Spotify's shapes: an object, a string, or plain text."""
    error = (body or {}).get("error")
    if isinstance(error, dict):
        return str(error.get("message") or error.get("reason") or "")
    if isinstance(error, str):
        return str((body or {}).get("error_description") or error)
    return "" if content.lstrip().startswith(b"<") else content[:200].decode("utf-8", "replace").strip()
