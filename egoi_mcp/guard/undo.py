"""How each operation is undone, as a table.

`reversals` makes the requests, `undo_looks` finds out what has to be looked up first, `offers` says what
follows for an action's row, and `undoing` does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from egoi_mcp.api.catalog import Operation
from egoi_mcp.guard.action import Reversibility
from egoi_mcp.guard.intercom_reversals import (
    archive,
    archive_created,
    join_company,
    leave_company,
    put_tag_on,
    take_tag_off,
    unarchive,
)
from egoi_mcp.guard.reversals import (
    Look,
    Reverse,
    activate,
    attach_again,
    cancel_messages,
    cancel_queued,
    deactivate,
    delete_campaign,
    delete_extra_field,
    delete_field_option,
    delete_list,
    delete_tag,
    delete_txtsync_contact,
    delete_webhook,
    detach_again,
    pause,
    resubscribe,
    resume,
    unsubscribe,
    unsuppress,
)

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


_SEND = Way(
    reversibility="irreversible",
    how="Messages that left cannot be called back; undo_action stops what still waits in E-goi's queue.",
    ahead="undoable",
    how_ahead=(
        "Until then the send can be cancelled (undo_action, or in E-goi) and reaches nobody; the campaign "
        "then stays cancelled. After that it cannot be called back."
    ),
    reverse=cancel_queued,
    look="queue",
)
_RESUMED = Way(
    reversibility="irreversible",
    how="What is queued may go out at once, and messages that left cannot be called back.",
    ahead="undoable",
    how_ahead="Until its time comes it can be paused again (undo_action).",
    reverse=pause,
)
_MESSAGES = Way(
    reversibility="irreversible",
    how="Messages that left cannot be called back.",
    reverse=cancel_messages,
    look="scheduled messages",
)
_DRAFTED = Way(
    reversibility="undoable",
    how="A draft reaches nobody; send_campaign sends it after a person approves, undo_action deletes it.",
    reverse=delete_campaign,
    look="draft",
)
_SWITCHED_ON = Way(
    reversibility="irreversible",
    how="Messages that left cannot be called back, and no call switches it off; a person does, in E-goi.",
)
_REWRITTEN = Way(reversibility="compensable", how="The words that it had before are not kept.")
_DELETED = Way(reversibility="irreversible", how="What is deleted cannot be brought back.")
_SENT = Way(reversibility="irreversible", how="Messages that left cannot be called back.")
_DISCLOSED = Way(reversibility="irreversible", how="Data that left cannot be called back.")
_REPLACED = Way(
    reversibility="compensable",
    how="The values that it had before are not kept; a person can write them again.",
)
_TOLD = Way(
    reversibility="irreversible", how="What the vendor was told starts its automations and is kept there."
)
_SERVICE = Way(
    reversibility="irreversible", how="No call switches the service off again; a person asks E-goi to."
)
_BY_HAND = Way(reversibility="compensable", how="No call undoes it; a person can take it back at the vendor.")

_CAMPAIGN_SENDS = (
    "actionSendEmail",
    "actionSendPush",
    "actionSendSmartSms",
    "actionSendSms",
    "actionSendVoice",
    "actionSendWebPush",
)
_EGOI_DELETES = (
    "deleteAutomation",
    "deleteCampaignGroup",
    "deleteCampaigns",
    "deleteCatalog",
    "deleteCellphoneSender",
    "deleteConnectedSites",
    "deleteEmailSender",
    "deleteExtraField",
    "deleteFieldOption",
    "deleteList",
    "deletePhoneSender",
    "deleteProduct",
    "deleteSegment",
    "deleteSuppressionList",
    "deleteTag",
    "deleteUser",
    "deleteWebhook",
)
_EGOI_REPORTS = (
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
)

_EGOI: Mapping[str, Way] = {
    **dict.fromkeys(_CAMPAIGN_SENDS, _SEND),
    **dict.fromkeys(_EGOI_DELETES, _DELETED),
    **dict.fromkeys(_EGOI_REPORTS, _DISCLOSED),
    "actionEnableEmailRss": _SWITCHED_ON,
    "actionEnableWebPushRss": _SWITCHED_ON,
    "actionAttachTag": Way(
        reversibility="compensable",
        how=(
            "The tag can be taken off again: undo_action takes it off those who got it where E-goi says who "
            "did, else off all of them. Attaching it may start the account's automations."
        ),
        exactly="undoable",
        reverse=detach_again,
    ),
    "actionDetachTag": Way(
        reversibility="compensable",
        how="The tag can be attached again (undo_action), which may start the account's automations.",
        exactly="undoable",
        reverse=attach_again,
    ),
    "createTag": Way(
        reversibility="undoable", how="The tag can be deleted again (undo_action).", reverse=delete_tag
    ),
    "updateTag": _REPLACED,
    "createList": Way(
        reversibility="undoable",
        how="The list can be deleted again (undo_action) while nobody is in it, which a person approves.",
        reverse=delete_list,
        look="new list",
    ),
    "updateList": _REPLACED,
    "createExtraField": Way(
        reversibility="undoable",
        how=(
            "The field can be deleted again (undo_action), which a person approves; what has been written "
            "into it meanwhile goes with it."
        ),
        reverse=delete_extra_field,
    ),
    "patchExtraField": _REPLACED,
    "patchBaseField": _REPLACED,
    "createFieldOption": Way(
        reversibility="undoable",
        how="The option can be deleted again (undo_action), which a person approves.",
        reverse=delete_field_option,
    ),
    "updateFieldOption": _REPLACED,
    "createSmsCampaign": _DRAFTED,
    "createEmailCampaign": _DRAFTED,
    "patchSmsCampaign": _REWRITTEN,
    "patchEmailCampaign": _REWRITTEN,
    "createContact": Way(
        reversibility="compensable",
        how=(
            "The contact can be unsubscribed (undo_action) or deactivated later, and stays in the list. "
            "Creating it may start the account's automations."
        ),
        reverse=unsubscribe,
    ),
    "patchContact": _REPLACED,
    "updateContactByField": _REPLACED,
    "actionUpdateContacts": _REPLACED,
    "actionImportBulk": Way(
        reversibility="irreversible",
        how="Which contacts an import made or changed is not told, so nothing takes it back.",
    ),
    "actionActivateContacts": Way(
        reversibility="compensable",
        how=(
            "Contacts named by their ids can be deactivated again (undo_action); those who were active "
            "before are deactivated too. Messages that they got meanwhile cannot be called back."
        ),
        reverse=deactivate,
    ),
    "actionDeactivateContacts": Way(
        reversibility="compensable",
        how=(
            "Contacts named by their ids can be activated again (undo_action), which a person approves; "
            "those who were inactive before are activated too."
        ),
        reverse=activate,
    ),
    "actionUnsubscribeContact": Way(
        reversibility="compensable",
        how=(
            "They can be resubscribed (undo_action), which a person approves; E-goi's counts of "
            "unsubscriptions stay, and whoever was not active before becomes so."
        ),
        reverse=resubscribe,
        look="contacts",
        # Made by an undoing action it unsubscribes a contact whose status before is not kept.
        again=False,
    ),
    "actionForgetContacts": Way(
        reversibility="irreversible", how="What is forgotten cannot be brought back."
    ),
    "actionStartAutomation": Way(
        reversibility="irreversible",
        how="Who has entered an automation goes through it, unless a person takes them out in E-goi.",
    ),
    "actionPauseOperation": Way(
        reversibility="undoable",
        how=("It can be resumed (undo_action), which a person approves; past its time it goes out at once."),
        reverse=resume,
        look="paused",
    ),
    "actionResumeOperation": _RESUMED,
    "actionApproveOperation": _RESUMED,
    "actionCancelOperation": Way(
        reversibility="irreversible",
        how="A cancelled send stays cancelled; to send it after all the campaign is made again.",
    ),
    "createSuppressionList": Way(
        reversibility="compensable",
        how=(
            "The entries that it adds can be removed again (undo_action), which a person approves; what was "
            "not sent meanwhile stays unsent."
        ),
        reverse=unsuppress,
        look="suppressions",
    ),
    "createWebhook": Way(
        reversibility="compensable",
        how="It can be removed again (undo_action); data that left meanwhile cannot be called back.",
        reverse=delete_webhook,
    ),
    "createCellphoneSender": _BY_HAND,
    "createEmailSender": _BY_HAND,
    "createPhoneSender": _BY_HAND,
    "createCName": _BY_HAND,
    "enableTe": _SERVICE,
    "enableTransactional": _SERVICE,
    "ImportProducts": _REPLACED,
    "ImportOrdersBulk": _TOLD,
    "CreateOrder": _TOLD,
    "createCart": _TOLD,
    "registerPushEvent": _TOLD,
    "registerPushToken": _BY_HAND,
}
_TRANSACTIONAL: Mapping[str, Way] = {
    "sendSmsMessages": _MESSAGES,
    "sendSmsMessagesSingle": _MESSAGES,
    "sendEmailMessages": _SENT,
    "sendPushMessages": _SENT,
    "executeEmailAlert": _SENT,
    "executeMultiChannel": _SENT,
    "requestVerify": _SENT,
    "resendVerify": _SENT,
    "cancelScheduledMessage": Way(
        reversibility="irreversible",
        how="A cancelled message stays cancelled; to send it after all it is written again.",
    ),
    "cancelVerify": Way(
        reversibility="irreversible", how="A cancelled code stays cancelled; a new one can be asked for."
    ),
    "stopAlert": Way(reversibility="irreversible", how="A stopped alert stays stopped; it can be sent anew."),
    "removeAlertTemplate": _DELETED,
    "deleteApp": _DELETED,
    "removeMultiChannel": _DELETED,
    "deletePushTemplate": _DELETED,
    "removeWebHook": _DELETED,
    "addWebHook": _BY_HAND,
    "addDomain": _BY_HAND,
    "changeAlertTemplate": _REPLACED,
    "updateApp": Way(
        reversibility="irreversible", how="The keys that it overwrites are never shown, so they are gone."
    ),
    "htmlToPdf": _DISCLOSED,
}
_TXTSYNC: Mapping[str, Way] = {
    "SendSMS": Way(
        reversibility="irreversible",
        how="Messages that left cannot be called back, and TxtSync has no call that cancels a scheduled one.",
    ),
    "SendBulkSMS": _SENT,
    "AddContact": Way(
        reversibility="compensable",
        how=(
            "The contact can be deleted at TxtSync (undo_action), which a person approves. Until it opts out "
            "it may be sent SMS."
        ),
        reverse=delete_txtsync_contact,
    ),
    "UpdateContact": _REPLACED,
    "UpdateContactByExternalReference": _REPLACED,
    "DeleteContact": _DELETED,
    "DeleteContactByExternalReference": _DELETED,
    # The reply is documented as the notification itself, without the id that removing it takes.
    "InboundSMS": _BY_HAND,
    "OutboundSMS": _BY_HAND,
    "DeleteTrigger": _DELETED,
}
_INTERCOM: Mapping[str, Way] = {
    "CreateContact": Way(
        reversibility="compensable",
        how=(
            "The contact can be archived at Intercom (undo_action), which a person approves, and brought "
            "back from there. Messages that it got meanwhile cannot be called back."
        ),
        reverse=archive_created,
    ),
    "UpdateContact": _REPLACED,
    "ArchiveContact": Way(
        reversibility="compensable",
        how=(
            "The contact can be brought back (undo_action), which a person approves; one that was archived "
            "before is brought back too."
        ),
        reverse=unarchive,
    ),
    "UnarchiveContact": Way(
        reversibility="compensable",
        how=(
            "The contact can be archived again (undo_action), which a person approves; messages that it got "
            "meanwhile cannot be called back."
        ),
        reverse=archive,
    ),
    "DeleteContact": _DELETED,
    "createTag": Way(
        reversibility="compensable",
        how="No call of this server deletes the tag again or takes it off many; a person can, in Intercom.",
    ),
    "attachTagToContact": Way(
        reversibility="compensable",
        how=(
            "The tag can be taken off again (undo_action), which a person approves; a contact that had it "
            "before loses it too."
        ),
        reverse=take_tag_off,
    ),
    "detachTagFromContact": Way(
        reversibility="compensable",
        how="The tag can be attached again (undo_action); a contact that did not have it before gets it too.",
        reverse=put_tag_on,
    ),
    "createOrUpdateCompany": Way(
        reversibility="compensable",
        how="Values that it had before are not kept, and no call of this server takes a new company away.",
    ),
    "attachContactToACompany": Way(
        reversibility="compensable",
        how=(
            "The contact can be taken out of the company again (undo_action), which a person approves; one "
            "that was in it before leaves it too."
        ),
        reverse=leave_company,
    ),
    "detachContactFromACompany": Way(
        reversibility="compensable",
        how="The contact can be put back into the company (undo_action).",
        reverse=join_company,
    ),
}
_OF_API: Mapping[str, Mapping[str, Way]] = {
    "egoi": _EGOI,
    "transactional": _TRANSACTIONAL,
    "txtsync": _TXTSYNC,
    "intercom": _INTERCOM,
}
WAYS: Mapping[Key, Way] = {(api, name): way for api, ways in _OF_API.items() for name, way in ways.items()}
"""How every operation that does more than read is undone."""

_NO_WAY = Way(reversibility="irreversible", how="How it could be undone is not known here.")
_ORDER: tuple[Reversibility, ...] = ("undoable", "compensable", "irreversible")


def way_of(api: str, name: str) -> Way:
    """How an operation is undone; one that nobody wrote down is not."""
    return WAYS.get((api, name), _NO_WAY)


def worst(labels: Sequence[Reversibility]) -> Reversibility:
    """What holds of several deeds together."""
    return _ORDER[max((_ORDER.index(each) for each in labels), default=-1)]


def undo_words(*operations: Operation, ahead: bool = False) -> str:
    """What a preview says of undoing them; `ahead` where they take effect at a time to come."""
    ways = (way_of(each.api, each.name) for each in operations)
    return " ".join(dict.fromkeys((ahead and way.how_ahead) or way.how for way in ways))
