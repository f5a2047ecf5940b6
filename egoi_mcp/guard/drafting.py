"""From a plan to a draft: everything that binds an action, taken from its requests and looked up once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, overload

import anyio.to_thread

from egoi_mcp.api.catalog import FrozenRequest, Request
from egoi_mcp.api.client import ApiClient
from egoi_mcp.api.risk import Risk, affected, repeatable, risk_of
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard import asking
from egoi_mcp.guard.action import Action, Content, Draft, Plan, State, Terms
from egoi_mcp.guard.asking import Ctx
from egoi_mcp.guard.digest import MARK_BYTES, StateKey
from egoi_mcp.guard.judging import Judge
from egoi_mcp.guard.observing import Observer
from egoi_mcp.guard.owners import Owner
from egoi_mcp.guard.people import named_in
from egoi_mcp.guard.reach import Reach, merged, named_sender, reach_of
from egoi_mcp.guard.witnesses import Witness, at_work, difference, grown_too_much

_ID_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_LOOKED_THROUGH_AT_ONCE = 50_000
"""Bytes of bodies: some four hundred messages, and some tens of milliseconds."""

T = TypeVar("T")


class Drafter:
    """Makes plans ready for their rows."""

    def __init__(
        self,
        clients: Mapping[str, ApiClient],
        observer: Observer,
        judge: Judge,
        *,
        key: StateKey,
        owner: Owner,
    ) -> None:
        self._clients = clients
        self._observer = observer
        self._judge = judge
        self._key = key
        self._owner = owner

    async def draft(self, ctx: Ctx, plan: Plan) -> Draft:
        """The plan with its bytes frozen and all that it rests on looked at.

        Raises:
            InvalidInput: the plan holds no request, or the same one twice, or no such connection.
            ApiError: the account, or something that the plan rests on, could not be read.
        """
        client = self._client(plan)
        # Requests that are kept apart are large, so looking through them never holds up the event loop.
        beside = _beside if plan.apart else _here
        requests = await beside(lambda: _frozen(client, plan))
        account = await client.account_id()
        witnesses = await self._observer.observe(plan.connection, account, plan.requests, plan.witnesses)
        weighed = await beside(lambda: _weigh(plan.requests))
        reach = weighed.reach
        for found in (*_named_senders(witnesses), *([plan.reach] if plan.reach is not None else [])):
            reach = merged(reach, found)
        risk = weighed.risk
        if at_work(witnesses, plan.requests):
            risk = max(risk, Risk.SEND)
        recipients = plan.recipients if plan.recipients is not None else weighed.affected
        terms = Terms(
            reach=reach,
            witnesses=witnesses,
            unseen_content=plan.unseen_content,
            not_after=plan.not_after,
            undoes=plan.undoes,
            principal=asking.principal(ctx),
        )
        terms = self._judge.bind(terms, risk=risk, recipients=recipients, connection=plan.connection)
        return Draft(
            id="act_" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(8)),
            digest=await beside(lambda: self._key.action_digest(plan.connection, account, requests)),
            connection=plan.connection,
            account=account,
            risk=risk,
            preview=plan.preview,
            recipients=recipients,
            requests=requests,
            operations=weighed.operations,
            idempotent=weighed.idempotent,
            fingerprints=tuple(self._key.fingerprint(plan.connection, mark) for mark in plan.fingerprints),
            content=_content(plan, requests),
            proposer=self._owner.id,
            client=asking.client_name(ctx),
            terms=terms,
            marks=await self._marks(requests, plan, reach),
            texts=tuple(self._key.text(each) for each in reach.texts),
            apart=plan.apart,
        )

    async def _marks(self, requests: Sequence[FrozenRequest], plan: Plan, reach: Reach) -> Sequence[bytes]:
        """The marks of everybody whom the plan names; for thousands of them that takes long."""

        def look() -> Sequence[bytes]:
            people = named_in(requests, plan.preview.model_dump(), reach.recipients)
            marks = map(self._key.person, people)
            return _Marks(marks) if plan.apart else tuple(dict.fromkeys(marks))

        many = plan.apart or sum(len(request.body) for request in requests) > _LOOKED_THROUGH_AT_ONCE
        return await (_beside(look) if many else _here(look))

    def _client(self, plan: Plan) -> ApiClient:
        client = self._clients.get(plan.connection)
        if client is None:
            raise InvalidInput(f"The connection {plan.connection} is not configured. Nothing was sent.")
        return client


async def _here(work: Callable[[], T]) -> T:
    return work()


async def _beside(work: Callable[[], T]) -> T:
    return await anyio.to_thread.run_sync(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """What the requests say of themselves."""

    risk: Risk
    reach: Reach
    operations: tuple[str, ...]
    idempotent: tuple[bool, ...]
    affected: int | None


def _weigh(requests: Sequence[Request]) -> _Weighed:
    # Nothing here holds one request while the next one is made: each of an import has 20 MB.
    counts = list(map(affected, requests))
    known = [count for count in counts if count is not None]
    return _Weighed(
        risk=max(map(risk_of, requests)),
        reach=reach_of(requests),
        operations=tuple(map(_operation, requests)),
        idempotent=tuple(map(repeatable, requests)),
        affected=sum(known) if len(known) == len(counts) else None,
    )


def _operation(request: Request) -> str:
    return request.operation.name


class _Marks(Sequence[bytes]):
    """Marks in as little memory as they can be, some of them more than once."""

    def __init__(self, marks: Iterable[bytes]) -> None:
        self._packed = bytearray()
        for mark in marks:
            self._packed += mark

    def __len__(self) -> int:
        return len(self._packed) // MARK_BYTES

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        start = range(len(self))[index] * MARK_BYTES
        return bytes(self._packed[start : start + MARK_BYTES])


class _OneByOne(Sequence[FrozenRequest]):
    """Requests that are frozen anew whenever they are looked at."""

    def __init__(self, client: ApiClient, requests: Sequence[Request]) -> None:
        self._client = client
        self._requests = requests

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[FrozenRequest]:
        return map(self._client.freeze, self._requests)

    @overload
    def __getitem__(self, index: int) -> FrozenRequest: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[FrozenRequest]: ...
    def __getitem__(self, index: int | slice) -> FrozenRequest | Sequence[FrozenRequest]:
        if isinstance(index, slice):
            return _OneByOne(self._client, self._requests[index])
        return self._client.freeze(self._requests[index])


def outdated(action: Action, draft: Draft) -> str | None:
    """Why an open action's preview no longer says what its requests would do; None where it still does.

    The requests are the same to the byte; what they point at need not be: a campaign's words, or how
    many people an audience holds.
    """
    if action.state not in {State.PROPOSED, State.APPROVED}:
        return None
    if action.preview.message != draft.preview.message:
        return "its text is another one now"
    if (action.recipients is None) != (draft.recipients is None):
        return "how many people it reaches can no longer be told, or only now"
    if grown_too_much(action.recipients, draft.recipients):
        return f"it would reach {draft.recipients} people now and not {action.recipients}"
    before = {witness.key: witness for witness in action.terms.witnesses}
    changes = (difference(before[now.key], now) for now in draft.terms.witnesses if now.key in before)
    return next((change for change in changes if change is not None), None)


def _named_senders(witnesses: Sequence[Witness]) -> Iterator[Reach]:
    """The senders that were looked at, by everything that they are called."""
    for each in witnesses:
        if each.kind in {"sms sender", "email sender", "message sender"}:
            names = (each.seen.get(name) for name in ("name", "email", "cellphone", "phoneNumber"))
            yield Reach(senders=(named_sender(each.subject, *names),))


def _frozen(client: ApiClient, plan: Plan) -> Sequence[FrozenRequest]:
    frozen: Sequence[FrozenRequest] = _OneByOne(client, plan.requests)
    if not plan.apart:
        frozen = tuple(frozen)
    if not frozen:
        raise InvalidInput("There is nothing to do: no recipient or contact is left. Nothing was sent.")
    if len(set(map(FrozenRequest.digest, frozen))) != len(frozen):
        raise InvalidInput("The same request stands in it twice. Nothing was sent. Remove the repetition.")
    return frozen


def _content(plan: Plan, requests: Sequence[FrozenRequest]) -> Content | None:
    """The content with the hash of the request that writes it."""
    if plan.content is None:
        return None
    return replace(plan.content, digest=hashlib.sha256(requests[0].body).hexdigest())
