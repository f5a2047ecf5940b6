"""The sample world: every account, determined by the settings' seed alone."""

from __future__ import annotations

from datetime import datetime

from egoi_mcp.sandbox.egoi.seed import seed_egoi
from egoi_mcp.sandbox.egoi.seed_contacts import SEED_EPOCH
from egoi_mcp.sandbox.egoi.state import derived_id
from egoi_mcp.sandbox.settings import SandboxSettings
from egoi_mcp.sandbox.state import (
    IntercomCompany,
    IntercomContact,
    IntercomWorkspace,
    Transactional,
    TransactionalMessage,
    TransactionalSender,
    TxtSyncAccount,
    TxtSyncContact,
    World,
)
from egoi_mcp.sandbox.wire import JsonValue

_DAY = 86_400.0
_FIRST_NAMES = ("Grace", "Noah", "Emma", "Oliver", "Hannah", "Lukas", "Zoë", "Louis")
_FIRST_MESSAGE = 700_000


def seed_world(settings: SandboxSettings) -> World:
    """A fresh world."""
    world = World(
        seed=settings.seed,
        egoi=seed_egoi(settings),
        transactional=_transactional(),
        txtsync=_txtsync(settings.seed),
        intercom=_intercom(settings.seed),
    )
    world.egoi.counters["transactional_message"] = max(world.transactional.messages)
    return world


def _transactional() -> Transactional:
    senders = [
        TransactionalSender(id="501", name="ACME", phone_number="ACME", status="confirmed"),
        TransactionalSender(id="502", name="Acme line", phone_number="351-900000900", status="confirmed"),
        TransactionalSender(id="503", name="NEWBRAND", phone_number="NEWBRAND", status="pending"),
        TransactionalSender(id="504", name="OLDBRAND", phone_number="OLDBRAND", status="rejected"),
    ]
    in_2099 = datetime.fromisoformat("2099-12-31T09:00:00+00:00").timestamp()
    messages = [
        TransactionalMessage(
            id=_FIRST_MESSAGE + place,
            to=f"351-900000{place:03d}",
            sender_id="501" if place % 2 else "502",
            text=f"Order {place} is on its way",
            group="orders" if place % 3 == 0 else "default",
            status="delivered" if place <= 20 else "send_failed",
            created=SEED_EPOCH - place * _DAY / 2,
            parts=1,
        )
        for place in range(1, 25)
    ] + [
        TransactionalMessage(
            id=_FIRST_MESSAGE + 30 + place,
            to=f"351-900000{place:03d}",
            sender_id="501",
            text="Happy new year",
            group="greetings",
            status="scheduled",
            created=in_2099,
            parts=1,
        )
        for place in range(1, 3)
    ]
    return Transactional(
        senders={sender.id: sender for sender in senders},
        messages={message.id: message for message in messages},
        groups=["default", "orders", "greetings"],
    )


def _txtsync(seed: int) -> TxtSyncAccount:
    account = TxtSyncAccount(contacts={}, tags=["newsletter", "vip", "leads", "unused"])
    for place in range(1, 41):
        name_at = int(derived_id(seed, "txtsync-name", place, 8), 16) % len(_FIRST_NAMES)
        account.last_contact_id += 1
        fields: dict[str, str | None] = {
            "FirstName": _FIRST_NAMES[name_at],
            "LastName": None if place % 9 == 4 else "Sample",
            "MobileNumber": f"+447700900{200 + place:03d}",
            "EmailAddress": f"txt.{place:03d}@example.com" if place % 4 else None,
            "ExternalReference": f"CRM-{place:04d}",
            "CompanyName": "Example Ltd" if place % 3 == 0 else None,
            "AddressLine1": f"{place} Sample Street",
            "AddressLine2": None,
            "City": ("London", "Leeds", "Bristol")[place % 3],
            "Postcode": None,
            "County": None,
            "Country": "United Kingdom",
            "Custom01": f"tier-{place % 3}",
            "Custom02": None,
            "Custom03": None,
            "Custom04": None,
            "Custom05": None,
        }
        carried = {"newsletter": place % 2 == 0, "vip": place % 5 == 0, "leads": place % 13 == 0}
        account.contacts[account.last_contact_id] = TxtSyncContact(
            id=account.last_contact_id,
            fields=fields,
            tags=[name for name, held in carried.items() if held],
            allow_sms=place % 8 != 5,
            outbound=place % 7,
        )
    return account


def _intercom(seed: int) -> IntercomWorkspace:
    fields: dict[str, JsonValue]
    workspace = IntercomWorkspace(
        id_code="sandboxws",
        name="Acme Sample",
        admin_id="810001",
        contacts={},
        tags={"9101": "vip", "9102": "newsletter", "9103": "churn-risk"},
        last_tag_id=9103,
    )
    for place, name in enumerate(("Example Ltd", "Sample SA"), 1):
        company_id = derived_id(seed, "intercom-company", place, 24)
        fields = {"company_id": f"company-{place:03d}", "name": name}
        workspace.companies[company_id] = IntercomCompany(
            id=company_id, fields=fields, created_at=int(SEED_EPOCH), updated_at=int(SEED_EPOCH)
        )
    for place in range(1, 31):
        contact_id = derived_id(seed, "intercom", place, 24)
        created = int(SEED_EPOCH - place * _DAY)
        is_user = place % 3 != 0
        name_at = int(derived_id(seed, "intercom-name", place, 8), 16) % len(_FIRST_NAMES)
        fields = {
            "external_id": f"user-{place:03d}" if is_user else None,
            "email": f"icom.{place:03d}@example.org" if is_user or place % 6 == 0 else None,
            "phone": f"+447700900{300 + place:03d}" if place % 4 else None,
            "name": _FIRST_NAMES[name_at] if place % 7 else None,
            "signed_up_at": created if is_user else None,
            "last_seen_at": created + 3600 if place % 2 else None,
            "unsubscribed_from_emails": place % 10 == 4,
            "custom_attributes": {"plan": ("free", "pro", "enterprise")[place % 3], "seats": place},
        }
        workspace.contacts[contact_id] = IntercomContact(
            id=contact_id,
            role="user" if is_user else "lead",
            fields=fields,
            created_at=created,
            updated_at=created + 7200,
            tags=[tag_id for tag_id, every in (("9101", 5), ("9102", 2)) if place % every == 0],
        )
    return workspace
