"""What all talk with Spotify has in common: patience, and reading what an answer says."""

from __future__ import annotations

import json
from typing import Any

import requests

TIMEOUTS = (10, 30)
"""Seconds to connect, and to wait for the next byte."""

ATTEMPTS = 5
MAX_BODY_BYTES = 12 * 1024 * 1024


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
