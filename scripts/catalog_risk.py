"""How much each operation of the vendors can do, before anybody looks at a request.

`floor` is the least risk of every request to an operation: its exception, else the first rule that fits its
method and path. An operation that neither covers stops the catalog from being built. What a request says can
raise its risk above the floor: that is `egoi_mcp/api/raises.py`.

In doubt the stronger risk holds, so a reason says what may happen, not what always does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from egoi_mcp.api.risk import Risk

READ, WRITE, CONSENT = Risk.READ, Risk.WRITE, Risk.CONSENT
DISCLOSE, SEND, DESTROY = Risk.DISCLOSE, Risk.SEND, Risk.DESTROY


class Rule(NamedTuple):
    """`method` and `path` are patterns for the whole value; the first rule that fits decides."""

    method: str
    path: str
    risk: Risk
    why: str


RULES = (
    Rule("GET", r"/download/.*", DISCLOSE, "a whole export leaves in one file"),
    Rule("GET", r".*", READ, "looks"),
    Rule("DELETE", r".*", DESTROY, "no operation brings it back"),
    # reaches people, or costs money
    Rule("POST", r".*/actions/send", SEND, "a campaign goes out, now or at a time"),
    Rule("POST", r".*/action/send(/single)?", SEND, "a message goes out"),
    Rule("POST", r"/sms/send(/bulk)?", SEND, "a message goes out"),
    Rule("POST", r".*/rss/\{campaign_hash\}/actions/enable", SEND, "sends at every change of the feed"),
    Rule("POST", r"/senders/[a-z]+", SEND, "the vendor verifies a sender by message or call, and may charge"),
    Rule("POST", r"/(messages|conversations|tickets|tickets/enqueue)", SEND, "somebody is written to"),
    Rule("POST", r"/(conversations|tickets)/\{[a-z_]+\}/reply", SEND, "somebody is answered"),
    Rule("POST", r"/fin/(start|reply)", SEND, "the vendor's agent answers somebody, and is charged"),
    Rule("POST", r"/events(/summaries)?", SEND, "an event can start messages"),
    # cannot be undone, or silences people
    Rule("POST", r".*/(merge|redact|block|archive)", DESTROY, "what it takes away does not come back"),
    # data leaves
    Rule("POST", r"/reports/advanced/[a-z-]+", DISCLOSE, "contacts' data is put into a file"),
    Rule("POST", r"/export/(content/data|reporting_data/enqueue)", DISCLOSE, "data is put into a file"),
    Rule("POST|PATCH", r"/data_connectors(/\{id\})?", DISCLOSE, "customers' data goes to an address"),
    # only looks
    Rule("POST", r".*/search", READ, "a POST that only looks"),
    # can be changed back
    Rule("PUT|PATCH", r".*", WRITE, "sets one thing, which can be set back"),
    Rule("POST", r"/campaigns/[a-z/-]+", WRITE, "a draft, which can be deleted"),
    Rule(
        "POST",
        r"/(campaign-groups|catalogs|catalogs/\{catalog_id\}/products|lists|webpush/sites)",
        WRITE,
        "makes a thing that can be deleted again",
    ),
    Rule("POST", r"/lists/\{list_id\}/fields/extra(/\{field_id\}/options)?", WRITE, "can be deleted again"),
    Rule("POST", r"/api/v2/(alert/template|apps|multi-channel/flow|push/templates)", WRITE, "can be deleted"),
    Rule("POST", r"(/[a-z_]+/\{[a-z_]+\})?/tags", WRITE, "a tag, which can be taken off or deleted again"),
    Rule("POST", r"/[a-z]+/\{[a-z_]+\}/notes", WRITE, "a note that only the team reads"),
    Rule(
        "POST",
        r"/(ai/content_import_sources|ai/external_pages|articles|audiences|companies|content_snippets"
        r"|help_center/collections|internal_articles|news/news_items|office_hours_schedules)",
        WRITE,
        "makes a thing that can be deleted again",
    ),
    Rule(
        "POST",
        r"/(custom_object_instances/\{[a-z_]+\}|help_center/help_centers/\{help_center_id\}/redirects"
        r"|office_hours_schedules/\{[a-z_]+\}/office_hours_exceptions"
        r"|contacts/\{contact_id\}/companies|tickets/\{ticket_id\}/linked_conversations)",
        WRITE,
        "can be taken away again",
    ),
    Rule(
        "POST",
        r"/(conversations/attributes(/\{id\}/options)?|data_attributes|ticket_types"
        r"|ticket_types/\{ticket_type_id\}/attributes)",
        WRITE,
        "a field, which can be deleted or archived",
    ),
)

EXCEPTIONS: Mapping[tuple[str, str], tuple[Risk, str]] = {
    # E-goi v3: reaches people or costs money although its path does not say so
    ("egoi", "actionStartAutomation"): (SEND, "an automation sends"),
    ("egoi", "actionApproveOperation"): (SEND, "a queued send goes out"),
    ("egoi", "actionResumeOperation"): (SEND, "a paused send goes on"),
    ("egoi", "registerPushEvent"): (SEND, "an event can start an automation"),
    ("egoi", "createCart"): (SEND, "a cart can start an automation"),
    ("egoi", "CreateOrder"): (SEND, "an order can start an automation"),
    ("egoi", "ImportOrdersBulk"): (SEND, "orders can start automations, for many contacts at once"),
    ("egoi", "enableTransactional"): (SEND, "opens a paid way of sending for the whole account"),
    ("egoi", "enableTe"): (SEND, "opens a service of the account that may be charged; nothing closes it"),
    # E-goi v3: cannot be undone, or silences people
    ("egoi", "actionForgetContacts"): (DESTROY, "erases contacts"),
    ("egoi", "actionUnsubscribeContact"): (DESTROY, "silences contacts"),
    ("egoi", "actionDeactivateContacts"): (DESTROY, "silences contacts"),
    ("egoi", "actionCancelOperation"): (DESTROY, "a cancelled operation cannot be resumed"),
    ("egoi", "createSuppressionList"): (DESTROY, "silences addresses, everywhere"),
    # E-goi v3: towards "may be contacted"
    ("egoi", "actionActivateContacts"): (CONSENT, "resubscribes contacts"),
    ("egoi", "actionImportBulk"): (CONSENT, "imported contacts are active"),
    ("egoi", "registerPushToken"): (CONSENT, "a device becomes reachable by push"),
    # E-goi v3: data leaves
    ("egoi", "actionExportContacts"): (DISCLOSE, "contacts' data is put into a file"),
    ("egoi", "createWebhook"): (DISCLOSE, "every event goes to an address"),
    ("egoi", "createCName"): (
        DISCLOSE,
        "clicks lead over a domain that the caller chose; nothing removes it",
    ),
    # E-goi v3: can be changed back; what a request says can raise these
    ("egoi", "createContact"): (WRITE, "one contact; more where the request says so"),
    ("egoi", "updateContactByField"): (WRITE, "one contact; more where the request says so"),
    ("egoi", "actionUpdateContacts"): (WRITE, "the contacts it names; more where the request says so"),
    ("egoi", "actionAttachTag"): (WRITE, "a tag can be taken off again"),
    ("egoi", "actionDetachTag"): (WRITE, "a tag off one contact; more where the request says so"),
    ("egoi", "actionPauseOperation"): (WRITE, "an emergency stop must not wait"),
    ("egoi", "ImportProducts"): (WRITE, "adds or updates products; more where the request says so"),
    ("egoi", "createConnectedSites"): (WRITE, "can be deleted again"),
    ("egoi", "ping"): (READ, "a POST that only answers"),
    # E-goi transactional
    ("transactional", "cancelScheduledMessage"): (DESTROY, "its path says send, but it cancels"),
    ("transactional", "executeEmailAlert"): (SEND, "an alert goes out"),
    ("transactional", "executeMultiChannel"): (SEND, "messages go out"),
    ("transactional", "requestVerify"): (SEND, "a code goes out"),
    ("transactional", "resendVerify"): (SEND, "a code goes out again"),
    ("transactional", "changeAlertTemplate"): (SEND, "an alert that repeats goes on with the new text"),
    ("transactional", "stopAlert"): (DESTROY, "a stopped alert cannot be continued"),
    ("transactional", "cancelVerify"): (DESTROY, "a cancelled code cannot be used"),
    ("transactional", "updateApp"): (DESTROY, "overwrites keys of an app that are never shown"),
    ("transactional", "addWebHook"): (DISCLOSE, "every event goes to an address"),
    ("transactional", "addDomain"): (DISCLOSE, "clicks lead over a domain that the caller chose"),
    ("transactional", "htmlToPdf"): (DISCLOSE, "the vendor fetches an address that the caller chose"),
    ("transactional", "changeDefaultDomain"): (WRITE, "can be changed back"),
    ("transactional", "emailValidator"): (WRITE, "tells an address to a third party"),
    ("transactional", "validateVerifyCode"): (WRITE, "uses up an attempt"),
    ("transactional", "smsLengthCalculator"): (READ, "counts, and keeps nothing"),
    # TxtSync
    ("txtsync", "AddContact"): (WRITE, "one contact; more where the request says so"),
    ("txtsync", "InboundSMS"): (DISCLOSE, "every message goes to an address"),
    ("txtsync", "OutboundSMS"): (DISCLOSE, "every message goes to an address"),
    # Intercom: reaches people or costs money although its path does not say so
    ("intercom", "manageConversation"): (SEND, "closing can say something to the customer"),
    ("intercom", "attachContactToConversation"): (SEND, "a newcomer is written to and reads what was said"),
    ("intercom", "convertConversationToTicket"): (SEND, "the customer is told of the ticket"),
    ("intercom", "updateTicket"): (SEND, "the customer is told of the change"),
    ("intercom", "changeTicketType"): (SEND, "the customer is told of the change"),
    ("intercom", "createPhoneSwitch"): (SEND, "sends an SMS"),
    ("intercom", "registerFinVoiceCall"): (SEND, "the vendor's agent takes a call, and is charged"),
    ("intercom", "updateArticle"): (SEND, "what is published changes at once, for everybody"),
    ("intercom", "publishArticleDraft"): (SEND, "a text goes live, for everybody"),
    ("intercom", "updateCollection"): (SEND, "what is published changes at once, for everybody"),
    ("intercom", "updateNewsItem"): (SEND, "what is live changes at once, for everybody"),
    # Intercom: cannot be undone, or silences people
    ("intercom", "convertVisitor"): (DESTROY, "merges a visitor into a contact and deletes it"),
    ("intercom", "bulkContentActions"): (DESTROY, "deletes or changes up to 1,000 texts at once"),
    ("intercom", "cancelDataExport"): (DESTROY, "a cancelled export cannot be resumed"),
    ("intercom", "dismissContactBanner"): (DESTROY, "nothing shows the banner again"),
    ("intercom", "updateIpAllowlist"): (DESTROY, "can lock everybody out"),
    # Intercom: towards "may be contacted"
    ("intercom", "UnarchiveContact"): (CONSENT, "an archived contact can be written to again"),
    ("intercom", "attachSubscriptionTypeToContact"): (CONSENT, "opts in; out where the request says so"),
    # Intercom: can be changed back, or only looks
    ("intercom", "CreateContact"): (WRITE, "one contact; more where the request says so"),
    ("intercom", "submitFinCsat"): (WRITE, "a rating, which can be changed"),
    ("intercom", "listAllCompanies"): (READ, "a POST that only looks"),
}


class Uncovered(Exception):
    """An operation that no rule and no exception says the risk of."""


def ruled(method: str, path: str) -> Rule | None:
    """The rule that holds for an operation without an exception."""
    fitting = (r for r in RULES if re.fullmatch(r.method, method) and re.fullmatch(r.path, path))
    return next(fitting, None)


def floor(api: str, name: str, method: str, path: str) -> tuple[Risk, str]:
    """The least risk of every request to an operation, and why.

    Raises:
        Uncovered: neither an exception nor a rule says it.
    """
    if (api, name) in EXCEPTIONS:
        return EXCEPTIONS[api, name]
    rule = ruled(method, path)
    if rule is None:
        raise Uncovered(f"{api} {name} ({method} {path}): no rule and no exception says its risk")
    return rule.risk, rule.why
