"""A deed for every way of undoing, and what undoing it leaves changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.guard.action import Plan, Reversibility
from egoi_mcp.guard.reach import Reach
from egoi_mcp.guard.undo import Key
from egoi_mcp.sandbox import Sandbox
from tests.guard.deeds import contacts, plan_of, request, scheduled, tag_plan

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A deed at a fresh sandbox, its label, and how the paths begin of what undoing it leaves changed."""

    does: Key
    plan: Callable[[Sandbox], Plan]
    label: Reversibility
    stays: Callable[[Sandbox], set[str]] = field(default=lambda _: set[str]())
    detailed: bool = False
    asks: bool = True


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
}
