"""What nobody has to be asked about is written, approved and claimed in one transaction, or not claimed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import NotAllowed
from egoi_mcp.guard.action import Channel, Content, State, StepState, Terms
from egoi_mcp.store.protocol import Caps, Claim, Decision
from tests.store.ledgers import draft, request, store_in
from tests.support.rows import Rows

pytestmark = pytest.mark.anyio

BY_POLICY = Decision(state=State.APPROVED, channel=Channel.POLICY, by="confirm")
CLAIM = Claim(owner="owner", caps=Caps())
TWO = (request("one"), request("two"))


async def test_it_is_under_way_in_its_owners_hands_and_each_request_can_be_sent_once(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    proposed = await store.propose(draft(requests=TWO), approve=BY_POLICY, claim=CLAIM)

    assert (proposed.created, proposed.claimed) == (True, True)
    assert proposed.action == await store.get(proposed.action.id)
    assert (proposed.action.state, proposed.action.owner) == (State.EXECUTING, "owner")
    for each in TWO:
        await store.claim_step(proposed.action.id, each, Risk.SEND)
        with pytest.raises(NotAllowed):
            await store.claim_step(proposed.action.id, each, Risk.SEND)
    await store.close()


async def test_its_first_request_is_on_its_way_and_passes_the_door_once(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first = replace(CLAIM, first=True)
    proposed = await store.propose(draft(requests=TWO), approve=BY_POLICY, claim=first)
    action = proposed.action
    assert Rows(tmp_path).select("SELECT state FROM steps ORDER BY number") == [("sending",), ("pending",)]

    await store.claim_step(action.id, TWO[0], Risk.SEND)
    with pytest.raises(NotAllowed):
        await store.claim_step(action.id, TWO[0], Risk.SEND)
    await store.claim_step(action.id, TWO[1], Risk.SEND)
    with pytest.raises(NotAllowed):
        await store.claim_step(action.id, TWO[1], Risk.SEND)
    await store.close()


@pytest.mark.parametrize(
    ("other", "risk"), [(request("other"), Risk.SEND), (TWO[1], Risk.SEND), (TWO[0], Risk.DESTROY)]
)
async def test_no_other_request_passes_in_its_place(tmp_path: Path, other: FrozenRequest, risk: Risk) -> None:
    store = store_in(tmp_path)
    proposed = await store.propose(draft(requests=TWO), approve=BY_POLICY, claim=replace(CLAIM, first=True))

    for wanted in (other, TWO[0]):
        with pytest.raises(NotAllowed):
            await store.claim_step(proposed.action.id, wanted, risk)
    await store.close()


async def test_a_server_that_dies_with_its_first_request_claimed_may_have_sent_it(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    proposed = await store.propose(draft(requests=TWO), approve=BY_POLICY, claim=replace(CLAIM, first=True))
    heir = store_in(tmp_path)
    await heir.recover(owner="heir", alive=lambda _: False, connections=("egoi",))
    found = await heir.get(proposed.action.id)

    assert found is not None
    assert [step.state for step in found.steps] == [StepState.UNKNOWN, StepState.PENDING]
    await store.close()
    await heir.close()


async def test_it_cannot_be_claimed_again(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    proposed = await store.propose(draft(requests=TWO), approve=BY_POLICY, claim=CLAIM)
    assert await store.claim(proposed.action.id, owner="owner", caps=Caps()) is None
    Rows(tmp_path).change("UPDATE actions SET state = 'approved'")

    other = store_in(tmp_path)
    for each in (store, other):
        with pytest.raises(NotAllowed, match="carried out before"):
            await each.claim(proposed.action.id, owner="other", caps=Caps())
        Rows(tmp_path).change("UPDATE actions SET state = 'approved'")
        await each.close()


@pytest.mark.parametrize(
    ("caps", "terms"),
    [
        (Caps(recipients_per_action=0), Terms()),
        (Caps(sends_per_day=0), Terms()),
        (Caps(), Terms(hold_seconds=60.0)),
        (Caps(), Terms(not_after=0.0)),
    ],
)
async def test_what_is_in_its_way_leaves_it_approved_for_a_claim_of_its_own(
    tmp_path: Path, caps: Caps, terms: Terms
) -> None:
    store = store_in(tmp_path)
    wanted = replace(draft(requests=TWO), terms=terms)
    proposed = await store.propose(wanted, approve=BY_POLICY, claim=replace(CLAIM, caps=caps))

    assert (proposed.claimed, proposed.action.state) == (False, State.APPROVED)
    with pytest.raises(NotAllowed):
        await store.claim_step(proposed.action.id, TWO[0], Risk.SEND)
    await store.close()


async def test_a_repetition_is_neither_approved_nor_claimed(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first = await store.propose(draft(), approve=BY_POLICY, claim=CLAIM)
    await store.claim_step(first.action.id, first.action.steps[0].frozen, Risk.SEND)
    await store.finish_step(first.action.id, 1, StepState.SUCCEEDED)
    again = await store.propose(draft(), approve=BY_POLICY, claim=CLAIM)

    assert (again.created, again.claimed) == (True, False)
    assert (again.action.state, again.action.duplicate_of) == (State.PROPOSED, first.action.id)
    await store.close()


async def test_without_an_approval_nothing_is_claimed(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    proposed = await store.propose(draft(), claim=CLAIM)

    assert (proposed.claimed, proposed.action.state) == (False, State.PROPOSED)
    await store.close()


async def test_the_same_call_made_meanwhile_follows_the_one_that_is_under_way(tmp_path: Path) -> None:
    store, other = store_in(tmp_path), store_in(tmp_path)
    first = await store.propose(draft(requests=TWO), approve=BY_POLICY, claim=CLAIM)
    second = await other.propose(draft(requests=TWO), approve=BY_POLICY, claim=replace(CLAIM, owner="other"))

    assert (second.created, second.claimed, second.action.id) == (False, False, first.action.id)
    assert second.action.owner == "owner"
    await store.close()
    await other.close()


@pytest.mark.parametrize("approve", [None, BY_POLICY])
@pytest.mark.parametrize("claim", [None, CLAIM])
@settings(max_examples=25)
@given(
    texts=st.lists(st.text(max_size=30), min_size=1, max_size=3, unique=True),
    recipients=st.none() | st.integers(0, 10**6),
    risk=st.sampled_from([each for each in Risk if each is not Risk.READ]),
    content=st.none()
    | st.builds(Content, channel=st.just("sms"), title=st.text(max_size=9), text=st.text(max_size=9)),
    terms=st.builds(
        Terms,
        cost=st.none() | st.integers(0, 10**9),
        approvals=st.integers(1, 3),
        unseen_content=st.booleans(),
        principal=st.text(st.characters(codec="utf-8"), max_size=9),
    ),
)
def test_what_is_given_back_is_what_reading_the_row_gives(
    tmp_path_factory: pytest.TempPathFactory,
    approve: Decision | None,
    claim: Claim | None,
    texts: list[str],
    recipients: int | None,
    risk: Risk,
    content: Content | None,
    terms: Terms,
) -> None:
    frozen = [request(f"{text!a}") for text in texts]
    wanted = replace(draft(requests=frozen, recipients=recipients, risk=risk, content=content), terms=terms)

    async def propose_and_read() -> None:
        store = store_in(tmp_path_factory.mktemp("state"))
        proposed = await store.propose(wanted, approve=approve, claim=claim)
        assert proposed.action == await store.get(proposed.action.id)
        await store.close()

    anyio.run(propose_and_read)
