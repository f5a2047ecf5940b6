"""What SMS cost: by the owner's price table, held against the balance that the vendor tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import ApiError
from egoi_mcp.models.preview import Cost
from egoi_mcp.models.vendor_json import mapping, text
from egoi_mcp.policy.keys import on_connection
from egoi_mcp.policy.settings import PolicySettings

UNKNOWN_COUNTRY = "?"
_BALANCE_SECONDS = 600.0
"""So old a balance may be; the look before each send reads it anyway."""
_MOST_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """The cost where the price table knows all of it, else why not, and what a person should stop at."""

    cost: Cost | None = None
    unknown: str = ""
    warnings: tuple[str, ...] = ()

    def facts(self) -> dict[str, str]:
        """The fact that stands where the cost would."""
        return {"cost": self.unknown} if self.unknown else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The account's money, as so many seconds ago."""

    amount: Decimal
    currency: str
    age_seconds: float


async def priced(
    client: ApiClient, policy: PolicySettings, segments: Mapping[str, int] | None, *, provider: str = "egoi"
) -> Priced:
    """The cost of SMS segments by country (`?`: nobody knows which); None where nobody can count them."""
    prices = on_connection(policy, client.connection.name).prices
    if not prices:
        later = "; TxtSync tells it only after sending" if provider == "txtsync" else ""
        return Priced(unknown=f"not known: the owner's policy has no prices{later}")
    if segments is None:
        return Priced(unknown="not known: nobody can tell how many messages it will be")
    balance = await balance_of(client) if provider == "egoi" else None
    return weighed(prices, segments, balance)


def weighed(prices: Mapping[str, Decimal], segments: Mapping[str, int], balance: Balance | None) -> Priced:
    """Segments times prices, and what is left of the balance after that.

    A country without a price has none, and is named; where the country is not known, the highest counts.
    """
    known: dict[str, Decimal] = {}
    for country in segments:
        price = prices.get(country, prices.get("*"))
        if price is not None:
            known[country] = max(prices.values()) if country == UNKNOWN_COUNTRY else price
    amount = sum((known[country] * segments[country] for country in known), Decimal(0))
    currency = balance.currency if balance is not None else ""
    basis = _basis(known, segments)
    if missing := {country: count for country, count in segments.items() if country not in known}:
        of = ", ".join(f"{_country(country)} ({count} segments)" for country, count in missing.items())
        least = f"; the rest {money(amount)} {currency}".rstrip() + f" ({basis})" if known else ""
        said = f"not known: the owner's policy has no price for {of}{least}"
        return Priced(unknown=said, warnings=(f"the cost is not known: no price for {of}",))
    if balance is None:
        return Priced(cost=Cost(amount=money(amount), currency=currency, basis=basis))
    left = balance.amount - amount
    warnings = () if left >= 0 else (f"the balance does not cover it: {money(-left)} {currency} are missing",)
    minutes = int(balance.age_seconds // 60)
    age = f" {minutes} min ago" if minutes else ""
    return Priced(
        cost=Cost(
            amount=money(amount),
            currency=currency,
            basis=basis,
            balance=f"{money(balance.amount)}{age}",
            left=money(left),
        ),
        warnings=warnings,
    )


async def balance_of(client: ApiClient) -> Balance | None:
    """E-goi's own word on the account's money; None where it has none, or could not be asked.

    Source: E-goi v3, `getMyAccount`.
    """
    try:
        data, age = await client.account_data(most_seconds=_BALANCE_SECONDS)
    except ApiError:
        # That the vendor does not answer is told where the send itself needs it to.
        return None
    said = mapping(mapping(data).get("balance_info"))
    try:
        amount = Decimal(text(said, "balance") or "")
    except InvalidOperation:
        return None
    if not amount.is_finite():
        return None
    return Balance(amount=amount, currency=text(said, "currency") or "", age_seconds=age)


def money(amount: Decimal) -> str:
    """An amount with two digits behind the point, and more where it has more."""
    plain = format(amount.normalize(), "f")
    whole, _, rest = plain.partition(".")
    return f"{whole}.{rest:0<2}"


def _basis(known: Mapping[str, Decimal], segments: Mapping[str, int]) -> str:
    said = [f"{_country(country)} {segments[country]} x {money(price)}" for country, price in known.items()]
    rest = len(said) - _MOST_SHOWN
    return ", ".join([*said[:_MOST_SHOWN], *([f"and {rest} more"] if rest > 0 else [])])


def _country(country: str) -> str:
    return "country unknown" if country == UNKNOWN_COUNTRY else country
