"""Members of contacts by name: what a mask hides, how times read, which names are known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.errors import InvalidInput
from egoi_mcp.pii import Pii
from egoi_mcp.settings import Provider
from egoi_mcp.tools.contact_members import KNOWN, Wanted, e164, moment, plain_time, reference, wanted
from egoi_mcp.tools.contact_shapes import person_key

PROVIDERS: tuple[Provider, ...] = ("egoi", "txtsync", "intercom")
UNKNOWN = st.text(min_size=1, max_size=12).filter(
    lambda name: name not in {"base", "extra", "tags"} and not any(name in KNOWN[each] for each in PROVIDERS)
)


@given(st.sampled_from(PROVIDERS), UNKNOWN, st.integers(1, 10**6))
def test_a_member_that_nobody_knows_is_shown_in_full_and_never_behind_a_mask(
    provider: Provider, name: str, number: int
) -> None:
    value = f"secret {number}"
    row: dict[str, Any] = {name: value, "base": {name: value}} if provider == "egoi" else {name: value}
    seen: dict[Pii, dict[str, str]] = {
        pii: Wanted(pii=pii, everything=True).of(provider, row) or {} for pii in ("full", "masked", "ids")
    }
    assert seen["full"][name] == value
    assert seen["masked"] == seen["ids"] == {}


@given(st.sampled_from(PROVIDERS), st.data())
def test_a_known_member_is_shown_where_it_is_asked_for_and_nowhere_else(
    provider: Provider, data: st.DataObject
) -> None:
    plain = sorted(name for name in KNOWN[provider] if "." not in name)
    name, other = data.draw(st.permutations(plain))[:2]
    row: dict[str, Any] = {name: "x", other: "y"}
    row = {"base": row} if provider == "egoi" else row
    chosen = wanted("full", "summary", [name.upper()], [provider])
    assert chosen.of(provider, row) == {name: "x"}
    assert wanted("full", "summary", None, [provider]).of(provider, row) is None
    assert wanted("full", "full", None, [provider]).of(provider, row) == {name: "x", other: "y"}


@given(st.from_regex(r"zq[0-9]{4,12}@x", fullmatch=True), st.sampled_from(PROVIDERS))
def test_a_name_that_nobody_has_is_refused_and_not_repeated(name: str, provider: Provider) -> None:
    with pytest.raises(InvalidInput, match=f"fields: {provider} has no member") as refusal:
        wanted("full", "summary", [name], [provider])
    assert name not in str(refusal.value)


@given(st.integers(0, 253_402_300_799))
def test_seconds_are_the_same_moment_of_utc(seconds: int) -> None:
    said = moment(str(seconds))
    assert said is not None
    assert datetime.fromisoformat(said) == datetime.fromtimestamp(seconds, tz=UTC)


@pytest.mark.parametrize("value", [None, "", "-1", "1.5", "²", "x", "9" * 12, "9" * 40])
def test_what_is_no_moment_is_none(value: str | None) -> None:
    assert moment(value) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-01-02 03:04:05", "2026-01-02T03:04:05"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05"),
        ("2026-01-02", "2026-01-02"),
        ("soon", "soon"),
        ("0000-00-00", None),
        ("0000-00-00 00:00:00", None),
        (None, None),
    ],
)
def test_a_time_without_a_zone_gets_none(value: str | None, said: str | None) -> None:
    assert plain_time(value) == said


@given(st.emails() | st.from_regex(r"\+?[0-9]{7,15}", fullmatch=True))
def test_a_reference_that_is_an_address_or_a_number_hides_with_it(value: str) -> None:
    assert reference(value, "full") == value
    assert reference(value, "masked") is None
    assert reference(value, "ids") is None


@given(st.from_regex(r"[A-Z]{2,4}-[0-9]{1,6}", fullmatch=True), st.sampled_from(["full", "masked", "ids"]))
def test_an_own_id_stays_because_other_tools_need_it(value: str, pii: Pii) -> None:
    assert reference(value, pii) == value


@pytest.mark.parametrize("written", ["+351900000001", "351-900000001", "00351 900 000 001"])
def test_a_number_is_the_same_key_in_any_writing(written: str) -> None:
    assert person_key(written) == e164(written) == "+351900000001"


@pytest.mark.parametrize("value", [None, "", "Ana", "12", "900000001"])
def test_what_is_neither_address_nor_whole_number_makes_nobody_the_same(value: str | None) -> None:
    assert person_key(value) is None


def test_addresses_are_the_same_in_any_case() -> None:
    assert person_key(" Ana@Example.COM ") == person_key("ana@example.com") == "ana@example.com"
