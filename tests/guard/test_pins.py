"""Approver PINs: whose a PIN is, who may set one, and what a wrong one costs."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.errors import InvalidInput, NotAllowed
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.guard.pin_file import Cost
from egoi_mcp.guard.pins import (
    COST,
    FREE_TRIES,
    LONGEST_LOCK_SECONDS,
    MOST_APPROVERS,
    Pins,
    lock_seconds,
)
from tests.guard.pins import CHEAP, OTHER, PIN, WRONG, approver, pins
from tests.support import Clock

DAY_SECONDS = 86_400.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def two(tmp_path: Path, clock: Clock) -> Pins:
    """Ana, and Rui whom she admitted; no wrong tries."""
    both = pins(tmp_path, clock)
    both.set("Ana", PIN)
    both.set("Rui", OTHER, allowed_by=PIN)
    return both


def fail(of: Pins, times: int = 1, pin: str = WRONG) -> str:
    """Type a wrong PIN so often; what is said of the last."""
    said = ""
    for _ in range(times):
        with pytest.raises(NotAllowed, match="That PIN is not right") as caught:
            of.verify(pin)
        said = str(caught.value)
    return said


# -- whose it is ---------------------------------------------------------------------------------


def test_without_a_pin_none_is_required_and_nothing_is_made(tmp_path: Path, clock: Clock) -> None:
    empty = pins(tmp_path / "state", clock)
    assert (empty.required, empty.names()) == (False, ())
    assert not (tmp_path / "state").exists()


def test_without_a_pin_none_is_right(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(NotAllowed, match="No PIN is set"):
        pins(tmp_path, clock).verify(PIN)


def test_a_pin_tells_its_approver_in_every_process(two: Pins, tmp_path: Path, clock: Clock) -> None:
    again = pins(tmp_path, clock)
    assert again.required
    assert again.names() == ("Ana", "Rui")
    assert (again.verify(PIN), again.verify(OTHER)) == ("Ana", "Rui")


@pytest.mark.parametrize(
    "pin", [WRONG, PIN[:-1], f"{PIN}0", PIN[::-1], "A" + PIN, "\udc80" + PIN, "x" * 5000]
)
def test_any_other_pin_is_nobodys(two: Pins, pin: str) -> None:
    fail(two, pin=pin)


def test_what_looks_the_same_is_the_same(tmp_path: Path, clock: Clock) -> None:
    composed, decomposed = "caf\u00e9 47", "cafe\u0301 47"
    one = pins(tmp_path, clock)
    one.set("Ana", composed)
    assert one.verify(f" {decomposed} ") == "Ana"


def test_nothing_typed_is_refused_and_counts_as_no_try(two: Pins, tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(NotAllowed, match="No PIN was typed"):
        two.verify("  ")
    assert approver(tmp_path, clock, "Ana").failures == 0


def test_the_file_without_the_key_is_nothing_to_guess_against(
    two: Pins, tmp_path: Path, clock: Clock
) -> None:
    ana = approver(tmp_path, clock, "Ana")
    pepper = load_state_key(tmp_path).derive("pin")

    def hashed(secret: bytes) -> str:
        return hashlib.scrypt(secret, salt=bytes.fromhex(ana.salt), n=2, r=1, p=1, dklen=32).hex()

    assert hashed(hmac.digest(pepper, PIN.encode(), "sha256")) == ana.hash
    assert hashed(PIN.encode()) != ana.hash
    assert hashed(hmac.digest(bytes(32), PIN.encode(), "sha256")) != ana.hash


def test_a_pin_set_at_another_cost_is_hashed_again_when_it_is_right(tmp_path: Path, clock: Clock) -> None:
    pins(tmp_path, clock).set("Ana", PIN)
    dearer = Cost(n=4, r=2, p=1)
    raised = pins(tmp_path, clock, dearer)
    fail(raised)
    assert approver(tmp_path, clock, "Ana").cost == CHEAP
    assert raised.verify(PIN) == "Ana"
    assert approver(tmp_path, clock, "Ana").cost == dearer
    assert raised.verify(PIN) == "Ana"
    fail(raised)


def test_the_cost_in_use_is_what_the_docstring_says(tmp_path: Path, clock: Clock) -> None:
    assert COST.memory_bytes == pytest.approx(32 * 2**20, rel=0.001)
    real = Pins(tmp_path, now=clock)
    real.set("Ana", PIN)
    assert approver(tmp_path, clock, "Ana").cost == COST
    assert real.verify(PIN) == "Ana"
    fail(real)


# -- who may set one -----------------------------------------------------------------------------


@pytest.mark.parametrize("leave", ["", WRONG])
def test_once_there_is_one_nobody_is_admitted_without_a_pin(two: Pins, tmp_path: Path, leave: str) -> None:
    with pytest.raises(NotAllowed, match="Nothing was changed"):
        two.set("Eva", "918273", allowed_by=leave)
    assert two.names() == ("Ana", "Rui")


def test_it_is_written_down_who_admitted_whom(two: Pins) -> None:
    two.set("Eva", "918273", allowed_by=OTHER)
    assert [(each.name, each.admitted_by) for each in two.approvers()] == [
        ("Ana", ""),
        ("Rui", "Ana"),
        ("Eva", "Rui"),
    ]


@pytest.mark.parametrize("leave", ["", WRONG, OTHER])
def test_a_pin_is_changed_by_its_own_only(two: Pins, leave: str) -> None:
    with pytest.raises(NotAllowed, match="Nothing was changed"):
        two.set("Ana", "918273", allowed_by=leave)
    assert two.verify(PIN) == "Ana"


@pytest.mark.parametrize("name", ["Ana", "ana", " ANA "])
def test_a_changed_pin_takes_the_place_of_the_old_one(two: Pins, name: str) -> None:
    two.set(name, "918273", allowed_by=PIN)
    assert (two.names(), two.verify("918273")) == (("Ana", "Rui"), "Ana")
    fail(two, pin=PIN)


@pytest.mark.parametrize("leave", ["", WRONG, OTHER])
def test_a_pin_is_cleared_by_its_own_only(two: Pins, leave: str) -> None:
    with pytest.raises(NotAllowed, match="Nothing was changed"):
        two.clear("Ana", leave)
    assert two.names() == ("Ana", "Rui")


def test_a_cleared_pin_is_nobodys_and_after_the_last_none_is_required(two: Pins) -> None:
    two.clear("ana", PIN)
    assert two.names() == ("Rui",)
    fail(two, pin=PIN)
    two.clear("Rui", OTHER)
    assert not two.required
    two.set("Eva", PIN)
    assert two.verify(PIN) == "Eva"


def test_who_is_no_approver_cannot_be_cleared(two: Pins, tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(NotAllowed, match="No approver of that name"):
        two.clear("Eva", PIN)
    assert approver(tmp_path, clock, "Ana").failures == 0


@pytest.mark.parametrize(("name", "leave"), [("Eva", PIN), ("Eva", OTHER), ("Rui", OTHER)])
def test_no_two_approvers_have_the_same_pin_and_nobody_is_told_whose_it_is(
    two: Pins, name: str, leave: str
) -> None:
    with pytest.raises(NotAllowed, match="in use") as caught:
        two.set(name, PIN, allowed_by=leave)
    assert "Ana" not in str(caught.value)
    assert (two.names(), two.verify(PIN), two.verify(OTHER)) == (("Ana", "Rui"), "Ana", "Rui")


def test_there_is_room_for_so_many_and_no_more(tmp_path: Path, clock: Clock) -> None:
    many = pins(tmp_path, clock)
    many.set("0", PIN)
    for number in range(1, MOST_APPROVERS):
        clock.advance(LONGEST_LOCK_SECONDS)
        many.set(str(number), f"70{number}913", allowed_by=PIN)
    with pytest.raises(NotAllowed, match=f"room for {MOST_APPROVERS}"):
        many.set("one more", WRONG, allowed_by=PIN)
    assert len(many.names()) == MOST_APPROVERS


# -- what a PIN may be ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pin",
    ["", "48291", " 48291 ", "482\t915", "482\u200b915", "482\udc80915"],
    ids=["empty", "short", "short but for spaces", "tab", "invisible", "undecodable"],
)
def test_a_pin_that_is_short_or_cannot_be_printed_is_refused(two: Pins, pin: str) -> None:
    with pytest.raises(InvalidInput, match="6 or more characters"):
        two.set("Ana", pin, allowed_by=PIN)


@pytest.mark.parametrize(
    "pin",
    [
        *(
            "111111",
            "123456",
            "654321",
            "890123",
            "210987",
            "135791",
            "abcdef",
            "FeDcBa",
            "aaaaAA",
            "      x",
        ),
        *("121212", "123123", "abcabc", "１２３４５６"),
    ],
)
def test_the_obvious_is_refused(two: Pins, pin: str) -> None:
    with pytest.raises(InvalidInput, match="Nothing was changed"):
        two.set("Ana", pin, allowed_by=PIN)
    assert two.verify(PIN) == "Ana"


@pytest.mark.parametrize("pin", [PIN, "123457", "112233", "a b c d", "não sei", "123124", "🐟🐟🐟🐟🐟🐈"])
def test_what_is_not_obvious_is_taken(two: Pins, pin: str) -> None:
    two.set("Ana", pin, allowed_by=PIN)
    assert two.verify(pin) == "Ana"


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\nb", "a\u202eb"])
def test_a_name_that_cannot_be_read_is_refused(tmp_path: Path, clock: Clock, name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        pins(tmp_path, clock).set(name, PIN)


# -- what a wrong one costs ----------------------------------------------------------------------


def test_five_wrong_tries_close_it_even_to_the_right_pin(tmp_path: Path, clock: Clock) -> None:
    pins(tmp_path, clock).set("Ana", PIN)
    assert "4 more tries" in fail(pins(tmp_path, clock))
    assert "1 more try" in fail(pins(tmp_path, clock), FREE_TRIES - 2)
    assert "possible in 30 seconds" in fail(pins(tmp_path, clock))
    clock.advance(29.5)
    with pytest.raises(NotAllowed, match="none is looked at for 1 second\\."):
        pins(tmp_path, clock).verify(PIN)
    clock.advance(0.5)
    assert pins(tmp_path, clock).verify(PIN) == "Ana"
    assert "4 more tries" in fail(pins(tmp_path, clock))


def test_each_further_wrong_try_doubles_the_wait_up_to_an_hour(tmp_path: Path, clock: Clock) -> None:
    one = pins(tmp_path, clock)
    one.set("Ana", PIN)
    fail(one, FREE_TRIES - 1)
    said: list[str] = []
    for _ in range(10):
        said.append(fail(one).split("possible in ")[1])
        clock.advance(LONGEST_LOCK_SECONDS)
    assert said == [
        *(
            "30 seconds.",
            "60 seconds.",
            "2 minutes.",
            "4 minutes.",
            "8 minutes.",
            "16 minutes.",
            "32 minutes.",
        ),
        *["60 minutes."] * 3,
    ]
    assert one.verify(PIN) == "Ana"


def test_what_is_typed_while_it_is_closed_does_not_prolong_it(tmp_path: Path, clock: Clock) -> None:
    one = pins(tmp_path, clock)
    one.set("Ana", PIN)
    fail(one, FREE_TRIES)
    for _ in range(29):
        clock.advance(1)
        with pytest.raises(NotAllowed, match="Too many"):
            one.verify(WRONG)
    clock.advance(1)
    assert one.verify(PIN) == "Ana"


@given(st.integers(0, 10**6))
def test_the_wait_never_shrinks_and_ends_at_an_hour(failures: int) -> None:
    assert lock_seconds(failures) <= lock_seconds(failures + 1) <= LONGEST_LOCK_SECONDS
    assert (lock_seconds(failures) > 0) == (failures >= FREE_TRIES)


def test_the_tries_of_a_day_are_what_the_docstring_says(tmp_path: Path, clock: Clock) -> None:
    one = pins(tmp_path, clock)
    one.set("Ana", PIN)
    began = clock()
    tries = 0
    while clock() < began + DAY_SECONDS:
        fail(one)
        tries += 1
        clock.advance(lock_seconds(tries))
    assert tries == 34


def test_ones_own_pin_buys_no_tries_at_anothers(two: Pins, tmp_path: Path, clock: Clock) -> None:
    for tried in range(1, FREE_TRIES + 1):
        fail(two)
        assert two.verify(PIN) == "Ana"
        assert approver(tmp_path, clock, "Rui").failures == tried
    assert "1 of 2 PINs, guessed at too often, are not looked at for up to 30 seconds" in fail(two)
    fail(two, pin=OTHER)
    assert approver(tmp_path, clock, "Rui").failures == FREE_TRIES
    clock.advance(30)
    assert two.verify(OTHER) == "Rui"


def test_setting_ones_own_pin_is_no_way_to_guess_anothers(two: Pins, tmp_path: Path, clock: Clock) -> None:
    own = PIN
    for tried in range(1, FREE_TRIES + 1):
        new = f"{own[:-1]}{tried}"
        two.set("Ana", new, allowed_by=own)
        own = new
        assert approver(tmp_path, clock, "Rui").failures == tried
    with pytest.raises(NotAllowed, match="Too many wrong PINs"):
        two.set("Ana", OTHER, allowed_by=own)
    assert two.verify(own) == "Ana"


def test_a_pin_found_taken_counts_as_a_guess_at_it(two: Pins, tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(NotAllowed, match="in use"):
        two.set("Ana", OTHER, allowed_by=PIN)
    assert approver(tmp_path, clock, "Rui").failures == 1


def test_a_pin_is_not_taken_while_it_cannot_be_held_against_all_others(two: Pins, clock: Clock) -> None:
    two.set("Zoe", "918273", allowed_by=PIN)
    for _ in range(FREE_TRIES - 1):  # Zoe's PIN was held against Rui's
        with pytest.raises(NotAllowed, match="not right"):
            two.clear("Rui", WRONG)
    with pytest.raises(NotAllowed, match="Too many wrong PINs"):
        two.set("Eva", OTHER, allowed_by=PIN)
    clock.advance(30)
    with pytest.raises(NotAllowed, match="in use"):
        two.set("Eva", OTHER, allowed_by=PIN)
    assert two.names() == ("Ana", "Rui", "Zoe")


def test_wrong_leave_to_change_or_clear_counts_against_that_approver(
    two: Pins, tmp_path: Path, clock: Clock
) -> None:
    with pytest.raises(NotAllowed, match="not right"):
        two.set("Rui", "918273", allowed_by=WRONG)
    with pytest.raises(NotAllowed, match="not right"):
        two.clear("Rui", WRONG)
    assert [approver(tmp_path, clock, name).failures for name in ("Ana", "Rui")] == [0, 2]


@pytest.mark.parametrize("back", [10.0, 3600.0, 10 * 365 * DAY_SECONDS])
def test_a_clock_set_back_neither_opens_nor_closes_for_ever(
    tmp_path: Path, clock: Clock, back: float
) -> None:
    one = pins(tmp_path, clock)
    one.set("Ana", PIN)
    fail(one, FREE_TRIES)
    clock.advance(-back)
    with pytest.raises(NotAllowed, match="looked at for 30 seconds"):
        one.verify(PIN)
    clock.advance(29)
    with pytest.raises(NotAllowed, match="looked at for 1 second"):
        one.verify(PIN)
    clock.advance(1)
    assert one.verify(PIN) == "Ana"
