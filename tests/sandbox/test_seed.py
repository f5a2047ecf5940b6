from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.sandbox.accounts import StillClock, sandbox_at

_RESERVED = {
    "351": r"9000\d{5}",
    "34": r"600000\d{3}",
    "55": r"1190000\d{4}",
    "44": r"7700900\d{3}",
    "49": r"1520000\d{4}",
    "33": r"63998\d{4}",
    "1": r"20255501\d{2}",
}


def test_two_sandboxes_of_one_seed_are_equal() -> None:
    assert Sandbox(SandboxSettings(seed=7)).world == Sandbox(SandboxSettings(seed=7)).world


def test_another_seed_gives_other_contact_ids() -> None:
    one, other = (Sandbox(SandboxSettings(seed=seed)).world.egoi for seed in (1, 2))
    assert not set(one.lists[1].contacts) & set(other.lists[1].contacts)


def test_the_lists_have_the_published_sizes(sandbox: Sandbox) -> None:
    lists = sandbox.world.egoi.lists
    assert {key: (item.internal_name, len(item.contacts)) for key, item in lists.items()} == {
        1: ("Customers", 180),
        2: ("Newsletter", 120),
        3: ("Team", 12),
        4: ("Empty", 0),
    }


def test_every_contact_has_a_reserved_number_and_an_example_address(sandbox: Sandbox) -> None:
    countries: Counter[str] = Counter()
    for contact_list in sandbox.world.egoi.lists.values():
        for contact in contact_list.contacts.values():
            assert re.fullmatch(r"[0-9a-f]{10}", contact.contact_id)
            if email := contact.text("email"):
                assert re.fullmatch(r"[a-z]+\.\d{3}@example\.(com|org|net)", email)
            for name in ("cellphone", "extra_3"):
                if number := contact.text(name):
                    code, _, rest = number.partition("-")
                    assert re.fullmatch(_RESERVED[code], rest), number
                    countries[code] += 1
    assert set(countries) == set(_RESERVED)


def test_the_first_twenty_of_two_lists_are_the_same_people(sandbox: Sandbox) -> None:
    customers, readers = (list(sandbox.world.egoi.lists[number].contacts.values()) for number in (1, 2))
    assert [item.text("cellphone") for item in customers[:20]] == [
        item.text("cellphone") for item in readers[:20]
    ]
    assert customers[0].contact_id != readers[0].contact_id


def test_the_customers_have_every_status_nulls_missing_members_and_a_member_no_document_names(
    sandbox: Sandbox,
) -> None:
    contacts = list(sandbox.world.egoi.lists[1].contacts.values())
    assert {item.status for item in contacts} == {"active", "inactive", "removed", "unconfirmed"}
    assert any("cellphone" in item.base and item.base["cellphone"] is None for item in contacts)
    assert any("cellphone" not in item.base for item in contacts)
    assert any(item.tags is None for item in contacts)
    assert any("score" in item.base for item in contacts)


def test_the_team_is_without_gaps(sandbox: Sandbox) -> None:
    team = list(sandbox.world.egoi.lists[3].contacts.values())
    assert [item.text("cellphone") for item in team] == [f"351-900000{place:03d}" for place in range(1, 13)]
    assert {item.status for item in team} == {"active"}


def test_reset_brings_the_seed_back(clock: StillClock) -> None:
    sandbox = sandbox_at(clock)
    sandbox.world.egoi.lists[3].contacts.clear()
    sandbox.reset()
    assert sandbox.world == sandbox_at(clock).world


def test_importing_the_package_imports_no_library() -> None:
    code = (
        "import sys, egoi_mcp.sandbox;"
        "print([m for m in ('pydantic', 'starlette', 'uvicorn', 'httpx2', 'anyio') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    import egoi_mcp.sandbox as package

    assert not hasattr(package, "Nothing")
