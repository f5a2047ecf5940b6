"""What the policy's lists and limits refuse; where they would need what nobody can tell, they refuse too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from egoi_mcp.guard.facts import Facts, Ruling, ruling
from egoi_mcp.guard.reading import links_in, number_and_country
from egoi_mcp.guard.standing import only_seeds
from egoi_mcp.policy.patterns import named
from egoi_mcp.policy.settings import PolicySettings

T = TypeVar("T")


def refused(policy: PolicySettings, facts: Facts) -> Ruling | None:
    """The first limit that a plan goes over; None where it keeps to all of them."""
    for rule in (_most, _lists, _senders, _countries, _recipients, _hosts, _links, _cost, _tested):
        if (found := rule(policy, facts)) is not None:
            return found
    return None


def _most(policy: PolicySettings, facts: Facts) -> Ruling | None:
    most = policy.max_recipients_per_action
    if most is None or not {"send", "destroy"} & facts.risks:
        return None
    if facts.recipients is not None and facts.recipients <= most:
        return None
    number = "an unknown number of" if facts.recipients is None else str(facts.recipients)
    return ruling(
        "deny",
        "max_recipients_per_action",
        f"It reaches {number} recipients, and the owner's policy allows {most} an action.",
    )


def _lists(policy: PolicySettings, facts: Facts) -> Ruling | None:
    return _listed(
        "lists",
        policy.allowed_lists,
        policy.denied_lists,
        values=facts.reach.lists,
        is_named=lambda value, names: value in names,
        said=lambda value: f"list {value}",
        unknown=facts.unknown("lists"),
    )


def _senders(policy: PolicySettings, facts: Facts) -> Ruling | None:
    names_needed = any(not name.isdigit() for name in policy.denied_senders)
    return _listed(
        "senders",
        policy.allowed_senders,
        policy.denied_senders,
        values=facts.reach.senders,
        is_named=lambda value, names: any(name.casefold() in names for name in value.split("\n")),
        said=lambda value: f"sender {' '.join(value.split(chr(10)))}",
        unknown=facts.unknown("senders") or (names_needed and facts.unknown("sender_names")),
    )


def _countries(policy: PolicySettings, facts: Facts) -> Ruling | None:
    """Only calls and SMS have a country; an e-mail reaches no number."""
    if not facts.sends or (policy.allowed_countries is None and not policy.denied_countries):
        return None
    countries = {country for country, _ in facts.reach.segments}
    numbers = (number_and_country(each) for each in facts.reach.recipients if "@" not in each)
    countries |= {"?" if number is None else number[1] for number in numbers}
    return _listed(
        "countries",
        policy.allowed_countries,
        policy.denied_countries,
        values=sorted(countries - {"?"}),
        is_named=lambda value, names: value in names,
        said=lambda value: f"numbers of {value}",
        unknown="?" in countries or facts.unknown("segments"),
    )


def _recipients(policy: PolicySettings, facts: Facts) -> Ruling | None:
    """Who is written to, or said to agree to it; a contact that is tagged or silenced is no recipient."""
    if not {"send", "consent"} & facts.risks:
        return None
    return _listed(
        "recipients",
        policy.allowed_recipients,
        policy.denied_recipients,
        values=facts.reach.recipients,
        is_named=named,
        # No number and no address: the model may not be meant to see it.
        said=lambda _: "a recipient",
        unknown=facts.unknown("recipients"),
    )


def _hosts(policy: PolicySettings, facts: Facts) -> Ruling | None:
    """Data leaves to addresses that the owner names, and only over https."""
    for address in facts.reach.hosts:
        if address == "?" or "://" in address:
            what = "an address that cannot be read" if address == "?" else f"{address}, which is not https"
            return ruling("deny", "allowed_hosts", f"Data would leave to {what}.")
        if not named(address, policy.allowed_hosts or ()):
            return ruling(
                "deny", "allowed_hosts", f"Data would leave to {address}, which the owner does not allow."
            )
    if "disclose" in facts.risks and facts.unknown("hosts"):
        return ruling("deny", "allowed_hosts", "Nobody can tell where its data would go.")
    return None


def _links(policy: PolicySettings, facts: Facts) -> Ruling | None:
    """Hosts that neither data nor readers are to be led to."""
    if not policy.denied_hosts:
        return None
    found = {*facts.reach.hosts, *facts.reach.links}
    found |= {each for text in facts.reach.texts for each in links_in(text)}
    return _listed(
        "hosts",
        None,
        policy.denied_hosts,
        values=sorted(each.rpartition("://")[2] for each in found - {"?"}),
        is_named=named,
        said=lambda value: value,
        unknown="?" in found or facts.unknown("hosts") or (facts.sends and facts.unknown("texts")),
    )


def _cost(policy: PolicySettings, facts: Facts) -> Ruling | None:
    """What this action alone costs; the ledger adds up the day and the month."""
    if not facts.sends:
        return None
    for key, most in (
        ("max_cost_per_day", policy.max_cost_per_day),
        ("max_cost_per_month", policy.max_cost_per_month),
    ):
        if most is None:
            continue
        if facts.cost is None or not facts.cost_known:
            return ruling(
                "deny",
                key,
                "Nobody can tell what it costs (the policy's prices have none for it), and "
                f"{key} must be kept.",
            )
        if facts.cost > most:
            return ruling("deny", key, f"It costs {facts.cost}, and the owner's policy allows {most}.")
    return None


def _tested(policy: PolicySettings, facts: Facts) -> Ruling | None:
    above = policy.test_first_above
    if above is None or not facts.sends or facts.tested or only_seeds(policy, facts):
        return None
    if facts.recipients is not None and facts.recipients <= above:
        return None
    return ruling(
        "deny",
        "test_first_above",
        f"What goes to more than {above} people goes to the owner's own test recipients first. "
        f"{_how_to_test(facts)}, and then this one again.",
    )


def _how_to_test(facts: Facts) -> str:
    """The call that tests what these operations send."""
    operations = set(facts.operations)
    if operations and operations <= {"actionSendSms", "actionSendEmail"}:
        return 'Make this same call with test_to=["seeds"] added'
    if operations and operations <= {"sendSmsMessages", "SendSMS", "SendBulkSMS"}:
        return 'Make this same send_sms call with to=["seeds"] and no other recipients'
    return "Send the same text to them"


def _listed(
    name: str,
    allowed: Collection[T] | None,
    denied: Collection[T],
    *,
    values: Iterable[T],
    is_named: Callable[[T, Collection[T]], bool],
    said: Callable[[T], str],
    unknown: bool,
) -> Ruling | None:
    """Refuse what `denied` names, what `allowed` does not name, and, where either is given, the unknown."""
    for value in values:
        if is_named(value, denied):
            return ruling("deny", f"denied_{name}", f"It touches {said(value)}, which the owner denies.")
        if allowed is not None and not is_named(value, allowed):
            what = f"It touches {said(value)}, which is none of those that the owner allows."
            return ruling("deny", f"allowed_{name}", what)
    if unknown and (allowed is not None or denied):
        key = f"denied_{name}" if allowed is None else f"allowed_{name}"
        return ruling("deny", key, f"Nobody can tell which {name} it touches, and {key} must be kept.")
    return None
