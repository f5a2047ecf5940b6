"""What a person is shown of an operation that is called by its name: what it does, and the exact request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from egoi_mcp.api.catalog import Request
from egoi_mcp.api.client import ApiClient
from egoi_mcp.api.details import details
from egoi_mcp.api.members import at, is_array
from egoi_mcp.api.risk import Risk, affected, risk_of
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.masking import Mask
from egoi_mcp.guard.reading import Reading, read
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.called import compact
from egoi_mcp.models.preview import Preview, excerpt
from egoi_mcp.models.vendor_json import mapping, objects, text
from egoi_mcp.plain_text import clean
from egoi_mcp.tools.campaign_audience import campaign_fingerprint
from egoi_mcp.tools.consent import basis_facts, require_basis
from egoi_mcp.tools.contacts import find_egoi_contact
from egoi_mcp.tools.operation_messages import Messages, messages_of
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
_MOST_BODY = 65_536
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
    messages = messages_of(request, found) if risk is Risk.SEND else None
    lies_there = risk is Risk.SEND and _lies_there(request)
    who: dict[str, str] = {}
    facts = {
        "operation": f"{entry.api}:{entry.name}",
        "vendor": VENDORS[entry.api],
        "risk": f"{risk.name}: {RISK_WORDS[risk]}",
    }
    warnings = [_CANNOT_BE_SHOWN] if lies_there else []
    warnings += messages.warnings() if messages is not None else []
    if entry.name == "actionStartAutomation" and entry.api == "egoi":
        said, who, worries = await _automation(client, request)
        facts |= said
        warnings += worries
    shown, personal = _exactly(client, request)
    people = tuple(dict.fromkeys(found.recipients))
    return Plan(
        connection=client.connection.name,
        requests=(request,),
        recipients=recipients,
        unseen_content=lies_there or (messages is not None and messages.left_out > 0),
        fingerprints=() if messages is None else _fingerprints(request, messages),
        preview=Preview(
            title=f"{details(entry).summary} ({VENDORS[entry.api]})",
            account=await account_label(client, provider_of(entry.api)),
            recipients=recipients,
            to=people[:_SHOWN_RECIPIENTS],
            facts=facts | shown | basis_facts(legal_basis, source),
            personal=who | personal,
            message=None if messages is None else messages.shown,
            warnings=tuple(warnings),
            undo=undo_words(entry),
        ),
    )


def _recipients(request: Request, found: Reading) -> int | None:
    """How many people it is about, where it says so itself."""
    if request.operation.name == "actionStartAutomation":
        return len(_contacts(request))
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


def _fingerprints(request: Request, messages: Messages) -> tuple[str, ...]:
    """Marks by which the same to the same is recognised, also where another tool sent it."""
    campaign = request.path.get("campaign_hash")
    if campaign is not None:
        return (campaign_fingerprint(str(campaign), at(request.body, "segments")),)
    return messages.fingerprints


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


async def _automation(
    client: ApiClient, request: Request
) -> tuple[dict[str, str], dict[str, str], list[str]]:
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
    own = text(row, "list_id")
    if own not in {None, str(request.path.get("list_id"))}:
        raise InvalidInput(f"path.list_id: the automation {number} belongs to list {own}. {_NOTHING}")
    contacts = _contacts(request)
    does = [_step_words(each) for each in steps[begins:]]
    status = text(row, "status")
    more = f", and {len(does) - _SHOWN_STEPS} more" if len(does) > _SHOWN_STEPS else ""
    facts = {
        "automation": f"{clean(text(row, 'title') or '?', 80)} ({number}), {status or 'status unknown'}",
        "list": str(request.path.get("list_id")),
        "contacts": f"{len(contacts)} are put into it",
        "begins at": _step_words(steps[begins]),
        "steps from there": ", ".join(does[:_SHOWN_STEPS]) + more,
    }
    worries: list[str] = []
    if text(row, "status") not in {None, "active"}:
        worries.append("the automation is not active, so E-goi may refuse")
    return facts, await _who(client, request, contacts), worries


def _contacts(request: Request) -> list[str]:
    """The ids of the contacts that an automation starts for, each once."""
    named = at(request.body, "contacts")
    return list(dict.fromkeys(map(str, named))) if is_array(named) else []


async def _who(client: ApiClient, request: Request, contacts: Sequence[str]) -> dict[str, str]:
    """The first of these contacts by what a person knows them by, for a person's eyes."""
    list_id = request.path.get("list_id")
    if not isinstance(list_id, int) or not contacts:
        return {}
    found = [await find_egoi_contact(client, list_id, each) for each in contacts[:_SHOWN_RECIPIENTS]]
    said = [
        f"{each}: {_known_by(mapping(row.get('base')))}" if row is not None else f"{each}: not in this list"
        for each, row in zip(contacts, found, strict=False)
    ]
    more = f", and {len(contacts) - len(said)} more" if len(contacts) > len(said) else ""
    return {"who": ", ".join(said) + more}


def _known_by(base: Mapping[str, object]) -> str:
    named = " ".join(each for each in (text(base, "first_name"), text(base, "last_name")) if each)
    by = (named, text(base, "email"), text(base, "cellphone"), text(base, "status"))
    return clean(" / ".join(each for each in by if each) or "no name", 120)


def _step_words(step: Mapping[str, object]) -> str:
    title, kind = text(step, "title", "name"), text(step, "action", "type")
    said = clean(f"{title or 'step'} ({kind})" if kind else title or "step", 60)
    return f"{text(step, 'action_id')} {said}"
