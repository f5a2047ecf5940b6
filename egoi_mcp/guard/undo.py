"""How each operation is undone, as a table.

`reversals` makes the requests, `undo_looks` finds out what has to be looked up first, `offers` says what
follows for an action's row, and `undoing` does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from egoi_mcp.api.catalog import Operation
from egoi_mcp.guard import ways
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
from egoi_mcp.guard.ways import Key, Way

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
_OTHER_DRAFTS = (
    "createEmailRssCampaign",
    "createPushCampaign",
    "createSmartSmsCampaign",
    "createVoiceCampaign",
    "createWebPushCampaign",
    "createWebPushRssCampaign",
)

_EGOI: Mapping[str, Way] = {
    **dict.fromkeys(_CAMPAIGN_SENDS, _SEND),
    **dict.fromkeys(_EGOI_DELETES, ways.DELETED),
    **dict.fromkeys(_EGOI_REPORTS, ways.DISCLOSED),
    "actionEnableEmailRss": ways.SWITCHED_ON,
    "actionEnableWebPushRss": ways.SWITCHED_ON,
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
    "updateTag": ways.REPLACED,
    "createList": Way(
        reversibility="undoable",
        how="The list can be deleted again (undo_action) while nobody is in it, which a person approves.",
        reverse=delete_list,
        look="new list",
    ),
    "updateList": ways.REPLACED,
    "createExtraField": Way(
        reversibility="undoable",
        how=(
            "The field can be deleted again (undo_action), which a person approves; what has been written "
            "into it meanwhile goes with it."
        ),
        reverse=delete_extra_field,
    ),
    "patchExtraField": ways.REPLACED,
    "patchBaseField": ways.REPLACED,
    "createFieldOption": Way(
        reversibility="undoable",
        how="The option can be deleted again (undo_action), which a person approves.",
        reverse=delete_field_option,
    ),
    "updateFieldOption": ways.REPLACED,
    **dict.fromkeys(_OTHER_DRAFTS, ways.DRAFT),
    "patchPushCampaign": ways.REWRITTEN,
    "patchSmartSmsCampaign": ways.REWRITTEN,
    "patchVoiceCampaign": ways.REWRITTEN,
    "patchWebPushCampaign": ways.REWRITTEN,
    "createCampaignGroup": ways.TAKEN_AWAY,
    "createCatalog": ways.TAKEN_AWAY,
    "createConnectedSites": ways.TAKEN_AWAY,
    "createProduct": ways.TAKEN_AWAY,
    "createWebpushSite": ways.BY_HAND,
    "putEmailSender": ways.REPLACED,
    "updateCampaignGroup": ways.REPLACED,
    "updateProduct": ways.REPLACED,
    "createSmsCampaign": _DRAFTED,
    "createEmailCampaign": _DRAFTED,
    "patchSmsCampaign": ways.REWRITTEN,
    "patchEmailCampaign": ways.REWRITTEN,
    "createContact": Way(
        reversibility="compensable",
        how=(
            "The contact can be unsubscribed (undo_action) or deactivated later, and stays in the list. "
            "Creating it may start the account's automations."
        ),
        reverse=unsubscribe,
    ),
    "patchContact": ways.REPLACED,
    "updateContactByField": ways.REPLACED,
    "actionUpdateContacts": ways.REPLACED,
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
    "createCellphoneSender": ways.BY_HAND,
    "createEmailSender": ways.BY_HAND,
    "createPhoneSender": ways.BY_HAND,
    "createCName": ways.BY_HAND,
    "enableTe": ways.SERVICE,
    "enableTransactional": ways.SERVICE,
    "ImportProducts": ways.REPLACED,
    "ImportOrdersBulk": ways.TOLD,
    "CreateOrder": ways.TOLD,
    "createCart": ways.TOLD,
    "registerPushEvent": ways.TOLD,
    "registerPushToken": ways.BY_HAND,
}
_TRANSACTIONAL: Mapping[str, Way] = {
    "sendSmsMessages": _MESSAGES,
    "sendSmsMessagesSingle": _MESSAGES,
    "sendEmailMessages": ways.SENT,
    "sendPushMessages": ways.SENT,
    "executeEmailAlert": ways.SENT,
    "executeMultiChannel": ways.SENT,
    "requestVerify": ways.SENT,
    "resendVerify": ways.SENT,
    "cancelScheduledMessage": Way(
        reversibility="irreversible",
        how="A cancelled message stays cancelled; to send it after all it is written again.",
    ),
    "cancelVerify": Way(
        reversibility="irreversible", how="A cancelled code stays cancelled; a new one can be asked for."
    ),
    "stopAlert": Way(reversibility="irreversible", how="A stopped alert stays stopped; it can be sent anew."),
    "removeAlertTemplate": ways.DELETED,
    "deleteApp": ways.DELETED,
    "removeMultiChannel": ways.DELETED,
    "deletePushTemplate": ways.DELETED,
    "removeWebHook": ways.DELETED,
    "addWebHook": ways.BY_HAND,
    "addDomain": ways.BY_HAND,
    "changeAlertTemplate": ways.REPLACED,
    "updateApp": Way(
        reversibility="irreversible", how="The keys that it overwrites are never shown, so they are gone."
    ),
    "htmlToPdf": ways.DISCLOSED,
    "addApp": ways.TAKEN_AWAY,
    "addPushTemplate": ways.TAKEN_AWAY,
    "createAlertTemplate": ways.TAKEN_AWAY,
    "createMultiChannelFlow": ways.TAKEN_AWAY,
    "updatePushTemplate": ways.REPLACED,
    "changeDefaultDomain": ways.REPLACED,
    "emailValidator": ways.CHECKED,
    "validateVerifyCode": ways.CHECKED,
}
_TXTSYNC: Mapping[str, Way] = {
    "SendSMS": Way(
        reversibility="irreversible",
        how="Messages that left cannot be called back, and TxtSync has no call that cancels a scheduled one.",
    ),
    "SendBulkSMS": ways.SENT,
    "AddContact": Way(
        reversibility="compensable",
        how=(
            "The contact can be deleted at TxtSync (undo_action), which a person approves. Until it opts out "
            "it may be sent SMS."
        ),
        reverse=delete_txtsync_contact,
    ),
    "UpdateContact": ways.REPLACED,
    "UpdateContactByExternalReference": ways.REPLACED,
    "DeleteContact": ways.DELETED,
    "DeleteContactByExternalReference": ways.DELETED,
    # The reply is documented as the notification itself, without the id that removing it takes.
    "InboundSMS": ways.BY_HAND,
    "OutboundSMS": ways.BY_HAND,
    "DeleteTrigger": ways.DELETED,
}
_INTERCOM: Mapping[str, Way] = {
    **ways.OTHERS_AT_INTERCOM,
    "CreateContact": Way(
        reversibility="compensable",
        how=(
            "The contact can be archived at Intercom (undo_action), which a person approves, and brought "
            "back from there. Messages that it got meanwhile cannot be called back."
        ),
        reverse=archive_created,
    ),
    "UpdateContact": ways.REPLACED,
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
    "DeleteContact": ways.DELETED,
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
