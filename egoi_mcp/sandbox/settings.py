"""What a sandbox is told: its seed, its limits, its clock, and where the vendors' documents leave room."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal

SANDBOX_EGOI_API_KEY = "sandbox-egoi-key"
SANDBOX_TXTSYNC_CLIENT_KEY = "sandbox-client-key"
SANDBOX_TXTSYNC_CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105 - public: it opens the stand-in only
SANDBOX_INTERCOM_ACCESS_TOKEN = "sandbox-token"  # noqa: S105 - public: it opens the stand-in only

RetryAfter = Literal["seconds", "date", "none"]
AttachTagForm = Literal["bare", "detailed"]


async def real_sleep(seconds: float) -> None:
    """Sleep on whichever event loop runs."""
    import anyio

    await anyio.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """One sandbox's configuration; every clock and wait is injected.

    `attach_tag_form`: "bare" answers 202 and `{"result": "success"}` as the v3 document says, "detailed"
    answers 200 with the `success` and `error` lists of the connector's document.
    `unknown_members`: "refuse" answers 422 to a member or parameter that no document names; "ignore" drops
    it, so that a misspelt `schedule_date` sends at once.
    `search_miss`: what `/contacts/search` answers when nobody is found, an empty list or 404.
    `timezone`: the zone in which the E-goi account's date-times without a zone are meant.
    """

    seed: int = 1
    rate_calls: int = 100
    rate_window_seconds: float = 60.0
    retry_after: RetryAfter = "seconds"
    server_timeout_read_seconds: float = 10.0
    server_timeout_write_seconds: float = 60.0
    body_limit_bytes: int = 20 * 1024 * 1024
    attach_tag_form: AttachTagForm = "bare"
    unknown_members: Literal["refuse", "ignore"] = "refuse"
    search_miss: Literal["empty", "not_found"] = "empty"
    transactional_enabled: bool = True
    timezone: tzinfo = UTC
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = real_sleep
