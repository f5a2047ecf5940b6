"""What a person sees before anything happens."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from egoi_mcp.models.result import visible
from egoi_mcp.pii import Pii, show_email, show_phone
from egoi_mcp.plain_text import clean, quote

_MOST_CHARACTERS = 4000
"""Room for the longest SMS that this server takes, and for the gist of an email."""


class Preview(BaseModel):
    """One deed, said so that a wrong audience, text or time is seen at once.

    Frozen in the action's row, so that a question asked again reads the same everywhere.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    account: str
    recipients: int | None = None
    """People reached or contacts changed; None where nobody can know yet."""
    to: tuple[str, ...] = ()
    """The first recipients (E.164 or e-mail address), for a person to recognise."""
    facts: dict[str, str] = Field(default_factory=dict)
    personal: dict[str, str] = Field(default_factory=dict)
    """Facts about one person: whoever approves sees them, the model only where it may see everything."""
    message: str | None = None
    """The exact text that goes out."""
    dropped: tuple[str, ...] = ()
    """Recipients left out, each with the reason."""
    warnings: tuple[str, ...] = ()
    undo: str = ""
    """What cannot be undone, or what undoes it."""

    def for_model(self, pii: Pii) -> Preview:
        """The preview with personal data as far as the owner lets the model see it."""
        if pii == "full":
            return self
        shown = [(show_email if "@" in value else show_phone)(value, pii) for value in self.to]
        return self.model_copy(update={"to": tuple(value for value in shown if value), "personal": {}})

    def as_text(self) -> str:
        """The preview as plain text; everything from outside is quoted, never markup."""
        lines = [clean(self.title), f"Account: {clean(self.account)}"]
        if self.recipients is not None:
            lines.append(f"Recipients: {self.recipients}")
        if self.to:
            more = "" if self.recipients is None or self.recipients <= len(self.to) else " and more"
            lines.append("To: " + ", ".join(clean(value) for value in self.to) + more)
        lines += [f"{clean(label)}: {clean(value)}" for label, value in (self.facts | self.personal).items()]
        if self.message is not None:
            lines += ["Text:", quote(self.message)]
        lines += [f"Left out: {clean(entry)}" for entry in self.dropped]
        lines += [f"Warning: {clean(entry)}" for entry in self.warnings]
        if self.undo:
            lines.append(clean(self.undo))
        return "\n".join(lines)


def excerpt(text: str) -> str:
    """The text, its end replaced by a count where it is too long to be read in a chat.

    Characters that cannot be seen count as they are written out.
    """
    head = text[:_MOST_CHARACTERS]
    while len(visible(head)) > _MOST_CHARACTERS:
        head = head[: len(head) * 3 // 4]
    return text if head == text else f"{head}\n[{len(text) - len(head)} more characters]"
