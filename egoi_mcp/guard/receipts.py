"""What a vendor's reply says was done, reduced to ids and counts: nothing personal is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.guard.action import StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How a step ended by the vendor's own words.

    `ids` are what the vendor calls the things it made or took: messages, a contact, a campaign.
    `status` is that of its reply, where one came.
    """

    state: StepState
    ids: tuple[str, ...] = ()
    note: str = ""
    status: int | None = None


_ID_MEMBERS = ("messageId", "campaign_hash", "contact_id", "SMSID", "ContactID", "id")


def receipt_of(operation: str, data: JsonValue) -> Receipt:
    """Read a readable 2xx reply; a shape that nobody documented counts as done, without ids."""
    if operation in {"actionAttachTag", "actionDetachTag"} and isinstance(data, Mapping):
        return _tag_receipt(data)
    if operation in {"sendSmsMessages", "sendSmsMessagesSingle", "SendSMS", "SendBulkSMS"}:
        return _messages_receipt(data if isinstance(data, Sequence) and not isinstance(data, str) else [data])
    return Receipt(state=StepState.SUCCEEDED, ids=_ids([data]))


def _tag_receipt(data: Mapping[str, JsonValue]) -> Receipt:
    """The connector's form lists what was done; the bare form only says that it was accepted."""
    done, refused = data.get("success"), data.get("error")
    if not isinstance(done, Sequence) or isinstance(done, str):
        return Receipt(state=StepState.SUCCEEDED, note="accepted; the vendor gave no result per contact")
    invalid, had = (_length(refused, member) for member in ("invalid_contact", "has_tag_id"))
    note = f"{len(done)} done"
    if had:
        note += f", {had} had it already"
    if invalid:
        note += f", {invalid} unknown to the vendor"
    state = StepState.SUCCEEDED
    if invalid:
        state = StepState.PARTIAL if done or had else StepState.FAILED
    return Receipt(state=state, note=note)


def _length(value: JsonValue, member: str) -> int:
    found = value.get(member) if isinstance(value, Mapping) else None
    return len(found) if isinstance(found, Sequence) and not isinstance(found, str) else 0


def _messages_receipt(messages: Sequence[JsonValue]) -> Receipt:
    """An array of messages, each with an id, and at TxtSync perhaps with an error code."""
    failed = [m for m in messages if isinstance(m, Mapping) and m.get("ErrorCode") not in (None, "", 0, "0")]
    note = ""
    state = StepState.SUCCEEDED
    if failed:
        codes = sorted({str(m.get("ErrorCode"))[:20] for m in failed})
        note = f"{len(failed)} of {len(messages)} refused by the vendor (code {', '.join(codes)})"
        state = StepState.FAILED if len(failed) == len(messages) else StepState.PARTIAL
    return Receipt(state=state, ids=_ids(messages), note=note)


def _ids(items: Sequence[JsonValue]) -> tuple[str, ...]:
    found: list[str] = []
    for item in items:
        if isinstance(item, Mapping):
            value = next((item[member] for member in _ID_MEMBERS if item.get(member) is not None), None)
            if isinstance(value, str | int):
                found.append(str(value))
    return tuple(found)
