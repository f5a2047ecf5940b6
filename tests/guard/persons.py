"""People who do not exist, and the ways in which they are written."""

from __future__ import annotations

from hypothesis import strategies as st

_SHAPES = (("351", 9, "9"), ("34", 9, "6"), ("44", 10, "7"), ("1", 10, "2"), ("47", 8, "4"), ("380", 9, "5"))


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A phone number as E.164, of a length that its country has."""
    code, length, first = draw(st.sampled_from(_SHAPES))
    rest = draw(st.text("123456789", min_size=length - 1, max_size=length - 1))
    return f"+{code}{first}{rest}"


def writings(e164: str) -> st.SearchStrategy[str]:
    """The ways in which people and vendors write a number with its country."""
    code = next(each for each, _, _ in _SHAPES if e164.startswith(f"+{each}"))
    national = e164[len(code) + 1 :]
    spaced = " ".join(national[at : at + 3] for at in range(0, len(national), 3))
    dotted = spaced.replace(" ", ".")
    return st.sampled_from(
        [
            e164,
            f"+{code} {spaced}",
            f"(+{code}) {spaced}",
            f"+{code}-{dotted}",
            f"00{code}{national}",
            f"00 {code} {spaced}",
            f"{code}-{national}",
            f"\u202a+{code}\u00a0{spaced}\u202c",
            f"\uff0b{code}{national}",
        ]
    )


def surroundings(written: str) -> st.SearchStrategy[str]:
    """A text in which something stands."""
    return st.sampled_from(
        [
            f"call {written} now",
            f"Ring us: {written}.",
            f"{written}, or write",
            f"tel:{written}\nor never",
            f"“{written}”",
        ]
    )


def emails() -> st.SearchStrategy[str]:
    """An address at a domain that is nobody's."""
    local = st.from_regex(r"[a-z][a-z0-9_+-]{0,9}(\.[a-z0-9]{1,8})?", fullmatch=True)
    domain = st.sampled_from(["example.com", "mail.example.org", "example.co.uk"])
    return st.builds("{}@{}".format, local, domain)


def contact_ids() -> st.SearchStrategy[str]:
    """An id as E-goi or Intercom gives it."""
    return st.one_of(
        st.from_regex(r"[0-9a-f]{9}[a-f]", fullmatch=True),
        st.from_regex(r"[0-9a-f]{23}[a-f]", fullmatch=True),
    )
