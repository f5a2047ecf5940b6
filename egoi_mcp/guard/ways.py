"""What a way to undo an operation is, and the ways that no call of this server goes by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from egoi_mcp.guard.action import Reversibility
from egoi_mcp.guard.reversals import Look, Reverse

Key = tuple[str, str]
"""An API and the name of an operation of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How one operation is undone.

    `reversibility` is what holds of every call of it, and `how` says it, for a preview; `exactly` is what
    holds where the vendor listed one by one what it changed, `ahead` and `how_ahead` while the time at
    which it takes effect has not come. `reverse` makes the requests that undo it, of what `look` finds
    where something has to be looked up; without it no call of the vendor does. `again` says that the
    operation may itself be undone where it stands in an undoing action.
    """

    reversibility: Reversibility
    how: str
    exactly: Reversibility | None = None
    ahead: Reversibility | None = None
    how_ahead: str = ""
    reverse: Reverse | None = None
    look: Look | None = None
    again: bool = True


SWITCHED_ON = Way(
    reversibility="irreversible",
    how="Messages that left cannot be called back, and no call switches it off; a person does, in E-goi.",
)
REWRITTEN = Way(reversibility="compensable", how="The words that it had before are not kept.")
DELETED = Way(reversibility="irreversible", how="What is deleted cannot be brought back.")
SENT = Way(reversibility="irreversible", how="Messages that left cannot be called back.")
DISCLOSED = Way(reversibility="irreversible", how="Data that left cannot be called back.")
REPLACED = Way(
    reversibility="compensable",
    how="The values that it had before are not kept; a person can write them again.",
)
TOLD = Way(
    reversibility="irreversible", how="What the vendor was told starts its automations and is kept there."
)
SERVICE = Way(
    reversibility="irreversible", how="No call switches the service off again; a person asks E-goi to."
)
BY_HAND = Way(reversibility="compensable", how="No call undoes it; a person can take it back at the vendor.")
PUT_BACK = Way(reversibility="compensable", how="A person can put it back, at the vendor or by another call.")
TAKEN_AWAY = Way(
    reversibility="compensable", how="It can be deleted again by another call, which a person approves."
)
DRAFT = Way(
    reversibility="compensable",
    how="A draft reaches nobody; it can be deleted again by another call, which a person approves.",
)
FORGONE = Way(reversibility="irreversible", how="No call undoes it.")
CHECKED = Way(reversibility="irreversible", how="What was asked is asked; it changes little.")

_AT_INTERCOM: Sequence[tuple[Way, str]] = (
    (
        SENT,
        "createConversation replyConversation manageConversation attachContactToConversation createMessage "
        "convertConversationToTicket createTicket enqueueCreateTicket updateTicket changeTicketType "
        "replyTicket",
    ),
    (TOLD, "createDataEvent dataEventSummaries"),
    (
        DELETED,
        "deleteCompany deleteConversation deleteConversationAttribute deleteConversationAttributeOption "
        "deleteTag deleteTicket redactConversation",
    ),
    (FORGONE, "MergeContact mergeConversation dismissContactBanner"),
    (BY_HAND, "BlockContact createNote createCompanyNote createTicketType"),
    (BY_HAND, "createDataAttribute createTicketTypeAttribute createConversationAttributeOption"),
    (TAKEN_AWAY, "createConversationAttribute"),
    (
        PUT_BACK,
        "attachSubscriptionTypeToContact detachSubscriptionTypeToContact detachContactFromConversation "
        "detachTagFromArticle detachTagFromContentSnippet detachTagFromConversation detachTagFromTicket "
        "detachTagFromInternalArticle unlinkConversationFromTicket",
    ),
    (
        Way(reversibility="compensable", how="It can be taken off again by another call."),
        "attachTagToArticle attachTagToContentSnippet attachTagToConversation attachTagToInternalArticle "
        "attachTagToTicket linkConversationToTicket",
    ),
    (
        REPLACED,
        "UpdateCompany updateConversation updateConversationAttribute updateConversationAttributeOption "
        "updateDataAttribute updateTicketType updateTicketTypeAttribute setAwayAdmin",
    ),
)
OTHERS_AT_INTERCOM: Mapping[str, Way] = {name: way for way, names in _AT_INTERCOM for name in names.split()}
"""Operations of Intercom that no tool of this server is made for."""
