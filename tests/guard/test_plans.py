"""Plans that cannot be carried out are refused before anything is read, written or asked."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from egoi_mcp.api.catalog import Request, operation
from egoi_mcp.app import open_app
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.asking import Ctx
from egoi_mcp.models.preview import Preview
from egoi_mcp.sandbox import Sandbox
from egoi_mcp.settings import from_environ
from tests.support import Rows

pytestmark = pytest.mark.anyio

NOBODY = cast("Ctx", None)
"""Nothing of a call may be looked at before the plan itself."""
TAG = Request(operation=operation("egoi", "createTag"), body={"name": "spring"})


def plan(*requests: Request, connection: str = "egoi") -> Plan:
    return Plan(
        connection=connection, requests=requests, recipients=0, preview=Preview(title="Do it", account="egoi")
    )


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (plan(), "nothing to do"),
        (plan(TAG, TAG), "stands in it twice"),
        (plan(TAG, Request(operation=TAG.operation, body={"name": "spring"})), "stands in it twice"),
        (plan(TAG, connection="txtsync"), "does not reach the egoi API"),
        (plan(TAG, connection="other"), "connection other is not configured"),
        (plan(Request(operation=TAG.operation)), "needs a body"),
    ],
    ids=["no request", "one twice", "equal ones", "another vendor's", "no such connection", "no body"],
)
async def test_a_plan_that_makes_no_sense_is_refused(tmp_path: Path, refused: Plan, reason: str) -> None:
    sandbox = Sandbox()
    settings = from_environ({"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": str(tmp_path)})
    async with open_app(settings, transport=sandbox.transport()) as app:
        with pytest.raises(InvalidInput, match=reason):
            await app.guard.carry_out(NOBODY, refused)

    assert sandbox.requests.count() == 0
    assert Rows(settings.state_dir).states() == {}
