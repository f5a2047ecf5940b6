"""What a server's connections take on from the socket that it listens at."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from egoi_mcp.page.listener import listening
from egoi_mcp.sockets import answering_at_once


def _plain() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


@pytest.mark.parametrize(
    ("make", "at_once"),
    [(lambda: listening("127.0.0.1", 0), True), (lambda: answering_at_once(_plain()), True), (_plain, False)],
    ids=["the page", "any server", "one that was not asked"],
)
def test_a_connection_sends_what_is_written_at_once_where_its_listener_was_asked_to(
    make: Callable[[], socket.socket], at_once: bool
) -> None:
    with make() as listener, socket.create_connection(listener.getsockname()):
        taken, _ = listener.accept()
        with taken:
            assert bool(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)) == at_once
