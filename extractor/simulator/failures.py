"""Refusals of the Web API in the shapes that were recorded."""

from dataclasses import dataclass
from http.client import responses
from typing import Any

# What the API says for a status when nothing more particular is known.
USUAL_MESSAGES = {
    401: "The access token expired",
    403: "Forbidden",
    404: "Resource not found",
    429: "API rate limit exceeded",
    500: "Server error.",
    502: "Bad gateway.",
    503: "Service unavailable",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer other than the content that was asked for. `body`: JSON, or text to be sent as it is."""

    status: int
    body: Any

    @classmethod
    def usual(cls, status: int, message: str | None = None) -> "Failure":
        """Return the failure the API answers with `status`."""
        return cls(status, error_body(status, message))


def error_body(status: int, message: str | None = None) -> dict[str, Any]:
    """Return the error object of the Web API (the accounts service has another: see tokens)."""
    return {"error": {"status": status, "message": message or USUAL_MESSAGES.get(status) or responses.get(status, "")}}
