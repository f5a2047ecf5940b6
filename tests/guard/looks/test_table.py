"""Every operation that does more than read is looked for, or left to a person for a reason that is said."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from egoi_mcp.api.catalog import APIS, Api, operations
from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.looks import intercom, removals, txtsync
from egoi_mcp.guard.looks.table import LEFT_TO_A_PERSON, LOOKS, why_a_person

ABOVE_READ = [(api, entry.name) for api in APIS for entry in operations(api) if entry.risk > Risk.READ]
READS = {(api, entry.name) for api in APIS for entry in operations(api) if entry.risk is Risk.READ}
LEFT = [(api, name) for left in LEFT_TO_A_PERSON.values() for api, names in left.items() for name in names]


def test_every_operation_above_read_stands_in_one_of_the_two_tables() -> None:
    assert sorted([*LOOKS, *LEFT]) == sorted(ABOVE_READ)


@pytest.mark.parametrize("key", LOOKS, ids=".".join)
def test_a_look_names_reads_of_its_own_api_and_nothing_else(key: tuple[Api, str]) -> None:
    api, _ = key
    named = re.findall(r"`(\w+)`", LOOKS[key].where)

    assert named
    assert {(api, name) for name in named} <= READS
    assert LOOKS[key].unseen


def test_a_name_that_two_vendors_share_is_looked_for_at_its_own() -> None:
    shared = Counter(name for _, name in ABOVE_READ)
    assert {name for name, count in shared.items() if count > 1} == {
        "UpdateContact",
        "DeleteContact",
        "createTag",
        "deleteTag",
    }
    assert LOOKS["txtsync", "UpdateContact"].look is txtsync.updated
    assert LOOKS["intercom", "UpdateContact"].look is intercom.updated
    assert LOOKS["egoi", "createTag"].look is removals.new_tag
    assert LOOKS["intercom", "createTag"].look is intercom.tag_made
    assert LOOKS["intercom", "DeleteContact"].look is intercom.deleted
    assert LOOKS["egoi", "deleteTag"].look is removals.tag
    assert ("intercom", "deleteTag") not in LOOKS
    assert ("txtsync", "DeleteContact") not in LOOKS
    assert why_a_person("txtsync", "DeleteContact") == "TxtSync reads no contact by its internal id"


def test_what_a_person_settles_says_why_and_so_does_what_nobody_named() -> None:
    assert why_a_person("txtsync", "SendSMS") == "TxtSync lists no messages"
    assert why_a_person("egoi", "SendSMS") == "nothing that this server reads shows it"
