"""Every operation that does more than read is looked for, or left to a person for a reason that is said."""

from __future__ import annotations

import re

import pytest

from egoi_mcp.api.catalog import APIS, operations
from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.looks.table import LEFT_TO_A_PERSON, LOOKS, why_a_person

ABOVE_READ = [entry.name for api in APIS for entry in operations(api) if entry.risk > Risk.READ]
READS = {entry.name for api in APIS for entry in operations(api) if entry.risk is Risk.READ}
LEFT = [name for names in LEFT_TO_A_PERSON.values() for name in names]


def test_every_operation_above_read_stands_in_one_of_the_two_tables() -> None:
    assert sorted([*LOOKS, *LEFT]) == sorted(ABOVE_READ)


def test_no_name_means_two_operations() -> None:
    assert len(set(ABOVE_READ)) == len(ABOVE_READ)


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_names_reads_and_nothing_else(name: str) -> None:
    named = re.findall(r"`(\w+)`", LOOKS[name].where)

    assert named
    assert set(named) <= READS
    assert LOOKS[name].unseen


def test_what_a_person_settles_says_why_and_so_does_what_nobody_named() -> None:
    assert why_a_person("SendSMS") == "TxtSync lists no messages"
    assert why_a_person("aNewOperation") == "nothing that this server reads shows it"
