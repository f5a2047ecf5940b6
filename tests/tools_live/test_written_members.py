"""Every member of the actions that create and change contacts is set through the tools, one by one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.contract.vendor_documents import SPECS
from tests.support import Person, connected
from tests.tools_live.live import bodies, mutations, refused
from tests.tools_live.written_members import (
    DOCUMENTED,
    WRITTEN,
    Documented,
    Stage,
    members_of,
    sent_at,
)

pytestmark = pytest.mark.anyio

ENVIRON = {
    "EGOI_MCP_TOOLSETS": "contacts",
    "EGOI_MCP_POLICY_ALLOWED_HOSTS": "example.com",
    "EGOI_MCP_RATE_LIMIT": "10000/60",
}
OPERATIONS = tuple(dict.fromkeys(written.operation for written in WRITTEN))


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_each_member_reaches_the_vendor_as_its_document_has_it(tmp_path: Path, operation: str) -> None:
    name = operation.removeprefix("intercom ")
    sandbox = Sandbox(SandboxSettings(rate_calls=10_000))
    async with connected(tmp_path, ENVIRON, person=Person(), sandbox=sandbox) as session:
        stage = Stage(sandbox)
        for number, written in enumerate(each for each in WRITTEN if each.operation == operation):
            arguments, sent = (stage.filled(each, number) for each in (written.arguments, written.sent))
            if written.refused:
                said = await refused(session, written.tool, **arguments)
                assert said.startswith(written.refused), written
                continue
            before = len(bodies(session, name))
            done = await session.call(written.tool, **arguments)
            assert done.status == "succeeded", (written, done.text)
            (body,) = bodies(session, name)[before:]
            assert sent_at(body, written.member) == sent, written
        assert set(mutations(session)) == {name}


@pytest.mark.skipif(SPECS not in os.environ, reason=f"{SPECS} names no folder with the vendors' documents")
@pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda each: f"{each.document}-{each.name}")
def test_the_documents_have_no_member_that_is_not_tried(documented: Documented) -> None:
    tried = {written.member for written in WRITTEN if written.operation == documented.ours}
    assert members_of(documented.document, documented.name) - tried == set()
    if documented.document != "egoi-connector":
        assert tried - members_of(documented.document, documented.name) == set()
