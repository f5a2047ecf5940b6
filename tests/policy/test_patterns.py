"""Lists of people and hosts: what a family holds, and what two lists have in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.policy.patterns import common, host, is_family, named, recipient, within
from tests.policy.policies import FAMILIES, HOST_FAMILIES, HOSTS, NUMBERS

LISTS = st.frozensets(st.sampled_from(FAMILIES + HOST_FAMILIES), max_size=4)
VALUES = st.sampled_from((*NUMBERS, *HOSTS, "a.hooks.example.com", "+35191", "x@sub.mail.example.com"))


@pytest.mark.parametrize(
    ("text", "one_form"),
    [
        ("+351900000001", "+351900000001"),
        (" +351 900-000 (001) ", "+351900000001"),
        ("+351*", "+351*"),
        ("+*", "+*"),
        ("Ana@Example.COM", "ana@example.com"),
        ("@example.com", "@example.com"),
        ("@bücher.example", "@xn--bcher-kva.example"),
        ("351900000001", None),
        ("900*", None),
        ("+351*9", None),
        ("+0123456", None),
        ("+1234", None),
        ("*", None),
        ("*@example.com", None),
        ("ana@", None),
        ("ana@example", None),
        ("ana@b@example.com", None),
        ("@exam ple.com", None),
        ("", None),
    ],
)
def test_a_recipient_has_one_form(text: str, one_form: str | None) -> None:
    assert recipient(text) == one_form


@pytest.mark.parametrize(
    ("text", "one_form"),
    [
        ("Hooks.Example.com", "hooks.example.com"),
        ("hooks.example.com.", "hooks.example.com"),
        ("*.example.com", "*.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("https://example.com", None),
        ("example.com/path", None),
        ("example.com:443", None),
        ("ex*mple.com", None),
        ("*", None),
        ("a..b", None),
        (".example.com", None),
        ("ex ample.com", None),
        ("", None),
    ],
)
def test_a_host_has_one_form(text: str, one_form: str | None) -> None:
    assert host(text) == one_form


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("+351900000001", "+351*"),
        ("+3519*", "+351*"),
        ("+351*", "+*"),
        ("ana@example.com", "@example.com"),
        ("hooks.example.com", "*.example.com"),
        ("*.hooks.example.com", "*.example.com"),
    ],
)
def test_a_family_holds_its_members_and_they_do_not_hold_it(narrow: str, wide: str) -> None:
    assert within(narrow, wide)
    assert not within(wide, narrow)


@pytest.mark.parametrize(
    ("value", "family"),
    [
        ("+351@example.com", "+351*"),
        ("+35290000001", "+351*"),
        ("ana@mail.example.com", "@example.com"),
        ("ana@badexample.com", "@example.com"),
        ("example.com", "*.example.com"),
        ("badexample.com", "*.example.com"),
        ("example.com.evil.example", "*.example.com"),
        ("+351900000001", "+351900000002"),
    ],
)
def test_what_only_looks_like_a_member_is_none(value: str, family: str) -> None:
    assert not named(value, [family])


@given(VALUES, LISTS, LISTS)
def test_what_two_lists_have_in_common_is_exactly_what_both_name(
    value: str, one: frozenset[str], other: frozenset[str]
) -> None:
    assert named(value, common(one, other)) == (named(value, one) and named(value, other))


@given(LISTS, LISTS, LISTS)
def test_what_lists_have_in_common_depends_on_no_order(
    one: frozenset[str], other: frozenset[str], third: frozenset[str]
) -> None:
    assert common(one, other) == common(other, one)
    assert common(common(one, other), third) == common(one, common(other, third))
    assert common(one, one) == one


def test_families_are_told_from_single_ones() -> None:
    assert [each for each in FAMILIES if is_family(each)] == list(FAMILIES[len(NUMBERS) :])
    assert [each for each in HOST_FAMILIES if is_family(each)] == list(HOST_FAMILIES[len(HOSTS) :])
