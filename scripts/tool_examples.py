"""One call of every tool, as the reference shows it and as its cost is measured, over the sandbox.

What is guarded is previewed, so that the answers are the same every time: an action's id is random.
`ACTION` and `DRAFT` stand for ids that the calls of `BEFORE` leave behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Arguments: TypeAlias = "dict[str, Any]"

ACTION, DRAFT = "<action>", "<campaign>"
_DRAFT: Arguments = {
    "channel": "sms",
    "list_id": 1,
    "title": "June",
    "sender": "102",
    "text": "10% off until Friday. Reply STOP to opt out",
}
_TAG: Arguments = {"do": "attach", "list_id": 3, "tag": "vip", "contact_ids": ["cd5096b5fc"]}
BEFORE: Mapping[str, tuple[str, Arguments]] = {
    ACTION: ("tag_contacts", _TAG),
    DRAFT: ("create_campaign", _DRAFT),
}
"""What is called first, by the name that its id then has in the examples."""

_SHOWN: Arguments = {"preview_only": True}

EXAMPLES: Mapping[str, Arguments] = {
    "search_contacts": {"list_id": 1, "segment": "saved_11", "limit": 5},
    "get_contact": {"contact_id": "cd5096b5fc", "list_id": 3},
    "create_contact": {
        "list_id": 1,
        "email": "nuno.900@example.com",
        "first_name": "Nuno",
        "legal_basis": "consent",
        "source": "web form",
    }
    | _SHOWN,
    "update_contact": {"list_id": 3, "contact_id": "cd5096b5fc", "fields": {"first_name": "Lucas"}} | _SHOWN,
    "unsubscribe_contacts": {"list_id": 3, "contact_ids": ["cd5096b5fc"]} | _SHOWN,
    "erase_contacts": {"list_id": 3, "contact_ids": ["cd5096b5fc"]} | _SHOWN,
    "import_contacts": {
        "list_id": 1,
        "mode": "add",
        "rows": [
            {"email": "nuno.900@example.com", "first_name": "Nuno"},
            {"email": "ana.901@example.com", "first_name": "Ana"},
        ],
        "legal_basis": "consent",
        "source": "fair in Lisbon",
    }
    | _SHOWN,
    "list_audiences": {"list_id": 1},
    "tag_contacts": _TAG | _SHOWN,
    "list_campaigns": {"limit": 3},
    "create_campaign": _DRAFT | _SHOWN,
    "update_campaign": {"campaign": DRAFT, "sender": "102", "text": "15% off. Reply STOP to opt out"}
    | _SHOWN,
    "send_campaign": {"campaign": DRAFT, "audience": "whole_list", "when": "now"} | _SHOWN,
    "send_sms": {
        "text": "Your order is ready",
        "sender": "501",
        "purpose": "transactional",
        "to": ["+351900000001"],
    }
    | _SHOWN,
    "get_report": {"campaign": "emlsent001"},
    "get_account": {},
    "find_operations": {"query": "take an address off the blacklist"},
    "call_operation": {"operation": "getAllAutomations", "fields": ["automation_id", "title", "status"]},
    "manage_list": {"do": "create", "name": "Fair"} | _SHOWN,
    "manage_field": {"do": "create", "list_id": 1, "name": "Shoe size", "format": "number"} | _SHOWN,
    "manage_tag": {"do": "create", "name": "fair"} | _SHOWN,
    "delete_segment": {"list_id": 1, "segment": "saved_11"} | _SHOWN,
    "list_suppressed": {},
    "manage_suppression": {"do": "add", "type": "email", "values": ["nuno.900@example.com"]} | _SHOWN,
    "check_action": {"action_id": ACTION},
    "undo_action": {"action_id": ACTION} | _SHOWN,
}

REFUSED: Mapping[str, tuple[Arguments, ...]] = {
    "search_contacts": ({"query": "Ana"}, {"provider": "txtsync"}, {"list_id": "No such list"}),
    "get_contact": ({"contact_id": "cd5096b5fc"}, {"contact_id": "0000000000", "list_id": 3}),
    "create_contact": (
        {"list_id": 3, "email": "nuno.900@example.com", "status": "active"},
        {"list_id": 3, "first_name": "Nuno"},
    ),
    "update_contact": ({"list_id": 3, "fields": {"status": "removed"}, "contact_id": "cd5096b5fc"},),
    "unsubscribe_contacts": ({"list_id": 3},),
    "erase_contacts": ({"list_id": 3},),
    "import_contacts": ({"list_id": 1, "mode": "add", "rows": [{"email": "nuno.900@example.com"}]},),
    "list_audiences": ({"kind": "segments"},),
    "tag_contacts": (
        {"do": "attach", "list_id": 3, "tag": "PROMO", "contact_ids": ["cd5096b5fc"]},
        {"do": "attach", "list_id": 3, "tag": "no such tag", "contact_ids": ["cd5096b5fc"]},
    ),
    "create_campaign": (
        {"channel": "sms", "list_id": 1, "title": "June", "sender": "104", "text": "Hello"},
        {"channel": "email", "list_id": 1, "title": "June", "sender": "201", "html": "<p>Hello</p>"},
    ),
    "update_campaign": ({"campaign": "emlsent001", "sender": "201", "text": "Hello"},),
    "send_campaign": (
        {"campaign": DRAFT, "audience": "segments", "when": "now"},
        {"campaign": DRAFT, "audience": "whole_list", "when": "2026-03-01T09:30"},
    ),
    "send_sms": (
        {"text": "Hello", "sender": "501", "purpose": "transactional"},
        {"text": "Hello", "sender": "504", "purpose": "transactional", "to": ["+351900000001"]},
        {"text": "Hello", "sender": "501", "purpose": "transactional", "to": ["900000001"]},
    ),
    "get_report": ({"campaign": "nosuchhash"},),
    "manage_list": ({"do": "delete", "list_id": "No such list"},),
    "manage_field": ({"do": "create", "list_id": 1, "name": "Shoe size"},),
    "manage_tag": ({"do": "delete", "tag": "no such tag"},),
    "delete_segment": ({"list_id": 1, "segment": "no such segment"},),
    "manage_suppression": ({"do": "add", "type": "cellphone", "values": ["nobody"]},),
    "check_action": ({"action_id": "act_00000000"},),
    "undo_action": ({"action_id": "act_00000000"},),
}
"""What each refuses that models try, with the words that help."""


def id_in(data: Mapping[str, Any]) -> str:
    """The id that the answer to a call of `BEFORE` leaves: the campaign's where it made one."""
    return str(data["ids"][0]) if data.get("ids") else str(data["action_id"])


def with_ids(arguments: Arguments, ids: Mapping[str, str]) -> Arguments:
    """The arguments of an example, with real ids for the names that stand for them."""
    return {n: ids.get(v, v) if isinstance(v, str) else v for n, v in arguments.items()}
