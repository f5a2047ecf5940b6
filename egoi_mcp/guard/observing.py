"""Looking at what an action rests on: when it is proposed, and again right before it is claimed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from egoi_mcp.api.catalog import Request
from egoi_mcp.api.client import ApiClient
from egoi_mcp.guard.action import Action, Content, Draft
from egoi_mcp.guard.witnesses import Kind, Witness, difference, look, needed
from egoi_mcp.store.protocol import Store

_SENDERS: Mapping[str, Kind] = {"sms": "sms sender", "email": "email sender"}


class Observer:
    """Reads witnesses, the vendor's through the door and this server's own from the store."""

    def __init__(self, store: Store, clients: Mapping[str, ApiClient]) -> None:
        self._store = store
        self._clients = clients

    async def observe(
        self, connection: str, account: str, requests: Sequence[Request], seen: Sequence[Witness]
    ) -> tuple[Witness, ...]:
        """Everything that the requests rest on; what a tool has `seen` already is not read again.

        Raises:
            ApiError: the vendor could not be asked.
        """
        found = {each.key: each for each in seen}
        for kind, subject in needed(requests):
            if (kind, subject) not in found:
                found[kind, subject] = await self._look(connection, account, kind, subject)
        for campaign in [each for each in found.values() if each.kind == "campaign"]:
            content = await self._store.content(connection, account, campaign.subject)
            if content is None:
                continue
            found["content", campaign.subject] = _content_witness(campaign.subject, content)
            sender = _SENDERS.get(content.channel)
            if sender is not None and content.sender and (sender, content.sender) not in found:
                found[sender, content.sender] = await self._look(connection, account, sender, content.sender)
        return tuple(found.values())

    async def changed(self, action: Action | Draft) -> str | None:
        """What is no longer as it was when the action was proposed; None where all is.

        Raises:
            ApiError: the vendor could not be asked this time; that says nothing about it.
        """
        for before in action.terms.witnesses:
            now = await self._look(action.connection, action.account, *before.key)
            if (reason := difference(before, now)) is not None:
                return reason
        return None

    async def _look(self, connection: str, account: str, kind: Kind, subject: str) -> Witness:
        if kind == "content":
            return _content_witness(subject, await self._store.content(connection, account, subject))
        return await look(self._clients[connection], kind, subject)


def _content_witness(campaign: str, content: Content | None) -> Witness:
    """The hash of what this server wrote into a campaign; empty where that is not known any more."""
    return Witness(
        kind="content", subject=campaign, seen={"content": "" if content is None else content.digest}
    )
