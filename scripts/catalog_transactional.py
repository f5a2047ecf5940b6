"""The transactional API, whose document is a page of tables: operations, and shapes with types only.

Which shape is the body of which operation, what a message needs, and which values a member takes stand here:
the page puts the values of all enumerations of a shape into one list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scripts.catalog_facts import DATE

MOST_MESSAGES = 100
MORE = (("sendSmsMessagesSingle", "POST", "/v2/sms/messages/action/send/single"),)
WITHOUT_BODY = frozenset({"cancelScheduledMessage", "cancelVerify", "resendVerify"})
SUCCESS = {"GET": [200], "DELETE": [200, 202, 204], "POST": [200, 201, 202, 204]}

_DAY = {"in": "query", "type": "string", "required": False, "pattern": DATE}
_CHANNEL = {"name": "channel", "in": "query", "type": "string", "required": False, "enum": ["email", "sms"]}
_SMS_STATES = (
    "created queued processing spool sending finished send_failed broken delivered rejected scheduled"
)
QUERY: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "listAllSmsMessages": (
        {"name": "group", "in": "query", "type": "string", "required": False},
        {"name": "dateStart", **_DAY},
        {"name": "dateEnd", **_DAY},
        {"name": "destination", "in": "query", "type": "string", "required": False},
        {"name": "status", "in": "query", "type": "string", "required": False, "enum": _SMS_STATES.split()},
    ),
    "produceSmsReport": (
        {"name": "group", "in": "query", "type": "string", "required": False},
        {"name": "groupBy", "in": "query", "type": "string", "required": False, "enum": ["day", "month"]},
        {"name": "dateStart", **_DAY},
        {"name": "dateEnd", **_DAY},
    ),
    "listGroups": (_CHANNEL,),
    "listWebHooks": (_CHANNEL,),
    "removeWebHook": ({"name": "id", "in": "query", "type": "string", "required": True}, _CHANNEL),
}

_SMS = ("ManualSMS", "TemplateSMS")
BODIES: Mapping[str, tuple[str, ...]] = {
    "addApp": ("MobileAppRequest",),
    "addDomain": ("DomainRequest",),
    "addPushTemplate": ("PushTemplateRequest",),
    "addWebHook": ("WebhookEmail", "WebhookSms", "WebhookPush"),
    "changeAlertTemplate": ("AlertTemplateRequest",),
    "changeDefaultDomain": ("DefaultDomainRequest",),
    "createAlertTemplate": ("AlertTemplateRequest",),
    "createMultiChannelFlow": ("MultiChannelFlowRequest",),
    "emailValidator": ("EmailValidatorRequest",),
    "executeEmailAlert": ("AlertEmail", "AlertSms", "AlertPush"),
    "executeMultiChannel": ("ExecuteMultiChannelRequest",),
    "htmlToPdf": ("HtmlToPdfRequest",),
    "requestVerify": ("VerifyRequest",),
    "sendSmsMessagesSingle": _SMS,
    "smsLengthCalculator": ("SmsLengthCalculatorRequest",),
    "stopAlert": ("CancelAlertRequest",),
    "updateApp": ("MobileAppRequest",),
    "updatePushTemplate": ("PushTemplateRequest",),
    "validateVerifyCode": ("ValidateCodeVerifyRequest",),
}
ARRAYS: Mapping[str, tuple[str, ...]] = {
    "sendSmsMessages": _SMS,
    "sendEmailMessages": ("ManualEmail", "TemplateEmail"),
    "sendPushMessages": ("ManualPush", "TemplatePush"),
}

# Without these a message, a template or a check says nothing.
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "ManualSMS": ("to", "from", "textBody"),
    "TemplateSMS": ("to", "from", "templateId"),
    "ManualEmail": ("senderId", "to", "subject"),
    "TemplateEmail": ("senderId", "to", "templateId"),
    "ManualPush": ("to", "textBody", "appId"),
    "TemplatePush": ("to", "templateId"),
    "AlertEmail": ("alertTemplateName", "senderId", "to"),
    "AlertSms": ("alertTemplateName", "senderId", "to"),
    "AlertPush": ("alertTemplateName", "to"),
    "AlertTemplateRequest": ("name",),
    "CancelAlertRequest": ("alertName",),
    "DefaultDomainRequest": ("domainId",),
    "DomainRequest": ("domain",),
    "EmailValidatorRequest": ("email",),
    "ExecuteMultiChannelRequest": ("templateId", "to"),
    "MultiChannelFlowRequest": ("name", "messages"),
    "MobileAppRequest": ("name",),
    "SmsLengthCalculatorRequest": ("message",),
    "ValidateCodeVerifyRequest": ("code",),
    "VerifyRequest": ("senderId", "to"),
    "WebhookEmail": ("url", "channel", "actions"),
    "WebhookSms": ("url", "channel", "actions"),
    "WebhookPush": ("url", "channel", "actions"),
    "ToEmailAlertObject": ("email",),
    "ToSmsAlertObject": ("phone",),
    "ToPushAlertObject": ("device",),
}
_PHONE = {"type": "string", "pattern": r"\d{1,3}-\d{4,20}"}
_PRIORITY = {"type": "string", "enum": ["urgent", "non-urgent"]}
_ENCODING = {"type": "string", "enum": ["unicode", "gsm0338"]}
_WITH_PRIORITY = ("ManualSMS", "TemplateSMS", "ManualEmail", "TemplateEmail")


def _webhook(channel: str, *events: str) -> Mapping[str, Mapping[str, Any]]:
    return {
        "channel": {"type": "string", "enum": [channel]},
        "actions": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(events)}},
    }


_MEMBERS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    **{shape: {"priority": _PRIORITY} for shape in _WITH_PRIORITY},
    "ManualSMS": {
        "priority": _PRIORITY,
        "encoding": _ENCODING,
        "to": _PHONE,
        "maxCount": {"type": "integer", "minimum": 1},
    },
    "AttachmentRequest": {"arrangement": {"type": "string", "enum": ["attachment", "inline"]}},
    "MultiChannelMessageObject": {
        "condition": {"type": "string", "enum": ["none", "not_open", "open", "click", "not_click"]}
    },
    # the values that the page gives are those of another member
    "PushTemplateRequest": {"appId": {}},
    "VerifyRequest": {"codeType": {"type": "string", "enum": ["numeric", "alpha", "alphanumeric", "hexa"]}},
    "WebhookEmail": _webhook(
        "email", "processed", "failed", "sent", "canceled", "click", "view", "remove", "bounce", "abuse"
    ),
    "WebhookSms": _webhook("sms", "processed", "failed", "sent", "delivered", "canceled"),
    "WebhookPush": _webhook("push", "processed", "failed", "sent", "canceled", "delivered"),
    # pairs of a name and a value
    "ToPushAlertObject": {"mergeTags": {"type": "array", "items": {"type": "object"}}},
}
# A change of some members needs none in particular.
_CHANGES = frozenset({"changeAlertTemplate", "updatePushTemplate", "updateApp"})

_TABLE_ROW = re.compile(r"\| [A-Za-z]+ \| `(\w+)` \| ([A-Z]+) \| `(/[^`]*)` \|")
_SHAPE = re.compile(r"^- `(\w+)`: (.*?)(?: \(enum values: [^)]*\))?$", re.MULTILINE)
_TYPES = {"String": "string", "Integer": "integer", "Boolean": "boolean"}


def documented(page: str) -> list[dict[str, Any]]:
    """Every operation of the page: name, method, path, parameters, body, success."""
    shapes: dict[str, str] = dict(_SHAPE.findall(page))
    return [
        {
            "name": name,
            "method": method,
            "path": f"/api{path}",
            "success": SUCCESS.get(method, [200, 204]),
            "body": _body(name, shapes) if _has_body(name, method) else None,
            "parameters": [
                *(
                    {"name": parameter, "in": "path", "type": "string", "required": True}
                    for parameter in re.findall(r"\{(\w+)\}", path)
                ),
                *QUERY.get(name, ()),
            ],
        }
        for name, method, path in [*_TABLE_ROW.findall(page), *MORE]
    ]


def _has_body(name: str, method: str) -> bool:
    return method in {"POST", "PUT", "PATCH"} and name not in WITHOUT_BODY


def _body(name: str, shapes: Mapping[str, str]) -> dict[str, Any]:
    whole = name not in _CHANGES
    if name in ARRAYS:
        one_of = [_shape(shape, shapes, whole=whole) for shape in ARRAYS[name]]
        return {"type": "array", "minItems": 1, "maxItems": MOST_MESSAGES, "items": {"oneOf": one_of}}
    return {"oneOf": [_shape(shape, shapes, whole=whole) for shape in BODIES[name]]}


def _shape(name: str, shapes: Mapping[str, str], *, whole: bool = True) -> dict[str, Any]:
    members = (member.rsplit(" ", 1) for member in shapes[name].split(", "))
    fixes = _MEMBERS.get(name, {})
    return {
        "type": "object",
        # The generated client puts a line before a name that its language keeps for itself.
        "properties": {
            member.lstrip("_"): fixes[member] if member in fixes else _typed(kind, shapes)
            for member, kind in members
        },
        "required": list(_REQUIRED.get(name, ())) if whole else [],
    }


def _typed(kind: str, shapes: Mapping[str, str]) -> dict[str, Any]:
    if kind in _TYPES:
        return {"type": _TYPES[kind]}
    if inner := re.fullmatch(r"List<(\w+)>", kind):
        return {"type": "array", "items": _typed(inner[1], shapes)}
    return _shape(kind, shapes)
