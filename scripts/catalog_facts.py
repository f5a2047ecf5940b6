"""Where the vendors' documents are wrong or say too little, one correction a line.

The catalog is built from the documents and these tables, each line of which a person has looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DATE = r"\d{4}-\d{2}-\d{2}"
# E-goi calls it `date-time`, and reads and writes another form.
DATE_TIME = rf"{DATE} \d{{2}}:\d{{2}}:\d{{2}}"
HOST = r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+"
# Patterns without a repetition, of which one character would be the whole value.
PATTERN_FIXES = {r"[a-zA-Z0-9\_\-.]": r"[a-zA-Z0-9_.-]+"}
# A number with a fraction has many spellings; as text it has the one that was given.
NUMBER = r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?"

# Of Intercom's document, the operations with one of these tags.
INTERCOM_TAGS = frozenset(
    {
        *("Contacts", "Companies", "Tags", "Notes", "Segments", "Subscription Types", "Jobs"),
        *("Conversations", "Conversations Attributes", "Messages", "Data Events", "Data Attributes"),
        *("Tickets", "Ticket Types", "Ticket Type Attributes", "Ticket States"),
        *("Admins", "Teams", "Away Status Reasons"),
    }
)

# -- paths, queries and codes ----------------------------------------------------------------------

# `None` leaves the parameter out.
PARAMETER_FIXES: Mapping[tuple[str, str], Mapping[str, Any] | None] = {
    # declared as an optional query parameter, but it stands in the path
    ("getAllActions", "automation_id"): {"in": "path", "required": True, "minimum": 1},
    # Three notations in the same document and no reply to tell which one holds. This is that of the
    # parameter's own example, and the only one that cannot be taken for another parameter. Whoever sends it
    # must hold the reply against it: to a vendor that does not know it, the whole list is the answer.
    ("getAllContacts", "extra_field_id"): {"type": "string", "numbered": True},
    # Filters by names that each catalog makes up itself; a name of one catalog is none of another.
    ("getAllProducts", "custom_attributes"): None,
    # the first segment of the path: anything but a host name would be another address
    ("createCart", "domain"): {"pattern": HOST},
    ("CreateOrder", "domain"): {"pattern": HOST},
    ("getConnectedSites", "domain"): {"pattern": HOST},
    ("deleteConnectedSites", "domain"): {"pattern": HOST},
    # an object that is sent as its one member, which is one of three
    ("lisDataEvents", "filter"): None,
}
_TEXT = {"in": "query", "type": "string", "required": False}
ADDED_PARAMETERS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    # paging, which the document describes in its replies only
    "ListContacts": (
        {
            "name": "per_page",
            "in": "query",
            "type": "integer",
            "required": False,
            "minimum": 1,
            "maximum": 150,
        },
        {"name": "starting_after", "in": "query", "type": "string", "required": False},
    ),
    "lisDataEvents": (
        {"name": "user_id", **_TEXT},
        {"name": "intercom_user_id", **_TEXT},
        {"name": "email", **_TEXT},
    ),
}
# The connector's document of the same operation says 200.
SUCCESS_FIXES = {("egoi", "actionAttachTag"): [200, 202]}

# -- bodies ----------------------------------------------------------------------------------------

# Bodies of which the document requires nothing, although without these they say nothing.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "createContact": ("base",),
    "createTag": ("name",),
    "createCName": ("value",),
    "createConnectedSites": ("domain", "list_id"),
    "actionUnsubscribeContact": ("data",),
    "patchBaseField": ("unique",),
    "attachContactToConversation": ("customer",),
}

# A schema by its place (`operation.member[].member`), and what it says beside.
BODY_FIXES: Mapping[str, Mapping[str, Any]] = {
    "actionForgetContacts.contacts": {"maxItems": 1000},
}

# Members by the name of the schema they stand in; one with a type is added where the document has none.
MEMBER_FIXES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    # an import of one contact is refused
    "ImportBulkRequest": {"contacts": {"minItems": 2}},
    # required of a WhatsApp message, and described nowhere
    "createMessage": {"components": {"type": "array", "items": {"type": "object"}}},
}

# What tells a variant from its siblings, where the document gives all of them the same values.
VARIANT_KINDS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "CampaignSmartSmsImport": {"type": {"enum": ["import"]}},
    **{
        f"create_conversation_attribute_{kind}_request": {"data_type": {"enum": [kind]}}
        for kind in ("string", "integer", "list", "decimal", "boolean", "datetime", "relationship", "files")
    },
}

# -- replies ---------------------------------------------------------------------------------------

# Members of a reply that open something or pass for somebody: shown to nobody.
SECRETS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("egoi", "getContact"): ("push_token_android", "push_token_ios"),
    ("egoi", "getAllContacts"): ("push_token_android", "push_token_ios"),
    ("egoi", "getAllContactsBySegment"): ("push_token_android", "push_token_ios"),
    ("transactional", "getVerify"): ("code", "message"),
    ("transactional", "listApp"): ("certificate", "password", "authKey"),
    ("transactional", "listApps"): ("certificate", "password", "authKey"),
}
