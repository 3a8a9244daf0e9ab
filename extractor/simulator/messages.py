"""Requests and responses inside the simulator."""

import json
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, urlsplit

JSON_TYPE = "application/json; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"
PRIVATE = "private, max-age=0"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as received, and whether it is on behalf of a user. The last of repeated parameters counts."""

    method: str
    target: str
    headers: Message = field(default_factory=Message)
    body: bytes = b""
    of_user: bool = False

    @property
    def path(self) -> str:
        """Return the path without its query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """Return the parameters of the query."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """Return the parameters of the body."""
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """A response before it is sent."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, content: Any, cache_control: str = PRIVATE) -> "Answer":
        """Return a response with `content`: a text as it is, anything else as JSON."""
        if isinstance(content, str):
            body, content_type = content.encode(), TEXT_TYPE
        else:
            body, content_type = json.dumps(content, separators=(",", ":")).encode(), JSON_TYPE
        return cls(status, body, {"content-type": content_type, "cache-control": cache_control})
