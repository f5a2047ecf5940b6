"""Cases on what is around an approved action: another account, address, key, connection or policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from random import Random

from pydantic import SecretStr

from egoi_mcp.app import open_app
from egoi_mcp.errors import EgoiMcpError, SettingsError
from egoi_mcp.guard.action import Action, Channel, State
from egoi_mcp.policy.settings import PolicyOverride, PolicySettings
from egoi_mcp.settings import Connection, Settings
from egoi_mcp.store.protocol import Decision
from tests.guard.tampering.cases import Case, Stage
from tests.guard.tampering.values import another_character

Changed = tuple[str, Settings]


def _with(settings: Settings, name: str, **members: object) -> Settings:
    """The settings with other members of one connection."""
    connections = tuple(
        each.model_copy(update=members) if each.name == name else each for each in settings.connections
    )
    return settings.model_copy(update={"connections": connections})


def _connection(settings: Settings, action: Action) -> Connection:
    return next(each for each in settings.connections if each.name == action.connection)


# -- where it goes -------------------------------------------------------------------------------


def another_address(rng: Random, settings: Settings, action: Action) -> Changed:
    """One character of the host, a port, or the other scheme."""
    origins = dict(_connection(settings, action).origins)
    api = action.steps[0].frozen.api
    scheme, _, host = origins[api].partition("://")
    at = rng.randrange(len(host))
    other = rng.choice(
        [
            f"{scheme}://{host[:at]}{rng.choice('abcdefgh0123-')}{host[at + 1 :]}",
            f"{scheme}://{host[:at]}{rng.choice('abcdefgh0123')}{host[at:]}",
            f"{scheme}://{host}:{rng.randrange(1, 65_535)}",
            f"http://{host}",
            f"{scheme}://{host}.",
            f"{scheme}://{host.upper()}",
        ]
    )
    if other == origins[api]:
        other += "x"
    return f"{api} is at {other}", _with(settings, action.connection, origins={**origins, api: other})


def another_key(rng: Random, settings: Settings, action: Action) -> Changed:
    """One character of a credential."""
    connection = _connection(settings, action)
    members = [name for name in ("api_key", "client_key", "client_secret") if getattr(connection, name)]
    name = rng.choice([each for each in members if each != "client_secret"])
    secret: SecretStr = getattr(connection, name)
    text = secret.get_secret_value()
    at = rng.randrange(len(text))
    other = f"{text[:at]}{'a' if text[at] != 'a' else 'b'}{text[at + 1 :]}"
    return f"{name} is another", _with(settings, action.connection, **{name: SecretStr(other)})


def no_connection(rng: Random, settings: Settings, action: Action) -> Changed:
    """The connection is gone, or goes by another name."""
    connections = tuple(each for each in settings.connections if each.name != action.connection)
    if rng.random() < 0.5:
        renamed = _connection(settings, action).model_copy(
            update={"name": another_character(rng, action.connection) + "2"}
        )
        connections = (*connections, renamed)
    return "the connection is gone", settings.model_copy(update={"connections": connections})


def another_provider(rng: Random, settings: Settings, action: Action) -> Changed:
    """The connection of that name leads to another vendor, or to another's address."""
    others = [each for each in settings.connections if each.name != action.connection]
    other = rng.choice(others).model_copy(update={"name": action.connection})
    rest = tuple(each for each in others if each.provider != other.provider)
    return f"{action.connection} leads to {other.provider}", settings.model_copy(
        update={"connections": (*rest, other)}
    )


# -- what the owner allows -----------------------------------------------------------------------


def stricter(rng: Random, settings: Settings, action: Action) -> Changed:
    """A policy that forbids the action, by one of its rules."""
    risk = action.risk.name.lower()
    operations = sorted({step.operation for step in action.steps})
    sends = risk == "send"
    rules: list[Mapping[str, object]] = [
        {"read_only": True},
        {"risks": {risk: "deny"}},
        {"operations": {rng.choice(operations): "deny"}},
        {"connections": {action.connection: PolicyOverride(read_only=True)}},
        {"connections": {action.connection: PolicyOverride.model_validate({"risks": {risk: "deny"}})}},
        {"connections": {action.connection: PolicyOverride(operations={rng.choice(operations): "deny"})}},
    ]
    if action.risk.name != "WRITE":
        rules += [
            {"approval_channels": frozenset({"elicitation"})},
            {"approval_channels": frozenset[str]()},
            {"approvals_required": rng.randrange(2, 5)},
        ]
    if sends or risk == "destroy":
        rules += [
            {"max_recipients_per_action": 0},
            {"connections": {action.connection: PolicyOverride(max_recipients_per_action=0)}},
        ]
    if sends:
        rules += [
            {"max_sends_per_day": 0},
            {"denied_countries": frozenset({"PT"})},
            {"allowed_countries": frozenset({"ES", "FR"})},
            {"allowed_recipients": frozenset({"+351911111111"})},
            {"denied_senders": frozenset({"501", "acme"})},
            {"allowed_senders": frozenset({"999"})},
            {"quiet_days": frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})},
            {"max_cost_per_day": 0, "prices": {"*": "0.05"}},
            {"test_first_above": 0},
        ]
    members = dict(rng.choice(rules))
    if rng.random() < 0.3:
        members |= {"write_threshold": 0, "type_count_above": rng.randrange(100)}
    policy = PolicySettings.model_validate(members)
    return f"the policy has {members}", settings.model_copy(update={"policy": policy})


def looser(rng: Random, settings: Settings, action: Action) -> Changed:
    """A policy under which nobody would have to be asked."""
    policy = PolicySettings(
        confirm="off",
        max_recipients_per_action=rng.randrange(10, 1000),
        max_sends_per_day=rng.randrange(100, 10_000),
        risks={"destroy": "allow", "send": "allow", "consent": "allow"},
        approval_channels=frozenset({"elicitation", "terminal", "page", "chat"}),
    )
    return "the policy allows everything", settings.model_copy(update={"policy": policy})


# -- the cases -----------------------------------------------------------------------------------

Change = Callable[[Random, Settings, Action], Changed]


async def _go_on(stage: Stage, action: Action, changes: Sequence[Change]) -> str:
    """A new server, with something else in its settings, finds the approved action."""
    said, settings = stage.rng.choice(changes)(stage.rng, stage.world.settings, action)
    # What cannot even be configured sends nothing either.
    with suppress(SettingsError):
        async with open_app(settings, transport=stage.world.watch) as app:
            await stage.world.drive(app)
            with suppress(EgoiMcpError):
                await app.guard.check(action.id)
    return said


async def other_settings(stage: Stage) -> str:
    """Approved under some settings, found under others: of the old address nothing may go out at the new."""
    action = await stage.approved()
    stage.world.oracle.withdraw()
    return await _go_on(stage, action, (another_address, another_key, no_connection, another_provider))


async def stricter_policy(stage: Stage) -> str:
    """Approved, and forbidden before it began."""
    action = await stage.approved()
    stage.world.oracle.withdraw()
    return await _go_on(stage, action, (stricter,))


async def nobody_asked(stage: Stage) -> str:
    """Approved by a policy that asks nobody, and found under one that does."""
    action = await stage.proposal()
    while action.risk.name == "WRITE":
        action = await stage.proposal()
    await stage.world.approve(action, channel=Channel.POLICY)
    stage.world.oracle.withdraw()

    def careful(_rng: Random, settings: Settings, _action: Action) -> Changed:
        return "the policy asks", settings

    return await _go_on(stage, action, (careful,))


async def looser_policy(stage: Stage) -> str:
    """Declined, revoked or never answered, and found under a policy that would not have asked."""
    how = stage.rng.choice([State.DECLINED, State.REVOKED, State.VOID, None])
    action = await stage.proposal()
    if how is State.REVOKED:
        await stage.world.approve(action)
        stage.world.oracle.withdraw()
    if how is not None:
        decision = Decision(state=how, channel=Channel.TERMINAL, by="owner")
        await stage.world.first.store.decide(action.id, decision)
    return f"{how}, {await _go_on(stage, action, (looser,))}"


async def other_account(stage: Stage) -> str:
    """The key leads to another account by now, for the same servers or for a new one."""
    action = await stage.approved()
    while action.connection != "egoi" or action.risk.name == "WRITE":
        await stage.world.first.store.decide(
            action.id, Decision(state=State.REVOKED, channel=Channel.TERMINAL)
        )
        stage.world.oracle.withdraw()
        action = await stage.approved()
    account = stage.world.watch.sandbox.world.egoi
    before = account.client_id
    at = stage.rng.randrange(len(before))
    account.client_id = (
        f"{before[:at]}{(int(before[at]) + stage.rng.randrange(1, 10)) % 10}{before[at + 1 :]}"
    )
    try:
        if stage.rng.random() < 0.5:
            await stage.after(action)
        else:
            await _go_on(stage, action, (lambda _rng, settings, _action: ("", settings),))
        return f"the account is {account.client_id}"
    finally:
        account.client_id = before
        for app in stage.world.servers:
            await app.clients["egoi"].account_id(again=True)


SETTINGS_CASES: Mapping[str, tuple[Case, int]] = {
    "address, key, connection": (other_settings, 250),
    "a stricter policy": (stricter_policy, 250),
    "a policy that asks": (nobody_asked, 50),
    "a looser policy": (looser_policy, 50),
    "the account": (other_account, 150),
}
