"""What all talk with Spotify has in common: patience, and reading what an answer says."""

from __future__ import annotations

import json
from typing import Any

TIMEOUTS = (10, 30)
"""Seconds to connect, and to wait for the next byte."""

ATTEMPTS = 5


def json_object(content: bytes) -> dict[str, Any] | None:
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
