"""The sample E-goi account. Its ids and names are part of the sandbox's public face: tests name them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from egoi_mcp.sandbox.clock import stamp
from egoi_mcp.sandbox.egoi.seed_contacts import SEED_EPOCH, People, gappy_contact, plain_contact
from egoi_mcp.sandbox.egoi.state import (
    Audience,
    Automation,
    Campaign,
    CampaignStatus,
    Channel,
    ContactList,
    EgoiAccount,
    Field,
    FieldFormat,
    Operation,
    Rule,
    Segment,
    Sender,
    Suppression,
    Tag,
)
from egoi_mcp.sandbox.settings import SandboxSettings

_DAY = 86_400.0
_TAG_NAMES = (
    *("vip", "newsletter", "churn-risk", "Promo", "promo", "black-friday"),
    *("lisbon", "porto", "webinar", "b2b", "trial", "beta"),
)
_BASE_FIELDS: tuple[tuple[str, FieldFormat], ...] = (
    ("first_name", "text"),
    ("last_name", "text"),
    ("birth_date", "date"),
    ("language", "text"),
    ("email", "email"),
    ("cellphone", "cellphone"),
    ("phone", "phone"),
)


def seed_egoi(settings: SandboxSettings) -> EgoiAccount:
    """The account that the seed and the account's zone alone determine."""
    account = EgoiAccount(
        client_id="700001", balance=Decimal("250.00"), transactional_enabled=settings.transactional_enabled
    )
    account.tags = {
        number: Tag(tag_id=number, name=name, color=f"#{number * 1315423 % 0xFFFFFF:06X}")
        for number, name in enumerate(_TAG_NAMES, 1)
    }
    account.senders = {sender.sender_id: sender for sender in _senders()}
    account.lists = {item.list_id: item for item in _lists(settings)}
    account.campaigns = {campaign.campaign_hash: campaign for campaign in _campaigns(settings)}
    account.operations = {operation.operation_id: operation for operation in _operations(settings)}
    account.suppressions = {entry.id: entry for entry in _suppressions(account)}
    account.automations = {
        1: Automation(automation_id=1, title="Welcome", list_id=1, status="active", action_ids=[11, 12]),
        2: Automation(automation_id=2, title="Win back", list_id=1, status="inactive", action_ids=[21]),
    }
    account.counters.update(
        {
            "list": max(account.lists),
            "tag": max(account.tags),
            "campaign": max(campaign.id for campaign in account.campaigns.values()),
            "operation": max(account.operations),
            "suppression": max(account.suppressions),
        }
    )
    return account


def _senders() -> list[Sender]:
    return [
        Sender(sender_id=101, kind="cellphone", status="active", address="351-900000900"),
        Sender(sender_id=102, kind="cellphone", status="active", address="ACME", alphanumeric=True),
        Sender(sender_id=103, kind="cellphone", status="moderation", address="NEWBRAND", alphanumeric=True),
        Sender(sender_id=104, kind="cellphone", status="rejected", address="44-7700900999"),
        Sender(sender_id=201, kind="email", status="active", address="hello@example.com", name="Acme"),
        Sender(
            sender_id=202, kind="email", status="moderation", address="news@example.org", name="Acme News"
        ),
        Sender(sender_id=203, kind="email", status="rejected", address="old@example.net", name="Old Acme"),
        Sender(sender_id=301, kind="phone", status="active", address="351-210000900"),
    ]


def _lists(settings: SandboxSettings) -> list[ContactList]:
    def written(epoch: float) -> str:
        return stamp(epoch, settings.timezone)

    people = People(settings.seed)
    team = [people.next("PT") for _ in range(12)]
    customers = [people.next() for _ in range(180)]
    readers = customers[:20] + [people.next() for _ in range(100)]
    lists = [
        _list(1, "Customers", "Clientes"),
        _list(2, "Newsletter", "Boletim"),
        _list(3, "Team", "Equipa"),
        _list(4, "Empty", "Vazia"),
    ]
    for contact_list, members in zip(lists, (customers, readers, team, []), strict=True):
        make = plain_contact if contact_list.list_id == 3 else gappy_contact
        for place, person in enumerate(members, 1):
            contact = make(settings.seed, contact_list.list_id, place, person, written)
            contact_list.contacts[contact.contact_id] = contact
    for place, contact in enumerate(lists[2].contacts.values(), 1):
        contact.tags = [1] if place <= 3 else []
    _segment_lists(lists)
    return lists


def _list(list_id: int, internal_name: str, public_name: str) -> ContactList:
    fields = [
        Field(
            field_id=name,
            name=name.replace("_", " ").capitalize(),
            format=kind,
            type="base",
            unique=name in {"email", "cellphone"},
        )
        for name, kind in _BASE_FIELDS
    ]
    if list_id in {1, 2}:
        fields += [
            Field(field_id="extra_1", name="City", format="text", type="extra"),
            Field(field_id="extra_2", name="Loyalty points", format="number", type="extra"),
            Field(field_id="extra_3", name="Work mobile", format="cellphone", type="extra"),
            Field(
                field_id="extra_4",
                name="Interests",
                format="options",
                type="extra",
                options=[
                    {"option_id": 1, "en": "Wine", "pt": "Vinho"},
                    {"option_id": 2, "en": "Books", "pt": "Livros"},
                    {"option_id": 3, "en": "Music", "pt": "Música"},
                ],
            ),
        ]
    created = SEED_EPOCH - (800 - list_id) * _DAY
    return ContactList(
        list_id=list_id,
        internal_name=internal_name,
        public_name=public_name,
        status="active",
        group_id=1,
        created=created,
        updated=created + _DAY,
        fields=fields,
    )


def _segment_lists(lists: list[ContactList]) -> None:
    _segments(lists[0], _saved("saved_11", "Portuguese speakers", ("language", "equal_to", "pt")))
    _segments(lists[0], _saved("saved_12", "Madrid", ("extra_1", "equal_to", "Madrid")))
    _segments(lists[0], _saved("saved_13", "Nobody", ("first_name", "equal_to", "Nobody")))
    _segments(lists[0], _auto("auto_1"), _of_tag(1), _of_tag(2), _of_tag(3), _of_tag(4), _of_tag(5))
    _segments(
        lists[1],
        _saved("saved_21", "Spain", ("cellphone", "begins_with", "34-")),
        _auto("auto_2"),
        _of_tag(2),
    )
    team = list(lists[2].contacts.values())
    first_two = (("email", "equal_to", team[0].text("email")), ("email", "equal_to", team[1].text("email")))
    leads = _saved("saved_31", "Leads", *first_two)
    leads.boolean_operator = "or"
    _segments(lists[2], leads, _of_tag(1))


def _segments(contact_list: ContactList, *segments: Segment) -> None:
    for segment in segments:
        contact_list.segments[segment.segment_id] = segment


def _saved(segment_id: str, name: str, *rules: tuple[str, str, str]) -> Segment:
    made = [Rule(segment_field=on, segment_operator=how, segment_value=value) for on, how, value in rules]
    at = SEED_EPOCH - 90 * _DAY
    return Segment(segment_id=segment_id, name=name, type="saved", created=at, updated=at, rules=made)


def _auto(segment_id: str) -> Segment:
    rule = Rule(
        segment_field="subscription_date", segment_operator="greater_or_equal_to", segment_value="2026-01-01"
    )
    at = SEED_EPOCH - 150 * _DAY
    return Segment(
        segment_id=segment_id, name="Subscribed in 2026", type="auto", created=at, updated=at, rules=[rule]
    )


def _of_tag(tag_id: int) -> Segment:
    at = SEED_EPOCH - 120 * _DAY
    name = _TAG_NAMES[tag_id - 1]
    return Segment(segment_id=f"tag_{tag_id}", name=name, type="tag", created=at, updated=at, tag_id=tag_id)


def _campaigns(settings: SandboxSettings) -> list[Campaign]:
    number = 1000

    def made(campaign_hash: str, channel: Channel, status: CampaignStatus, list_id: int = 1) -> Campaign:
        nonlocal number
        number += 1
        return _campaign(number, campaign_hash, channel, status, list_id)

    in_2099 = datetime(2099, 12, 31, 9, 0, 0, tzinfo=settings.timezone).timestamp()
    campaigns = [
        made("smsdraft01", "sms", "draft"),
        made("smsdraft02", "sms", "draft", list_id=3),
        made("smsqueue01", "sms", "queued"),
        made("smspause01", "sms", "paused"),
        made("smssendin1", "sms", "sending"),
        made("smscancel1", "sms", "canceled"),
        made("emldraft01", "email", "draft"),
        made("emldraft02", "email", "draft", list_id=3),
        made("emlqueue01", "email", "queued"),
        made("emlpause01", "email", "paused"),
        *(made(f"smssent{place:03d}", "sms", "sent") for place in range(1, 13)),
        *(made(f"emlsent{place:03d}", "email", "sent", list_id=2) for place in range(1, 13)),
    ]
    for campaign in campaigns:
        if campaign.status in {"queued", "paused"}:
            campaign.due = in_2099
            field = "cellphone" if campaign.channel == "sms" else "email"
            campaign.audience = Audience(type="segment", segment_ids=("tag_1",), destination_field=field)
            campaign.operation_name = "actionSendSms" if campaign.channel == "sms" else "actionSendEmail"
    return campaigns


def _campaign(
    number: int, campaign_hash: str, channel: Channel, status: CampaignStatus, list_id: int
) -> Campaign:
    created = SEED_EPOCH - (1100 - number) * _DAY
    name = f"{channel.upper()} {campaign_hash}"
    campaign = Campaign(
        id=number,
        campaign_hash=campaign_hash,
        channel=channel,
        status=status,
        internal_name=name,
        title=name,
        list_id=list_id,
        created=created,
        updated=created + 3600,
        sender_id=102 if channel == "sms" else 201,
        subject="" if channel == "sms" else f"News {number}",
        content={"type": "text", "message": f"Acme {number}: 10% off. Reply STOP to opt out"}
        if channel == "sms"
        else {"type": "html", "body": f"<p>News {number}</p>", "plain_text": f"News {number}"},
    )
    if status in {"sent", "sending"}:
        campaign.started = created + 7200
        campaign.ended = created + 7500 if status == "sent" else None
        sends = 80 + number % 40
        campaign.history = {"sends": sends, "error": number % 4, "opens": sends // 3, "clicks": sends // 9}
    return campaign


def _operations(settings: SandboxSettings) -> list[Operation]:
    in_2099 = datetime(2099, 12, 31, 9, 0, 0, tzinfo=settings.timezone).timestamp()
    at = SEED_EPOCH
    return [
        Operation(
            operation_id=1,
            type="import_contacts",
            status="processing",
            created=at,
            start=at,
            internal_name="Spring fair",
        ),
        Operation(
            operation_id=2,
            type="sms",
            status="queued",
            created=at,
            start=in_2099,
            internal_name="SMS smsqueue01",
            campaign_hash="smsqueue01",
        ),
        Operation(
            operation_id=3,
            type="sms",
            status="paused",
            created=at,
            start=in_2099,
            internal_name="SMS smspause01",
            campaign_hash="smspause01",
        ),
        Operation(
            operation_id=4,
            type="email",
            status="queued",
            created=at,
            start=in_2099,
            internal_name="EMAIL emlqueue01",
            campaign_hash="emlqueue01",
            needs_approval=True,
        ),
        Operation(
            operation_id=5,
            type="email",
            status="paused",
            created=at,
            start=in_2099,
            internal_name="EMAIL emlpause01",
            campaign_hash="emlpause01",
        ),
        Operation(
            operation_id=6,
            type="sms",
            status="executing",
            created=at,
            start=at,
            internal_name="SMS smssendin1",
            campaign_hash="smssendin1",
        ),
    ]


def _suppressions(account: EgoiAccount) -> list[Suppression]:
    customers = list(account.lists[1].contacts.values())
    values = (
        ("email", "manual", customers[1].text("email")),
        ("cellphone", "unsubscribe", customers[5].text("cellphone")),
        ("cellphone", "bounce", customers[8].text("cellphone")),
        ("email", "bounce", customers[9].text("email")),
        ("email_domain", "manual", "blocked.example.net"),
        ("email_user", "manual", "noreply"),
        ("cellphone", "manual", "351-900000666"),
        ("phone", "other", "351-210000666"),
        ("email", "forgotten", "gone@example.com"),
        ("cellphone", "forgotten", "351-900000667"),
        ("cellphone", "other", "44-7700900666"),
    )
    return [
        Suppression(id=number, type=kind, method=method, value=value, created=SEED_EPOCH - number * _DAY)
        for number, (kind, method, value) in enumerate(values, 1)
    ]
