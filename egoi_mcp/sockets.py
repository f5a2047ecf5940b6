"""What every server of this package asks of the socket that it listens at."""

from __future__ import annotations

import socket


def answering_at_once(listener: socket.socket) -> socket.socket:
    """The listener, whose connections send what is written without waiting.

    An answer is written in two or more pieces. Without this the second waits until the first is acknowledged,
    which the other side puts off for some 40 ms where it has nothing to say. asyncio asks for it only on
    sockets that name their protocol, as neither `socket.create_server` nor `socket.socket()` makes them.
    """
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
