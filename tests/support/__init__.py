"""What tests of several parts share: a real MCP client on a real server, with the sandbox for vendors.

    async with connected(tmp_path, mode="auto", person=Person("approve")) as session:
        sent = await session.call("send_sms", **SMS)
        assert sent.status == "succeeded"
        assert session.sandbox.effects.count("sms") == 1

- `connected` opens server and client in this process; keyword arguments in capitals are environment
  variables. `mode` is the protocol's era: "legacy" asks during the call, "auto" is the newer one, where the
  call comes back with the answer. `ERAS` holds both, for `pytest.mark.parametrize("mode", ERAS)`.
- `opened` does the same for settings of one's own, such as those of a server that was killed.
- `Session.ledger` is a second store on the same files, which is what the terminal works with; `ledger_of`
  opens one.
- `Person` answers the questions that the client is asked, and keeps them.
- `Rows` looks at the state file behind the store's back, changes it, and lets time pass for its rows.
- `Clock` is a wall clock that stands still; `Hold` a sleep that ends when the test says so.
- `until` waits for a condition that only another task or process can bring about.
"""

from __future__ import annotations

from tests.support.clock import Clock, Hold, until
from tests.support.person import Answer, Person
from tests.support.rows import Rows
from tests.support.session import ERAS, SMS, Called, Era, Session, connected, ledger_of, opened, read

__all__ = [
    "ERAS",
    "SMS",
    "Answer",
    "Called",
    "Clock",
    "Era",
    "Hold",
    "Person",
    "Rows",
    "Session",
    "connected",
    "ledger_of",
    "opened",
    "read",
    "until",
]
