from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox
from tests.sandbox.accounts import Json

pytestmark = pytest.mark.anyio

PATH = "/lists/1/contacts/by-field"


def body(field_id: str, value: str, **members: object) -> Json:
    return {"compare_field": {"field_id": field_id, "value": value}, **members}


async def test_the_contact_whose_unique_field_has_the_value_is_changed(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    contact = next(each for each in sandbox.world.egoi.lists[1].contacts.values() if each.text("email"))
    given = body("email", contact.text("email").upper(), base={"last_name": "Exemplo", "consent": "contract"})
    reply = await egoi.post(PATH, json=given)
    assert (reply.status_code, reply.json()) == (201, {"contact_id": contact.contact_id})
    assert (contact.text("last_name"), contact.text("consent")) == ("Exemplo", "contract")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (body("first_name", "Ana", base={"last_name": "x"}), "compare_field.field_id"),
        (body("email", "nobody@example.com", base={"last_name": "x"}), "compare_field.value"),
        ({"base": {"last_name": "x"}}, "compare_field"),
    ],
)
async def test_what_means_nobody_is_refused(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, given: Json, field: str
) -> None:
    reply = await egoi.post(PATH, json=given)
    assert reply.status_code == 422
    assert field in reply.text
    assert sandbox.effects.changes == []


@pytest.mark.parametrize(
    ("field_id", "value", "taken"),
    [
        (1, "Porto", True),
        (1, [1], False),
        (2, "12.5", True),
        (2, "many", False),
        (3, "351-900000001", True),
        (3, "+351900000001", False),
        (4, [1, 3], True),
        (4, [9], False),
        (4, "Wine", False),
    ],
)
async def test_an_extra_value_is_of_its_fields_format(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, field_id: int, value: object, taken: bool
) -> None:
    contact = next(iter(sandbox.world.egoi.lists[1].contacts))
    reply = await egoi.patch(
        f"/lists/1/contacts/{contact}", json={"extra": [{"field_id": field_id, "value": value}]}
    )
    assert reply.status_code == (200 if taken else 422), reply.text
