"""What a person is shown of an operation that is called by its name: what it does, and the exact request."""

from __future__ import annotations

from collections.abc import Mapping

from egoi_mcp.api.catalog import Request
from egoi_mcp.api.client import ApiClient
from egoi_mcp.api.details import details
from egoi_mcp.api.members import at, is_array
from egoi_mcp.api.risk import Risk, affected, risk_of
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.digest import message_fingerprints
from egoi_mcp.guard.masking import Mask
from egoi_mcp.guard.reading import Reading, read
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.called import compact
from egoi_mcp.models.preview import Preview, excerpt
from egoi_mcp.models.vendor_json import objects, text
from egoi_mcp.plain_text import clean
from egoi_mcp.tools.consent import basis_facts, require_basis
from egoi_mcp.tools.operation_names import VENDORS, provider_of
from egoi_mcp.tools.vendor import account_label
from egoi_mcp.tools.vendor import read as look_up

RISK_WORDS: Mapping[Risk, str] = {
    Risk.READ: "only looks",
    Risk.WRITE: "changes something",
    Risk.CONSENT: "says that somebody may be contacted",
    Risk.DISCLOSE: "data leaves the account, to an address in the request or a file",
    Risk.SEND: "may reach people or cost money",
    Risk.DESTROY: "cannot be undone, or silences people",
}
_MOST_BODY = 4_000
_SHOWN_RECIPIENTS = 5
_MOST_STEPS = 1000
_SHOWN_STEPS = 8
_NOTHING = "Nothing was sent."
_CANNOT_BE_SHOWN = "the words that go out are not in the request, so they CANNOT BE SHOWN here"
# They send what lies at the vendor: a campaign, a flow, a template.
_STORED_THERE = frozenset(
    {
        *("actionSendEmail", "actionSendSms", "actionSendSmartSms", "actionSendVoice", "actionSendPush"),
        *("actionSendWebPush", "actionEnableEmailRss", "actionEnableWebPushRss", "actionStartAutomation"),
        *("executeMultiChannel", "executeEmailAlert"),
    }
)
_TEMPLATES = ("templateId", "templateName", "template_id", "template_name")


async def plan_of(client: ApiClient, request: Request, legal_basis: str | None, source: str | None) -> Plan:
    """The plan of one request, with everything that can be told of it before it is sent.

    Raises:
        InvalidInput: it needs a legal basis, or names an automation or a step that there is not.
        ApiError: the account, or the automation, could not be read; nothing was sent.
    """
    require_basis([request], legal_basis, source, nothing=_NOTHING)
    entry, risk, found = request.operation, risk_of(request), read(request)
    recipients = _recipients(request, found)
    unseen = risk is Risk.SEND and _lies_there(request)
    facts = {
        "operation": f"{entry.api}:{entry.name}",
        "vendor": VENDORS[entry.api],
        "risk": f"{risk.name}: {RISK_WORDS[risk]}",
    }
    warnings = [_CANNOT_BE_SHOWN] if unseen else []
    if entry.name == "actionStartAutomation" and entry.api == "egoi":
        said, worries = await _automation(client, request)
        facts |= said
        warnings += worries
    shown, personal = _exactly(client, request)
    message = found.texts[0] if risk is Risk.SEND and len(set(found.texts)) == 1 else None
    people = tuple(dict.fromkeys(found.recipients))
    return Plan(
        connection=client.connection.name,
        requests=(request,),
        recipients=recipients,
        unseen_content=unseen,
        fingerprints=_fingerprints(request, found) if risk is Risk.SEND else (),
        preview=Preview(
            title=f"{details(entry).summary} ({VENDORS[entry.api]})",
            account=await account_label(client, provider_of(entry.api)),
            recipients=recipients,
            to=people[:_SHOWN_RECIPIENTS],
            facts=facts | shown | basis_facts(legal_basis, source),
            personal=personal,
            message=message,
            warnings=tuple(warnings),
            undo=undo_words(entry),
        ),
    )


def _recipients(request: Request, found: Reading) -> int | None:
    """How many people it is about, where it says so itself."""
    if (count := affected(request)) is not None:
        return count
    if Risk.SEND in found.risks and found.recipients and "recipients" not in found.unknown:
        return len(set(found.recipients))
    return None


def _lies_there(request: Request) -> bool:
    """Whether what people get lies at the vendor and is not in the request."""
    if request.operation.name in _STORED_THERE:
        return True
    messages = request.body if is_array(request.body) else (request.body,)
    return any(isinstance(each, Mapping) and any(each.get(name) for name in _TEMPLATES) for each in messages)


def _fingerprints(request: Request, found: Reading) -> tuple[str, ...]:
    """Marks by which the same to the same is recognised, also where another tool sent it."""
    campaign = request.path.get("campaign_hash")
    if campaign is not None:
        return (f"campaign\n{campaign}\n{compact(at(request.body, 'segments'))}",)
    kind = "sms" if found.segments else request.operation.name
    if not found.texts or not found.recipients:
        return ()
    return message_fingerprints(kind, found.recipients, "\n".join(found.texts))


def _exactly(client: ApiClient, request: Request) -> tuple[dict[str, str], dict[str, str]]:
    """The request to the character, in facts; what of it is personal apart, for a person's eyes."""
    frozen = client.freeze(request)
    mask = Mask(())
    line = f"{frozen.method} {frozen.target}"
    masked = f"{frozen.method} {mask.target(frozen.target)}"
    facts = {"request": masked}
    personal = {} if line == masked else {"exact request": line}
    if not frozen.body:
        return facts, personal
    written = excerpt(compact(request.body), _MOST_BODY)
    hidden = excerpt(compact(mask.body(request.body, frozen.target)), _MOST_BODY)
    facts["body"] = hidden
    if hidden != written:
        personal["exact body"] = written
    return facts, personal


async def _automation(client: ApiClient, request: Request) -> tuple[dict[str, str], list[str]]:
    """Which automation it is, whom it starts for, and what it goes on to do, as far as E-goi tells.

    Source: E-goi v3, `getAllAutomations` and `getAllActions`; their words are in no reply.
    """
    number, step = at(request.body, "automation_id"), at(request.body, "action_id")
    if not isinstance(number, int):
        raise InvalidInput(f"body.automation_id: has to be a whole number. {_NOTHING}")
    listed = await look_up(client, "egoi", "getAllAutomations", query={"automation_id": number, "limit": 1})
    row = next((each for each in objects(listed) if text(each, "automation_id") == str(number)), None)
    if row is None:
        raise InvalidInput(
            f"body.automation_id: the account has no automation {number}. getAllAutomations lists them. "
            "Nothing was sent."
        )
    query: dict[str, str | int | bool] = {"limit": _MOST_STEPS}
    answer = await look_up(client, "egoi", "getAllActions", path={"automation_id": number}, query=query)
    steps = list(objects(answer))
    begins = next((n for n, each in enumerate(steps) if text(each, "action_id") == str(step)), None)
    if begins is None:
        raise InvalidInput(
            f"body.action_id: the automation {number} has no step {step}. getAllActions lists them. "
            "Nothing was sent."
        )
    contacts = at(request.body, "contacts")
    count = len(contacts) if is_array(contacts) else 0
    does = [_step_words(each) for each in steps[begins:]]
    status = text(row, "status")
    more = f", and {len(does) - _SHOWN_STEPS} more" if len(does) > _SHOWN_STEPS else ""
    facts = {
        "automation": f"{clean(text(row, 'title') or '?', 80)} ({number}), {status or 'status unknown'}",
        "list": str(request.path.get("list_id")),
        "contacts": f"{count} are put into it",
        "begins at": _step_words(steps[begins]),
        "steps from there": ", ".join(does[:_SHOWN_STEPS]) + more,
    }
    worries: list[str] = []
    if text(row, "status") not in {None, "active"}:
        worries.append("the automation is not active, so E-goi may refuse")
    if text(row, "list_id") not in {None, str(request.path.get("list_id"))}:
        worries.append(f"the automation belongs to list {text(row, 'list_id')}")
    return facts, worries


def _step_words(step: Mapping[str, object]) -> str:
    title, kind = text(step, "title", "name"), text(step, "action", "type")
    said = clean(f"{title or 'step'} ({kind})" if kind else title or "step", 60)
    return f"{text(step, 'action_id')} {said}"
