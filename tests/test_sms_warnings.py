from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.sms_warnings import (
    SHORTENERS,
    has_opt_out,
    has_short_link,
    is_shouted,
    links,
    merge_gaps,
    open_links,
)


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("Olá !fname, o código é {{ code }}", ("!fname", "{{ code }}")),
        ("Hi {{name}} and {{name}}", ("{{name}}",)),
        ("[[first_name]] *|FNAME|* %name% {name} ${name} {$name}",
         ("[[first_name]]", "*|FNAME|*", "%name%", "{name}", "${name}", "{$name}")),
        ("Dear [Your name], see <link>", ("[Your name]", "<link>")),
        ("(!extra_12)", ("!extra_12",)),
    ],
)  # fmt: skip
def test_an_unfilled_gap_is_found(text: str, gaps: tuple[str, ...]) -> None:
    assert merge_gaps(text) == gaps


@pytest.mark.parametrize(
    "text",
    [
        "Great news! now on",
        "Wow!great",
        "20% off, 30% more",
        "3 < 5 > 2",
        "!Atenção",
        "a [1] b",
        "I <3 you",
        "",
    ],
)
def test_punctuation_is_no_gap(text: str) -> None:
    assert merge_gaps(text) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Veja https://example.com/a?b=1.", ("https://example.com/a?b=1",)),
        ("Go to www.example.org, or (http://example.com)!", ("www.example.org", "http://example.com")),
        ("example.com/oferta e EXAMPLE.ORG", ("example.com/oferta", "EXAMPLE.ORG")),
        ("example.com example.com", ("example.com",)),
        ("bit.ly/3xYz", ("bit.ly/3xYz",)),
        ("loja.example/promo", ("loja.example/promo",)),
    ],
)
def test_links_are_found_with_and_without_a_scheme(text: str, found: tuple[str, ...]) -> None:
    assert links(text) == found


@pytest.mark.parametrize(
    "text", ["ana@example.com", "rui.pt@example.com", "Olá.Bom dia", "3.50 EUR", "às 9.30h", "e.g. this", ""]
)
def test_what_only_looks_like_a_link_is_none(text: str) -> None:
    assert links(text) == ()


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("http://bit.ly/x", True),
        ("HTTPS://BIT.LY:443/x", True),
        ("www.tinyurl.com/x", True),
        ("t.co/abc", True),
        ("https://user@is.gd/x", True),
        ("https://example.com/bit.ly", False),
        ("https://notbit.ly/x", False),
        ("https://bit.ly.example.com/x", False),
        ("no link", False),
    ],
)
def test_a_shortener_is_told_by_its_host(text: str, short: bool) -> None:
    assert has_short_link(text) is short


@given(st.sampled_from(sorted(SHORTENERS)), st.from_regex(r"[A-Za-z0-9]{1,8}", fullmatch=True))
def test_every_listed_shortener_is_found_in_a_sentence(host: str, slug: str) -> None:
    assert has_short_link(f"Veja {host}/{slug}, obrigado.")


@pytest.mark.parametrize(
    "text",
    [
        "Promo 20%. Reply STOP to opt out",
        "Sale today. STOP to 80123",
        "text stop to end",
        "Unsubscribe: example.com/u",
        "Promo. Para sair responda SAIR",
        "Responda com 'sair'",
        "Não quer receber mais? example.com/r",
        "Para cancelar a subscrição ligue",
        "Oferta. Envía BAJA",
        "Para darse de baja: example.com",
        "Soldes! STOP au 36180",
        "Répondez stop",
        "Pour vous désabonner: example.com",
        "Angebot. Antworten Sie mit STOPP",
        "Zum Abmelden: example.com",
    ],
)
def test_a_way_out_is_recognised_in_five_languages(text: str) -> None:
    assert has_opt_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "Promo 20% hoje",
        "Stop by our shop today",
        "STOP BY OUR SHOP TODAY",
        "Vamos sair hoje?",
        "Precios a la baja",
        "See example.com/unsubscribe/opt-out",
        "Nonstop music",
        "Your code is 123456",
        "",
    ],
)
def test_an_ordinary_text_has_no_way_out(text: str) -> None:
    assert not has_opt_out(text)


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("!{}[]<>%*|./@: aSTOP"))))
def test_any_text_can_be_looked_at(text: str) -> None:
    assert all(gap in text for gap in merge_gaps(text))
    assert all(link in text for link in links(text))
    assert not (has_short_link(text) and not links(text))
    assert has_opt_out(text) in (True, False)


@pytest.mark.parametrize(
    "text", ["a." * 50_000, "{" * 50_000, "[" * 50_000, "reply " * 20_000, "a-" * 50_000, "!" * 50_000]
)
def test_a_long_hostile_text_is_read_in_one_go(text: str) -> None:
    assert merge_gaps(text) == ()
    assert links(text) == ()
    assert not has_opt_out(text)


@pytest.mark.parametrize(
    ("text", "shouted"),
    [
        ("YOUR ORDER IS READY", True),
        ("A SUA ENCOMENDA ESTÁ PRONTA", True),
        ("YOUR ORDER IS READY: https://example.com/abc !fname", True),
        ("Your order is ready. Reply STOP", False),
        ("SALE 50%", False),
        ("مرحبا، طلبك جاهز للاستلام", False),
        ("", False),
    ],
)
def test_capitals_throughout_are_told_from_a_word_of_them(text: str, shouted: bool) -> None:
    assert is_shouted(text) is shouted


def test_open_links_are_those_that_say_http() -> None:
    text = "http://example.com/a HTTP://example.com/b https://example.com/c example.com/d"
    assert open_links(text) == ("http://example.com/a", "HTTP://example.com/b")
