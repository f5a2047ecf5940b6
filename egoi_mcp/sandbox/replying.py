"""Replies written as ASGI messages."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.types import Send

from egoi_mcp.sandbox.wire import Reply


def reply_body(reply: Reply) -> bytes:
    """The reply's body as UTF-8 JSON; empty where there is none."""
    if reply.body is None:
        return b""
    return json.dumps(reply.body, ensure_ascii=False, separators=(",", ":")).encode()


async def write_reply(
    send: Send, status: int, content: bytes, headers: Mapping[str, str], content_type: str
) -> None:
    """Send a reply; an empty one has no content type."""
    written = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    if content:
        written.append((b"content-type", content_type.encode()))
    if status != 204:
        written.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": written})
    await send({"type": "http.response.body", "body": content})
