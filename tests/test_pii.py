from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.pii import Pii, mask_email, mask_name, mask_phone, show_email, show_name, show_phone

LEVELS: tuple[Pii, ...] = get_args(Pii)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("ana@example.com", "a***@e***.com"),
        (" rui.dias@mail.example.pt ", "r***@m***.pt"),
        ("ab@example.com", "***@e***.com"),
        ("ana@ab.com", "a***@***.com"),
        ("a@b.c", "***@***"),
        ("ana@localhost", "a***@l***"),
        ("ana@example.secretname", "a***@e***"),
        ("ana@example.123", "a***@e***"),
        ('"x y"@example.com', "***@e***.com"),
        ("not an address", "***"),
        ("@", "***@***"),
        ("", "***"),
    ],
)
def test_an_address_keeps_two_initials_and_its_top_level_domain(value: str, masked: str) -> None:
    assert mask_email(value) == masked


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("+351900000001", "+351 *** *01"),
        ("351-900000001", "+351 *** *01"),
        ("+1 202 555 0101", "+1 *** *01"),
        ("+6834002", "+683 ***"),
        ("683-4002", "+683 ***"),
        ("+351 9000", "***"),
        ("900000001", "***"),
        ("not a number", "***"),
        ("", "***"),
    ],
)
def test_a_phone_keeps_its_calling_code_and_two_digits(value: str, masked: str) -> None:
    assert mask_phone(value) == masked


@pytest.mark.parametrize(
    ("value", "masked"),
    [("Ana", "A***"), (" Élio Dias", "É***"), ("Bo", "***"), ("A", "***"), ("", "***"), ("\u202eAna", "***")],
)
def test_a_name_keeps_its_initial(value: str, masked: str) -> None:
    assert mask_name(value) == masked


@pytest.mark.parametrize("show", [show_email, show_phone, show_name])
def test_full_shows_all_and_ids_shows_nothing(show: Callable[[str | None, Pii], str | None]) -> None:
    value = "ana@example.com"
    assert show(value, "full") == value
    assert show(value, "ids") is None
    masked = show(value, "masked")
    assert masked is not None
    assert masked != value


@pytest.mark.parametrize("pii", LEVELS)
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_not_there_is_not_shown(pii: Pii, value: str | None) -> None:
    assert show_email(value, pii) is None
    assert show_phone(value, pii) is None
    assert show_name(value, pii) is None


@given(st.text())
def test_a_masked_name_has_one_character_of_the_name_at_most(value: str) -> None:
    shown = mask_name(value).removesuffix("***")
    assert shown in ("", value.strip()[:1])
    assert len(shown) == 0 or len(value.strip()) > 2


@given(st.one_of(st.text(), st.emails(), st.builds("{}@{}".format, st.text(), st.text())))
def test_a_masked_address_has_two_characters_and_the_top_level_domain_at_most(value: str) -> None:
    masked = mask_email(value)
    name, at, domain = masked.partition("@")
    assert bool(at) == ("@" in value)
    original_name, _, original_domain = value.strip().rpartition("@")
    assert name.removesuffix("***") in ("", original_name[:1])
    if at:
        host, dots, tld = domain.partition("***")
        assert dots
        assert host in ("", original_domain[:1])
        assert tld == "" or (original_domain.endswith(tld) and len(tld) <= 7)


@given(st.from_regex(r"\+[1-9][0-9]{5,16}", fullmatch=True))
def test_a_masked_phone_has_the_calling_code_and_two_digits_at_most(value: str) -> None:
    masked = mask_phone(value)
    if masked != "***":
        code, _, tail = masked.partition(" ***")
        assert value.startswith(code)
        assert len(code) <= 4
        assert tail in ("", f" *{value[-2:]}")
        hidden = len(value) - len(code) - (2 if tail else 0)
        assert hidden >= 4


@given(st.text(min_size=1))
def test_ids_never_shows_anything(value: str) -> None:
    assert show_email(value, "ids") is None
    assert show_phone(value, "ids") is None
    assert show_name(value, "ids") is None
