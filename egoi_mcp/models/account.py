"""An account, its senders, its call budget and the policy in force."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from egoi_mcp.models.result import Result
from egoi_mcp.plain_text import clean


class Sender(BaseModel):
    """Somebody that messages come from; only a sender that is active (or confirmed) can send."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str | None = None
    use: str
    """What it is for: `send_sms`, `sms campaigns` or `email campaigns`."""
    status: str | None = None


class Account(BaseModel):
    """One configured account; `problem` where it could not be read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    account_id: str | None = None
    name: str | None = None
    plan: str | None = None
    balance: str | None = None
    senders: tuple[Sender, ...] = ()
    more_senders: int | None = None
    """How many senders are left out; those that can send come first."""
    calls_left: int | None = None
    call_limit: str | None = None
    problem: str | None = None


class AccountReport(Result):
    """Every configured account, and what this server may do by itself."""

    accounts: tuple[Account, ...]
    policy: dict[str, str] = Field(default_factory=dict)

    def as_text(self) -> str:
        """An account a paragraph, then the policy."""
        lines: list[str] = []
        for account in self.accounts:
            facts = {
                "account": account.account_id,
                "name": account.name,
                "plan": account.plan,
                "balance": account.balance,
                "calls left": account.calls_left,
                "limit": account.call_limit,
                "problem": account.problem,
            }
            said = ", ".join(
                f"{label} {clean(str(fact))}" for label, fact in facts.items() if fact is not None
            )
            lines.append(f"{account.provider}: {said}")
            lines += [
                f"  sender {clean(s.id)} | {clean(s.name or '-', 60)} | {s.use} | {clean(s.status or '-')}"
                for s in account.senders
            ]
            lines += [f"  and {account.more_senders} more senders"] if account.more_senders else []
        lines += [f"{name}: {value}" for name, value in self.policy.items()]
        return "\n".join(lines)
