"""The operations for which this server has a tool of its own, which checks and shows more."""

from __future__ import annotations

from collections.abc import Mapping

from egoi_mcp.api.catalog import Operation
from egoi_mcp.settings import Toolset

_OF: Mapping[tuple[Toolset, str], str] = {
    ("contacts", "search_contacts"): (
        "egoi:getAllContacts egoi:getAllContactsBySegment egoi:searchContacts txtsync:SearchContact "
        "intercom:SearchContacts intercom:ListContacts"
    ),
    ("contacts", "get_contact"): (
        "egoi:getContact egoi:getAllContactActivities txtsync:GetContactByExternalReference "
        "intercom:ShowContact intercom:ShowContactByExternalId"
    ),
    ("contacts", "create_contact"): "egoi:createContact txtsync:AddContact intercom:CreateContact",
    ("contacts", "update_contact"): (
        "egoi:patchContact egoi:updateContactByField egoi:actionUpdateContacts egoi:actionActivateContacts "
        "egoi:actionDeactivateContacts txtsync:UpdateContact txtsync:UpdateContactByExternalReference "
        "intercom:UpdateContact"
    ),
    ("contacts", "unsubscribe_contacts"): "egoi:actionUnsubscribeContact",
    ("contacts", "erase_contacts"): (
        "egoi:actionForgetContacts txtsync:DeleteContact txtsync:DeleteContactByExternalReference "
        "intercom:DeleteContact"
    ),
    ("contacts", "import_contacts"): "egoi:actionImportBulk",
    ("tags", "list_audiences"): (
        "egoi:getAllLists egoi:getList egoi:getAllSegments egoi:getAllTags egoi:getAllFields "
        "intercom:listTags intercom:listSegments"
    ),
    ("tags", "tag_contacts"): (
        "egoi:actionAttachTag egoi:actionDetachTag intercom:attachTagToContact intercom:detachTagFromContact"
    ),
    ("campaigns", "list_campaigns"): "egoi:getAllCampaigns",
    ("campaigns", "create_campaign"): "egoi:createSmsCampaign egoi:createEmailCampaign",
    ("campaigns", "update_campaign"): "egoi:patchSmsCampaign egoi:patchEmailCampaign",
    ("campaigns", "send_campaign"): "egoi:actionSendSms egoi:actionSendEmail",
    ("sms", "send_sms"): (
        "transactional:sendSmsMessages transactional:sendSmsMessagesSingle txtsync:SendSMS "
        "txtsync:SendBulkSMS"
    ),
    ("reports", "get_report"): "egoi:getSMSReport egoi:getEmailReport",
    ("account", "get_account"): (
        "egoi:getMyAccount egoi:getAllCellphoneSenders egoi:getAllEmailSenders transactional:getSmsSenders "
        "transactional:getEmailSenders"
    ),
    ("audiences_admin", "manage_list"): "egoi:createList egoi:updateList egoi:deleteList",
    ("audiences_admin", "manage_field"): (
        "egoi:createExtraField egoi:patchExtraField egoi:deleteExtraField egoi:createFieldOption "
        "egoi:updateFieldOption egoi:deleteFieldOption egoi:patchBaseField"
    ),
    ("audiences_admin", "manage_tag"): "egoi:createTag egoi:updateTag egoi:deleteTag intercom:createTag",
    ("audiences_admin", "delete_segment"): "egoi:deleteSegment",
    ("audiences_admin", "list_suppressed"): "egoi:getAllSuppressionList",
    ("audiences_admin", "manage_suppression"): "egoi:createSuppressionList egoi:deleteSuppressionList",
}
BETTER: Mapping[str, tuple[Toolset, str]] = {
    operation: key for key, operations in _OF.items() for operation in operations.split()
}
"""By `api:name`: the toolset and the tool."""


def better_tool(entry: Operation, toolsets: tuple[Toolset, ...]) -> str | None:
    """The tool of this server that does what an operation does, where it is on."""
    found = BETTER.get(f"{entry.api}:{entry.name}")
    return found[1] if found is not None and found[0] in toolsets else None
