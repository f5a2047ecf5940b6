"""The requests that undo a request, as pure functions of what it was and what the vendor said it did.

None of them reaches a contact whom the request that they undo did not name or the vendor did not list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.guard.receipts import CONTACT_ID, NUMBER
from egoi_mcp.models.vendor_json import mapping, objects, text, texts

Look = Literal["queue", "paused", "suppressions", "scheduled messages", "contacts", "draft", "new list"]
"""What has to be looked up at the vendor before a reversal can be made; see `undo_looks`."""
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
_FIELD = re.compile(r"(?:extra_)?([1-9][0-9]{0,14})")
"""What the vendor calls an extra field: its number in addresses, with a word before it in replies."""
_HANDLE = re.compile(r"[A-Za-z0-9_-]{1,100}")
"""What the vendor calls a campaign or a message."""
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step that took effect: what was asked, and what the vendor called what it made or changed.

    `exact` says that the vendor listed one by one what it changed, so that `ids` are all of it. `at` is
    when the request left, in seconds since the epoch.
    """

    request: Request
    ids: tuple[str, ...] = ()
    exact: bool = False
    at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """What undoes a step: its requests, what they do in words, how many contacts they change."""

    requests: tuple[Request, ...]
    does: str
    contacts: int = 0
    warnings: tuple[str, ...] = ()


Reverse: TypeAlias = Callable[[Done], Reversal | None]


# -- the queue -----------------------------------------------------------------------------------


def cancel_queued(done: Done) -> Reversal | None:
    """Cancel what a send put into the queue; `ids` are the queue's numbers for it.

    Source: E-goi v3, `actionCancelOperation`.
    """
    left = () if "schedule_date" in mapping(done.request.body) else ("messages that left already stay sent",)
    return _queue("actionCancelOperation", "cancels the send for good", done.ids, warnings=left)


def pause(done: Done) -> Reversal | None:
    """Pause what a request let go on.

    Source: E-goi v3, `actionPauseOperation`.
    """
    return _queue("actionPauseOperation", "pauses it again in E-goi's queue", _numbers(done, "operations"))


def resume(done: Done) -> Reversal | None:
    """Let go on what a request paused.

    Source: E-goi v3, `actionResumeOperation`.
    """
    return _queue(
        "actionResumeOperation",
        "lets it go on in E-goi's queue; past its time it goes out at once",
        _numbers(done, "operations"),
    )


def _queue(
    name: str, does: str, numbers: Sequence[str], *, warnings: tuple[str, ...] = ()
) -> Reversal | None:
    if not numbers:
        return None
    body: JsonValue = {"operations": [int(each) for each in numbers]}
    request = Request(operation=operation("egoi", name), body=body)
    return Reversal(requests=(request,), does=f"{does} ({', '.join(numbers)})", warnings=warnings)


def _numbers(done: Done, member: str) -> tuple[str, ...]:
    """The numbers that the vendor listed, as far as the request named them."""
    asked = texts(mapping(done.request.body), member)
    return tuple(each for each in done.ids if NUMBER.fullmatch(each) and each in asked)


# -- contacts ------------------------------------------------------------------------------------


def detach_again(done: Done) -> Reversal | None:
    """Take a tag off those who got it, or off all whom the request named where it is not told who did.

    Source: E-goi v3, `actionDetachTag`.
    """
    return _tag(done, "actionDetachTag", "takes the tag {tag} off", "whoever had the tag before loses it too")


def attach_again(done: Done) -> Reversal | None:
    """Give a tag back to those who lost it, or to all whom the request named where it is not told who did.

    Source: E-goi v3, `actionAttachTag`.
    """
    return _tag(
        done,
        "actionAttachTag",
        "attaches the tag {tag} to",
        "whoever did not have the tag before gets it too",
    )


def _tag(done: Done, name: str, does: str, unsure: str) -> Reversal | None:
    tag = mapping(done.request.body).get("tag_id")
    changed = _changed(done)
    if not changed or not isinstance(tag, int):
        return None
    request = _of_list(done, name, {"tag_id": tag, "contacts": list(changed)})
    said = f"{does.format(tag=tag)} {_contacts(changed)} of list {done.request.path.get('list_id')}"
    warnings = () if done.exact else (f"E-goi did not say for whom it changed anything: {unsure}",)
    return Reversal(requests=(request,), does=said, contacts=len(changed), warnings=warnings)


def _changed(done: Done) -> tuple[str, ...]:
    """The contacts whose tags a request changed.

    Those that the vendor listed, without any that the request did not name where it names them by id; all
    that it named by id where the vendor listed none.
    """
    body = mapping(done.request.body)
    by_id = "segment_id" not in body and "field_id" not in body
    named = _ids(body.get("contacts")) if by_id else ()
    if not done.exact:
        return named
    asked = {each.casefold() for each in named}
    return tuple(each for each in done.ids if not by_id or each.casefold() in asked)


def activate(done: Done) -> Reversal | None:
    """Activate the contacts that a request deactivated by name.

    Source: E-goi v3, `actionActivateContacts`.
    """
    return _status(
        done, "actionActivateContacts", "activates", "whoever was inactive before becomes active too"
    )


def deactivate(done: Done) -> Reversal | None:
    """Deactivate the contacts that a request activated by name.

    Source: E-goi v3, `actionDeactivateContacts`.
    """
    return _status(
        done, "actionDeactivateContacts", "deactivates", "whoever was active before becomes inactive too"
    )


def _status(done: Done, name: str, does: str, unsure: str) -> Reversal | None:
    body = mapping(done.request.body)
    contacts = _ids(body.get("contacts")) if body.get("type") == "contacts" else ()
    if not contacts:
        return None
    request = _of_list(done, name, {"type": "contacts", "contacts": list(contacts)})
    said = f"{does} {_contacts(contacts)} of list {done.request.path.get('list_id')}"
    return Reversal(
        requests=(request,),
        does=said,
        contacts=len(contacts),
        warnings=(f"E-goi did not say for whom it changed anything: {unsure}",),
    )


def resubscribe(done: Done) -> Reversal | None:
    """Make those active again whom a request unsubscribed; never anybody whom the vendor did not list.

    Source: E-goi v3, `patchContact`.
    """
    data = [text(each, "contact_id") or "" for each in objects(done.request.body, "data")]
    asked = {each.casefold() for each in data}
    contacts = [each for each in done.ids if CONTACT_ID.fullmatch(each) and each.casefold() in asked]
    if not contacts:
        return None
    patch = operation("egoi", "patchContact")
    list_id = done.request.path["list_id"]
    return Reversal(
        requests=tuple(
            Request(
                operation=patch,
                path={"list_id": list_id, "contact_id": each},
                body={"base": {"status": "active"}},
            )
            for each in contacts
        ),
        does=f"resubscribes {_contacts(contacts)} of list {list_id} as active",
        contacts=len(contacts),
        warnings=("whoever was not active before becomes active",),
    )


def unsubscribe(done: Done) -> Reversal | None:
    """Unsubscribe the contact that a request created.

    Source: E-goi v3, `actionUnsubscribeContact`.
    """
    contacts = _ids(done.ids)
    if len(contacts) != 1:
        return None
    entry: JsonValue = {
        "contact_id": contacts[0],
        "unsubscription_method": "api",
        "unsubscription_reason": "other",
        "unsubscription_observation": "created by mistake",
    }
    return Reversal(
        requests=(_of_list(done, "actionUnsubscribeContact", {"data": [entry]}),),
        does=f"unsubscribes contact {contacts[0]} of list {done.request.path.get('list_id')}",
        contacts=1,
        warnings=("the contact stays in the list, unsubscribed",),
    )


def delete_txtsync_contact(done: Done) -> Reversal | None:
    """Delete the contact that a request created at TxtSync.

    Source: TxtSync connector, `DeleteContact`.
    """
    if len(done.ids) != 1 or not NUMBER.fullmatch(done.ids[0]):
        return None
    request = Request(operation=operation("txtsync", "DeleteContact"), path={"id": done.ids[0]})
    return Reversal(
        requests=(request,),
        does=f"deletes contact {done.ids[0]} at TxtSync, with what was written into it since",
        contacts=1,
        warnings=("should TxtSync have answered with a contact that it had before, that one is deleted",),
    )


# -- what was made -------------------------------------------------------------------------------


def delete_tag(done: Done) -> Reversal | None:
    """Delete the tag that a request created.

    Source: E-goi v3, `deleteTag`.
    """
    return _delete(done, "deleteTag", "tag_id", "tag", "it comes off whoever has got it since")


def delete_webhook(done: Done) -> Reversal | None:
    """Remove the webhook that a request created.

    Source: E-goi v3, `deleteWebhook`.
    """
    return _delete(done, "deleteWebhook", "webhook_id", "webhook", "data that left cannot be called back")


def delete_list(done: Done) -> Reversal | None:
    """Delete the list that a request created, which `new list` has found to be empty still.

    Source: E-goi v3, `deleteList`.
    """
    return _delete(done, "deleteList", "list_id", "list", "its fields and segments go with it")


def delete_extra_field(done: Done) -> Reversal | None:
    """Delete the extra field that a request created.

    Source: E-goi v3, `deleteExtraField`.
    """
    field = _FIELD.fullmatch(done.ids[0]) if len(done.ids) == 1 else None
    if field is None or "list_id" not in done.request.path:
        return None
    path: dict[str, str | int] = {"list_id": done.request.path["list_id"], "field_id": int(field[1])}
    return Reversal(
        requests=(Request(operation=operation("egoi", "deleteExtraField"), path=path),),
        does=f"deletes the extra field {field[1]} of list {path['list_id']}",
        warnings=("what has been written into it since is lost, for every contact",),
    )


def delete_field_option(done: Done) -> Reversal | None:
    """Delete the option of a field that a request created.

    Source: E-goi v3, `deleteFieldOption`.
    """
    of_field = {
        name: done.request.path[name] for name in ("list_id", "field_id") if name in done.request.path
    }
    if len(of_field) < 2:
        return None
    return _delete(
        done, "deleteFieldOption", "option_id", "option", "whoever has chosen it since loses it", of_field
    )


def _delete(
    done: Done,
    name: str,
    parameter: str,
    what: str,
    warning: str,
    within: Mapping[str, str | int] | None = None,
) -> Reversal | None:
    if len(done.ids) != 1 or not NUMBER.fullmatch(done.ids[0]):
        return None
    path = {**(within or {}), parameter: int(done.ids[0])}
    request = Request(operation=operation("egoi", name), path=path)
    return Reversal(requests=(request,), does=f"deletes the {what} {done.ids[0]}", warnings=(warning,))


def delete_campaign(done: Done) -> Reversal | None:
    """Delete the campaign that a request created, which `draft` has found to be one still.

    Source: E-goi v3, `deleteCampaigns`.
    """
    if len(done.ids) != 1 or not _HANDLE.fullmatch(done.ids[0]):
        return None
    request = Request(operation=operation("egoi", "deleteCampaigns"), path={"campaign_hash": done.ids[0]})
    return Reversal(requests=(request,), does=f"deletes the draft {done.ids[0]}")


def unsuppress(done: Done) -> Reversal | None:
    """Remove the entries of the suppression list that `suppressions` has found to be the request's own.

    Source: E-goi v3, `deleteSuppressionList`.
    """
    if not done.ids or not all(_NUMBER.fullmatch(each) for each in done.ids):
        return None
    delete = operation("egoi", "deleteSuppressionList")
    return Reversal(
        requests=tuple(Request(operation=delete, path={"suppression_id": int(each)}) for each in done.ids),
        does=f"removes {len(done.ids)} of the entries from the suppression list",
        contacts=len(done.ids),
        warnings=("what was not sent to them meanwhile stays unsent",),
    )


def cancel_messages(done: Done) -> Reversal | None:
    """Cancel the messages that E-goi has not sent yet.

    Source: E-goi transactional v2, `cancelScheduledMessage`.
    """
    if not done.ids or not all(_HANDLE.fullmatch(each) for each in done.ids):
        return None
    cancel = operation("transactional", "cancelScheduledMessage")
    return Reversal(
        requests=tuple(Request(operation=cancel, path={"id": each}) for each in done.ids),
        does=f"cancels {len(done.ids)} messages that E-goi has not sent yet",
        warnings=("messages that left already stay sent",),
    )


def _of_list(done: Done, name: str, body: Mapping[str, JsonValue]) -> Request:
    path = {"list_id": done.request.path["list_id"]}
    return Request(operation=operation("egoi", name), path=path, body=body)


def _ids(value: object) -> tuple[str, ...]:
    """The ids of contacts in a list; nothing where one of its members is none."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    given = cast("Sequence[object]", value)
    ids = [each for each in given if isinstance(each, str) and CONTACT_ID.fullmatch(each)]
    return tuple(ids) if len(ids) == len(given) else ()


def _contacts(ids: Sequence[str]) -> str:
    """`2 contacts (0000000001, 0000000002)`."""
    shown = ", ".join(ids[:_MOST_SHOWN]) + (
        f" and {len(ids) - _MOST_SHOWN} more" if len(ids) > _MOST_SHOWN else ""
    )
    return f"{len(ids)} contact{'' if len(ids) == 1 else 's'} ({shown})"
