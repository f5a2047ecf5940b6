"""Which operation's outcome is seen where at the vendor, and which only a person can settle.

Named one by one, so that an operation which nobody thought of stays unknown and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from egoi_mcp.guard.looks import campaigns, contacts, messages, queue, removals, txtsync
from egoi_mcp.guard.looks.case import Look


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
_REFERENCE = "`GetContactByExternalReference`"

LOOKS: Mapping[str, Entry] = {
    "sendSmsMessages": _MESSAGES,
    "sendSmsMessagesSingle": _MESSAGES,
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

LEFT_TO_A_PERSON: Mapping[str, tuple[str, ...]] = {
    "TxtSync lists no messages": ("SendSMS", "SendBulkSMS"),
    "TxtSync reads no contact by its internal id": ("DeleteContact",),
    "no call shows these messages": (
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
    "a feed's campaign shows no status that tells": ("actionEnableEmailRss", "actionEnableWebPushRss"),
    "the queue does not show approvals": ("actionApproveOperation",),
    "contacts show neither imports nor automations one by one": (
        "actionImportBulk",
        "actionStartAutomation",
        "updateContactByField",
    ),
    "what leaves for an address is not shown": (
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
        "addWebHook",
        "removeWebHook",
        "InboundSMS",
        "OutboundSMS",
        "DeleteTrigger",
        "htmlToPdf",
    ),
    "nothing that this server reads shows it": (
        "createCellphoneSender",
        "createEmailSender",
        "createPhoneSender",
        "deletePhoneSender",
        "deleteAutomation",
        "deleteCampaignGroup",
        "deleteCatalog",
        "deleteProduct",
        "deleteConnectedSites",
        "deleteExtraField",
        "deleteFieldOption",
        "deleteUser",
        "deleteApp",
        "deletePushTemplate",
        "removeAlertTemplate",
        "removeMultiChannel",
        "enableTransactional",
        "registerPushEvent",
        "registerPushToken",
        "ImportProducts",
        "ImportOrdersBulk",
        "CreateOrder",
        "createCart",
        "createCName",
        "enableTe",
        "addDomain",
        "changeAlertTemplate",
        "updateApp",
    ),
}


def why_a_person(name: str) -> str:
    """Why an operation's outcome is not looked for."""
    return next(
        (reason for reason, names in LEFT_TO_A_PERSON.items() if name in names),
        "nothing that this server reads shows it",
    )
