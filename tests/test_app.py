"""The composition root: what is built from the settings, and that it is let go of."""

from __future__ import annotations

from pathlib import Path

import anyio
import httpx2
import pytest

from egoi_mcp.api.catalog import Request, operation
from egoi_mcp.api.risk import Risk
from egoi_mcp.app import open_app
from egoi_mcp.errors import ActionRequired, InvalidInput, StateUnavailable
from egoi_mcp.guard.action import State
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.sandbox import Sandbox
from egoi_mcp.settings import Settings, from_environ
from tests.store.ledgers import draft, executing
from tests.support import Rows

pytestmark = pytest.mark.anyio

READ = Request(operation=operation("egoi", "getAllLists"))
WRITE = Request(operation=operation("egoi", "createTag"), body={"name": "x"})


def sandboxed(state_dir: Path, **environ: str) -> Settings:
    return from_environ({"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": str(state_dir), **environ})


def with_keys(state_dir: Path, **environ: str) -> Settings:
    return from_environ({"EGOI_MCP_STATE_DIR": str(state_dir), **environ})


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def owners(settings: Settings) -> list[str]:
    return names_in(settings.state_dir / "owners")


async def test_every_connection_has_its_client(tmp_path: Path) -> None:
    async with open_app(sandboxed(tmp_path)) as app:
        assert set(app.clients) == {"egoi", "txtsync", "intercom"}
        for provider in ("egoi", "txtsync", "intercom"):
            assert app.client(provider) is app.clients[provider]


async def test_a_vendor_without_credentials_is_told_as_such(tmp_path: Path) -> None:
    async with open_app(with_keys(tmp_path, EGOI_API_KEY="a-key")) as app:
        with pytest.raises(InvalidInput, match=r"TxtSync is not configured.*\(configured: egoi\)"):
            app.client("txtsync")


async def test_a_server_without_any_credentials_starts_and_says_so_when_asked(tmp_path: Path) -> None:
    async with open_app(with_keys(tmp_path)) as app:
        with pytest.raises(InvalidInput, match=r"configured: none"):
            app.client("egoi")


async def test_the_sandbox_answers_where_the_settings_ask_for_it(tmp_path: Path) -> None:
    async with open_app(sandboxed(tmp_path)) as app:
        assert (await app.clients["egoi"].execute(READ)).status == 200


async def test_a_given_transport_replaces_the_network(tmp_path: Path) -> None:
    asked: list[str] = []

    def vendor(request: httpx2.Request) -> httpx2.Response:
        asked.append(f"{request.url.host} {request.headers['Apikey']}")
        return httpx2.Response(200, json={"items": []})

    settings = with_keys(tmp_path, EGOI_API_KEY="a-key")
    async with open_app(settings, transport=httpx2.MockTransport(vendor)) as app:
        await app.clients["egoi"].execute(READ)

    assert asked == ["api.egoiapp.com a-key"]


async def test_no_client_opens_without_an_action_of_the_ledger(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with open_app(sandboxed(tmp_path), transport=sandbox.transport()) as app:
        for action in (None, "act_22222222"):
            with pytest.raises(ActionRequired):
                await app.clients["egoi"].execute(WRITE, action)

    assert sandbox.requests.count() == 0


async def test_after_the_end_nothing_can_be_sent_and_nobody_owns(tmp_path: Path) -> None:
    async with open_app(sandboxed(tmp_path)) as app:
        assert len(owners(app.settings)) == 1

    with pytest.raises(StateUnavailable):
        await app.clients["egoi"].execute(READ)
    assert owners(app.settings) == []


async def test_an_error_in_the_block_lets_everything_go_as_well(tmp_path: Path) -> None:
    settings = sandboxed(tmp_path)
    with pytest.RaisesGroup(pytest.RaisesExc(ZeroDivisionError)):
        async with open_app(settings):
            raise ZeroDivisionError

    assert owners(settings) == []


async def test_a_cancelled_server_lets_everything_go_as_well(tmp_path: Path) -> None:
    settings = sandboxed(tmp_path)
    with anyio.CancelScope() as scope:
        async with open_app(settings):
            scope.cancel()
            await anyio.sleep_forever()

    assert scope.cancelled_caught
    assert owners(settings) == []


async def test_processes_with_one_key_share_one_budget_and_its_file_hides_the_key(tmp_path: Path) -> None:
    async with (
        open_app(with_keys(tmp_path, EGOI_API_KEY="a-key"), transport=_empty()) as one,
        open_app(with_keys(tmp_path, EGOI_API_KEY="a-key"), transport=_empty()) as same,
        open_app(with_keys(tmp_path, EGOI_API_KEY="other-key"), transport=_empty()) as other,
    ):
        await one.clients["egoi"].execute(READ)
        left = [app.clients["egoi"].budget.snapshot().available_now for app in (one, same, other)]

        assert left == [99, 99, 100]
    assert not any("-key" in name for name in names_in(tmp_path))


async def test_one_key_at_another_address_has_a_budget_of_its_own(tmp_path: Path) -> None:
    elsewhere = {"EGOI_BASE_URL": "https://proxy.example.com"}
    async with (
        open_app(with_keys(tmp_path, EGOI_API_KEY="a-key"), transport=_empty()) as one,
        open_app(with_keys(tmp_path, EGOI_API_KEY="a-key", **elsewhere), transport=_empty()) as other,
    ):
        await one.clients["egoi"].execute(READ)

        assert other.clients["egoi"].budget.snapshot().available_now == 100


async def test_the_rate_limit_is_a_setting(tmp_path: Path) -> None:
    settings = with_keys(tmp_path, EGOI_API_KEY="a-key", EGOI_MCP_RATE_LIMIT="7/30")
    async with open_app(settings, transport=_empty()) as app:
        snapshot = app.clients["egoi"].budget.snapshot()

        assert (snapshot.limit, snapshot.window_seconds) == (7, 30.0)


async def test_the_times_of_the_settings_are_the_stores(tmp_path: Path) -> None:
    settings = sandboxed(tmp_path, EGOI_MCP_PROPOSAL_EXPIRY_SECONDS="5")
    async with open_app(settings) as app:
        await app.store.propose(draft(key=load_state_key(settings.state_dir)))
        ((created, expires),) = Rows(settings.state_dir).select("SELECT created_at, expires_at FROM actions")

        assert isinstance(created, float)
        assert expires == created + 5


async def test_what_a_dead_server_left_is_told_before_the_first_call(tmp_path: Path) -> None:
    settings = sandboxed(tmp_path)
    async with open_app(settings) as app:
        left = await executing(app.store, draft(key=load_state_key(settings.state_dir)), owner="gone")
        await app.store.claim_step(left.id, left.steps[0].frozen, Risk.WRITE)
    async with open_app(settings) as following:
        action = await following.store.get(left.id)

        assert action is not None
        assert action.state is State.UNKNOWN


def _empty() -> httpx2.MockTransport:
    return httpx2.MockTransport(lambda _request: httpx2.Response(200, json={"items": []}))
