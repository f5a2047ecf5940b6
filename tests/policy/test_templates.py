"""Templates: which texts fit, and all that a gap must not let through."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.policy.templates import Gap, fits, links_of, parts_of

TEMPLATE = "Hello {name}, your order {order:6} is ready. ACME"


@pytest.mark.parametrize(
    "text",
    [
        "Hello Ana, your order 123456 is ready. ACME",
        "Hello Ana Maria, your order A-1/2 is ready. ACME",
        "Hello João, your order 1 is ready. ACME",
        "Hello O'Neil (2), your order 5% € is ready. ACME",
        "Hello 12345678901234567890, your order 1 is ready. ACME",
    ],
)
def test_the_template_with_its_gaps_filled_fits(text: str) -> None:
    assert fits(TEMPLATE, text)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " Ana",
        "Ana ",
        "123456789012345678901",
        "Ana\nBuy now",
        "Ana\r",
        "Ana\u2028x",
        "A\u200bna",
        "A\u202ena",
        "Ana\tx",
        "Ana\u00a0x",
        "evil.example",
        "evil。example",
        "evil．example",
        "http://a",
        "1.2.3.4",
        "a@b",
        "ana@b.example",
        "//x",
        "a//b",
        "<b>",
        "Ana; x",
        "{x}",
    ],
)
def test_what_a_gap_does_not_take_does_not_fit(name: str) -> None:
    assert not fits("Hello {name}, welcome", f"Hello {name}, welcome")


@pytest.mark.parametrize(
    "text",
    [
        "Hello Ana, your order 1234567 is ready. ACME",
        "hello Ana, your order 1 is ready. ACME",
        "Hello Ana, your order 1 is ready. ACME ",
        " Hello Ana, your order 1 is ready. ACME",
        "Hello Ana, your order 1 is ready. ACME\nhttps://evil.example",
        "Hello Ana, your order 1 is ready",
        "",
    ],
)
def test_what_differs_outside_the_gaps_does_not_fit(text: str) -> None:
    assert not fits(TEMPLATE, text)


def test_the_templates_own_link_may_stay_and_not_grow() -> None:
    template = "Hello {name}, see https://shop.example/orders {code}"

    assert fits(template, "Hello Ana, see https://shop.example/orders 12")
    assert not fits("See https://shop.example/{code}", "See https://shop.example/12")
    assert not fits("Thanks {name}.{rest}", "Thanks evil.example")
    assert not fits("{name}.pt is yours", "evil.pt is yours")


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("at 13.30 on 01.02.2030 for 3.50", []),
        ("Thanks. See you", []),
        ("Thanks.See you", ["thanks.see"]),
        ("go to Example.COM/x now", ["example.com/x"]),
        ("ftp://a/b", ["ftp://a/b"]),
        ("10.0.0.1:80/x", ["10.0.0.1:80/x"]),
        ("me@home", ["me@home"]),
        ("ｅｘａｍｐｌｅ．ｃｏｍ", ["example.com"]),
        ("пример.рф", ["пример.рф"]),
    ],
)
def test_a_link_is_what_a_phone_may_take_for_one(text: str, links: list[str]) -> None:
    assert links_of(text) == links


def test_a_template_is_its_texts_and_gaps() -> None:
    assert parts_of(TEMPLATE) == ("Hello ", Gap(20), ", your order ", Gap(6), " is ready. ACME")
    assert parts_of("{a} ready") == (Gap(20), " ready")
    assert parts_of("No gap") == ("No gap",)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("Hello {name", "brace"),
        ("Hello name}", "brace"),
        ("Hello {{name}}", "brace"),
        ("Hello {a} and {b", "brace"),
        ("Hello a} and {b}", "brace"),
        ("Hello {name:x}", "brace"),
        ("Hello {a}{b}", "nothing between"),
        ("Hello {a:0}", "of none"),
        ("Hello {a:101}", "more than 100"),
        ("{text}", "no words"),
        ("{a} - {b}", "no words"),
        ("", "no words"),
    ],
)
def test_what_is_no_template_is_refused(template: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parts_of(template)


@given(st.text(alphabet="abcXYZ 0123-", min_size=1, max_size=6), st.integers(1, 6))
def test_a_gap_takes_up_to_its_number_and_no_more(filling: str, most: int) -> None:
    fitting = filling == filling.strip() and len(filling) <= most

    assert fits(f"Code <{{code:{most}}}> ok", f"Code <{filling}> ok") is fitting


@given(st.text(max_size=40))
def test_no_text_but_its_own_fits_a_template_without_a_gap(text: str) -> None:
    assert fits("Hello", text) is (text == "Hello")


def test_a_text_made_to_be_slow_is_not() -> None:
    template = " ".join(f"{{g{n}:100}}" for n in range(15)) + " end"
    # The time of this process: what else the machine does is not the template's doing.
    started = time.process_time()

    assert not fits(template, "a " * 400)
    assert time.process_time() - started < 5
