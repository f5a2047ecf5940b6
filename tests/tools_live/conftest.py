"""Every request that a test of this folder makes the server send is held against the vendors' documents."""

from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox.transport import SandboxTransport
from tests.contract.plugin import ContractRecorder, contract_recorder
from tests.tools_live.live import as_frozen

__all__ = ["contract_recorder"]


@pytest.fixture(autouse=True)
def recorded(monkeypatch: pytest.MonkeyPatch, contract_recorder: ContractRecorder) -> ContractRecorder:
    """The recorder, fed by the transport that leads into the sandbox."""
    handle = SandboxTransport.handle_async_request

    async def record_and_handle(transport: SandboxTransport, request: httpx2.Request) -> httpx2.Response:
        contract_recorder.record(as_frozen(request))
        return await handle(transport, request)

    monkeypatch.setattr(SandboxTransport, "handle_async_request", record_and_handle)
    return contract_recorder
