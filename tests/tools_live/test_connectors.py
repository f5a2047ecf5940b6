"""Everything that the vendors' connectors take is set through the tools, and what they give back is found."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.traffic import Arrival
from tests.contract.vendor_documents import SPECS
from tests.support import Person, connected
from tests.tools_live.connectors import ACTIONS, ANY, TRIED, Connector, Tried, documented, taken_by
from tests.tools_live.written_members import WRITTEN

pytestmark = pytest.mark.anyio

ENVIRON = {"EGOI_MCP_TOOLSETS": "contacts,tags,sms", "EGOI_MCP_RATE_LIMIT": "10000/60"}
FROM_DOCUMENTS = [action for action in ACTIONS if action.document]


@pytest.mark.parametrize("tried", TRIED, ids=lambda each: f"{each.operation}-{each.member}")
async def test_each_member_reaches_the_vendor(tmp_path: Path, tried: Tried) -> None:
    sandbox = Sandbox(SandboxSettings(rate_calls=10_000))
    async with connected(tmp_path, ENVIRON, person=Person(), sandbox=sandbox) as session:
        done = await session.call(tried.tool, **tried.arguments)
        assert not done.is_error, done.text
        arrived = [each for each in sandbox.requests.arrivals if each.operation == tried.operation]
        assert arrived, [each.operation for each in sandbox.requests.arrivals]
        sent = said_in(arrived[-1], tried)
        if tried.sent is ANY:
            assert sent
        else:
            assert sent == tried.sent


def said_in(arrival: Arrival, tried: Tried) -> Any:
    """What a request says of a member, where it stands."""
    if tried.place == "header":
        return arrival.headers.get(tried.member)
    address = urlsplit(arrival.target)
    if tried.place == "query":
        return dict(parse_qsl(address.query)).get(tried.member)
    if tried.place == "path":
        names = (arrival.template or "").split("/")
        values = [unquote(each) for each in address.path.split("/")]
        return dict(zip(names, values, strict=True)).get(f"{{{tried.member}}}")
    body: Any = json.loads(arrival.body)
    first = cast("Mapping[str, Any]", body[0] if isinstance(body, list) else body)
    return first.get(tried.member)


def test_every_action_of_the_connectors_has_its_row() -> None:
    counts = [sum(each.vendor == vendor for each in ACTIONS) for vendor in ("E-goi", "TxtSync", "Intercom")]
    assert counts == [4, 9, 5]
    operations = {each.operation for each in TRIED} | {each.operation for each in WRITTEN}
    assert {name for each in ACTIONS for name in each.takes} <= operations


@pytest.mark.skipif(SPECS not in os.environ, reason=f"{SPECS} names no folder with the vendors' documents")
@pytest.mark.parametrize("action", FROM_DOCUMENTS, ids=lambda each: f"{each.document}-{each.called}")
def test_the_documents_have_nothing_that_is_not_in_the_table(action: Connector) -> None:
    taken, given = documented(action)
    assert {each.replace("idList", "list_id") for each in taken} - taken_by(action) == set()
    assert given - set(action.gives) == set()
