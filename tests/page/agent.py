"""A scripted agent that wants the page to approve: it has bytes to draw on, this program's source, sockets.

It asks a port whatever follows from the bytes: each word that may be a secret as path, cookie, form and
ticket, as it is and hashed, cut and keyed as the program does it; and by names and from origins of all kinds.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from urllib.parse import urlencode

import anyio
from anyio.abc import SocketStream

from egoi_mcp.guard.digest import StateKey
from egoi_mcp.page.tickets import make_ticket

FORM = "application/x-www-form-urlencoded"
ROUTES = ("", "open", "live", "decide", "rules", "page.css", "page.js")
METHODS = ("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND")
_LISTENS = "0A"
_AT_ONCE = 4
_MADE_UP = 20
_LEAST_PAGE = 16
"""Shorter words are no page's path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, with exactly these headers and that of its length."""

    host: str
    method: str = "GET"
    target: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    fields: Mapping[str, str] = field(default_factory=dict[str, str])

    def wire(self) -> bytes:
        """Its bytes."""
        body = urlencode(self.fields).encode()
        length = {"content-length": str(len(body)), "content-type": FORM} if self.method == "POST" else {}
        lines = [f"{self.method} {self.target} HTTP/1.1", f"host: {self.host}"]
        lines += [f"{name}: {value}" for name, value in {**length, **self.headers}.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def decision(port: int, base: str, *, cookie: str, action: str, form: str, **more: str) -> Asked:
    """The request that a click on Approve sends; `more` are headers beside or instead of a browser's."""
    host = f"127.0.0.1:{port}"
    given = {"cookie": cookie, "origin": f"http://{host}", "sec-fetch-site": "same-origin"} | more
    return Asked(
        method="POST",
        target=f"{base}decide",
        host=given.pop("host", host),
        headers={name.replace("_", "-"): value for name, value in given.items()},
        fields={"action": action, "form": form, "decision": "approve", "recipients": "1"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What an agent is told beyond what it can find out: the page's path, its cookie's name, its server."""

    base: str
    cookie: str
    owner: str


class Agent:
    """Makes requests of the bytes that it was sent."""

    def __init__(self, said: bytes) -> None:
        text = said.decode("utf-8", "replace")
        self.words = sorted(set(re.findall(r"[\w.-]{4,200}", text, re.ASCII)))
        self.actions = sorted(set(re.findall(r"act_[a-z0-9]{8}", text))) or ["act_22222222"]
        telling = [word for word in self.words if any(each.isdigit() for each in word)]
        self.guesses = list(dict.fromkeys(chain(telling, *map(_made_of, telling))))

    def requests(self, port: int, known: Known | None = None) -> Iterator[Asked]:
        """All that it asks of a port."""
        host = f"127.0.0.1:{port}"
        if known is None:
            made_up = [secrets.token_urlsafe(16) for _ in range(_MADE_UP)]
            for word in chain((word for word in self.words if len(word) >= _LEAST_PAGE), made_up):
                yield Asked(target=f"/{word}/", host=host)
        bases = [known.base] if known is not None else ["/", *(f"/{each}/" for each in self.guesses)]
        for number, guess in enumerate(self.guesses):
            base = bases[number % len(bases)]
            action = self.actions[number % len(self.actions)]
            yield decision(port, base, cookie=self._cookie(guess, known), action=action, form=guess)
            yield Asked(target=f"{base}open?ticket={guess}", host=host)
            if known is not None:
                yield Asked(target=f"{base}open?ticket={_forged(guess, known)}", host=host)
        yield from self._everything(port, bases[0], known)

    def _everything(self, port: int, base: str, known: Known | None) -> Iterator[Asked]:
        """Every route, method, name and origin, with the likeliest cookie."""
        host = f"127.0.0.1:{port}"
        action, guess = self.actions[-1], self.guesses[0]
        cookie = self._cookie(guess, known)
        for route in (*ROUTES, f"email/{action}"):
            yield Asked(target=f"{base}{route}", host=host, headers={"cookie": cookie})
        for name in _hosts(port):
            forwarded = {"x-forwarded-host": host, "forwarded": f"host={host};for=127.0.0.1"}
            yield Asked(target=base, host=name, headers={"cookie": cookie, **forwarded})
            yield decision(port, base, cookie=cookie, action=action, form=guess, host=name)
        for origin in (f"http://{host}", "null", f"http://localhost:{port}", "https://example.com"):
            for site in ("same-origin", "same-site", "cross-site", "none"):
                headers = {"origin": origin, "sec_fetch_site": site, "referer": f"http://{host}{base}"}
                yield decision(port, base, cookie=cookie, action=action, form=guess, **headers)
        by_get = {"action": action, "form": guess, "decision": "approve"}
        yield Asked(target=f"{base}decide?{urlencode(by_get)}", host=host, headers={"cookie": cookie})
        for method in METHODS:
            yield Asked(method=method, target=f"{base}decide", host=host, headers={"cookie": cookie})
        for target in (f"http://{host}{base}", f"{base}../{base}", f"/%2e{base}", f"{base}?{guess}", "*"):
            yield Asked(target=target, host=host, headers={"cookie": cookie})

    def _cookie(self, guess: str, known: Known | None) -> str:
        """As many cookies as a server looks at."""
        if known is not None:
            return f"{known.cookie}={guess}"
        names = [each[:8] for each in self.guesses if re.match(r"[0-9a-f]{8}", each)]
        return "; ".join(f"egoi_mcp_{name}={guess}" for name in islice(names, 40)) or f"egoi_mcp_={guess}"


def _made_of(word: str) -> list[str]:
    """What a program might make a secret of this of."""
    hashed = hashlib.sha256(word.encode()).digest()
    return [hashed.hex(), base64.urlsafe_b64encode(hashed)[:22].decode()]


def _forged(guess: str, known: Known) -> str:
    """A ticket that is right in everything but its key."""
    key = StateKey(hashlib.sha256(guess.encode()).digest())
    return make_ticket(key, owner=known.owner, page=known.base.strip("/"), now=time.time())


def _hosts(port: int) -> list[str]:
    names = ["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.0.0.2", "127.1", "[::1]"]
    names += ["rebound.example.com", "127.0.0.1.example.com", "example.com@127.0.0.1"]
    return [*(f"{name}:{port}" for name in names), "127.0.0.1", "localhost", "127.0.0.1:80", ""]


# -- sockets -------------------------------------------------------------------------------------


def listed_ports() -> set[int]:
    """The TCP ports on which anything of this machine listens, as the system lists them."""
    lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    members = [line.split() for line in lines]
    return {int(each[1].partition(":")[2], 16) for each in members if each[3] == _LISTENS}


def found_ports(ports: Iterable[int]) -> set[int]:
    """Those of the ports at which a connection is taken."""
    found: set[int] = set()
    for port in ports:
        with socket.socket() as ours:
            taken = ours.connect_ex(("127.0.0.1", port)) == 0
            # A port that nobody has can be this socket's own, which then is connected to itself.
            if taken and ours.getsockname() != ours.getpeername():
                found.add(port)
    return found


async def ask(port: int, requests: Iterable[Asked]) -> Counter[bytes]:
    """Send all of them; every answer to its last byte, and how often it came."""
    answers: Counter[bytes] = Counter()
    waiting = iter(requests)

    async def work() -> None:
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            for each in waiting:
                answers[await _exchanged(stream, each.wire())] += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(_AT_ONCE):
            tasks.start_soon(work)
    return answers


async def _exchanged(stream: SocketStream, request: bytes) -> bytes:
    await stream.send(request)
    read = bytearray()
    while (end := read.find(b"\r\n\r\n") + 4) < 4:
        read += await stream.receive()
    length = re.search(rb"\r\ncontent-length: *([0-9]+)\r\n", read[:end], re.IGNORECASE)
    assert length is not None, bytes(read[:end])
    while len(read) < end + int(length[1]):
        read += await stream.receive()
    return bytes(read)
