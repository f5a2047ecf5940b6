"""The policy's tables and standing rules: which names they may hold, and what stands under each.

An error here is told by the key's whole name, since it lies deeper than the key that the file begins with.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import Any, cast

from egoi_mcp.errors import SettingsError
from egoi_mcp.policy import kinds
from egoi_mcp.policy.kinds import Kind, Wrong
from egoi_mcp.policy.settings import RISK_NAMES, StandingRule
from egoi_mcp.policy.templates import parts_of

_VERDICTS = ("deny", "confirm", "allow")
_LONGEST_NAME, _LONGEST_TEMPLATE = 60, 1600


def members_of(table: object, known: Mapping[str, Kind], *, within: str) -> dict[str, object]:
    """What a table's keys hold, each read by its kind.

    Raises:
        SettingsError: a key is unknown, or takes something else; `within` is where in the file this stands.
    """
    if not isinstance(table, dict):
        raise SettingsError(f"{within.rstrip('.')} takes a table.")
    found: dict[str, object] = {}
    for name, value in cast("dict[str, object]", table).items():
        if name not in known:
            raise SettingsError(_unknown(within, name, known, "no key of the policy"))
        found[name] = _read(known[name], value, within + name)
    return found


def table_of(takes: str, read: Callable[[str, object], object], join: Callable[[Any, Any], Any]) -> Kind:
    """A table of names; `read` reads one of them, by its name and value."""

    def read_all(value: object) -> dict[str, object]:
        if not isinstance(value, dict):
            raise Wrong
        pairs = cast("dict[str, object]", value).items()
        return {name: read(name, each) for name, each in pairs}

    return Kind(takes=takes, read=read_all, join=lambda one, other: kinds.by_name(one, other, join))


def risks(within: str = "") -> Kind:
    """Verdicts by risk; what cannot be undone is never simply allowed. `within` is where the table stands."""

    def read(name: str, value: object) -> object:
        if name not in RISK_NAMES:
            raise SettingsError(_unknown(f"{within}risks.", name, RISK_NAMES, "no risk"))
        takes = _VERDICTS[:2] if name == "destroy" else _VERDICTS
        return _read(kinds.choice(*takes), value, f"{within}risks.{name}")

    return table_of("a table of risks with allow, confirm or deny", read, _stricter_verdict)


def operations(within: str = "") -> Kind:
    """Verdicts by operation."""

    def read(name: str, value: object) -> object:
        where = f"{within}operations."
        return _read(kinds.choice(*_VERDICTS), value, where + _known_operation(name, where))

    return table_of("a table of operations with allow, confirm or deny", read, _stricter_verdict)


def prices() -> Kind:
    """The price of one SMS part by country."""

    def read(name: str, value: object) -> object:
        try:
            kinds.a_country("PT" if name == "*" else name)
        except Wrong:
            raise SettingsError(_unknown("prices.", name, (), "no country code, and not *")) from None
        return _read(kinds.money(), value, f"prices.{name}")

    kind = table_of("a table of countries with the price of one SMS part", read, max)
    # A country's code is read in any case, and kept in the one that numbers have.
    return Kind(
        takes=kind.takes,
        read=lambda value: {name.strip().upper(): each for name, each in kind.read(value).items()},
        join=kinds.dearer,
    )


def standing() -> Kind:
    """A list of rules; of two sources' only those count that both hold, alike in every member."""

    def read(value: object) -> tuple[StandingRule, ...]:
        if not isinstance(value, list):
            raise Wrong
        rules = [_standing_rule(each) for each in cast("list[object]", value)]
        if len({rule.name for rule in rules}) != len(rules):
            raise SettingsError("standing has two rules of the same name.")
        return tuple(sorted(rules, key=lambda rule: rule.name))

    def join(one: tuple[StandingRule, ...], other: tuple[StandingRule, ...]) -> tuple[StandingRule, ...]:
        return tuple(rule for rule in one if rule in other)

    return Kind(takes="a list of tables, each a standing rule", read=read, join=join)


@cache
def operation_names() -> frozenset[str]:
    """Every operation that a policy can name: the catalog's, read as data, since the catalog stands above."""
    import json
    from importlib import resources

    folder = resources.files("egoi_mcp.api").joinpath("operations")
    files = (each for each in folder.iterdir() if each.name.endswith(".json"))
    return frozenset(
        entry["name"] for each in files for entry in json.loads(each.read_text(encoding="utf-8"))
    )


def _standing_rule(table: object) -> StandingRule:
    found = members_of(table, _RULE_MEMBERS, within="standing.")
    for name in ("name", "operation", "sender", "template", "per_day"):
        if name not in found:
            raise SettingsError(f"standing: a rule lacks its {name}.")
    return StandingRule.model_validate(found)


def _name(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST_NAME or not value.isprintable():
        raise Wrong
    return value.strip()


def _template(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEMPLATE:
        raise Wrong
    try:
        parts_of(value)
    except ValueError as error:
        raise SettingsError(f"standing.template {error}.") from None
    return value


def _day(value: object) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise Wrong from None


def _one(value: object) -> int:
    if type(value) is not int or value != 1:
        raise Wrong
    return value


def _member(takes: str, read: Callable[[object], object]) -> Kind:
    """A member of a standing rule; rules are not joined member by member, so neither is it."""
    return Kind(takes=takes, read=read, join=min)


_RULE_MEMBERS: Mapping[str, Kind] = {
    "name": _member(f"a name of at most {_LONGEST_NAME} characters", _name),
    "operation": _member(
        "the name of an operation", lambda value: _known_operation(_name(value), "standing.operation: ")
    ),
    "sender": _member("the id or the name of a sender", kinds.a_name),
    "template": _member(
        f"a text of at most {_LONGEST_TEMPLATE} characters, with gaps such as {{name}}", _template
    ),
    "recipients": _member("1", _one),
    "per_day": kinds.count(at_least=1),
    "expires": _member("a day, such as 2030-12-31", _day),
    "promotional": kinds.flag(),
}


def _read(kind: Kind, value: object, where: str) -> object:
    try:
        return kind.read(value)
    except Wrong:
        raise SettingsError(f"{where} takes {kind.takes}.") from None


def _known_operation(name: str, where: str) -> str:
    if name not in operation_names():
        raise SettingsError(_unknown(where, name, operation_names(), "no operation"))
    return name


def _unknown(where: str, name: str, known: Collection[str], is_what: str) -> str:
    """What is wrong with a name, and which one was probably meant."""
    shown = name if name.isprintable() and len(name) <= _LONGEST_NAME else "a name"
    close = get_close_matches(name, known, 1, 0.6)
    return f"{where}{shown} is {is_what}" + (f"; {close[0]} is." if close else ".")


def _stricter_verdict(one: str, other: str) -> str:
    return min(one, other, key=_VERDICTS.index)
