"""Write egoi_mcp/api/operations/*.json from the vendors' documents.

    python scripts/build_catalog.py FOLDER            write the files
    python scripts/build_catalog.py FOLDER --check    only say whether they are what the documents give

FOLDER holds `operations/<api>.json` (every operation of a document, dereferenced: method, path, parameters,
body, success codes) and `egoi-transactional-v2.md` (a table of names, methods and paths). Only facts are
taken from them. How much an operation can do is said by the rules and exceptions of `catalog_risk.py`; an
operation that none of them covers stops the script.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from egoi_mcp.api.risk import Risk  # noqa: E402 - the path comes first
from scripts.catalog_risk import READ, WRITE, Uncovered, floor  # noqa: E402 - the path comes first

OUTPUT = ROOT / "egoi_mcp" / "api" / "operations"
APIS = ("egoi", "transactional", "txtsync", "intercom")

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
            "patchBaseField",
            "createExtraField",
            "patchExtraField",
            "getAllFieldOptions",
            "createFieldOption",
            "updateFieldOption",
            "createList",
            "updateList",
            "updateTag",
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
            "getEmailSenders",
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
    "intercom": frozenset(
        {
            "identifyAdmin",
            "ListContacts",
            "ShowContact",
            "ShowContactByExternalId",
            "SearchContacts",
            "CreateContact",
            "UpdateContact",
            "ArchiveContact",
            "UnarchiveContact",
            "DeleteContact",
            "listTags",
            "createTag",
            "listTagsForAContact",
            "attachTagToContact",
            "detachTagFromContact",
            "retrieveCompany",
            "createOrUpdateCompany",
            "listCompaniesForAContact",
            "attachContactToACompany",
            "detachContactFromACompany",
            "listSubscriptionsForAContact",
        }
    ),
}
# Of Intercom only what is used.
ONLY_SELECTED = frozenset({"intercom"})

DATE = r"\d{4}-\d{2}-\d{2}"
FORMATS = {"date-time": rf"{DATE} \d{{2}}:\d{{2}}:\d{{2}}", "date": DATE}
HOST = r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+"

# Where a document is wrong or says too little about a parameter. `None` leaves the parameter out.
PARAMETER_FIXES: Mapping[tuple[str, str], Mapping[str, Any] | None] = {
    # declared as an optional query parameter, but it stands in the path
    ("getAllActions", "automation_id"): {"in": "path", "required": True, "minimum": 1},
    # Three notations in the same document and no reply to tell which one holds. This is that of the
    # parameter's own example, and the only one that cannot be taken for another parameter. Whoever sends it
    # must hold the reply against it: to a vendor that does not know it, the whole list is the answer.
    ("getAllContacts", "extra_field_id"): {"type": "string", "numbered": True},
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
    kept |= {key: merged[key] for key in ("enum", "minimum", "maximum", "numbered") if key in merged}
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
        entry_of(api, entry, risk)
        for entry, (risk, _) in rated
        if risk > WRITE or entry["name"] in SELECTED[api]
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
