"""The words of an email, and where its links lead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.tools.email_preview import email_face, email_facts, email_text, read_html
from egoi_mcp.tools.email_warnings import email_warnings

WORDS = st.lists(st.text("abcxyzáç0123456789", min_size=1, max_size=8), min_size=1, max_size=20)
TAGS = st.sampled_from(["p", "b", "td", "div", "span", "h1", "li", "em"])


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("one<br>two<BR/>three", "one\ntwo\nthree"),
        ("<p>a\n  b\tc</p>", "a b c"),
        ("a <b>bold</b>, <i>x</i>y", "a bold, xy"),
        ("&lt;b&gt; &amp; &eacute; &#8364;", "<b> & é €"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3"),
        ("<style>p{}</style>x<script>a<b</script>y<title>t</title>z", "xyz"),
        ("a<!-- hidden <p> -->b", "ab"),
        ("a<!-- never closed <p>b", "a"),
        ("a<style>never closed <p>b", "a"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("a < b <i>c</i>", "a < b c"),
        ('<img alt="A cat" src="x"> <img src="y">', "[image: A cat] [image: no text]"),
        ("<a href='https://example.com/a?b=1&amp;c=2'>go</a>", "go <https://example.com/a?b=1&c=2>"),
        ("<A HREF=https://example.com>go</A>", "go <https://example.com>"),
        ("<a name=x>go</a>", "go"),
        ('<a href="https://example.com">never closed', "never closed"),
        ('<div style="display:none">seen</div>', "seen"),
        ("<p", "<p"),
        ("", ""),
    ],
)
def test_html_reads_as_its_words(html: str, text: str) -> None:
    assert read_html(html).text == text


def test_links_and_images_are_counted() -> None:
    one, two = '<a href="https://example.com/1">a</a>', '<a href="mailto:x@y">c</a>'
    html = one + one + "<img>" + two
    found = read_html(html)
    assert found.links == ("https://example.com/1", "mailto:x@y")
    assert found.images == 1


def test_hosts_are_named_the_first_five_of_them() -> None:
    html = "".join(f'<a href="https://h{number}.example.com/">x</a>' for number in range(7))
    assert email_facts(html)["links"] == (
        "7 to h0.example.com, h1.example.com, h2.example.com, h3.example.com, h4.example.com and 2 more"
    )
    assert email_facts("x") == {
        "size": "0.0 KiB of HTML, 0 images",
        "links": "none",
        "unsubscribe": "nothing found",
    }
    assert email_facts('<a href="https://[x/">y</a><a href="tel:1">z</a>')["links"] == "2 to https://[x/, tel"


def test_a_long_link_is_cut_in_the_text() -> None:
    html = f'<a href="https://example.com/{"x" * 500}">go</a>'
    assert read_html(html).text.endswith("x…>")
    assert len(read_html(html).text) < 140


def test_an_email_reads_with_subject_preheader_and_plain_part() -> None:
    assert email_text("S", "<p>x</p>", "y", "p") == (
        "Subject: S\nPreheader: p\n\nx\n\nPlain-text part, for programs that show no HTML:\ny"
    )
    assert email_text("S", "<img>", None, None) == "Subject: S\n\n[image: no text]"
    assert email_text("S", "<p></p>", None, None) == "Subject: S\n\n[the HTML shows no words]"


@pytest.mark.parametrize("way_out", ["unsubscribe", "Cancelar subscrição", "Darse de baja", "!remove"])
def test_a_way_out_in_any_language_is_one(way_out: str) -> None:
    html = f"<p>{way_out}</p>"
    assert not any("unsubscribe" in each for each in email_warnings(email_text("S", html, "x", None)))
    assert any("unsubscribe" in each for each in email_warnings(email_text("S", "<p>x</p>", "x", None)))


@given(words=WORDS, tags=st.lists(TAGS, min_size=20, max_size=20))
def test_words_stay_whole_and_in_order_whatever_is_around_them(words: list[str], tags: list[str]) -> None:
    html = "\n".join(f"<{tag} class='x'>{word}</{tag}>" for word, tag in zip(words, tags, strict=False))
    assert read_html(html).text.split() == words


@given(st.text("<>/ab \"'=!-&;\n"))
def test_any_text_is_read_without_failing_and_never_grows(html: str) -> None:
    assert len(read_html(html).text) <= len(html) + 20 * html.count("<")


@pytest.mark.parametrize(
    "piece", ["<", "<a ", "<!--", '<a b="', "</", "<a/", "<style>", "<aaaaaaaaaaaaaaaaaaa", "&"]
)
def test_half_a_megabyte_of_broken_markup_takes_no_longer_than_its_length(piece: str) -> None:
    # The limit of pytest's own run would end it: with the standard library's parser this takes minutes.
    assert isinstance(read_html(piece * (500_000 // len(piece))).text, str)


WAY_OUT = '<a href="https://example.com/unsubscribe">unsubscribe</a>'
WORDS_ENOUGH = "<p>one two three four five six seven eight nine ten eleven</p>"


def warned(html: str = WORDS_ENOUGH + WAY_OUT, **changed: str | None) -> tuple[str, ...]:
    given: dict[str, str | None] = {"subject": "News", "preheader": "Inside", "plain": "News"}
    given |= changed
    subject, plain = given["subject"] or "", given["plain"]
    return email_warnings(
        email_text(subject, html, plain, given["preheader"]),
        html=html,
        plain=plain is not None,
        subject=subject,
        preheader=given["preheader"],
        plain_text=plain,
    )


def test_a_careful_email_is_not_warned_about() -> None:
    assert warned() == ()
    same_site = (
        '<a href="https://go.example.com/x">example.com</a> <a href="https://example.com">www.example.com</a>'
    )
    assert warned(WORDS_ENOUGH + WAY_OUT + same_site) == ()
    assert warned(WORDS_ENOUGH + WAY_OUT + '<img alt="" src="x"><img width="1" src="y">') == ()
    assert warned(subject="SALE") == ()


@pytest.mark.parametrize(
    ("html", "changed", "said"),
    [
        ('<a href="https://example.net/x">www.example.com</a>', {}, "name another host than they lead to"),
        ('<a href="https://example.com.example.net">example.com</a>', {}, "name another host"),
        ('<a href="http://example.com">Buy</a>', {}, "1 links start with http://"),
        ('<a href=" javascript:alert(1)">Buy</a>', {}, "a script or data instead of an address"),
        ("<img src='x'>", {}, "1 of 1 images have no alternative text"),
        ("<form>", {}, "<form> does nothing"),
        ("x" * 103 * 1024, {}, "larger than 102 KiB"),
        ("x" * 513 * 1024, {}, "too large to be shown (513."),
        ("", {"subject": "x" * 71}, "the subject has 71 characters"),
        ("", {"subject": " "}, "the subject is blank"),
        ("", {"subject": "EVERYTHING MUST GO"}, "the subject is in capitals"),
        ("", {"subject": "Ne\u200bws"}, "characters that nobody sees: U+200B"),
        ("", {"preheader": None}, "no preheader"),
        ("", {"plain": None}, "no plain-text part"),
    ],
)
def test_what_a_marketer_would_stop_at_is_said(html: str, changed: dict[str, str | None], said: str) -> None:
    (only,) = (each for each in warned(WORDS_ENOUGH + WAY_OUT + html, **changed) if said in each)
    assert only not in warned()


def test_an_email_of_images_alone_is_warned_about() -> None:
    assert any("hardly any words" in each for each in warned('<img src="x">' + WAY_OUT))
    assert not any("hardly any words" in each for each in warned('<img alt="Wine" src="x">' + WAY_OUT))


@pytest.mark.parametrize(
    ("html", "plain", "found"),
    [
        (WAY_OUT, None, "the link 'unsubscribe' to example.com"),
        (
            '<a href="https://example.com/x">Darse de baja</a>',
            None,
            "the link 'Darse de baja' to example.com",
        ),
        ('<a href="https://example.com/opt-out">here</a>', None, "the link 'here' to example.com"),
        ('<a href="!remove">Leave</a>', None, "the link 'Leave' to !remove"),
        ("<p>!remove</p>", None, "the merge code !remove in the HTML"),
        ("<p>x</p>", "Leave: !remove", "the merge code !remove in the plain-text part"),
        ("<p>x</p>", "https://example.com/unsubscribe?u=1", "a link in the plain-text part only"),
        ("<p>To unsubscribe answer</p>", None, "words only, and no link"),
        ("<p>Stop by: <a href='https://example.com/shop'>shop</a></p>", "x", ""),
        ('<a href="https://example.com/cancelar-reserva">Cancelar reserva</a>', None, ""),
    ],
)
def test_what_was_found_of_a_way_out_is_said_in_words(html: str, plain: str | None, found: str) -> None:
    assert email_face("Acme", subject="S", html=html, plain=plain).unsubscribe == found


def test_html_above_the_limit_is_no_part_of_the_face_and_its_size_is() -> None:
    face = email_face("Acme", subject="S", html="é" * 256 * 1024 + "x")
    assert (face.html, face.size_bytes, face.too_large) == (None, 512 * 1024 + 1, True)
    assert email_face("Acme", subject="S", html="x" * 512 * 1024).html is not None
