"""Campaigns and their reports as the model sees them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from egoi_mcp.models.result import Result
from egoi_mcp.plain_text import clean


class CampaignSummary(BaseModel):
    """One campaign; times are ISO 8601 in the account's own zone, as the vendor gives them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    campaign: str
    channel: str | None = None
    title: str | None = None
    status: str | None = None
    list_id: int | None = None
    created: str | None = None
    sent: str | None = None
    scheduled: str | None = None

    def as_line(self) -> str:
        """One line, its columns in the order of `COLUMNS`."""
        when = self.sent or (f"scheduled {self.scheduled}" if self.scheduled else None)
        cells = (self.campaign, self.channel, self.title, self.status, self.list_id, self.created, when)
        return " | ".join("-" if cell is None else clean(str(cell), 80) for cell in cells)


COLUMNS = "campaign | channel | title | status | list_id | created | sent"


class CampaignPage(Result):
    """A page of campaigns, newest first."""

    campaigns: tuple[CampaignSummary, ...]
    total: int | None = None
    next_cursor: str | None = None

    def as_text(self) -> str:
        """A table of lines."""
        if not self.campaigns:
            return "No campaign found."
        of = f" of {self.total}" if self.total is not None else ""
        lines = [f"{len(self.campaigns)}{of} campaigns:", COLUMNS]
        lines += [campaign.as_line() for campaign in self.campaigns]
        lines += [f"next_cursor: {self.next_cursor}"] if self.next_cursor else []
        return "\n".join(lines)


class Report(Result):
    """What became of a campaign: counts, and rates in percent of what was sent."""

    campaign: str
    channel: str
    title: str | None = None
    status: str | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    rates: dict[str, float] = Field(default_factory=dict)
    breakdown: tuple[str, ...] = ()
    note: str | None = None

    def as_text(self) -> str:
        """Counts and rates on a line each, then the breakdown."""
        name = f" {clean(self.title, 80)!r}" if self.title else ""
        lines = [f"{self.channel} campaign {self.campaign}{name}: {self.status or 'status unknown'}"]
        lines += [f"{name}: {count}" + self._rate(name) for name, count in self.counts.items()]
        lines += [clean(line, 120) for line in self.breakdown]
        lines += [self.note] if self.note else []
        return "\n".join(lines)

    def _rate(self, name: str) -> str:
        return f" ({self.rates[name]:g} %)" if name in self.rates else ""
