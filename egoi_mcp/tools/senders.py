"""Finding the sender that a caller means, and refusing one that cannot send."""

from __future__ import annotations

import re
from dataclasses import dataclass

from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.witnesses import Kind, Witness, sender_witness
from egoi_mcp.models.vendor_json import Json, number, objects, text
from egoi_mcp.phones import parse_phone
from egoi_mcp.tools.vendor import every, one_of, read

BESIDE_NAME = " (sender "
"""What comes after a sender's name in a preview: its id and status, which no phone shows."""
_READY = {"active", "confirmed", "approved", "verified", "1"}
_ALPHANUMERIC = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{3,11}")
_NUMBER = re.compile(r"\+?[0-9]{3,15}")


@dataclass(frozen=True, slots=True)
class CampaignSender:
    """A sender of campaigns: the vendor's number for it, how a preview calls it, and how it stood."""

    id: int
    label: str
    witness: Witness


@dataclass(frozen=True, slots=True)
class MessageSender:
    """A sender of single messages: what goes into the message, how a preview calls it, and how it stood.

    TxtSync shows no senders, so there is no witness of one. `is_name` says whether phones show a name
    (an alphanumeric sender) or a number, to which people can answer; `known_ready` whether the vendor says
    that it may send.
    """

    id: str
    label: str
    witness: Witness | None = None
    is_name: bool = False
    known_ready: bool = False

    def facts(self) -> dict[str, str]:
        """The sender as a preview names it."""
        kind = "alphanumeric, so nobody can answer it" if self.is_name else "a number"
        return {"from": self.label, "sender type": kind}

    def warnings(self) -> tuple[str, ...]:
        """What nobody can say of it ahead."""
        if self.known_ready:
            return ()
        return ("the vendor does not show whether the sender is approved",)


async def campaign_sender(client: ApiClient, channel: str, wanted: str) -> CampaignSender:
    """The campaign sender of an id, name, address or number.

    Raises:
        InvalidInput: there is none, several are meant, or it is not active.
    """
    operation = "getAllCellphoneSenders" if channel == "sms" else "getAllEmailSenders"
    rows = [row async for row in every(client, operation)]
    row = one_of(
        rows,
        wanted,
        what="sender",
        id_member="sender_id",
        names=_campaign_names,
        source=f"get_account ({channel} campaigns)",
    )
    status = text(row, "status")
    name = next((each for each in _campaign_names(row) if each), "-")
    _ready(status, name)
    sender_id = number(row, "sender_id")
    if sender_id is None:
        raise InvalidInput("sender: the vendor's list of senders gives it no id. Nothing was created.")
    kind: Kind = "sms sender" if channel == "sms" else "email sender"
    return CampaignSender(
        id=sender_id,
        label=_label(row, str(sender_id), status),
        witness=sender_witness(kind, str(sender_id), rows),
    )


async def same_message_sender(client: ApiClient, campaign: Witness) -> MessageSender | None:
    """The transactional SMS sender that looks to people as this campaign sender; None where none can send."""
    seen = {each.casefold() for each in _seen_names(campaign) if each}
    rows = list(objects(await read(client, "transactional", "getSmsSenders")))
    for row in rows:
        names = {each.casefold() for each in _message_names(row) if each}
        sender_id, status = text(row, "id"), text(row, "senderStatus")
        if names & seen and sender_id is not None and (status or "").casefold() in _READY:
            return _message_sender(row, sender_id, status, rows)
    return None


async def same_email_sender(client: ApiClient, campaign: Witness) -> MessageSender | None:
    """The transactional email sender with the address of this campaign sender; None where none can send."""
    address = campaign.seen.get("email", "").casefold()
    for row in objects(await read(client, "transactional", "getEmailSenders")):
        ready = (text(row, "senderStatus") or "").casefold() in _READY
        sender_id = text(row, "id")
        if ready and sender_id is not None and (text(row, "email") or "").casefold() == address != "":
            return MessageSender(id=sender_id, label=address, known_ready=True)
    return None


async def reply_sender(client: ApiClient, sender: CampaignSender, wanted: str | None) -> CampaignSender:
    """The sender of email that answers go to: the one that is wanted, or the campaign's own.

    Raises:
        InvalidInput: as of `campaign_sender`.
    """
    try:
        return sender if wanted is None else await campaign_sender(client, "email", wanted)
    except InvalidInput as error:
        raise InvalidInput(str(error).replace("sender:", "reply_to:", 1)) from error


async def message_sender(client: ApiClient, wanted: str) -> MessageSender:
    """E-goi's transactional SMS sender of an id, name or number.

    Raises:
        InvalidInput: there is none, several are meant, or it is not confirmed.
    """
    rows = list(objects(await read(client, "transactional", "getSmsSenders")))
    row = one_of(
        rows, wanted, what="sender", id_member="id", names=_message_names, source="get_account (send_sms)"
    )
    status = text(row, "senderStatus")
    name = next((each for each in _message_names(row) if each), "-")
    _ready(status, name)
    return _message_sender(row, text(row, "id") or "", status, rows)


def _message_sender(row: Json, sender_id: str, status: str | None, rows: list[Json]) -> MessageSender:
    return MessageSender(
        id=sender_id,
        label=_label(row, sender_id, status),
        witness=sender_witness("message sender", sender_id, rows),
        is_name=_e164(text(row, "phoneNumber")) is None,
        known_ready=status is not None,
    )


def txtsync_sender(wanted: str) -> MessageSender:
    """TxtSync lists no senders: a name of 3 to 11 letters and digits, or a number.

    Raises:
        InvalidInput: it is neither.
    """
    name = wanted.strip()
    if not (_ALPHANUMERIC.fullmatch(name) or _NUMBER.fullmatch(name)):
        raise InvalidInput(
            "sender: for TxtSync a name of 3 to 11 letters and digits, or a number. Nothing was sent."
        )
    return MessageSender(
        id=name,
        label=name,
        is_name=_NUMBER.fullmatch(name) is None,
    )


def seen_sender(witness: Witness) -> dict[str, str]:
    """A campaign's sender as a preview names it, from a look at it."""
    status = witness.seen.get("status") or "status unknown"
    said = " ".join(dict.fromkeys(each for each in _seen_names(witness) if each))
    return {"from": f"{said or '-'} (sender {witness.subject}, {status})"}


def is_name(witness: Witness) -> bool:
    """Whether an SMS sender of campaigns is a name and no number, from a look at it."""
    cellphone = witness.seen.get("cellphone")
    return bool(cellphone) and _e164(cellphone) is None


def sender_warnings(witness: Witness) -> tuple[str, ...]:
    """What is in the way of a campaign's sender."""
    status = witness.seen.get("status", "")
    if status.casefold() in _READY:
        return ()
    return (f"its sender cannot send: it is {status or 'of unknown status'} at the vendor",)


def _seen_names(witness: Witness) -> list[str]:
    return [witness.seen.get(name, "") for name in ("name", "email", "cellphone")]


def _label(row: Json, sender_id: str, status: str | None) -> str:
    """Everything that people may see of a sender, and whether it can send."""
    seen = [text(row, member) for member in ("name", "email", "cellphone", "phoneNumber")]
    said = " ".join(dict.fromkeys(each for each in seen if each))
    return f"{said or '-'}{BESIDE_NAME}{sender_id}, {status or 'status unknown'})"


def _ready(status: str | None, name: str) -> None:
    if status is not None and status.casefold() not in _READY:
        raise InvalidInput(
            f"sender: {name!r} is {status!r} at the vendor and cannot send. Nothing was created or sent. "
            "get_account shows the senders and their status."
        )


def _campaign_names(row: Json) -> list[str | None]:
    number = text(row, "cellphone")
    return [number, text(row, "name"), text(row, "email"), _e164(number)]


def _message_names(row: Json) -> list[str | None]:
    number = text(row, "phoneNumber")
    return [text(row, "name"), number, _e164(number)]


def _e164(number: str | None) -> str | None:
    """A sender's number as people write it; None where the sender is a name."""
    try:
        return parse_phone(number).e164 if number else None
    except InvalidInput:
        return None
