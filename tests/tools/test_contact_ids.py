"""Contacts that a call names: each once, in its vendor's form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.errors import InvalidInput
from egoi_mcp.settings import Provider
from egoi_mcp.tools.contact_ids import distinct, distinct_ids, first_of, seen
from egoi_mcp.tools.txtsync_rows import written_again

HEX = "0123456789abcdefABCDEF"
FORMS: dict[Provider, st.SearchStrategy[str]] = {
    "egoi": st.text(HEX, min_size=10, max_size=10),
    "txtsync": st.integers(1, 10**18 - 1).map(str),
    "intercom": st.text(HEX, min_size=24, max_size=24),
}
EMPTIED = (
    *("FirstName", "LastName", "CompanyName", "ExternalReference", "EmailAddress", "AddressLine1"),
    *("AddressLine2", "City", "Postcode", "County", "Country", "Custom01", "Custom05", "MobileNumber"),
)


@pytest.mark.parametrize("provider", FORMS)
@given(data=st.data())
def test_every_contact_stands_once_in_the_order_that_was_given(
    provider: Provider, data: st.DataObject
) -> None:
    ids = data.draw(st.lists(FORMS[provider], min_size=1, max_size=6))
    again = [data.draw(st.sampled_from([each, each.upper(), each.lower()])) for each in ids]
    found = distinct_ids(provider, [*ids, *again])
    assert found == distinct_ids(provider, ids)
    assert [each.casefold() for each in found] == list(dict.fromkeys(each.casefold() for each in ids))


@pytest.mark.parametrize("provider", FORMS)
@given(data=st.data())
def test_what_is_no_id_is_counted_and_not_repeated(provider: Provider, data: st.DataObject) -> None:
    form = FORMS[provider]
    good = data.draw(st.lists(form, max_size=3))
    bad = data.draw(st.lists(st.sampled_from(["ana@example.com", "0", "g" * 10, "a" * 11, ""]), min_size=1))
    with pytest.raises(InvalidInput) as refused:
        distinct_ids(provider, [*good, *bad])
    said = str(refused.value)
    assert said.startswith(f"contact_ids: {len(bad)} of {len(good) + len(bad)} are not ids of ")
    assert "Nothing was changed." in said
    assert "ana@example.com" not in said


@given(st.lists(st.text(max_size=3), max_size=12), st.integers(1, 12))
def test_so_many_are_taken_and_one_more_is_not(values: list[str], most: int) -> None:
    different = len(set(values))
    if different > most:
        with pytest.raises(InvalidInput, match=f"at most {most} at once"):
            distinct("values", values, most=most, fold=False)
    else:
        assert len(distinct("values", values, most=most, fold=False)) == different


@given(st.dictionaries(st.sampled_from(EMPTIED), st.none() | st.text(max_size=5)), st.booleans())
def test_an_update_writes_again_all_that_it_would_empty(row: dict[str, str | None], allowed: bool) -> None:
    shown = {"ContactID": 9001, "FullName": "x", "TotalInboundSMS": 3, "AllowSMS": allowed, **row}
    assert written_again(shown) == {name: value for name, value in row.items() if value}


def test_a_few_are_shown_and_the_rest_counted() -> None:
    assert first_of(["a"]) == "a"
    assert first_of(list("abcde")) == "a, b, c, d, e"
    assert first_of(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_people_are_shown_as_their_vendor_reaches_them() -> None:
    shown = seen(
        [
            {"email": "ana@example.com", "cellphone": "351-900000001", "first_name": "Ana"},
            {"email": None, "cellphone": "351-900000001", "last_name": "Exemplo"},
            {"EmailAddress": "bo@example.com", "MobileNumber": "447700900201", "FullName": "Bo Sample"},
            {"EmailAddress": "bo@example.com", "MobileNumber": None},
            {"phone": "call me", "name": "Rui"},
            {},
            None,
        ]
    )
    assert shown.to == ("ana@example.com", "+351900000001", "+447700900201", "bo@example.com", "call me")
    assert shown.names == ("Ana", "Exemplo", "Bo Sample", "Rui")
    assert (shown.looked, shown.missing) == (7, 1)
