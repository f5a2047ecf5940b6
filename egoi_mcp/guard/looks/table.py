"""Which operation's outcome is seen where at the vendor, and which only a person can settle.

Named one by one, so that an operation which nobody thought of stays unknown and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from egoi_mcp.api.catalog import Api
from egoi_mcp.guard.looks import campaigns, contacts, fields, intercom, messages, queue, removals, txtsync
from egoi_mcp.guard.looks.case import Look

Key = tuple[Api, str]
"""An API and the name of an operation of it: two vendors call different things `DeleteContact`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How an operation's outcome is found: the look, where it reads, and what it cannot see."""

    look: Look
    where: str
    unseen: str


_MESSAGES = Entry(
    look=messages.look,
    where="`listAllSmsMessages`, `listSingleSmsMessage`",
    unseen="the same text from the same sender and group to the same number in the same minutes, sent "
    "outside this server; batches with a template or merge tags",
)
_SENT = Entry(
    look=campaigns.sent,
    where="`getAllCampaigns`, `getAllOperations`",
    unseen="who started it, where the account's time zone is not set; to whom it went",
)
_MADE = Entry(
    look=campaigns.created,
    where="`getAllCampaigns`",
    unseen="when it was made, where the account's time zone is not set; its words",
)
_CHANGED = Entry(
    look=campaigns.changed,
    where="`getAllCampaigns`",
    unseen="a campaign's words: a stamp that has moved settles nothing",
)
_VALUES = Entry(
    look=contacts.patched,
    where="`getContact`, `getAllOperations`",
    unseen="whether values that differ were written otherwise or changed since; push tokens",
)
_STATUS_UNSEEN = "more than 40 contacts, whole lists; a status of a contact that was changed since"
_TAGS_UNSEEN = (
    "more than 40 contacts, segments, contacts named by a field; some with and some without the tag"
)
_GONE_UNSEEN = "who took it away"
_SINCE_WHEN = "since when, where it is not as was asked"
_CHANGED_SINCE = "whether values that differ were written otherwise or changed since"
_FIELD = Entry(look=fields.field_changed, where="`getAllFields`", unseen=_SINCE_WHEN)
_NOT_DOCUMENTED = "; that the search leaves archived contacts out stands in no document"
_ARCHIVE = "`ShowContact`, `SearchContacts`"
_REFERENCE = "`GetContactByExternalReference`"

_EGOI: Mapping[str, Entry] = {
    **dict.fromkeys(campaigns.SENDS, _SENT),
    **dict.fromkeys(campaigns.CREATES, _MADE),
    **dict.fromkeys(campaigns.CHANGES, _CHANGED),
    "createContact": Entry(
        look=contacts.created,
        where="`getAllContacts`, `searchContacts`",
        unseen="when it was made, where the account's time zone is not set; one that was there before",
    ),
    "patchContact": _VALUES,
    "actionUpdateContacts": Entry(
        look=contacts.updated,
        where=_VALUES.where,
        unseen="segments, whole lists, more than 40 contacts; " + _VALUES.unseen,
    ),
    "actionAttachTag": Entry(
        look=contacts.tagged, where="`getContact`, `getAllOperations`", unseen=_TAGS_UNSEEN
    ),
    "actionDetachTag": Entry(
        look=contacts.untagged, where="`getContact`, `getAllOperations`", unseen=_TAGS_UNSEEN
    ),
    "actionActivateContacts": Entry(
        look=contacts.activated, where="`getContact`, `getAllOperations`", unseen=_STATUS_UNSEEN
    ),
    "actionDeactivateContacts": Entry(
        look=contacts.deactivated, where="`getContact`, `getAllOperations`", unseen=_STATUS_UNSEEN
    ),
    "actionUnsubscribeContact": Entry(
        look=contacts.unsubscribed, where="`getContact`, `getAllOperations`", unseen=_STATUS_UNSEEN
    ),
    "actionForgetContacts": Entry(
        look=contacts.forgotten,
        where="`getContact`, `getAllOperations`",
        unseen="more than 40 contacts; some gone and some not",
    ),
    "actionPauseOperation": Entry(
        look=queue.paused, where="`getAllOperations`", unseen="operations that have left the queue"
    ),
    "actionResumeOperation": Entry(
        look=queue.resumed, where="`getAllOperations`", unseen="operations that have left the queue"
    ),
    "actionCancelOperation": Entry(
        look=queue.cancelled,
        where="`getAllOperations`",
        unseen="whether an operation that has left the queue was cancelled or carried out",
    ),
    "deleteCampaigns": Entry(look=removals.campaign, where="`getAllCampaigns`", unseen=_GONE_UNSEEN),
    "deleteList": Entry(look=removals.contact_list, where="`getList`", unseen=_GONE_UNSEEN),
    "deleteSegment": Entry(look=removals.segment, where="`getAllSegments`", unseen=_GONE_UNSEEN),
    "deleteTag": Entry(look=removals.tag, where="`getAllTags`", unseen=_GONE_UNSEEN),
    "deleteCellphoneSender": Entry(
        look=removals.sender, where="`getAllCellphoneSenders`", unseen=_GONE_UNSEEN
    ),
    "deleteEmailSender": Entry(look=removals.sender, where="`getAllEmailSenders`", unseen=_GONE_UNSEEN),
    "deleteSuppressionList": Entry(
        look=removals.suppression, where="`getAllSuppressionList`", unseen=_GONE_UNSEEN
    ),
    "createSuppressionList": Entry(
        look=removals.suppressed,
        where="`getAllSuppressionList`",
        unseen="more than 20 values; some that are there and some that are not",
    ),
    "createTag": Entry(
        look=removals.new_tag, where="`getAllTags`", unseen="whether a tag of that name was there before"
    ),
    "updateTag": Entry(look=fields.tag_changed, where="`getAllTags`", unseen=_SINCE_WHEN),
    "createList": Entry(
        look=fields.list_made,
        where="`getAllLists`",
        unseen="when it was made, where the account's time zone is not set",
    ),
    "updateList": Entry(look=fields.list_changed, where="`getList`", unseen=_CHANGED_SINCE),
    "createExtraField": Entry(
        look=fields.field_made, where="`getAllFields`", unseen="whether a field of that name was there before"
    ),
    "patchExtraField": _FIELD,
    "patchBaseField": _FIELD,
    "deleteExtraField": Entry(look=fields.field_gone, where="`getAllFields`", unseen=_GONE_UNSEEN),
    "deleteFieldOption": Entry(look=fields.option_gone, where="`getAllFieldOptions`", unseen=_GONE_UNSEEN),
    "createFieldOption": Entry(
        look=fields.option_made,
        where="`getAllFieldOptions`",
        unseen="whether an option of that name was there before",
    ),
    "updateFieldOption": Entry(look=fields.option_changed, where="`getAllFieldOptions`", unseen=_SINCE_WHEN),
}
_TRANSACTIONAL: Mapping[str, Entry] = {"sendSmsMessages": _MESSAGES, "sendSmsMessagesSingle": _MESSAGES}
_TXTSYNC: Mapping[str, Entry] = {
    "AddContact": Entry(
        look=txtsync.created,
        where="`SearchContact`",
        unseen="whether a contact with that number was there before",
    ),
    "UpdateContactByExternalReference": Entry(
        look=txtsync.updated_by_reference,
        where=_REFERENCE,
        unseen="tags; whether values that differ were written otherwise or changed since",
    ),
    "UpdateContact": Entry(
        look=txtsync.updated,
        where="`SearchContact`",
        unseen="a contact whose number the request does not name; tags; values that differ",
    ),
    "DeleteContactByExternalReference": Entry(look=txtsync.deleted, where=_REFERENCE, unseen=_GONE_UNSEEN),
}
_INTERCOM: Mapping[str, Entry] = {
    "CreateContact": Entry(
        look=intercom.created,
        where="`SearchContacts`",
        unseen="a contact without an address, a reference or a number; one that was there before",
    ),
    "UpdateContact": Entry(
        look=intercom.updated, where="`ShowContact`", unseen=_CHANGED_SINCE + "; pictures"
    ),
    "ArchiveContact": Entry(
        look=intercom.archived, where=_ARCHIVE, unseen="who archived it" + _NOT_DOCUMENTED
    ),
    "UnarchiveContact": Entry(
        look=intercom.unarchived, where=_ARCHIVE, unseen="who brought it back" + _NOT_DOCUMENTED
    ),
    "DeleteContact": Entry(look=intercom.deleted, where="`ShowContact`", unseen=_GONE_UNSEEN),
    "attachTagToContact": Entry(look=intercom.tagged, where="`listTagsForAContact`", unseen="who put it on"),
    "detachTagFromContact": Entry(look=intercom.untagged, where="`listTagsForAContact`", unseen=_GONE_UNSEEN),
    "attachContactToACompany": Entry(
        look=intercom.joined, where="`listCompaniesForAContact`", unseen="who put it there"
    ),
    "detachContactFromACompany": Entry(
        look=intercom.left, where="`listCompaniesForAContact`", unseen=_GONE_UNSEEN
    ),
    "createTag": Entry(look=intercom.tag_made, where="`listTags`", unseen="whom it was put on at once"),
    "createOrUpdateCompany": Entry(
        look=intercom.company_written, where="`retrieveCompany`", unseen=_SINCE_WHEN
    ),
}

LOOKS: Mapping[Key, Entry] = {
    **{("egoi", name): entry for name, entry in _EGOI.items()},
    **{("transactional", name): entry for name, entry in _TRANSACTIONAL.items()},
    **{("txtsync", name): entry for name, entry in _TXTSYNC.items()},
    **{("intercom", name): entry for name, entry in _INTERCOM.items()},
}

_NO_LOOK_AT_EGOI = (
    "createCampaignGroup",
    "updateCampaignGroup",
    "createCatalog",
    "createProduct",
    "updateProduct",
    "createConnectedSites",
    "createWebpushSite",
    "putEmailSender",
    "createEmailRssCampaign",
    "createWebPushRssCampaign",
    "createPushCampaign",
    "createSmartSmsCampaign",
    "createVoiceCampaign",
    "createWebPushCampaign",
    "patchPushCampaign",
    "patchSmartSmsCampaign",
    "patchVoiceCampaign",
    "patchWebPushCampaign",
)
_NO_LOOK_AT_INTERCOM = (
    "MergeContact",
    "BlockContact",
    "dismissContactBanner",
    "createNote",
    "attachSubscriptionTypeToContact",
    "detachSubscriptionTypeToContact",
    "UpdateCompany",
    "deleteCompany",
    "createCompanyNote",
    "deleteTag",
    "attachTagToArticle",
    "attachTagToContentSnippet",
    "attachTagToConversation",
    "attachTagToInternalArticle",
    "attachTagToTicket",
    "detachTagFromArticle",
    "detachTagFromContentSnippet",
    "detachTagFromConversation",
    "detachTagFromInternalArticle",
    "detachTagFromTicket",
    "createConversation",
    "replyConversation",
    "manageConversation",
    "updateConversation",
    "convertConversationToTicket",
    "attachContactToConversation",
    "detachContactFromConversation",
    "redactConversation",
    "mergeConversation",
    "deleteConversation",
    "createConversationAttribute",
    "updateConversationAttribute",
    "deleteConversationAttribute",
    "createConversationAttributeOption",
    "updateConversationAttributeOption",
    "deleteConversationAttributeOption",
    "createMessage",
    "createTicket",
    "enqueueCreateTicket",
    "updateTicket",
    "replyTicket",
    "changeTicketType",
    "deleteTicket",
    "linkConversationToTicket",
    "unlinkConversationFromTicket",
    "createTicketType",
    "updateTicketType",
    "createTicketTypeAttribute",
    "updateTicketTypeAttribute",
    "createDataEvent",
    "dataEventSummaries",
    "createDataAttribute",
    "updateDataAttribute",
    "setAwayAdmin",
)

LEFT_TO_A_PERSON: Mapping[str, Mapping[Api, tuple[str, ...]]] = {
    "TxtSync lists no messages": {
        "txtsync": (
            "SendSMS",
            "SendBulkSMS",
        ),
    },
    "TxtSync reads no contact by its internal id": {
        "txtsync": ("DeleteContact",),
    },
    "no call shows these messages": {
        "transactional": (
            "sendEmailMessages",
            "sendPushMessages",
            "executeEmailAlert",
            "stopAlert",
            "executeMultiChannel",
            "requestVerify",
            "resendVerify",
            "cancelVerify",
            "cancelScheduledMessage",
        ),
    },
    "a feed's campaign shows no status that tells": {
        "egoi": (
            "actionEnableEmailRss",
            "actionEnableWebPushRss",
        ),
    },
    "the queue does not show approvals": {
        "egoi": ("actionApproveOperation",),
    },
    "contacts show neither imports nor automations one by one": {
        "egoi": (
            "actionImportBulk",
            "actionStartAutomation",
            "updateContactByField",
        ),
    },
    "what leaves for an address is not shown": {
        "egoi": (
            "actionExportContacts",
            "generateByModelReport",
            "generateContactActivityReport",
            "generateEmailBouncesReport",
            "generateEmailClicksByContactReport",
            "generateEmailClicksByUrlReport",
            "generateEmailEventsReport",
            "generateEmailUnsubscriptionsReport",
            "generateFormAnswersReport",
            "generateSendsReport",
            "generateSmsBouncesReport",
            "generateSmsEventsReport",
            "generateSubscriptionsReport",
            "generateUnsubscriptionsReport",
            "createWebhook",
            "deleteWebhook",
        ),
        "transactional": (
            "addWebHook",
            "removeWebHook",
            "htmlToPdf",
        ),
        "txtsync": (
            "InboundSMS",
            "OutboundSMS",
            "DeleteTrigger",
        ),
    },
    "nothing that this server reads shows it": {
        "egoi": (
            "createCellphoneSender",
            "createEmailSender",
            "createPhoneSender",
            "deletePhoneSender",
            "deleteAutomation",
            "deleteCampaignGroup",
            "deleteCatalog",
            "deleteProduct",
            "deleteConnectedSites",
            "deleteUser",
            "enableTransactional",
            "registerPushEvent",
            "registerPushToken",
            "ImportProducts",
            "ImportOrdersBulk",
            "CreateOrder",
            "createCart",
            "createCName",
            "enableTe",
            *_NO_LOOK_AT_EGOI,
        ),
        "transactional": (
            "deleteApp",
            "deletePushTemplate",
            "removeAlertTemplate",
            "removeMultiChannel",
            "addDomain",
            "changeAlertTemplate",
            "updateApp",
            "addApp",
            "addPushTemplate",
            "changeDefaultDomain",
            "createAlertTemplate",
            "createMultiChannelFlow",
            "emailValidator",
            "updatePushTemplate",
            "validateVerifyCode",
        ),
        "intercom": _NO_LOOK_AT_INTERCOM,
    },
}


def why_a_person(api: Api, name: str) -> str:
    """Why an operation's outcome is not looked for."""
    return next(
        (reason for reason, left in LEFT_TO_A_PERSON.items() if name in left.get(api, ())),
        "nothing that this server reads shows it",
    )
