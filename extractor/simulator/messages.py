"""Requests and answers as the parts of the simulator hand them to each other."""

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
    """A request as it came, and whether in a user's name. Of a parameter given twice the last counts."""

    method: str
    target: str
    headers: Message = field(default_factory=Message)
    body: bytes = b""
    of_user: bool = False

    @property
    def path(self) -> str:
        """The path without its query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The parameters in the address."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The parameters in the body."""
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer before it is put on the wire."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, content: Any, cache_control: str = PRIVATE) -> "Answer":
        """Return an answer with `content`: a text as it is, anything else as JSON."""
        if isinstance(content, str):
            body, content_type = content.encode(), TEXT_TYPE
        else:
            body, content_type = json.dumps(content, separators=(",", ":")).encode(), JSON_TYPE
        return cls(status, body, {"content-type": content_type, "cache-control": cache_control})
