"""The routes of the E-goi API, under the operation names of its document."""

from __future__ import annotations

from egoi_mcp.sandbox.egoi import account, bulk, campaigns, contacts, lists, reports
from egoi_mcp.sandbox.routing import Handler, Route

_LIST = "/lists/{list_id}"
_CONTACTS = "/lists/{list_id}/contacts"
_ACTIONS = "/lists/{list_id}/contacts/actions"

_ADVANCED = {
    "generateByModelReport": "model",
    "generateContactActivityReport": "contact-activity",
    "generateEmailBouncesReport": "email-bounces",
    "generateEmailClicksByContactReport": "email-clicks-by-contact",
    "generateEmailClicksByUrlReport": "email-clicks-by-url",
    "generateEmailEventsReport": "email-events",
    "generateEmailUnsubscriptionsReport": "email-unsubscriptions",
    "generateFormAnswersReport": "form-answers",
    "generateSendsReport": "sends",
    "generateSmsBouncesReport": "sms-bounces",
    "generateSmsEventsReport": "sms-events",
    "generateSubscriptionsReport": "subscriptions",
    "generateUnsubscriptionsReport": "unsubscriptions",
}


def _campaign_routes(name: str, segment: str, create: Handler, change: Handler, send: Handler) -> list[Route]:
    one = f"/campaigns/{segment}/{{campaign_hash}}"
    return [
        Route(f"create{name}Campaign", "POST", f"/campaigns/{segment}", create),
        Route(f"patch{name}Campaign", "PATCH", one, change),
        Route(f"actionSend{name}", "POST", f"{one}/actions/send", send),
    ]


EGOI_ROUTES: tuple[Route, ...] = (
    Route("ping", "POST", "/ping", account.ping),
    Route("getMyAccount", "GET", "/my-account", account.my_account),
    Route(
        "enableTransactional",
        "POST",
        "/my-account/actions/enable-transactional",
        account.enable_transactional,
    ),
    Route("searchContacts", "GET", "/contacts/search", contacts.search),
    Route("getAllContacts", "GET", _CONTACTS, contacts.list_contacts),
    Route("createContact", "POST", _CONTACTS, contacts.create),
    Route("getContact", "GET", f"{_CONTACTS}/{{contact_id}}", contacts.read),
    Route("patchContact", "PATCH", f"{_CONTACTS}/{{contact_id}}", contacts.change),
    Route(
        "getAllContactActivities", "GET", f"{_CONTACTS}/{{contact_id}}/activities", contacts.list_activities
    ),
    Route(
        "getAllContactsBySegment",
        "GET",
        f"{_CONTACTS}/segment/{{segment_id}}",
        contacts.list_segment_contacts,
    ),
    Route("updateContactByField", "POST", f"{_CONTACTS}/by-field", contacts.change_by_field),
    Route("actionAttachTag", "POST", f"{_ACTIONS}/attach-tag", bulk.attach_tag),
    Route("actionDetachTag", "POST", f"{_ACTIONS}/detach-tag", bulk.detach_tag),
    Route("actionActivateContacts", "POST", f"{_ACTIONS}/activate", bulk.activate),
    Route("actionDeactivateContacts", "POST", f"{_ACTIONS}/deactivate", bulk.deactivate),
    Route("actionUnsubscribeContact", "POST", f"{_ACTIONS}/unsubscribe", bulk.unsubscribe),
    Route("actionForgetContacts", "POST", f"{_ACTIONS}/forget", bulk.forget),
    Route("actionUpdateContacts", "POST", f"{_ACTIONS}/update", bulk.update),
    Route("actionImportBulk", "POST", f"{_ACTIONS}/import-bulk", bulk.import_bulk),
    Route("actionExportContacts", "POST", f"{_ACTIONS}/export", bulk.export),
    Route("actionStartAutomation", "POST", f"{_ACTIONS}/start-automation", bulk.start_automation),
    Route("getAllLists", "GET", "/lists", lists.list_lists),
    Route("createList", "POST", "/lists", lists.create_list),
    Route("getList", "GET", _LIST, lists.read_list),
    Route("updateList", "PATCH", _LIST, lists.change_list),
    Route("deleteList", "DELETE", _LIST, lists.delete_list),
    Route("getAllFields", "GET", f"{_LIST}/fields", lists.list_fields),
    Route("getAllSegments", "GET", f"{_LIST}/segments", lists.list_segments),
    Route("deleteSegment", "DELETE", f"{_LIST}/segments/{{segment_id}}", lists.delete_segment),
    Route("getAllTags", "GET", "/tags", lists.list_tags),
    Route("createTag", "POST", "/tags", lists.create_tag),
    Route("updateTag", "PUT", "/tags/{tag_id}", lists.change_tag),
    Route("deleteTag", "DELETE", "/tags/{tag_id}", lists.delete_tag),
    Route("getAllCampaigns", "GET", "/campaigns", campaigns.list_campaigns),
    Route("deleteCampaigns", "DELETE", "/campaigns/{campaign_hash}", campaigns.delete),
    *_campaign_routes("Sms", "sms", campaigns.create_sms, campaigns.change_sms, campaigns.send_sms),
    *_campaign_routes("Email", "email", campaigns.create_email, campaigns.change_email, campaigns.send_email),
    *_campaign_routes(
        "SmartSms",
        "smart-sms",
        campaigns.create_smart_sms,
        campaigns.change_smart_sms,
        campaigns.send_smart_sms,
    ),
    Route("getSMSReport", "GET", "/reports/sms/{campaign_hash}", reports.sms_report),
    Route("getEmailReport", "GET", "/reports/email/{campaign_hash}", reports.email_report),
    Route("getAllAdvancedReports", "GET", "/reports/advanced", reports.list_advanced),
    *(
        Route(name, "POST", f"/reports/advanced/{kind}", reports.start_advanced)
        for name, kind in _ADVANCED.items()
    ),
    Route("getAllCellphoneSenders", "GET", "/senders/cellphone", account.list_cellphone_senders),
    Route("getAllEmailSenders", "GET", "/senders/email", account.list_email_senders),
    Route(
        "deleteCellphoneSender", "DELETE", "/senders/cellphone/{sender_id}", account.delete_cellphone_sender
    ),
    Route("deleteEmailSender", "DELETE", "/senders/email/{sender_id}", account.delete_email_sender),
    Route("getAllPhoneSenders", "GET", "/senders/phone", account.list_phone_senders),
    Route("getAllSuppressionList", "GET", "/suppression-list", account.list_suppressions),
    Route("createSuppressionList", "POST", "/suppression-list", account.create_suppressions),
    Route(
        "deleteSuppressionList", "DELETE", "/suppression-list/{suppression_id}", account.delete_suppression
    ),
    Route("getAllOperations", "GET", "/operations", account.list_operations),
    Route("actionApproveOperation", "POST", "/operations/actions/approve", account.approve),
    Route("actionCancelOperation", "POST", "/operations/actions/cancel", account.cancel),
    Route("actionPauseOperation", "POST", "/operations/actions/pause", account.pause),
    Route("actionResumeOperation", "POST", "/operations/actions/resume", account.resume),
    Route("getAllAutomations", "GET", "/automations", account.list_automations),
    Route("getAllActions", "GET", "/automations/{automation_id}/actions", account.list_automation_actions),
    Route("getAllWebhooks", "GET", "/webhooks", account.list_webhooks),
    Route("createWebhook", "POST", "/webhooks", account.create_webhook),
    Route("deleteWebhook", "DELETE", "/webhooks/{webhook_id}", account.delete_webhook),
)
