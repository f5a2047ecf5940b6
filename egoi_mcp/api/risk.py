"""How much a request can do, as pure functions of the request.

The operation's own risk is the floor; what the request says can raise it, and nothing lowers it below. What
raises stands in one table, `egoi_mcp.api.raises`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from egoi_mcp.api.members import at, folded, is_array, listed, said_by
from egoi_mcp.api.raises import OTHER_SELECTORS, RAISES, Raise
from egoi_mcp.api.risk_level import Risk

if TYPE_CHECKING:
    from egoi_mcp.api.catalog import Api, JsonValue, Request

__all__ = ["Risk", "affected", "repeatable", "risk_of"]


def risk_of(request: Request) -> Risk:
    """The risk of one request: never below its operation's, and a function of nothing but the request."""
    operation, said = request.operation, said_by(request)
    by_member, by_request = _raises_of(operation.api, operation.name, operation.risk)
    found = max([operation.risk, *(each.risk for each in by_request if each.says and each.says(said))])
    # An import has few names and very many members: which rules a name concerns is asked once.
    concerned: dict[str, tuple[Raise, ...]] = {}
    for name, value in said.members:
        if name not in concerned:
            concerned[name] = tuple(each for each in by_member if each.named and each.named(name))
        for each in concerned[name]:
            if each.risk > found and (each.valued is None or each.valued(value)):
                found = each.risk
    return found


@lru_cache(maxsize=512)
def _raises_of(api: Api, name: str, floor: Risk) -> tuple[tuple[Raise, ...], tuple[Raise, ...]]:
    """What can raise a request to an operation: by a member, and as a whole."""
    ours = [each for each in RAISES if each.holds_for(api, name, floor)]
    return tuple(e for e in ours if e.says is None), tuple(e for e in ours if e.says is not None)


def affected(request: Request) -> int | None:
    """How many contacts a request changes, as far as it says so itself; `None` when it does not.

    A segment, a whole list, and values of a field that several contacts may share are `None`.
    """
    key = (request.operation.api, request.operation.name)
    if request.operation.risk is Risk.READ or key in _NO_CONTACT:
        return 0
    if key in _ONE_CONTACT:
        return 1
    if key == _TAGS_PEOPLE:
        return _tagged(request.body)
    member = _LISTED_IN.get(key)
    contacts = listed(request.body, member, unless=OTHER_SELECTORS) if member else None
    return None if contacts is None else len(contacts)


def _tagged(body: JsonValue) -> int | None:
    """The people whom making a tag at Intercom tags at once; companies are no contacts.

    Source: Intercom, `createTag`.
    """
    names = [folded(str(name)) for name in body] if isinstance(body, Mapping) else []
    if "users" not in names:
        return 0
    users = at(body, "users")
    return len(users) if names.count("users") == 1 and is_array(users) else None


def repeatable(request: Request) -> bool:
    """Whether the same request may be sent again after a crash without asking anybody.

    Beyond what the catalog says of the operation: nothing above WRITE, and nothing whose audience may have
    changed in between. An import that updates is the one exception: whom it made the first time it finds by
    the field that it compares, and writes the same into them. One that adds is never sent again, nor one that
    says more than that people may be contacted: `unconfirmed`, say, with which the vendor writes to them.
    """
    if affected(request) is None:
        return False
    if _updates(request):
        return risk_of(request) <= Risk.CONSENT
    return request.operation.idempotent and risk_of(request) <= Risk.WRITE


def _updates(request: Request) -> bool:
    """Whether it is an import that plainly updates by a field."""
    if (request.operation.api, request.operation.name) != ("egoi", "actionImportBulk"):
        return False
    if not isinstance(request.body, Mapping) or not at(request.body, "compare_field"):
        return False
    names = [folded(str(name)) for name in request.body]
    return names.count("mode") == 1 and at(request.body, "mode") in {"update", "update_only"}


# -- which operations ----------------------------------------------------------------------------

_NO_CONTACT = {
    ("egoi", "createSmsCampaign"),
    ("egoi", "createEmailCampaign"),
    ("egoi", "patchSmsCampaign"),
    ("egoi", "patchEmailCampaign"),
    ("egoi", "createTag"),
    ("egoi", "updateTag"),
    ("egoi", "createList"),
    ("egoi", "updateList"),
    ("egoi", "patchBaseField"),
    ("egoi", "createExtraField"),
    ("egoi", "patchExtraField"),
    ("egoi", "createFieldOption"),
    ("egoi", "updateFieldOption"),
    ("egoi", "actionPauseOperation"),
    ("egoi", "ImportProducts"),
    ("intercom", "createOrUpdateCompany"),
    # drafts
    ("egoi", "createEmailRssCampaign"),
    ("egoi", "createPushCampaign"),
    ("egoi", "createSmartSmsCampaign"),
    ("egoi", "createVoiceCampaign"),
    ("egoi", "createWebPushCampaign"),
    ("egoi", "createWebPushRssCampaign"),
    ("egoi", "patchPushCampaign"),
    ("egoi", "patchSmartSmsCampaign"),
    ("egoi", "patchVoiceCampaign"),
    ("egoi", "patchWebPushCampaign"),
    # folders, products, sites, senders
    ("egoi", "createCampaignGroup"),
    ("egoi", "updateCampaignGroup"),
    ("egoi", "createCatalog"),
    ("egoi", "createProduct"),
    ("egoi", "updateProduct"),
    ("egoi", "createConnectedSites"),
    ("egoi", "createWebpushSite"),
    ("egoi", "putEmailSender"),
    # templates and settings of the transactional API
    ("transactional", "addApp"),
    ("transactional", "addPushTemplate"),
    ("transactional", "updatePushTemplate"),
    ("transactional", "changeDefaultDomain"),
    ("transactional", "createAlertTemplate"),
    ("transactional", "createMultiChannelFlow"),
    ("transactional", "emailValidator"),
    ("transactional", "validateVerifyCode"),
    # what hangs on companies, conversations, tickets and texts
    ("intercom", "UpdateCompany"),
    ("intercom", "attachTagToArticle"),
    ("intercom", "attachTagToContentSnippet"),
    ("intercom", "attachTagToConversation"),
    ("intercom", "attachTagToInternalArticle"),
    ("intercom", "attachTagToTicket"),
    ("intercom", "createCompanyNote"),
    ("intercom", "linkConversationToTicket"),
    ("intercom", "updateConversation"),
    # fields and the team
    ("intercom", "createConversationAttribute"),
    ("intercom", "createConversationAttributeOption"),
    ("intercom", "createDataAttribute"),
    ("intercom", "createTicketType"),
    ("intercom", "createTicketTypeAttribute"),
    ("intercom", "updateConversationAttribute"),
    ("intercom", "updateConversationAttributeOption"),
    ("intercom", "updateDataAttribute"),
    ("intercom", "updateTicketType"),
    ("intercom", "updateTicketTypeAttribute"),
    ("intercom", "setAwayAdmin"),
}
_ONE_CONTACT = {
    ("egoi", "createContact"),
    ("egoi", "patchContact"),
    ("egoi", "updateContactByField"),  # the field must be unique in the list
    ("txtsync", "AddContact"),
    ("txtsync", "UpdateContact"),
    ("txtsync", "UpdateContactByExternalReference"),
    ("txtsync", "DeleteContact"),
    ("txtsync", "DeleteContactByExternalReference"),
    ("intercom", "CreateContact"),
    ("intercom", "UpdateContact"),
    ("intercom", "ArchiveContact"),
    ("intercom", "UnarchiveContact"),
    ("intercom", "DeleteContact"),
    ("intercom", "attachTagToContact"),
    ("intercom", "detachTagFromContact"),
    ("intercom", "attachContactToACompany"),
    ("intercom", "detachContactFromACompany"),
    ("intercom", "attachSubscriptionTypeToContact"),
    ("intercom", "detachSubscriptionTypeToContact"),
    ("intercom", "detachContactFromConversation"),
    ("intercom", "dismissContactBanner"),
    ("intercom", "BlockContact"),
    ("intercom", "createNote"),
}
_TAGS_PEOPLE = ("intercom", "createTag")
_LISTED_IN = {
    ("egoi", "actionAttachTag"): "contacts",
    ("egoi", "actionDetachTag"): "contacts",
    ("egoi", "actionActivateContacts"): "contacts",
    ("egoi", "actionDeactivateContacts"): "contacts",
    ("egoi", "actionForgetContacts"): "contacts",
    ("egoi", "actionImportBulk"): "contacts",
    ("egoi", "actionStartAutomation"): "contacts",
    ("egoi", "actionUpdateContacts"): "contacts",
    ("egoi", "actionUnsubscribeContact"): "data",
}
