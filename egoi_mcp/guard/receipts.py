"""What a vendor's reply says was done, reduced to ids and counts: nothing personal is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from egoi_mcp.api.catalog import Api, JsonValue
from egoi_mcp.guard.action import StepState

CONTACT_ID = re.compile(r"[0-9a-fA-F]{10}")
NUMBER = re.compile(r"[1-9][0-9]{0,14}")
"""What the vendor calls an entry of its queue, a tag and most things that are no contacts or campaigns."""
_EACH = re.compile(r"[0-9]+ done\b")
_CODE = re.compile(r"[a-z_]+")

Key = tuple[Api, str]
"""An API and the name of an operation of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How a step ended by the vendor's own words.

    `ids` are what the vendor calls the things it made, took or changed: messages, contacts, a campaign.
    Of a tag of E-goi's they are the contacts that got it or lost it, without those for whom nothing changed;
    Intercom answers with the tag or the company itself.
    `status` is that of its reply, where one came.
    """

    state: StepState
    ids: tuple[str, ...] = ()
    note: str = ""
    status: int | None = None


_ID_MEMBERS = (
    "messageId",
    "campaign_hash",
    "contact_id",
    "tag_id",
    "webhook_id",
    "SMSID",
    "ContactID",
    "id",
)
_CALLED: Mapping[Key, str] = {
    ("egoi", "createList"): "list_id",
    ("egoi", "createExtraField"): "field_id",
    ("egoi", "createFieldOption"): "option_id",
}
"""What the replies of these call what was made."""
_TAGGED = frozenset({("egoi", "actionAttachTag"), ("egoi", "actionDetachTag")})
_TOLD: Mapping[str, str] = {
    "Status": "status",
    "Segments": "segments",
    "CostLocal": "cost",
    "ContactID": "contact",
    "CreatedDate": "created",
}
_PLAIN = re.compile(r"[A-Za-z0-9.:+-]{1,40}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_QUEUE: frozenset[Key] = frozenset(
    {
        ("egoi", "actionApproveOperation"),
        ("egoi", "actionCancelOperation"),
        ("egoi", "actionPauseOperation"),
        ("egoi", "actionResumeOperation"),
    }
)
_MESSAGES: frozenset[Key] = frozenset(
    {
        ("transactional", "sendSmsMessages"),
        ("transactional", "sendSmsMessagesSingle"),
        ("txtsync", "SendSMS"),
        ("txtsync", "SendBulkSMS"),
    }
)


def receipt_of(api: Api, operation: str, data: JsonValue) -> Receipt:
    """Read a readable 2xx reply; a shape that nobody documented counts as done, without ids."""
    key = (api, operation)
    if api == "intercom" and isinstance(data, Mapping) and data.get("type") == "error.list":
        return _refused(data)
    if key in _TAGGED and isinstance(data, Mapping):
        return _listed(
            data,
            errors="error",
            unchanged={"has_tag_id": "had it already", "has_no_tag_id": "had it not"},
            refused={"invalid_contact": "unknown to the vendor"},
        )
    if key == ("egoi", "actionUnsubscribeContact") and isinstance(data, Mapping):
        return _listed(
            data,
            errors="errors",
            unchanged={"contact_already_removed": "had unsubscribed already"},
            refused={
                "contact_not_in_list": "not in the list",
                "invalid_unsubscription_reason": "refused for the reason given",
                "invalid_unsubscription_method": "refused for the method given",
                "invalid_data_type": "refused for their form",
            },
        )
    if key in _QUEUE and isinstance(data, Mapping):
        return _listed(
            data,
            errors="error",
            unchanged={},
            refused={
                "invalid_operation_action": "not in a state that allows it",
                "operation_not_found": "no longer in the queue",
            },
            form=NUMBER,
        )
    if key in _MESSAGES:
        return _messages_receipt(data if isinstance(data, Sequence) and not isinstance(data, str) else [data])
    return Receipt(state=StepState.SUCCEEDED, ids=_ids([data], *filter(None, [_CALLED.get(key)])))


def lists_each(note: str) -> bool:
    """Whether a step's note says that the reply listed one by one what was done, so that its ids are all."""
    return _EACH.match(note) is not None


def _listed(
    data: Mapping[str, JsonValue],
    *,
    errors: str,
    unchanged: Mapping[str, str],
    refused: Mapping[str, str],
    form: re.Pattern[str] = CONTACT_ID,
) -> Receipt:
    """A reply that lists one by one what was done; the bare form of it only says that it was accepted.

    `unchanged` and `refused` say what each list below `errors` means. Only ids of the given form are kept:
    where contacts were named by a field's values, the reply may repeat those, and they are personal.
    """
    done, failed = data.get("success"), data.get(errors)
    if not isinstance(done, Sequence) or isinstance(done, str):
        return Receipt(state=StepState.SUCCEEDED, note="accepted; the vendor gave no result per contact")
    said = [str(each) for each in done if isinstance(each, str | int) and not isinstance(each, bool)]
    notes = [f"{len(done)} done"]
    notes += _counted(failed, unchanged)
    wrong = _counted(failed, refused)
    state = StepState.SUCCEEDED
    if wrong:
        state = StepState.PARTIAL if done or len(notes) > 1 else StepState.FAILED
    return Receipt(
        state=state, ids=tuple(each for each in said if form.fullmatch(each)), note=", ".join(notes + wrong)
    )


def _counted(failed: JsonValue, words: Mapping[str, str]) -> list[str]:
    counts: dict[str, int] = {}
    for member, word in words.items():
        counts[word] = counts.get(word, 0) + _length(failed, member)
    return [f"{count} {word}" for word, count in counts.items() if count]


def _length(value: JsonValue, member: str) -> int:
    found = value.get(member) if isinstance(value, Mapping) else None
    return len(found) if isinstance(found, Sequence) and not isinstance(found, str) else 0


def _messages_receipt(messages: Sequence[JsonValue]) -> Receipt:
    """An array of messages, each with an id, and at TxtSync perhaps with an error code, costs and a contact.

    Source: TxtSync connector, `SendSMS`.
    """
    failed = [m for m in messages if isinstance(m, Mapping) and m.get("ErrorCode") not in (None, "", 0, "0")]
    note = _told(messages[0]) if len(messages) == 1 else ""
    state = StepState.SUCCEEDED
    if failed:
        codes = sorted({str(m.get("ErrorCode"))[:20] for m in failed})
        note = f"{len(failed)} of {len(messages)} refused by the vendor (code {', '.join(codes)})"
        state = StepState.FAILED if len(failed) == len(messages) else StepState.PARTIAL
    return Receipt(state=state, ids=_ids(messages), note=note)


def _told(message: JsonValue) -> str:
    """What TxtSync tells of the one message that it took, the number and the text left out."""
    if not isinstance(message, Mapping):
        return ""
    found = [
        f"{label} {value}"
        for member, label in _TOLD.items()
        if _PLAIN.fullmatch(value := str(message.get(member, ""))) and value not in {"None", "0"}
    ]
    currency = str(message.get("CurrencyCode"))
    if _CURRENCY.fullmatch(currency):
        found = [f"{each} {currency}" if each.startswith("cost ") else each for each in found]
    return f"TxtSync says: {', '.join(found)}" if found else ""


def _refused(data: Mapping[str, JsonValue]) -> Receipt:
    """An error that came with a success code; its words may hold a contact's data, its codes do not."""
    errors = data.get("errors")
    each = errors if isinstance(errors, Sequence) and not isinstance(errors, str) else ()
    found = {
        str(error.get("code"))[:40] for error in each if isinstance(error, Mapping) and error.get("code")
    }
    codes = sorted(code for code in found if _CODE.fullmatch(code))
    note = "refused by the vendor" + (f" (code {', '.join(codes)})" if codes else "")
    return Receipt(state=StepState.FAILED, note=note)


def _ids(items: Sequence[JsonValue], *first: str) -> tuple[str, ...]:
    """What things are called, by the members `first` and then by those that are common."""
    names = (*first, *_ID_MEMBERS)
    found: list[str] = []
    for item in items:
        if isinstance(item, Mapping):
            value = next((item[member] for member in names if item.get(member) is not None), None)
            if isinstance(value, str | int):
                found.append(str(value))
    return tuple(found)
