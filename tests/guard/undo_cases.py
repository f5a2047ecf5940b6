"""A deed for every way of undoing, and what undoing it leaves changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.guard.action import Plan, Reversibility
from egoi_mcp.guard.reach import Reach
from egoi_mcp.guard.ways import Key
from egoi_mcp.sandbox import Sandbox
from tests.guard.deeds import contacts, plan_of, request, scheduled, tag_plan
from tests.sandbox.accounts import INTERCOM_HEADERS, client

LENIENT = {"EGOI_MCP_POLICY_UNSEEN_CONTENT": "confirm", "EGOI_MCP_POLICY_ALLOWED_HOSTS": "example.com"}
"""What the owner has to allow before some of the deeds can be done."""
IN_2099 = 4_102_390_800.0
"""When the queue of the sample account goes out."""


def removal(contact: str) -> JsonValue:
    return {
        "contact_id": contact,
        "unsubscription_method": "manual",
        "unsubscription_reason": "other",
        "unsubscription_observation": "",
    }


def queued(name: str, number: int, *, reach: Reach | None = None) -> Plan:
    return plan_of(request("egoi", name, {"operations": [number]}), recipients=0, reach=reach)


def _no_plan(_: Sandbox) -> Plan:
    raise LookupError("the case has only an arranged plan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A deed at a fresh sandbox, its label, and how the paths begin of what undoing it leaves changed.

    `plan` may first put the account into the state that the deed needs; `arranged` asks the vendor to.
    """

    does: Key
    label: Reversibility
    plan: Callable[[Sandbox], Plan] = field(default=_no_plan)
    arranged: Callable[[Sandbox], Awaitable[Plan]] | None = None
    stays: Callable[[Sandbox], set[str]] = field(default=lambda _: set[str]())
    detailed: bool = False
    asks: bool = True


async def made(case: Case, sandbox: Sandbox) -> Plan:
    """The case's plan, with what it needs put into the account."""
    return case.plan(sandbox) if case.arranged is None else await case.arranged(sandbox)


def tagging(name: str) -> Callable[[Sandbox], Plan]:
    """Tag 1 on or off two contacts, one of whom has it already and one of whom has not."""

    def plan(sandbox: Sandbox) -> Plan:
        return tag_plan(name, 1, *with_and_without(sandbox))

    return plan


def with_and_without(sandbox: Sandbox) -> tuple[str, str]:
    people = sandbox.world.egoi.lists[1].contacts.values()
    has = next(each.contact_id for each in people if 1 in (each.tags or []))
    has_not = next(each.contact_id for each in people if each.tags is not None and 1 not in each.tags)
    return has, has_not


def statuses(name: str) -> Callable[[Sandbox], Plan]:
    """One active and one inactive contact."""

    def plan(sandbox: Sandbox) -> Plan:
        chosen = [contacts(sandbox)[0], contacts(sandbox, "inactive")[0]]
        body: JsonValue = {"type": "contacts", "contacts": chosen}
        return plan_of(request("egoi", name, body, list_id=1), recipients=2)

    return plan


def unsubscribed(sandbox: Sandbox) -> Plan:
    """An active, an inactive and a removed contact."""
    chosen = [contacts(sandbox, status)[0] for status in ("active", "inactive", "removed")]
    body: JsonValue = {"data": [removal(each) for each in chosen]}
    return plan_of(request("egoi", "actionUnsubscribeContact", body, list_id=1), recipients=3)


def traces_of_unsubscribing(sandbox: Sandbox) -> set[str]:
    """How and why the two unsubscribed stays written down; the inactive one is active now."""
    active, inactive = contacts(sandbox)[0], contacts(sandbox, "inactive")[0]
    traces = {
        f"egoi.lists.1.contacts.{contact}.base.unsubscription_{name}"
        for contact in (active, inactive)
        for name in ("method", "reason", "observation", "date")
    }
    return traces | {f"egoi.lists.1.contacts.{inactive}.base.status"}


def cancelled(campaign: str) -> Callable[[Sandbox], set[str]]:
    """The campaign stays, cancelled, and shows for when and for whom it had been meant."""
    names = ("status", "due", "operation_name", "audience")
    return lambda _: {f"egoi.campaigns.{campaign}.{name}" for name in names}


def suppressing(_: Sandbox) -> Plan:
    """An entry that is new and one that is there already."""
    body: JsonValue = {"type": "cellphone", "value": ["351-900000077", "351-900000666"]}
    return plan_of(request("egoi", "createSuppressionList", body), recipients=2)


def creating(_: Sandbox) -> Plan:
    base: JsonValue = {"email": "new@example.com", "status": "unconfirmed"}
    return plan_of(request("egoi", "createContact", {"base": base}, list_id=4))


def at_txtsync(_: Sandbox) -> Plan:
    return plan_of(request("txtsync", "AddContact", {"MobileNumber": "+351900000077"}))


def campaign(channel: str, body: dict[str, JsonValue]) -> Callable[[Sandbox], Plan]:
    whole: JsonValue = {"list_id": 3, "internal_name": "New", **body}
    return lambda _: plan_of(request("egoi", f"create{channel}Campaign", whole), recipients=0)


def of_somebody(name: str, **body: JsonValue) -> Callable[[Sandbox], Plan]:
    """A request about one contact at Intercom, who is nowhere in the archive."""
    return lambda sandbox: plan_of(
        request("intercom", name, dict(body) or None, contact_id=somebody(sandbox))
    )


def somebody(sandbox: Sandbox) -> str:
    """A contact at Intercom who has a tag."""
    people = sandbox.world.intercom.contacts.values()
    return next(each.id for each in people if each.tags and not each.archived)


def taking_a_tag_off(sandbox: Sandbox) -> Plan:
    contact = somebody(sandbox)
    tag = sandbox.world.intercom.contacts[contact].tags[-1]
    return plan_of(request("intercom", "detachTagFromContact", contact_id=contact, tag_id=tag))


def putting_a_tag_on(sandbox: Sandbox) -> Plan:
    contact = somebody(sandbox)
    held = sandbox.world.intercom.contacts[contact].tags
    tag = next(each for each in sandbox.world.intercom.tags if each not in held)
    return plan_of(request("intercom", "attachTagToContact", {"id": tag}, contact_id=contact))


def out_of_the_archive(sandbox: Sandbox) -> Plan:
    """Somebody who has been archived is brought back."""
    contact = somebody(sandbox)
    sandbox.world.intercom.contacts[contact].archived = True
    return plan_of(request("intercom", "UnarchiveContact", contact_id=contact))


async def a_company(sandbox: Sandbox, *people: str) -> str:
    """A company that is made at Intercom with these people in it; its id."""
    async with client(sandbox, INTERCOM_HEADERS) as vendor:
        reply = await vendor.post("/companies", json={"company_id": "acme", "name": "Acme Sample"})
        company = str(reply.json()["id"])
        for each in people:
            await vendor.post(f"/contacts/{each}/companies", json={"id": company})
    return company


async def joining_a_company(sandbox: Sandbox) -> Plan:
    company = await a_company(sandbox)
    contact = somebody(sandbox)
    return plan_of(request("intercom", "attachContactToACompany", {"id": company}, contact_id=contact))


async def leaving_a_company(sandbox: Sandbox) -> Plan:
    contact = somebody(sandbox)
    company = await a_company(sandbox, contact)
    path = {"contact_id": contact, "company_id": company}
    return plan_of(request("intercom", "detachContactFromACompany", **path))


def an_option(sandbox: Sandbox) -> Plan:
    field = next(
        each.field_id for each in sandbox.world.egoi.lists[1].fields if each.format == "options"
    ).removeprefix("extra_")
    return plan_of(
        request("egoi", "createFieldOption", {"en": "Another"}, list_id=1, field_id=int(field)), recipients=0
    )


CASES = {
    "attach, told for whom": Case(
        does=("egoi", "actionAttachTag"),
        plan=tagging("actionAttachTag"),
        label="undoable",
        detailed=True,
        asks=False,
    ),
    "attach, not told for whom": Case(
        does=("egoi", "actionAttachTag"),
        plan=tagging("actionAttachTag"),
        label="compensable",
        stays=lambda sandbox: {f"egoi.lists.1.contacts.{with_and_without(sandbox)[0]}.tags"},
    ),
    "detach, told for whom": Case(
        does=("egoi", "actionDetachTag"),
        plan=tagging("actionDetachTag"),
        label="undoable",
        detailed=True,
        asks=False,
    ),
    "detach, not told for whom": Case(
        does=("egoi", "actionDetachTag"),
        plan=tagging("actionDetachTag"),
        label="compensable",
        stays=lambda sandbox: {f"egoi.lists.1.contacts.{with_and_without(sandbox)[1]}.tags"},
        asks=False,
    ),
    "activate": Case(
        does=("egoi", "actionActivateContacts"),
        plan=statuses("actionActivateContacts"),
        label="compensable",
        stays=lambda sandbox: {f"egoi.lists.1.contacts.{contacts(sandbox)[0]}.base.status"},
    ),
    "deactivate": Case(
        does=("egoi", "actionDeactivateContacts"),
        plan=statuses("actionDeactivateContacts"),
        label="compensable",
        stays=lambda sandbox: {f"egoi.lists.1.contacts.{contacts(sandbox, 'inactive')[0]}.base.status"},
    ),
    "unsubscribe": Case(
        does=("egoi", "actionUnsubscribeContact"),
        plan=unsubscribed,
        label="compensable",
        stays=traces_of_unsubscribing,
    ),
    "suppress": Case(does=("egoi", "createSuppressionList"), plan=suppressing, label="compensable"),
    "create a tag": Case(
        does=("egoi", "createTag"),
        plan=lambda _: plan_of(request("egoi", "createTag", {"name": "spring"}), recipients=0),
        label="undoable",
    ),
    "create an sms campaign": Case(
        does=("egoi", "createSmsCampaign"),
        plan=campaign("Sms", {"sender_id": 102, "content": {"type": "text", "message": "Hello"}}),
        label="undoable",
    ),
    "create an email campaign": Case(
        does=("egoi", "createEmailCampaign"),
        plan=campaign(
            "Email", {"sender_id": 201, "subject": "Hi", "content": {"type": "html", "body": "<p>Hi</p>"}}
        ),
        label="undoable",
    ),
    "create a webhook": Case(
        does=("egoi", "createWebhook"),
        plan=lambda _: plan_of(
            request(
                "egoi",
                "createWebhook",
                {"list_id": 1, "url": "https://example.com/h", "actions": ["unsubscribe"]},
            ),
            recipients=0,
        ),
        label="compensable",
    ),
    "pause": Case(
        does=("egoi", "actionPauseOperation"),
        plan=lambda _: queued("actionPauseOperation", 2),
        label="undoable",
    ),
    "resume": Case(
        does=("egoi", "actionResumeOperation"),
        plan=lambda _: queued("actionResumeOperation", 3, reach=Reach(at=IN_2099)),
        label="undoable",
        asks=False,
    ),
    "approve": Case(
        does=("egoi", "actionApproveOperation"),
        plan=lambda _: queued("actionApproveOperation", 4, reach=Reach(at=IN_2099)),
        label="undoable",
        stays=lambda _: {
            "egoi.operations.4.status",
            "egoi.operations.4.needs_approval",
            "egoi.campaigns.emlqueue01.status",
        },
        asks=False,
    ),
    "schedule an sms campaign": Case(
        does=("egoi", "actionSendSms"),
        plan=lambda _: scheduled("smsdraft02"),
        label="undoable",
        stays=cancelled("smsdraft02"),
    ),
    "schedule an email campaign": Case(
        does=("egoi", "actionSendEmail"),
        plan=lambda _: scheduled("emldraft02", channel="Email"),
        label="undoable",
        stays=cancelled("emldraft02"),
    ),
    "create a contact": Case(
        does=("egoi", "createContact"),
        plan=creating,
        label="compensable",
        stays=lambda _: {"egoi.lists.4.contacts"},
    ),
    "create a contact at TxtSync": Case(does=("txtsync", "AddContact"), plan=at_txtsync, label="compensable"),
    "create a list": Case(
        does=("egoi", "createList"),
        plan=lambda _: plan_of(request("egoi", "createList", {"internal_name": "New"}), recipients=0),
        label="undoable",
    ),
    "create an extra field": Case(
        does=("egoi", "createExtraField"),
        plan=lambda _: plan_of(
            request("egoi", "createExtraField", {"name": "Size", "format": "text"}, list_id=1), recipients=0
        ),
        label="undoable",
    ),
    "create an option": Case(does=("egoi", "createFieldOption"), plan=an_option, label="undoable"),
    "create a contact at Intercom": Case(
        does=("intercom", "CreateContact"),
        plan=lambda _: plan_of(request("intercom", "CreateContact", {"email": "new@example.com"})),
        label="compensable",
        stays=lambda _: {"intercom.contacts."},
    ),
    "archive": Case(
        does=("intercom", "ArchiveContact"), plan=of_somebody("ArchiveContact"), label="compensable"
    ),
    "bring back": Case(does=("intercom", "UnarchiveContact"), plan=out_of_the_archive, label="compensable"),
    "put a tag on at Intercom": Case(
        does=("intercom", "attachTagToContact"), plan=putting_a_tag_on, label="compensable"
    ),
    "take a tag off at Intercom": Case(
        does=("intercom", "detachTagFromContact"), plan=taking_a_tag_off, label="compensable", asks=False
    ),
    "put into a company": Case(
        does=("intercom", "attachContactToACompany"), arranged=joining_a_company, label="compensable"
    ),
    "take out of a company": Case(
        does=("intercom", "detachContactFromACompany"),
        arranged=leaving_a_company,
        label="compensable",
        asks=False,
    ),
}
