"""Failures of the Web API in the shapes that were recorded."""

from dataclasses import dataclass
from http.client import responses
from typing import Any

# The API's message for each status, unless a more specific one is known.
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
    """A response other than the requested content. `body`: JSON, or text to send as it is."""

    status: int
    body: Any

    @classmethod
    def usual(cls, status: int, message: str | None = None) -> "Failure":
        """Return the API's usual failure with `status`."""
        return cls(status, error_body(status, message))


def error_body(status: int, message: str | None = None) -> dict[str, Any]:
    """Return the error object of the Web API (that of the accounts service differs: see tokens)."""
    return {"error": {"status": status, "message": message or USUAL_MESSAGES.get(status) or responses.get(status, "")}}
