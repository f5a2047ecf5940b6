"""Write egoi_mcp/api/operations/*.json from the vendors' documents.

    python scripts/build_catalog.py FOLDER            write the files
    python scripts/build_catalog.py FOLDER --check    only say whether they are what the documents give

FOLDER holds `operations/<api>.json` (every operation of a document, dereferenced: method, path, parameters,
body, success codes) and `egoi-transactional-v2.md` (a table of names, methods and paths). Only facts are
taken from them. How much an operation can do is said by the rules and exceptions of this file; an operation
that none of them covers stops the script.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from egoi_mcp.api.risk import Risk

OUTPUT = Path(__file__).resolve().parent.parent / "egoi_mcp" / "api" / "operations"
APIS = ("egoi", "transactional", "txtsync", "intercom")

READ, WRITE, CONSENT = Risk.READ, Risk.WRITE, Risk.CONSENT
DISCLOSE, SEND, DESTROY = Risk.DISCLOSE, Risk.SEND, Risk.DESTROY


class Rule(NamedTuple):
    """`method` and `path` are patterns for the whole value; the first rule that fits decides."""

    method: str
    path: str
    risk: Risk
    why: str


RULES = (
    Rule("GET", r".*", READ, "looks"),
    Rule("DELETE", r".*", DESTROY, "no operation brings it back"),
    Rule("POST", r".*/actions/send", SEND, "a campaign goes out, now or at a time"),
    Rule("POST", r".*/action/send(/single)?", SEND, "a message goes out"),
    Rule("POST", r"/sms/send(/bulk)?", SEND, "a message goes out"),
    Rule("POST", r".*/rss/\{campaign_hash\}/actions/enable", SEND, "sends at every change of the feed"),
    Rule("POST", r"/reports/advanced/[a-z-]+", DISCLOSE, "contacts' data is put into a file"),
    Rule("POST", r"/senders/[a-z]+", SEND, "the vendor verifies a sender by message or call, and may charge"),
    Rule("PUT|PATCH", r".*", WRITE, "sets one thing, which can be set back"),
    Rule("POST", r"/campaigns/[a-z/-]+", WRITE, "a draft, which can be deleted"),
    Rule(
        "POST",
        r"/(campaign-groups|catalogs|catalogs/\{catalog_id\}/products|lists|tags|webpush/sites)",
        WRITE,
        "makes a thing that can be deleted again",
    ),
    Rule("POST", r"/lists/\{list_id\}/fields/extra(/\{field_id\}/options)?", WRITE, "can be deleted again"),
    Rule(
        "POST",
        r"/api/v2/(alert/template|apps|domain|multi-channel/flow|push/templates)",
        WRITE,
        "can be deleted",
    ),
)

EXCEPTIONS: Mapping[tuple[str, str], tuple[Risk, str]] = {
    # E-goi v3: reaches people although its path does not say so
    ("egoi", "actionStartAutomation"): (SEND, "an automation sends"),
    ("egoi", "actionApproveOperation"): (SEND, "a queued send goes out"),
    ("egoi", "actionResumeOperation"): (SEND, "a paused send goes on"),
    ("egoi", "registerPushEvent"): (SEND, "an event can start an automation"),
    ("egoi", "createCart"): (SEND, "a cart can start an automation"),
    ("egoi", "CreateOrder"): (SEND, "an order can start an automation"),
    ("egoi", "ImportOrdersBulk"): (SEND, "orders can start automations, for many contacts at once"),
    ("egoi", "enableTransactional"): (SEND, "opens a paid way of sending for the whole account"),
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
    # E-goi v3: can be changed back; what a request says can raise these
    ("egoi", "createContact"): (WRITE, "one contact"),
    ("egoi", "updateContactByField"): (WRITE, "one contact"),
    ("egoi", "actionUpdateContacts"): (WRITE, "the contacts it names; more where the request says so"),
    ("egoi", "actionAttachTag"): (WRITE, "a tag can be taken off again"),
    ("egoi", "actionDetachTag"): (WRITE, "a tag off one contact; more where the request says so"),
    ("egoi", "actionPauseOperation"): (WRITE, "an emergency stop must not wait"),
    ("egoi", "ImportProducts"): (WRITE, "adds or updates products; more where the request says so"),
    ("egoi", "createCName"): (WRITE, "a name for links"),
    ("egoi", "createConnectedSites"): (WRITE, "can be deleted again"),
    ("egoi", "enableTe"): (WRITE, "tracking on one domain"),
    ("egoi", "ping"): (READ, "a POST that only answers"),
    # E-goi transactional
    ("transactional", "cancelScheduledMessage"): (DESTROY, "its path says send, but it cancels"),
    ("transactional", "executeEmailAlert"): (SEND, "an alert goes out"),
    ("transactional", "executeMultiChannel"): (SEND, "messages go out"),
    ("transactional", "requestVerify"): (SEND, "a code goes out"),
    ("transactional", "resendVerify"): (SEND, "a code goes out again"),
    ("transactional", "stopAlert"): (DESTROY, "a stopped alert cannot be continued"),
    ("transactional", "cancelVerify"): (DESTROY, "a cancelled code cannot be used"),
    ("transactional", "validateVerifyCode"): (WRITE, "uses up an attempt"),
    ("transactional", "addWebHook"): (DISCLOSE, "every event goes to an address"),
    ("transactional", "htmlToPdf"): (DISCLOSE, "the vendor fetches an address that the caller chose"),
    ("transactional", "changeDefaultDomain"): (WRITE, "can be changed back"),
    ("transactional", "emailValidator"): (WRITE, "tells an address to a third party"),
    ("transactional", "smsLengthCalculator"): (READ, "counts, and keeps nothing"),
    # TxtSync
    ("txtsync", "AddContact"): (WRITE, "one contact; more where the request says so"),
    ("txtsync", "InboundSMS"): (DISCLOSE, "every message goes to an address"),
    ("txtsync", "OutboundSMS"): (DISCLOSE, "every message goes to an address"),
    # Intercom
    ("intercom", "SearchContacts"): (READ, "a POST that only looks"),
}

# Beside reads and PUT or PATCH, what leaves the same state when it comes twice. Nothing above WRITE.
SAME_TWICE = {("egoi", "actionAttachTag"), ("egoi", "actionDetachTag"), ("egoi", "actionPauseOperation")}

# Everything above WRITE is in the catalog; of the rest, what is used.
SELECTED: Mapping[str, frozenset[str]] = {
    "egoi": frozenset(
        {
            "searchContacts",
            "getAllContacts",
            "getContact",
            "createContact",
            "patchContact",
            "updateContactByField",
            "getAllContactActivities",
            "actionAttachTag",
            "actionDetachTag",
            "actionUpdateContacts",
            "getAllLists",
            "getList",
            "getAllTags",
            "createTag",
            "getAllSegments",
            "getAllContactsBySegment",
            "getAllFields",
            "getAllCampaigns",
            "createSmsCampaign",
            "createEmailCampaign",
            "patchSmsCampaign",
            "patchEmailCampaign",
            "getSMSReport",
            "getEmailReport",
            "getMyAccount",
            "getAllCellphoneSenders",
            "getAllEmailSenders",
            "getAllSuppressionList",
            "getAllOperations",
            "actionPauseOperation",
            "getAllActions",
            "ImportProducts",
        }
    ),
    "transactional": frozenset(
        {
            "getSmsSenders",
            "listAllSmsMessages",
            "listSingleSmsMessage",
            "produceSmsReport",
            "pingApi",
            "listGroups",
            "listDefaultDomain",
            "smsLengthCalculator",
        }
    ),
    "txtsync": frozenset(
        {
            "SearchContact",
            "AddContact",
            "GetContactByExternalReference",
            "UpdateContact",
            "UpdateContactByExternalReference",
        }
    ),
    "intercom": frozenset({"identifyAdmin", "ListContacts", "ShowContact", "SearchContacts", "listTags"}),
}
# Of Intercom only what is used: no tool writes there yet.
ONLY_SELECTED = frozenset({"intercom"})

DATE = r"\d{4}-\d{2}-\d{2}"
FORMATS = {"date-time": rf"{DATE} \d{{2}}:\d{{2}}:\d{{2}}", "date": DATE}
HOST = r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+"

# Where a document is wrong or says too little about a parameter. `None` leaves the parameter out.
PARAMETER_FIXES: Mapping[tuple[str, str], Mapping[str, Any] | None] = {
    # declared as an optional query parameter, but it stands in the path
    ("getAllActions", "automation_id"): {"in": "path", "required": True, "minimum": 1},
    # two notations in the same document, and no reply to tell which one holds
    ("getAllContacts", "extra_field_id"): None,
    # the pattern has no repetition
    ("deleteProduct", "product_identifier"): {"pattern": r"[a-zA-Z0-9_.-]+"},
    # the first segment of the path: anything but a host name would be another address
    ("createCart", "domain"): {"pattern": HOST},
    ("CreateOrder", "domain"): {"pattern": HOST},
    ("deleteConnectedSites", "domain"): {"pattern": HOST},
}
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
}
SUCCESS_FIXES = {("egoi", "actionAttachTag"): [200, 202]}  # the connector's document says 200

# The table of the transactional API has no parameters, bodies or codes.
TRANSACTIONAL_EXTRA = (("sendSmsMessagesSingle", "POST", "/v2/sms/messages/action/send/single"),)
TRANSACTIONAL_WITHOUT_BODY = frozenset({"cancelScheduledMessage", "cancelVerify", "resendVerify"})
TRANSACTIONAL_SUCCESS = {"GET": [200], "DELETE": [200, 202, 204], "POST": [200, 201, 202, 204]}
_DAY = {"in": "query", "type": "string", "required": False, "pattern": DATE}
_CHANNEL = {"name": "channel", "in": "query", "type": "string", "required": False, "enum": ["email", "sms"]}
_SMS_STATES = (
    "created queued processing spool sending finished send_failed broken delivered rejected scheduled"
)
TRANSACTIONAL_QUERY: Mapping[str, tuple[Mapping[str, Any], ...]] = {
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
    "removeWebHook": ({"name": "id", "in": "query", "type": "string", "required": True}, _CHANNEL),
}
_TABLE_ROW = re.compile(r"\| [A-Za-z]+ \| `(\w+)` \| ([A-Z]+) \| `(/[^`]*)` \|")


class Uncovered(Exception):
    """An operation that no rule and no exception says the risk of."""


def floor(api: str, name: str, method: str, path: str) -> Risk:
    """The least risk of every request to an operation.

    Raises:
        Uncovered: neither an exception nor a rule says it.
    """
    if (api, name) in EXCEPTIONS:
        return EXCEPTIONS[api, name][0]
    for rule in RULES:
        if re.fullmatch(rule.method, method) and re.fullmatch(rule.path, path):
            return rule.risk
    raise Uncovered(f"{api} {name} ({method} {path}): no rule and no exception says its risk")


def documented(folder: Path, api: str) -> list[dict[str, Any]]:
    """The operations of one document: name, method, path, parameters, body, success."""
    if api == "transactional":
        return _transactional((folder / "egoi-transactional-v2.md").read_text(encoding="utf-8"))
    entries = json.loads((folder / "operations" / f"{api}.json").read_text(encoding="utf-8"))
    return [
        {
            "name": entry["operationId"],
            "method": entry["method"],
            "path": entry["path"],
            "success": sorted(int(code) for code in entry["success"]),
            "body": "body" in entry,
            "parameters": [p for p in entry["params"] if p["in"] in {"path", "query"}],
        }
        for entry in entries
    ]


def _transactional(text: str) -> list[dict[str, Any]]:
    rows = [*_TABLE_ROW.findall(text), *TRANSACTIONAL_EXTRA]
    return [
        {
            "name": name,
            "method": method,
            "path": f"/api{path}",
            "success": TRANSACTIONAL_SUCCESS.get(method, [200, 204]),
            "body": method in {"POST", "PUT", "PATCH"} and name not in TRANSACTIONAL_WITHOUT_BODY,
            "parameters": [
                *(
                    {"name": parameter, "in": "path", "type": "string", "required": True}
                    for parameter in re.findall(r"\{(\w+)\}", path)
                ),
                *TRANSACTIONAL_QUERY.get(name, ()),
            ],
        }
        for name, method, path in rows
    ]


def entry_of(api: str, operation: Mapping[str, Any], risk: Risk) -> dict[str, Any]:
    """One operation as the catalog keeps it."""
    name = operation["name"]
    parameters = [_parameter(name, p) for p in (*operation["parameters"], *ADDED_PARAMETERS.get(name, ()))]
    return {
        "name": name,
        "method": operation["method"],
        "path": operation["path"],
        "risk": risk.name,
        "success": SUCCESS_FIXES.get((api, name), operation["success"]),
        "body": operation["body"],
        "idempotent": risk is READ
        or (risk is WRITE and (operation["method"] in {"PUT", "PATCH"} or (api, name) in SAME_TWICE)),
        "parameters": [p for p in parameters if p is not None],
    }


def _parameter(operation: str, parameter: Mapping[str, Any]) -> dict[str, Any] | None:
    fix = PARAMETER_FIXES.get((operation, parameter["name"]), {})
    if fix is None:
        return None
    merged = {**parameter, **fix}
    kept = {key: merged[key] for key in ("name", "in", "type", "required")}
    # a date is text in one form
    form = FORMATS.get(merged["type"]) or FORMATS.get(merged.get("format", ""))
    if kept["type"] == "date":
        kept["type"] = "string"
    if kept["type"] not in {"string", "integer", "boolean"}:
        raise Uncovered(f"{operation}: no way to write the parameter {kept['name']} of type {kept['type']}")
    kept |= {key: merged[key] for key in ("enum", "minimum", "maximum") if key in merged}
    pattern = form or merged.get("pattern")
    return kept | ({"pattern": pattern} if pattern else {})


def build(folder: Path, api: str) -> str:
    """One API's file: a JSON array with one operation a line, by path."""
    entries = documented(folder, api)
    missing = SELECTED[api] - {entry["name"] for entry in entries}
    if missing:
        raise Uncovered(f"{api}: the document has no {', '.join(sorted(missing))}")
    if api in ONLY_SELECTED:
        entries = [entry for entry in entries if entry["name"] in SELECTED[api]]
    rated = [(entry, floor(api, entry["name"], entry["method"], entry["path"])) for entry in entries]
    return _lines(
        entry_of(api, entry, risk) for entry, risk in rated if risk > WRITE or entry["name"] in SELECTED[api]
    )


def _lines(entries: Iterable[Mapping[str, Any]]) -> str:
    ordered = sorted(entries, key=lambda entry: (entry["path"], entry["method"]))
    lines = (json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in ordered)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` compare them."""
    parser = argparse.ArgumentParser(description="Write the catalog's data from the vendors' documents.")
    parser.add_argument("folder", type=Path, help="the folder with the vendors' documents")
    parser.add_argument("--check", action="store_true", help="only compare; 1 when a file is stale")
    options = parser.parse_args(arguments)
    stale = 0
    for api in APIS:
        path = OUTPUT / f"{api}.json"
        text = build(options.folder, api)
        same = path.exists() and path.read_text(encoding="utf-8") == text
        if not same and not options.check:
            OUTPUT.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{path.name}: {text.count(chr(10)) - 2} operations{'' if same else ', changed'}")
        stale += not same
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
