"""The transactional API, whose document is a page of tables: operations, and shapes with types only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ROW = re.compile(r"^\| \w+ \| `(?P<name>\w+)` \| (?P<method>[A-Z]+) \| `(?P<path>/[^`]+)` \|$", re.MULTILINE)
_SHAPE = re.compile(
    r"^- `(?P<name>\w+)`: (?P<members>.*?)(?: \(enum values: (?P<enum>[^)]*)\))?$", re.MULTILINE
)
_TYPES: Mapping[str, Mapping[str, Any]] = {
    "String": {"type": "string"},
    "Integer": {"type": "integer"},
    "Boolean": {"type": "boolean"},
    "OffsetDateTime": {"type": "string", "format": "date-time"},
    # Its values on the page are those of another member.
    "AppIdEnum": {},
}
_MOST_MESSAGES = 100

# The page says these in words.
_MORE_OPERATIONS = (
    {"name": "sendSmsMessagesSingle", "method": "POST", "path": "/v2/sms/messages/action/send/single"},
)
_BODIES: Mapping[str, tuple[str, ...]] = {
    "addApp": ("MobileAppRequest",),
    "addDomain": ("DomainRequest",),
    "addPushTemplate": ("PushTemplateRequest",),
    "changeDefaultDomain": ("DefaultDomainRequest",),
    "createAlertTemplate": ("AlertTemplateRequest",),
    "createMultiChannelFlow": ("MultiChannelFlowRequest",),
    "emailValidator": ("EmailValidatorRequest",),
    "updatePushTemplate": ("PushTemplateRequest",),
    "validateVerifyCode": ("ValidateCodeVerifyRequest",),
    "changeAlertTemplate": ("AlertTemplateRequest",),
    "updateApp": ("MobileAppRequest",),
    "executeEmailAlert": ("AlertEmail", "AlertSms", "AlertPush"),
    "stopAlert": ("CancelAlertRequest",),
    "executeMultiChannel": ("ExecuteMultiChannelRequest",),
    "sendSmsMessagesSingle": ("ManualSMS", "TemplateSMS"),
    "requestVerify": ("VerifyRequest",),
    "addWebHook": ("WebhookEmail", "WebhookSms", "WebhookPush"),
    "htmlToPdf": ("HtmlToPdfRequest",),
    "smsLengthCalculator": ("SmsLengthCalculatorRequest",),
}
_ARRAYS: Mapping[str, tuple[str, ...]] = {
    "sendSmsMessages": ("ManualSMS", "TemplateSMS"),
    "sendEmailMessages": ("ManualEmail", "TemplateEmail"),
    "sendPushMessages": ("ManualPush", "TemplatePush"),
}
_DAY: Mapping[str, Any] = {"type": "string", "format": "date"}
_CHANNEL: Mapping[str, Any] = {"type": "string", "enum": ["email", "sms"]}
_STATES = (
    *("created", "queued", "processing", "spool", "sending", "finished"),
    *("send_failed", "broken", "delivered", "rejected", "scheduled"),
)
# From the vendor's generated client: the page names them for the messages only.
_QUERIES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "listAllSmsMessages": {
        "group": {"type": "string"},
        "dateStart": _DAY,
        "dateEnd": _DAY,
        "destination": {"type": "string"},
        "status": {"type": "string", "enum": list(_STATES)},
    },
    "produceSmsReport": {
        "group": {"type": "string"},
        "groupBy": {"type": "string", "enum": ["day", "month"]},
        "dateStart": _DAY,
        "dateEnd": _DAY,
    },
    "listGroups": {"channel": _CHANNEL},
    "listWebHooks": {"channel": _CHANNEL},
    "removeWebHook": {"id": {"type": "string", "required": True}, "channel": _CHANNEL},
}


def documented(page: str, sms_message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every operation of the page, in the form of the other documents.

    `sms_message` is another document's schema of one SMS: it says what is required and which values exist.
    """
    shapes = _shapes(page)
    manual = shapes["ManualSMS"]
    manual["properties"] = {**manual["properties"], **sms_message["properties"]}
    manual["required"] = sms_message["required"]
    manual["properties"]["to"] = {"type": "string", "pattern": r"\d{1,3}-\d{4,20}"}
    manual["properties"]["maxCount"] = {"type": "integer", "minimum": 1}
    rows = [*(row.groupdict() for row in _ROW.finditer(page)), *_MORE_OPERATIONS]
    return [_operation(row, shapes) for row in rows]


def _operation(row: Mapping[str, str], shapes: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    name, path = row["name"], f"/api{row['path']}"
    in_path = [
        {"name": parameter, "in": "path", "required": True, "type": "string"}
        for parameter in re.findall(r"\{(\w+)\}", path)
    ]
    in_query = [
        {"name": parameter, "in": "query", "required": False, **schema}
        for parameter, schema in _QUERIES.get(name, {}).items()
    ]
    entry: dict[str, Any] = {
        "operationId": name,
        "method": row["method"],
        "path": path,
        "params": [*in_path, *in_query],
        "success": {},
    }
    schema = _body(name, shapes)
    return entry | ({"body": {"required": True, "schema": schema}} if schema else {})


def _body(name: str, shapes: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    if name in _ARRAYS:
        one_of = [shapes[shape] for shape in _ARRAYS[name]]
        return {"type": "array", "minItems": 1, "maxItems": _MOST_MESSAGES, "items": {"oneOf": one_of}}
    if name in _BODIES:
        return {"type": "object", "oneOf": [shapes[shape] for shape in _BODIES[name]]}
    return None


def _shapes(page: str) -> dict[str, dict[str, Any]]:
    shapes: dict[str, dict[str, Any]] = {}
    for shape in _SHAPE.finditer(page):
        members = (member.rsplit(" ", 1) for member in shape["members"].split(", "))
        shapes[shape["name"]] = {
            "type": "object",
            "properties": {name.lstrip("_"): {"shape": kind} for name, kind in members},
            "enum_values": (shape["enum"] or "").split(", "),
        }
    return {name: _resolved(name, shapes) for name in shapes}


def _resolved(name: str, shapes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    shape = shapes[name]
    return {
        "name": name,
        "type": "object",
        "properties": {
            member: _type(entry["shape"], shape["enum_values"], shapes)
            for member, entry in shape["properties"].items()
        },
    }


def _type(kind: str, values: list[str], shapes: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    if kind in _TYPES:
        return _TYPES[kind]
    if inner := re.fullmatch(r"List<(\w+)>", kind):
        return {"type": "array", "items": _type(inner[1], values, shapes)}
    if kind.endswith("Enum"):
        # The page puts the values of all enumerations of a shape into one list.
        return {"type": "string", "enum": values}
    return _resolved(kind, shapes)
