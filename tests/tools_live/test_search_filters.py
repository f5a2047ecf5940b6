"""Finding E-goi's contacts in a list by every filter that the vendor has, and in a segment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.api.catalog import operation
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.egoi.state import Contact
from tests.support import connected
from tests.tools_live.live import altered, queries, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts"}
Holds = Callable[[Contact], bool]

FILTERS: dict[str, tuple[dict[str, Any], dict[str, str], Holds]] = {
    "first_name": ({"first_name": "Ana"}, {"first_name": "Ana"}, lambda c: c.base["first_name"] == "Ana"),
    "last_name": (
        {"Last name": "Muster"},
        {"last_name": "Muster"},
        lambda c: c.text("last_name") == "Muster",
    ),
    "email": (
        {"email": "ana.013@example.org"},
        {"email": "ana.013@example.org"},
        lambda c: c.text("email") == "ana.013@example.org",
    ),
    "email_status": (
        {"email_status": False},
        {"email_status": "false"},
        lambda c: c.text("email_status") != "active",
    ),
    "cellphone": (
        {"cellphone": "+351 900 000 013"},
        {"cellphone": "351-900000013"},
        lambda c: c.text("cellphone") == "351-900000013",
    ),
    "cellphone_status": (
        {"cellphone_status": "inactive"},
        {"cellphone_status": "false"},
        lambda c: c.text("cellphone_status") != "active",
    ),
    "phone": (
        {"Phone": "+351210000005"},
        {"phone": "351-210000005"},
        lambda c: c.text("phone") == "351-210000005",
    ),
    "phone_status": (
        {"phone_status": True},
        {"phone_status": "true"},
        lambda c: c.text("phone_status") == "active",
    ),
    "birth_date": (
        {"birth_date": "1963-04-04"},
        {"birth_date": "1963-04-04"},
        lambda c: c.text("birth_date") == "1963-04-04",
    ),
    "language": ({"language": "es"}, {"language": "es"}, lambda c: c.text("language") == "es"),
    "extra_field_id": (
        {"City": "Madrid", "loyalty points": 100},
        {"extra_field_id[1]": "Madrid", "extra_field_id[2]": "100"},
        lambda c: c.text("extra_1") == "Madrid" and c.text("extra_2") == "100",
    ),
    "an extra number": (
        {"extra_3": "+351900000502"},
        {"extra_field_id[3]": "351-900000502"},
        lambda c: c.text("extra_3") == "351-900000502",
    ),
    "an option": (
        {"Interests": "vinho"},
        {"extra_field_id[4]": "1"},
        lambda c: any(each["field_id"] == 4 and each["value"] == [1] for each in c.extra),
    ),
    "an option by its id": (
        {"4": 3},
        {"extra_field_id[4]": "3"},
        lambda c: any(each["field_id"] == 4 and each["value"] == [3] for each in c.extra),
    ),
}


@pytest.mark.parametrize(("filters", "asked", "holds"), FILTERS.values(), ids=FILTERS)
async def test_each_filter_selects_whom_it_says_and_goes_out_in_the_vendors_form(
    tmp_path: Path, filters: dict[str, Any], asked: dict[str, str], holds: Holds
) -> None:
    sandbox = Sandbox(SandboxSettings())
    meant = [c.contact_id for c in sandbox.world.egoi.lists[1].contacts.values() if holds(c)]
    assert 0 < len(meant) < 180
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        called = await session.call("search_contacts", list_id="Customers", filters=filters, limit=100)
        assert not called.is_error, called.text
        assert called.data["total"] == len(meant)
        assert [each["contact_id"] for each in called.data["contacts"]] == meant[:100]
        assert queries(session, "getAllContacts") == [{"offset": "0", "limit": "100", **asked}]


def test_no_filter_of_the_vendor_is_forgotten() -> None:
    known = {p.name for p in operation("egoi", "getAllContacts").parameters if p.location == "query"}
    assert known - {"offset", "limit"} <= set(FILTERS)


async def test_a_filter_goes_with_a_name_and_from_page_to_page(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    meant = [
        c.contact_id
        for c in sandbox.world.egoi.lists[1].contacts.values()
        if c.text("last_name") == "Exemplo" and c.text("language") == "pt"
    ]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        asked: dict[str, Any] = {"list_id": 1, "query": "Exemplo", "filters": {"language": "pt"}, "limit": 20}
        seen: list[str] = []
        while True:
            called = await session.call("search_contacts", **asked)
            seen += [each["contact_id"] for each in called.data["contacts"]]
            if "next_cursor" not in called.data:
                break
            asked["cursor"] = called.data["next_cursor"]
        assert seen == meant
        changed = {**asked, "filters": {"language": "en"}}
        said = await refused(session, "search_contacts", **changed)
        assert said.startswith("cursor: belongs to a call with other arguments.")


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"shoe size": 42}, "filters: none is called so."),
        ({"birth_date": "31.1.2000"}, "filters.birth_date: must be a date, such as 2026-03-01."),
        ({"language": "xx"}, "filters.language: must be one of pt, en, es, br, fr, de."),
        ({"email_status": "on"}, "filters.email_status: must be true (active) or false (inactive)."),
        ({"email": ""}, "filters.email: must be a text or a number."),
        ({"email": {"=": "x"}}, "filters.email: must be a text or a number."),
        ({"first_name": True}, "filters.first_name: must be a text or a number."),
        ({"cellphone": "12"}, "filters.cellphone: "),
        ({"Interests": "Cars"}, "filters.extra_4: has no such option. list_audiences (kind options, field"),
        ({f"extra_{n}": "x" for n in range(1, 30)}, "filters: at most 20."),
    ],
)
async def test_a_filter_that_cannot_be_is_refused_before_it_is_asked(
    tmp_path: Path, filters: dict[str, Any], said: str
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        told = await refused(session, "search_contacts", list_id=1, filters=filters)
        assert told.startswith(said)
        assert queries(session, "getAllContacts") == []


async def test_a_base_field_that_is_no_filter_is_refused_with_those_that_are(tmp_path: Path) -> None:
    def with_status(path: str, reply: Any) -> Any:
        return [*reply, {"field_id": "status", "name": "Status"}] if path.endswith("/fields") else reply

    async with altered(tmp_path, with_status, TOOLS) as session:
        said = await refused(session, "search_contacts", list_id=1, filters={"Status": "active"})
        assert said.startswith("filters: E-goi cannot filter by status. It takes first_name, last_name,")


async def test_an_answer_that_does_not_keep_to_an_extra_field_is_not_shown(tmp_path: Path) -> None:
    everybody = Sandbox(SandboxSettings()).world.egoi.lists[1].contacts.values()
    whole = [{"base": dict(c.base), "extra": list(c.extra)} for c in everybody][:25]

    def ignoring(path: str, reply: Any) -> Any:
        return {"items": whole, "total_items": 180} if path == "/lists/1/contacts" else reply

    async with altered(tmp_path, ignoring, TOOLS) as session:
        said = await refused(session, "search_contacts", list_id=1, filters={"City": "Madrid"})
        assert said.startswith("filters: E-goi answered contacts whose extra_1 is another")
        assert "Use a segment instead" in said
        assert "example" not in said


async def test_nobody_is_told_with_how_values_are_compared(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("search_contacts", list_id=1, filters={"first_name": "An"})
        assert called.text == "No contact found. E-goi compares whole values."


# -- across lists --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "asked"),
    [
        ({"email": "ana.013@example.org"}, {"type": "email", "contact": "ana.013@example.org"}),
        ({"cellphone": "+351900000013"}, {"type": "cellphone", "contact": "351-900000013"}),
        ({"phone": "+351210000005"}, {"type": "phone", "contact": "351-210000005"}),
    ],
)
async def test_across_lists_one_kind_of_address_can_be_named(
    tmp_path: Path, filters: dict[str, str], asked: dict[str, str]
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("search_contacts", filters=filters)
        assert called.data["total"] >= 1
        assert queries(session, "searchContacts") == [asked]


async def test_across_lists_there_is_no_other_filter(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for arguments in (
            {"filters": {"first_name": "Ana"}},
            {"filters": {"email": "ana@example.com"}, "query": "ana@example.com"},
            {"filters": {"email": "ana@example.com", "phone": "+351210000005"}},
        ):
            said = await refused(session, "search_contacts", **arguments)
            assert said.startswith("filters: across all lists E-goi takes one of email, cellphone and phone")
        assert session.sandbox.requests.total == 0


# -- segments ------------------------------------------------------------------------------------


async def test_a_segment_is_read_page_by_page_by_its_name(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        asked: dict[str, Any] = {"list_id": "Customers", "segment": "portuguese speakers", "limit": 30}
        seen: list[dict[str, Any]] = []
        while True:
            called = await session.call("search_contacts", **asked)
            assert not called.is_error, called.text
            seen += called.data["contacts"]
            if "next_cursor" not in called.data:
                break
            asked["cursor"] = called.data["next_cursor"]
        assert len(seen) == called.data["total"] > 30
        assert "unsubscribed" not in {each["status"] for each in seen}
        first = queries(session, "getAllContactsBySegment")[0]
        assert first == {"offset": "0", "limit": "30"}


async def test_whoever_left_a_segments_list_is_shown_when_asked_for(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    speaker = next(c for c in sandbox.world.egoi.lists[1].contacts.values() if c.text("language") == "pt")
    speaker.base["status"] = "removed"
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        asked: dict[str, Any] = {"list_id": 1, "segment": "saved_11", "limit": 100}
        without = await session.call("search_contacts", **asked)
        everybody = await session.call("search_contacts", **asked, filters={"show_removed": True})
        assert everybody.data["total"] > without.data["total"]
        assert queries(session, "getAllContactsBySegment")[-1]["show_removed"] == "true"


async def test_a_segment_takes_its_list_and_nothing_that_narrows_it(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        said = await refused(session, "search_contacts", segment="saved_11")
        assert said.startswith("segment: goes with list_id")
        said = await refused(session, "search_contacts", list_id=1, segment="saved_11", query="Ana")
        assert said.startswith("query: E-goi cannot search inside a segment.")
        for filters in ({"language": "pt"}, {"show_removed": "yes"}, {"show_removed": True, "x": 1}):
            said = await refused(session, "search_contacts", list_id=1, segment="saved_11", filters=filters)
            assert said.startswith("filters: with a segment E-goi knows show_removed")
        said = await refused(session, "search_contacts", list_id=1, segment="nothere")
        assert said.startswith("segment: none is called so.")
        assert queries(session, "getAllContactsBySegment") == []


# -- TxtSync -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "count"),
    [({"search": "Sample"}, 35), ({"searchNumber": "90020"}, 9), ({"search": "CRM-0001"}, 1)],
)
async def test_txtsyncs_own_parameters_can_be_named(
    tmp_path: Path, filters: dict[str, str], count: int
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("search_contacts", provider="txtsync", filters=filters)
        assert called.data["total"] == count
        assert queries(session, "SearchContact") == [filters]
        for wrong in ({"name": "x"}, {"search": ""}):
            said = await refused(session, "search_contacts", provider="txtsync", filters=wrong)
            assert said.startswith("filters: TxtSync takes search")
