"""The sandbox as a process of its own, with its limit scaled as the servers' is, and the way to steer it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

import httpx2

from egoi_mcp.sandbox import (
    SANDBOX_EGOI_API_KEY,
    SANDBOX_INTERCOM_ACCESS_TOKEN,
    SANDBOX_TXTSYNC_CLIENT_KEY,
    SANDBOX_TXTSYNC_CLIENT_SECRET,
    Sandbox,
    SandboxSettings,
    serve,
)

TAGGED_LIST, CAMPAIGN_LIST = 1, 3
"""The lists whose contacts get tags, and campaigns: a dozen people, all of whom may be written to."""
_PATIENCE_SECONDS = 30.0


class Vendor:
    """The sandbox's process, seen from the bench."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self._http = httpx2.AsyncClient(base_url=self.url, timeout=_PATIENCE_SECONDS)

    @classmethod
    async def start(cls, *, calls: int, window_seconds: float, seed: int) -> Vendor:
        """Start it on a free port, and wait until it answers."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bench.fault_vendor", str(calls), str(window_seconds), str(seed)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        line = await asyncio.wait_for(process.stdout.readline(), _PATIENCE_SECONDS)
        return cls(process, int(line))

    def environ(self) -> dict[str, str]:
        """What a server needs to take this for all vendors."""
        return {
            "EGOI_BASE_URL": self.url,
            "EGOI_TRANSACTIONAL_BASE_URL": self.url,
            "EGOI_API_KEY": SANDBOX_EGOI_API_KEY,
            "TXTSYNC_BASE_URL": self.url,
            "TXTSYNC_CLIENT_KEY": SANDBOX_TXTSYNC_CLIENT_KEY,
            "TXTSYNC_CLIENT_SECRET": SANDBOX_TXTSYNC_CLIENT_SECRET,
            "INTERCOM_BASE_URL": self.url,
            "INTERCOM_ACCESS_TOKEN": SANDBOX_INTERCOM_ACCESS_TOKEN,
        }

    async def script(self, kind: str, match: str, *, times: int = 1, delay_seconds: float = 0.0) -> None:
        """Have the next requests that match fail so."""
        body = {"kind": kind, "match": match, "times": times, "delay_seconds": delay_seconds}
        (await self._http.post("/__sandbox__/faults", content=json.dumps(body))).raise_for_status()

    async def forget_faults(self) -> None:
        """Take back the faults that have not happened."""
        (await self._http.delete("/__sandbox__/faults")).raise_for_status()

    async def effects(self) -> dict[str, Any]:
        """Everything that took effect, and what was counted."""
        reply = await self._http.get("/__sandbox__/effects")
        return cast("dict[str, Any]", reply.raise_for_status().json())

    async def happened(self) -> Counter[str]:
        """Every message and change, in words, and how often."""
        effects = await self.effects()
        said = [f"{each['recipient']} {each['text']}" for each in effects["messages"]]
        return Counter(said + [f"{each['kind']} {each['subject']}" for each in effects["changes"]])

    async def contact_ids(self, list_id: int) -> list[str]:
        """The contacts of a list."""
        found = await self._egoi("GET", f"/lists/{list_id}/contacts?limit=1000")
        return [str(item["base"]["contact_id"]) for item in found["items"]]

    async def make_tag(self, name: str) -> int:
        """A new tag, which nobody has; its id."""
        return int((await self._egoi("POST", "/tags", {"name": name}))["tag_id"])

    async def _egoi(self, method: str, path: str, body: Mapping[str, str] | None = None) -> dict[str, Any]:
        headers = {"Apikey": SANDBOX_EGOI_API_KEY, "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        while True:
            reply = await self._http.request(method, path, headers=headers, content=content)
            if reply.status_code != 429:
                return cast("dict[str, Any]", reply.raise_for_status().json())
            await asyncio.sleep(1.0)

    def pause(self) -> None:
        """Stop the process: what is sent to it waits, and may take effect when nobody waits any more."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run again."""
        self.process.send_signal(signal.SIGCONT)

    async def end(self) -> None:
        """End it."""
        await self._http.aclose()
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


def main() -> None:
    """Serve: calls and seconds of the limit, and the seed of the sample world."""
    calls, window_seconds, seed = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    sandbox = Sandbox(SandboxSettings(rate_calls=calls, rate_window_seconds=window_seconds, seed=seed))

    def started(port: int) -> None:
        os.write(1, f"{port}\n".encode())

    asyncio.run(serve(sandbox, started=started))


if __name__ == "__main__":
    main()
