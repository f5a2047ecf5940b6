"""Creating one contact at E-goi and TxtSync."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import ERAS, Era, Person, connected
from tests.tools_live.live import bodies, facts, mutations, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts"}
NEW = "new@example.com"
BASIS = {"legal_basis": "consent", "source": "web form"}
EVERYTHING: dict[str, Any] = {
    "list_id": 3,
    "email": NEW,
    "phone": "+351 900 000 777",
    "first_name": "Ana",
    "last_name": "Exemplo",
    "fields": {"language": "pt", "birth_date": "2000-02-29"},
}


# -- E-goi ---------------------------------------------------------------------------------------


async def test_a_contact_is_inactive_unless_said_otherwise_and_nobody_is_asked(tmp_path: Path) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, person=person) as session:
        done = await session.call("create_contact", list_id=3, email=NEW)
        assert done.status == "succeeded"
        (contact_id,) = done.data["ids"]
        assert bodies(session, "createContact") == [{"base": {"status": "inactive", "email": NEW}}]
        read = await session.call("get_contact", list_id=3, contact_id=contact_id)
        assert read.data["contact"]["status"] == "inactive"
        assert person.forms == []


async def test_a_person_decides_about_one_whom_egoi_may_ask_to_confirm(tmp_path: Path) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, person=person) as session:
        done = await session.call("create_contact", list_id=3, email=NEW, status="unconfirmed")
        assert done.status == "succeeded"
        (question,) = person.questions
        assert "E-goi may write to them and ask them to confirm" in question
        assert bodies(session, "createContact") == [{"base": {"status": "unconfirmed", "email": NEW}}]


async def test_nobody_is_asked_to_confirm_where_the_person_declines(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person("decline")) as session:
        done = await session.call("create_contact", list_id=3, email=NEW, status="unconfirmed")
        assert done.status == "declined"
        assert mutations(session) == []


async def test_every_argument_reaches_egoi_in_its_own_form(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        done = await session.call("create_contact", **EVERYTHING, status="inactive")
        assert done.status == "succeeded"
        assert bodies(session, "createContact") == [
            {
                "base": {
                    "status": "inactive",
                    "first_name": "Ana",
                    "last_name": "Exemplo",
                    "email": NEW,
                    "cellphone": "351-900000777",
                    "birth_date": "2000-02-29",
                    "language": "pt",
                }
            }
        ]


@pytest.mark.parametrize("mode", ERAS)
async def test_an_active_contact_is_asked_for_with_its_legal_basis(tmp_path: Path, mode: Era) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, mode=mode, person=person) as session:
        done = await session.call(
            "create_contact", **EVERYTHING, status="active", legal_basis="consent", source="spring fair"
        )
        assert done.status == "succeeded"
        (question,) = person.questions
        for line in (
            "Create a contact in list 3 (Team)",
            "Account: egoi 700001",
            "To: new@example.com, +351900000777",
            "status: active",
            "legal basis: consent",
            "source: spring fair",
            "first name: Ana",
            "last name: Exemplo",
            "birth date: 2000-02-29",
        ):
            assert f"\n{line}\n" in f"\n{question}\n"
        assert bodies(session, "createContact")[0]["base"]["status"] == "active"


@pytest.mark.parametrize("given", [{}, {"legal_basis": "consent"}, {"source": "spring fair"}])
async def test_active_needs_both_legal_basis_and_source(tmp_path: Path, given: dict[str, str]) -> None:
    async with connected(tmp_path, TOOLS) as session:
        said = await refused(session, "create_contact", list_id=3, email=NEW, status="active", **given)
        assert said.startswith("legal_basis and source: are required, because this says")
        assert session.sandbox.requests.total == 0


async def test_a_basis_that_was_not_needed_is_kept_all_the_same(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        shown = await previewed(
            session, "create_contact", list_id=3, email=NEW, legal_basis="contract", source="order 7"
        )
        assert facts(shown) == {"status": "inactive", "legal basis": "contract", "source": "order 7"}


NOT_AT_EGOI: list[tuple[dict[str, Any], str]] = [
    ({"email": NEW}, "list_id: is required for E-goi."),
    ({"list_id": 3}, "email or phone: one of them is required. Nothing was created."),
    ({"list_id": 3, "first_name": "Ana"}, "email or phone: one of them is required."),
    ({"list_id": 99, "email": NEW}, "list_id: the account has no list 99."),
    ({"list_id": 3, "email": "ana"}, "email: is not of the right form (One e-mail address)."),
    ({"list_id": 3, "phone": "900000001"}, "phone: the phone number names no country."),
    ({"list_id": 3, "phone": "+351 1"}, "phone: the phone number has a wrong number of digits"),
    (
        {"list_id": 3, "email": NEW, "fields": {"birth_date": "2001-02-29"}},
        "birth_date: the calendar has no such day. Nothing was created.",
    ),
    ({"list_id": 3, "email": NEW, "fields": {"language": "xx"}}, "language: must be en, pt,"),
    ({"list_id": 3, "email": NEW, "language": "pt"}, "unknown argument 'language': did you mean 'fields'?"),
    ({"list_id": 3, "email": NEW, "fields": {"email": NEW}}, "fields: email is given twice."),
    ({"list_id": 3, "email": NEW, "fields": {"phone": "1"}}, "fields: say cellphone or landline"),
    ({"list_id": 3, "email": NEW, "fields": {"consent": "consent"}}, "consent: goes with update_contact"),
    ({"list_id": 3, "email": NEW, "fields": {"City": "Porto"}}, "City: E-goi takes no such thing."),
    ({"list_id": 3, "email": NEW, "role": "lead"}, "role: E-goi takes no such thing here."),
    (
        {"list_id": 3, "email": NEW, "fields": dict.fromkeys(map(str, range(101)), "x")},
        "fields: at most 100 at once.",
    ),
    ({"list_id": 3, "email": NEW, "status": "removed"}, "status: must be 'unconfirmed', 'active'"),
    (
        {"list_id": 3, "email": NEW, "tags": ["vip"]},
        "tags: E-goi takes no such thing here. tag_contacts puts",
    ),
    ({"list_id": 3, "email": NEW, "company": "Acme"}, "company: E-goi takes no such thing here."),
    ({"list_id": 3, "email": NEW, "external_reference": "7"}, "external_reference: E-goi takes no such"),
]


async def test_what_cannot_be_created_is_said(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for arguments, said in NOT_AT_EGOI:
            told = await refused(session, "create_contact", **arguments)
            assert told.startswith(said), arguments


async def test_one_who_exists_is_refused_by_the_vendor_and_told_without_the_address(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        (row,) = (await session.call("search_contacts", query="+351900000001")).data["contacts"]
        done = await session.call("create_contact", list_id=3, email=row["email"])
        assert done.status == "failed"
        assert "because of what is there already (409)" in done.text
        assert row["email"] not in done.text
        assert mutations(session) == []


@pytest.mark.parametrize(
    ("phone", "warning"),
    [
        ("+351210000123", "the number is no mobile number, so no SMS will reach it"),
        ("+351900000123", "the number lies in no range that its country has assigned"),
    ],
)
async def test_a_doubtful_number_is_taken_with_a_warning(tmp_path: Path, phone: str, warning: str) -> None:
    async with connected(tmp_path, TOOLS) as session:
        shown = await previewed(session, "create_contact", list_id=3, phone=phone)
        assert shown.data["preview"]["warnings"] == [warning]
        assert f"Warning: {warning}" in shown.text


# -- TxtSync -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ERAS)
async def test_txtsync_gets_its_own_members_after_a_person_agreed(tmp_path: Path, mode: Era) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, mode=mode, person=person) as session:
        done = await session.call(
            "create_contact",
            provider="txtsync",
            phone="+44 7700 900777",
            first_name="Rui",
            last_name="Sample",
            email=NEW,
            external_reference="CRM-777",
            company="Example Ltd",
            tags=["vip", " spring fair "],
            legal_basis="consent",
            source="web form",
        )
        assert done.status == "succeeded"
        assert done.data["ids"] == ["9041"]
        assert bodies(session, "AddContact") == [
            {
                "MobileNumber": "+447700900777",
                "FirstName": "Rui",
                "LastName": "Sample",
                "EmailAddress": NEW,
                "ExternalReference": "CRM-777",
                "CompanyName": "Example Ltd",
                "TagNames": "vip,spring fair",
            }
        ]
        (question,) = person.questions
        for line in ("Create a contact in TxtSync", "tags: vip,spring fair", "external reference: CRM-777"):
            assert f"\n{line}\n" in f"\n{question}\n"
        assert "legal basis: consent" in question
        assert "Until it opts out it may be sent SMS." in question
        read = await session.call("get_contact", provider="txtsync", contact_id="CRM-777")
        assert read.data["contact"]["status"] == "active"


NOT_AT_TXTSYNC: list[tuple[dict[str, Any], str]] = [
    ({"email": NEW}, "phone: is required for TxtSync."),
    ({"phone": "+447700900777", "list_id": 1}, "list_id: TxtSync takes no such thing here."),
    ({"phone": "+447700900777", "fields": {"language": "en"}}, "language: TxtSync takes no such thing."),
    ({"phone": "+447700900777", "fields": {"allow_sms": True}}, "allow_sms: goes with update_contact"),
    ({"phone": "+447700900777", "role": "lead"}, "role: TxtSync takes no such thing here."),
    ({"phone": "+447700900777"}, "legal_basis and source: are required"),
    ({"phone": "+447700900777", "status": "unconfirmed"}, "status: TxtSync takes no such thing here."),
    ({"phone": "+447700900777", "tags": ["a,b"]}, "tags: a tag's name holds no comma"),
    ({"phone": "+447700900777", "tags": [" "]}, "tags: is empty; leave it out."),
    ({"phone": "+447700900777", "tags": []}, "tags: must not be empty."),
]


async def test_what_txtsync_does_not_take_is_said(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for arguments, said in NOT_AT_TXTSYNC:
            told = await refused(session, "create_contact", provider="txtsync", **arguments)
            assert told.startswith(said), arguments
        assert session.sandbox.requests.total == 0


async def test_a_number_that_txtsync_has_is_refused_by_it(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        done = await session.call("create_contact", provider="txtsync", phone="+447700900201", **BASIS)
        assert done.status == "failed"
        assert "409" in done.text
        assert "900201" not in done.text
