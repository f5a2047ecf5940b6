"""Testing a campaign's words on the owner's own recipients.

E-goi has no test send: a send to one contact uses the campaign up. So the same words go through
the transactional API, and the campaign stays the draft that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Content, Plan
from egoi_mcp.guard.digest import message_fingerprints
from egoi_mcp.guard.reach import Reach, named_sender
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.guard.witnesses import Witness
from egoi_mcp.models.preview import Audience, Preview, excerpt
from egoi_mcp.phones import country_counts, parse_phone
from egoi_mcp.policy.patterns import recipient
from egoi_mcp.settings import Settings
from egoi_mcp.sms_text import analyse
from egoi_mcp.tools.campaign_content import email_face_of, sms_face_of
from egoi_mcp.tools.cost import priced
from egoi_mcp.tools.email_warnings import email_warnings
from egoi_mcp.tools.local_times import timing
from egoi_mcp.tools.senders import same_email_sender, same_message_sender, seen_sender
from egoi_mcp.tools.sms import egoi_requests
from egoi_mcp.tools.sms_preview import text_facts, text_warnings
from egoi_mcp.tools.sms_recipients import SEEDS
from egoi_mcp.tools.vendor import account_label

_HOW = "the same text through E-goi's transactional API; the campaign stays a draft"


async def test_plan(
    client: ApiClient,
    settings: Settings,
    content: Content,
    *,
    test_to: Sequence[str],
    campaign: Witness,
    sender: Witness,
    now: datetime,
) -> Plan:
    """The plan that sends a campaign's words to seeds and to nobody else.

    Raises:
        InvalidInput: somebody is no seed, there are none, or the words cannot be sent so.
    """
    people = chosen_seeds(test_to, settings.policy.seed_recipients, content.channel)
    make = _email if content.channel == "email" else _sms
    plan = await make(client, settings, content, people, sender, now)
    return Plan(
        connection=client.connection.name,
        requests=plan.requests,
        preview=plan.preview,
        recipients=len(people),
        fingerprints=message_fingerprints(content.channel, people, content.text),
        reach=plan.reach,
        witnesses=(campaign, *plan.witnesses),
    )


def chosen_seeds(wanted: Sequence[str], seeds: frozenset[str], channel: str) -> tuple[str, ...]:
    """The seeds that are meant, as the policy writes them; `seeds` means all of the channel.

    Raises:
        InvalidInput: the owner has none, or somebody else is named.
    """
    what = "address" if channel == "email" else "number"
    mine = {each for each in seeds if ("@" in each) == (channel == "email")}
    if not mine:
        raise InvalidInput(
            f"test_to: the owner's policy names no {what} of its own to test with. Nothing was sent. "
            "The owner adds it to seed_recipients."
        )
    named = {_normal(each) for each in wanted if each.strip().casefold() != SEEDS}
    if strangers := len(named - mine):
        raise InvalidInput(
            f"test_to: {strangers} of {len(wanted)} are none of the owner's own test recipients (policy "
            f'seed_recipients) with this channel. Nothing was sent. test_to=["{SEEDS}"] means all of them.'
        )
    return tuple(sorted(named if named and len(named) == len(wanted) else mine))


def _normal(person: str) -> str:
    """A number or address as the policy writes it; what is neither stays as it is, and is no seed."""
    try:
        return (recipient(person) or person) if "@" in person else parse_phone(person).e164
    except InvalidInput:
        return person


async def _sms(
    client: ApiClient,
    settings: Settings,
    content: Content,
    people: Sequence[str],
    sender: Witness,
    now: datetime,
) -> Plan:
    found = await same_message_sender(client, sender)
    if found is None:
        raise _no_sender("SMS", 'send_sms(to=["seeds"]) with the same text and another sender tests it too.')
    phones = [parse_phone(each) for each in people]
    analysed = analyse(content.text)
    countries = country_counts(phones)
    money = await priced(
        client, settings.policy, {each: analysed.most_parts * count for each, count in countries.items()}
    )
    requests = egoi_requests(phones, found, content.text, analysed, {})
    return Plan(
        connection=client.connection.name,
        requests=requests,
        recipients=len(people),
        reach=Reach(texts=(content.text,)),
        witnesses=(found.witness,) if found.witness is not None else (),
        preview=Preview(
            title=_title(content, people),
            account=await account_label(client, "egoi"),
            recipients=len(people),
            to=tuple(people),
            when=timing(None, settings.account_timezone, phones, now=now),
            cost=money.cost,
            audience=Audience(by_country=countries),
            facts={
                "test": _HOW,
                **found.facts(),
                **money.facts(),
                **text_facts(analysed, messages=len(people)),
            },
            message=content.text,
            sms=sms_face_of(content, found.label),
            warnings=(*money.warnings, *text_warnings(content.text, analysed, promotional=True)),
            undo=undo_words(*(each.operation for each in requests), ahead=False),
        ),
    )


async def _email(
    client: ApiClient,
    settings: Settings,
    content: Content,
    people: Sequence[str],
    sender: Witness,
    now: datetime,
) -> Plan:
    """One message for each, so that nobody sees the others.

    Source: E-goi transactional v2, `sendEmailMessages`.
    """
    if content.html is None:
        raise InvalidInput(
            "test_to: this server does not hold the email's HTML any more, so it cannot send it. Nothing was "
            "sent. Test it in E-goi, or create the campaign again."
        )
    found = await same_email_sender(client, sender)
    if found is None:
        raise _no_sender("email", "Test it in E-goi.")
    messages: list[JsonValue] = [
        {
            "senderId": found.id,
            "to": [each],
            "subject": content.subject,
            "htmlBody": content.html,
            **({"textBody": content.plain} if content.plain is not None else {}),
        }
        for each in people
    ]
    send = operation("transactional", "sendEmailMessages")
    named = seen_sender(sender)
    missing = ("the preheader is no part of the test",) if content.preheader else ()
    return Plan(
        connection=client.connection.name,
        requests=(Request(operation=send, body=messages),),
        recipients=len(people),
        reach=Reach(
            texts=(content.text,),
            senders=(named_sender(found.id, *(sender.seen.get(name) for name in ("name", "email"))),),
        ),
        preview=Preview(
            title=_title(content, people),
            account=await account_label(client, "egoi"),
            recipients=len(people),
            to=tuple(people),
            when=timing(None, settings.account_timezone, now=now),
            facts={"test": _HOW, **named},
            message=excerpt(content.text),
            email=email_face_of(content, named["from"]),
            warnings=(*missing, *email_warnings(content.text)),
            undo=undo_words(send, ahead=False),
        ),
    )


def _title(content: Content, people: Sequence[str]) -> str:
    return f"Test the {content.channel} campaign {content.title!r} on {len(people)} of the owner's own"


def _no_sender(what: str, instead: str) -> InvalidInput:
    return InvalidInput(
        f"test_to: the campaign's sender is none of the transactional {what} senders that can send. "
        f"Nothing was sent. {instead}"
    )
