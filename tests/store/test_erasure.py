"""Erasing a person: wherever they are named, in any writing; and nobody else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import NotAllowed
from egoi_mcp.guard.action import Action, Channel, Content, Draft, State, StepState
from egoi_mcp.guard.people import people_in, spellings
from egoi_mcp.store.protocol import Erased, Tombstone
from egoi_mcp.store.sqlite import SqliteStore
from tests.guard.persons import contact_ids, emails, numbers, surroundings, writings
from tests.store.ledgers import KEY, NO_CAPS, ORIGIN, approval, approved, ended, executing, proposed, store_in
from tests.store.ledgers import draft as plain_draft
from tests.support import Clock, Rows

pytestmark = pytest.mark.anyio

PHONE, EMAIL, CONTACT = "+351900000001", "ana@example.com", "a1b2c3d4e5"
OTHERS = ("+351900000002", "bo@example.com", "0a1b2c3d4e")


def frozen(*names: str) -> FrozenRequest:
    """A request whose body names them."""
    body = json.dumps([{"to": name} for name in names], ensure_ascii=False)
    return FrozenRequest("transactional", "POST", ORIGIN, "/api/v2/sms/messages/action/send", body.encode())


def draft(
    *names: str, requests: Sequence[FrozenRequest] = (), to: Sequence[str] = (), risk: Risk = Risk.SEND
) -> Draft:
    """A draft that names them, with the marks that the guard gives it."""
    held = tuple(requests) or (frozen(*names),)
    made = plain_draft(f"to {names}", requests=held, risk=risk)
    preview = made.preview.model_copy(update={"to": tuple(to)})
    people = people_in(held, preview.model_dump())
    return replace(made, preview=preview, marks=tuple(map(KEY.person, people)))


async def erase(store: SqliteStore, *people: str) -> Erased:
    return await store.erase(people, channel=Channel.TERMINAL, by="owner")


async def read(store: SqliteStore, action: Action) -> Action:
    found = await store.get(action.id)
    assert found is not None
    return found


def raw(state_dir: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(state_dir.rglob("*")) if path.is_file())


def is_empty(action: Action) -> bool:
    return action.purged_at is not None and all(
        (step.frozen.target, step.frozen.body, step.ids, step.note) == ("", b"", (), "")
        for step in action.steps
    )


# -- everybody who is named, and nobody else -----------------------------------------------------


@settings(max_examples=60)
@given(data=st.data())
def test_a_person_is_erased_in_any_writing_and_nobody_else_is_touched(data: st.DataObject) -> None:
    kinds = {"number": numbers(), "address": emails(), "id": contact_ids()}
    persons = data.draw(
        st.lists(
            st.one_of(*kinds.values()), min_size=3, max_size=5, unique_by=lambda each: spellings(each)[-1]
        )
    )
    rows = data.draw(
        st.lists(st.lists(st.sampled_from(persons), min_size=1, max_size=3), min_size=2, max_size=6)
    )
    gone = persons[0]

    def written(person: str) -> str:
        if person.startswith("+"):
            return data.draw(writings(person) | writings(person).flatmap(surroundings))
        if "@" in person:
            return data.draw(st.sampled_from([person, person.upper(), f"Write to {person}!"]))
        return data.draw(st.sampled_from([person, person.upper()]))

    drafts = [draft(*map(written, named), str(number)) for number, named in enumerate(rows)]
    asked = data.draw(writings(gone)) if gone.startswith("+") else gone.swapcase()

    async def scenario(folder: str) -> None:
        store = store_in(Path(folder))
        actions = [await ended(store, StepState.SUCCEEDED, each) for each in drafts]
        before = [await read(store, each) for each in actions]
        erased = await erase(store, asked)
        after = [await read(store, each) for each in actions]
        await store.close()
        named = [gone in each for each in rows]
        assert [is_empty(each) for each in after] == named
        assert [now for now, hit in zip(after, named, strict=True) if not hit] == [
            was for was, hit in zip(before, named, strict=True) if not hit
        ]
        assert erased == Erased(emptied=sum(named))

    with tempfile.TemporaryDirectory() as folder:
        anyio.run(scenario, folder)


@pytest.mark.parametrize("person", [PHONE, EMAIL, CONTACT])
async def test_no_byte_of_an_erased_person_is_left(tmp_path: Path, person: str) -> None:
    store = store_in(tmp_path)
    theirs = await ended(store, StepState.SUCCEEDED, draft(person, to=(person,)))
    others = await ended(store, StepState.SUCCEEDED, draft(*OTHERS))
    assert person.encode() in raw(tmp_path)

    assert await erase(store, person) == Erased(emptied=1)
    assert person.encode() not in raw(tmp_path)
    assert is_empty(await read(store, theirs))
    assert not is_empty(await read(store, others))
    await store.close()


async def test_what_stays_of_an_action_is_who_decided_it_and_how_it_ended(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await ended(store, StepState.SUCCEEDED, draft(PHONE))
    before = await read(store, action)
    await erase(store, PHONE)
    after = await read(store, action)
    assert (after.state, after.decisions, after.client) == (before.state, before.decisions, before.client)
    assert [each.status for each in after.steps] == [each.status for each in before.steps]
    await store.close()


async def test_people_who_stand_only_in_the_preview_are_found(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    by_id = await ended(store, StepState.SUCCEEDED, draft(CONTACT, to=(PHONE,)))
    assert (await erase(store, "351-900000001")).emptied == 1
    assert is_empty(await read(store, by_id))
    await store.close()


async def test_a_contact_that_an_action_created_is_found_by_the_id_that_came_back(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await executing(store, draft(EMAIL))
    await store.claim_step(action.id, action.steps[0].frozen, action.risk)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED, ids=[CONTACT.upper()])
    await store.finish(action.id)
    await ended(store, StepState.SUCCEEDED, draft(*OTHERS))
    assert (await erase(store, CONTACT)).emptied == 1
    assert is_empty(await read(store, action))
    await store.close()


async def test_rows_of_a_version_that_made_no_marks_are_looked_through(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    theirs = await ended(store, StepState.SUCCEEDED, draft(f"call {PHONE}"))
    others = await ended(store, StepState.SUCCEEDED, draft(*OTHERS))
    Rows(tmp_path).change("DELETE FROM people")
    assert (await erase(store, PHONE)).emptied == 1
    assert (is_empty(await read(store, theirs)), is_empty(await read(store, others))) == (True, False)
    await store.close()


async def test_a_number_without_its_country_is_everybodys_who_could_be_written_so(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    bare = await ended(store, StepState.SUCCEEDED, draft("900 000 001"))
    foreign = await ended(store, StepState.SUCCEEDED, draft("+34900000001"))
    assert (await erase(store, PHONE)).emptied == 1
    assert (is_empty(await read(store, bare)), is_empty(await read(store, foreign))) == (True, False)
    await store.close()


async def test_whoever_is_named_twice_is_erased_once(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await ended(store, StepState.SUCCEEDED, draft(PHONE, EMAIL))
    assert await erase(store, PHONE, "351-900000001", EMAIL) == Erased(emptied=1)
    assert await store.tombstones() == [Tombstone(erased_at=Clock()(), actions=1)] * 2
    await store.close()


async def test_a_campaigns_text_that_names_the_person_is_forgotten(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    for name, text in {"theirs": f"Dear {EMAIL}", "everybodys": "Dear customer"}.items():
        action = await executing(
            store, plain_draft(name, content=Content(channel="email", title="T", text=text))
        )
        await store.claim_step(action.id, action.steps[0].frozen, action.risk)
        await store.finish_step(action.id, 1, StepState.SUCCEEDED, ids=[name])
        await store.finish(action.id)
    erased = await erase(store, EMAIL)
    assert erased.contents == 1
    assert await store.content("egoi", "700001", "theirs") is None
    assert await store.content("egoi", "700001", "everybodys") is not None
    await store.close()


# -- what has not begun, and what has not ended ---------------------------------------------------


@pytest.mark.parametrize("state", [State.PROPOSED, State.APPROVED])
async def test_what_has_not_begun_is_voided_and_says_why(tmp_path: Path, state: State) -> None:
    store = store_in(tmp_path)
    action = await (proposed if state is State.PROPOSED else approved)(store, draft(PHONE))
    assert await erase(store, PHONE) == Erased(emptied=1, voided=1)
    now = await read(store, action)
    assert (now.state, is_empty(now)) == (State.VOID, True)
    assert "erased before it began. Nothing was sent." in now.note
    last = now.decisions[-1]
    assert (last.state, last.channel, last.by) == (State.VOID, Channel.TERMINAL, "owner")
    assert await store.claim(action.id, owner="owner", caps=NO_CAPS) is None
    with pytest.raises(NotAllowed):
        await store.decide(action.id, approval())
    await store.close()


async def test_what_is_under_way_goes_on_and_is_emptied_as_it_ends(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await executing(store, draft(PHONE))
    await store.claim_step(action.id, action.steps[0].frozen, action.risk)
    assert await erase(store, PHONE) == Erased(waiting=(action.id,))
    assert not is_empty(await read(store, action))
    await store.finish_step(action.id, 1, StepState.SUCCEEDED, ids=["m1"])
    finished = await store.finish(action.id)
    assert (finished.state, is_empty(finished)) == (State.SUCCEEDED, True)
    await store.purge(bodies_before=0, rows_before=0)
    assert PHONE.encode() not in raw(tmp_path)
    await store.close()


@pytest.mark.parametrize("how", ["settled", "resolved"])
async def test_what_is_unknown_waits_until_it_is_settled(tmp_path: Path, how: str) -> None:
    store = store_in(tmp_path)
    action = await ended(store, StepState.UNKNOWN, draft(PHONE))
    assert await erase(store, PHONE) == Erased(waiting=(action.id,))
    await store.purge(bodies_before=0, rows_before=0)
    assert not is_empty(await read(store, action))
    if how == "settled":
        settled = await store.settle(action.id, sent=True, by="owner")
    else:
        settled = await store.resolve(action.id, {1: StepState.SUCCEEDED}, by="e-goi", notes={})
    assert (settled.state, is_empty(settled)) == (State.SUCCEEDED, True)
    await store.close()


async def test_what_a_dead_server_left_is_emptied_by_the_next_purge(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await executing(store, draft(PHONE), owner="dead")
    Rows(tmp_path).change("UPDATE steps SET state = 'failed'")
    assert (await erase(store, PHONE)).waiting == (action.id,)
    await store.recover(owner="heir", alive=lambda _: False, connections=())
    assert not is_empty(await read(store, action))
    assert (await store.purge(bodies_before=0, rows_before=0)).emptied == 1
    assert is_empty(await read(store, action))
    await store.close()


async def test_what_its_server_abandons_is_emptied_if_it_ends_by_that(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await executing(store, draft(PHONE))
    Rows(tmp_path).change("UPDATE steps SET state = 'failed'")
    await erase(store, PHONE)
    await store.abandon(action.id)
    assert is_empty(await read(store, action))
    await store.close()


async def test_a_waiting_row_without_marks_is_remembered_too(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await ended(store, StepState.UNKNOWN, draft(f"call {PHONE}"))
    Rows(tmp_path).change("DELETE FROM people")
    assert (await erase(store, PHONE)).waiting == (action.id,)
    assert is_empty(await store.settle(action.id, sent=False, by="owner"))
    await store.close()


async def test_what_is_proposed_after_the_erasure_is_left_alone(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    await erase(store, PHONE)
    clock.advance(1)
    action = await ended(store, StepState.SUCCEEDED, draft(PHONE))
    await store.purge(bodies_before=0, rows_before=0)
    assert not is_empty(await read(store, action))
    await store.close()


async def test_within_ten_minutes_the_same_is_still_recognised_as_sent(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    first = await ended(store, StepState.SUCCEEDED, draft(PHONE))
    await erase(store, PHONE)
    again = await proposed(store, draft(PHONE))
    assert again.duplicate_of == first.id
    clock.advance(601)
    await store.purge(bodies_before=0, rows_before=0)
    gone = await read(store, first)
    assert (gone.digest, gone.seal) == (b"", b"")
    assert {row[0] for row in Rows(tmp_path).select("SELECT action_id FROM fingerprints")} <= {again.id}
    await store.close()


# -- tombstones ----------------------------------------------------------------------------------


async def test_a_tombstone_tells_that_somebody_was_erased_and_not_who(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    await ended(store, StepState.SUCCEEDED, draft(PHONE))
    await ended(store, StepState.SUCCEEDED, draft(PHONE, "again"))
    await erase(store, PHONE)
    stone = Tombstone(erased_at=clock(), actions=2)
    assert await store.tombstones() == [stone]
    assert await store.tombstones(["351-900000001"]) == [stone]
    assert await store.tombstones([EMAIL]) == []
    ((mark,),) = Rows(tmp_path).select("SELECT mark FROM tombstones")
    assert mark == KEY.person(PHONE)
    clock.advance(5)
    await erase(store, PHONE, EMAIL)
    assert {each.actions for each in await store.tombstones()} == {0, 2}
    assert {each.erased_at for each in await store.tombstones()} == {clock()}
    await store.close()


async def test_a_tombstone_goes_with_the_ledgers_days(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    await erase(store, PHONE)
    await store.purge(bodies_before=0, rows_before=clock())
    assert len(await store.tombstones()) == 1
    await store.purge(bodies_before=0, rows_before=clock() + 1)
    assert await store.tombstones() == []
    await store.close()


# -- what the vendor was made to forget ------------------------------------------------------------

FORGET = FrozenRequest(
    "egoi", "POST", ORIGIN, "/lists/12/contacts/actions/forget", json.dumps({"contacts": [CONTACT]}).encode()
)
DELETE = FrozenRequest("txtsync", "DELETE", ORIGIN, "/contacts/external/CRM-1", b"")


@pytest.mark.parametrize(("deed", "person"), [(FORGET, CONTACT), (DELETE, "crm-1")], ids=["E-goi", "TxtSync"])
async def test_a_contact_whom_the_vendor_forgot_is_erased_here_too(
    tmp_path: Path, deed: FrozenRequest, person: str
) -> None:
    store = store_in(tmp_path)
    named = replace(FORGET, target=f"/lists/12/contacts/{person}", method="PATCH", body=b'{"base":{}}')
    earlier = await ended(store, StepState.SUCCEEDED, draft(requests=[named]))
    waiting = await proposed(store, draft(requests=[replace(named, body=b'{"base":{"x":1}}')]))
    others = await ended(store, StepState.SUCCEEDED, draft(*OTHERS))
    forgetting = await ended(store, StepState.SUCCEEDED, draft(requests=[deed], risk=Risk.DESTROY))
    assert is_empty(await read(store, earlier))
    assert is_empty(await read(store, forgetting))
    assert (await read(store, waiting)).state is State.VOID
    assert (await read(store, waiting)).decisions[-1].channel is Channel.VENDOR
    assert not is_empty(await read(store, others))
    assert len(await store.tombstones([person])) == 1
    await store.close()


@pytest.mark.parametrize("state", [StepState.FAILED, StepState.PARTIAL, StepState.UNKNOWN])
async def test_what_the_vendor_did_not_surely_forget_is_kept(tmp_path: Path, state: StepState) -> None:
    store = store_in(tmp_path)
    earlier = await ended(store, StepState.SUCCEEDED, draft(CONTACT))
    await ended(store, state, draft(requests=[FORGET], risk=Risk.DESTROY))
    assert not is_empty(await read(store, earlier))
    assert await store.tombstones() == []
    await store.close()


async def test_a_forgetting_that_is_settled_as_done_erases_here(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    earlier = await ended(store, StepState.SUCCEEDED, draft(CONTACT))
    unknown = await ended(store, StepState.UNKNOWN, draft(requests=[FORGET], risk=Risk.DESTROY))
    settled = await store.settle(unknown.id, sent=True, by="owner")
    assert (settled.state, is_empty(settled)) == (State.SUCCEEDED, True)
    assert is_empty(await read(store, earlier))
    await store.close()


async def test_a_contact_whom_the_vendor_kept_is_kept_here(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    earlier = await ended(store, StepState.SUCCEEDED, draft(CONTACT))
    unknown = await ended(store, StepState.UNKNOWN, draft(requests=[FORGET], risk=Risk.DESTROY))
    await store.settle(unknown.id, sent=False, by="owner")
    assert not is_empty(await read(store, earlier))
    await store.close()
