"""A list's fields and their options, made, changed and deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.tools.manage_field import Format
from tests.support import Person, Session, connected
from tests.tools_live.live import bodies, facts, mutations, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "audiences_admin"}
LABELS = {"en": "a", "pt": "b", "br": "c", "es": "d", "de": "e", "hu": "f", "fr": "g"}


def targets(session: Session, operation: str) -> list[str]:
    return [each.target for each in session.sandbox.requests.arrivals if each.operation == operation]


@pytest.mark.parametrize("kind", get_args(Format))
async def test_a_field_of_every_format_is_created_without_anybody_being_asked(
    tmp_path: Path, kind: str
) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, person=person) as session:
        given: dict[str, Any] = {"do": "create", "list_id": "Team", "name": "Shoe size", "format": kind}
        done = await session.call("manage_field", **given, unique=False)
        assert done.status == "succeeded", done.text
        assert bodies(session, "createExtraField") == [{"name": "Shoe size", "format": kind, "unique": False}]
        assert person.forms == []


async def test_an_extra_field_is_renamed_and_made_unique_without_anybody_being_asked(tmp_path: Path) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, person=person) as session:
        done = await session.call("manage_field", do="update", list_id="1", field="City", name="Town")
        assert done.status == "succeeded", done.text
        unique: dict[str, Any] = {"list_id": "1", "field": "2", "unique": True}
        shown = await previewed(session, "manage_field", do="update", **unique)
        assert "what E-goi makes of values that several contacts hold is documented nowhere" in shown.text
        done = await session.call("manage_field", do="update", **unique)
        assert done.status == "succeeded", done.text
        assert person.forms == []
        assert bodies(session, "patchExtraField") == [{"name": "Town"}, {"unique": True}]
        assert targets(session, "patchExtraField") == ["/lists/1/fields/extra/1", "/lists/1/fields/extra/2"]


async def test_of_a_base_field_only_unique_changes(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        base: dict[str, Any] = {"list_id": "1", "field": "email"}
        done = await session.call("manage_field", do="update", **base, unique=False)
        assert done.status == "succeeded", done.text
        assert bodies(session, "patchBaseField") == [{"unique": False}]
        said = await refused(session, "manage_field", do="update", **base, name="Mail")
        assert said.startswith("name: do=update takes no such thing.")
        said = await refused(session, "manage_field", do="delete", **base)
        assert said.startswith("field: is a base field")


@pytest.mark.parametrize(("answer", "status"), [("approve", "succeeded"), ("decline", "declined")])
async def test_a_field_goes_with_its_values_where_a_person_approves(
    tmp_path: Path, answer: Any, status: str
) -> None:
    sandbox = Sandbox(SandboxSettings())
    person = Person(answer)
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("manage_field", do="delete", list_id="1", field="Loyalty points")
        assert done.status == status, done.text
        (question,) = person.questions
        assert "Delete the field 'Loyalty points' with its values" in question
        assert "contacts of the list: 180 (153 active, 9 inactive, 9 removed, 9 unconfirmed)" in question
        assert "every contact of the list loses its value of the field" in question
        held = [field.name for field in sandbox.world.egoi.lists[1].fields]
        assert ("Loyalty points" in held) == (answer == "decline")


async def test_why_the_vendor_keeps_a_field_is_told(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        done = await session.call("manage_field", do="delete", list_id="1", field="extra_1")
        assert done.status == "failed"


async def test_an_option_is_added_renamed_and_deleted_in_every_language(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        field: dict[str, Any] = {"list_id": "1", "field": "Interests"}
        done = await session.call("manage_field", do="add_option", **field, labels=LABELS)
        assert done.status == "succeeded", done.text
        assert bodies(session, "createFieldOption") == [LABELS]
        renamed: dict[str, Any] = {"option": "Vinho", "labels": {"fr": "Vin"}}
        done = await session.call("manage_field", do="update_option", **field, **renamed)
        assert done.status == "succeeded", done.text
        assert bodies(session, "updateFieldOption") == [{"fr": "Vin"}]
        assert person.forms == []
        shown = await previewed(session, "manage_field", do="delete_option", **field, option="2")
        assert facts(shown)["option"] == "2 (Books, Livros)"
        assert "contacts that chose it lose that" in shown.text
        done = await session.call("manage_field", do="delete_option", **field, option="2")
        assert done.status == "succeeded", done.text
        assert len(person.forms) == 1
        options = next(
            each.options for each in sandbox.world.egoi.lists[1].fields if each.name == "Interests"
        )
        assert [option["option_id"] for option in options] == [1, 3, 4]


async def test_no_option_goes_where_the_person_declines(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person("decline")) as session:
        option: dict[str, Any] = {"list_id": "1", "field": "4", "option": "Wine"}
        done = await session.call("manage_field", do="delete_option", **option)
        assert (done.status, mutations(session)) == ("declined", [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"do": "create", "name": "x"}, "format: is required for creating a field."),
        ({"do": "create", "format": "text"}, "name: is required for creating a field."),
        ({"do": "create", "name": "x", "format": "text", "field": "y"}, "field: creating a field takes no"),
        (
            {"do": "create", "name": "x", "format": "text", "labels": {"en": "x"}},
            "labels: do=create takes no",
        ),
        ({"do": "update", "name": "x"}, "field: is required for do=update."),
        ({"do": "update", "field": "City"}, "name or unique: give what changes."),
        ({"do": "update", "field": "City", "format": "text"}, "format: do=update takes no such thing."),
        ({"do": "delete", "field": "City", "name": "x"}, "name: do=delete takes no such thing."),
        ({"do": "delete", "field": "Nothing"}, "field: "),
        ({"do": "add_option", "field": "City", "labels": {"en": "x"}}, "field: is none of format options"),
        ({"do": "add_option", "field": "4"}, "labels: is required for do=add_option."),
        (
            {"do": "add_option", "field": "4", "labels": {"en": "x"}, "option": "1"},
            "option: do=add_option tak",
        ),
        ({"do": "add_option", "field": "4", "labels": {"it": "x"}}, "labels: takes one or more of en, pt,"),
        ({"do": "add_option", "field": "4", "labels": {}}, "labels: takes one or more of en, pt,"),
        ({"do": "add_option", "field": "4", "labels": {"en": " "}}, "labels: one is empty."),
        ({"do": "update_option", "field": "4", "option": "1"}, "labels: is required for do=update_option."),
        (
            {"do": "update_option", "field": "4", "labels": {"en": "x"}},
            "option: is required for do=update_op",
        ),
        ({"do": "delete_option", "field": "4"}, "option: is required for do=delete_option."),
        ({"do": "delete_option", "field": "4", "option": "Beer"}, "option: none is called so."),
    ],
)
async def test_what_does_not_go_together_is_refused_by_name(
    tmp_path: Path, arguments: dict[str, Any], said: str
) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        refusal = await refused(session, "manage_field", list_id="1", **arguments)
        assert refusal.startswith(said)
        assert "Nothing was" in refusal
