"""A list's fields and the options of those that hold a list of values: made, changed and deleted."""

from __future__ import annotations

from typing import Literal

from egoi_mcp.sandbox.call import Call
from egoi_mcp.sandbox.egoi.state import ContactList, Field, FieldFormat
from egoi_mcp.sandbox.validation import Body, Filled
from egoi_mcp.sandbox.wire import JsonObject, JsonValue, Reply, conflict, invalid, not_found

_FORMAT_OF_OPTIONS = "options"


class NewField(Body):
    """Body of createExtraField."""

    name: Filled
    format: FieldFormat
    unique: bool = False


class ChangedField(Body):
    """Body of patchExtraField."""

    name: Filled | None = None
    unique: bool | None = None


class ChangedBaseField(Body):
    """Body of patchBaseField."""

    unique: bool


class Labels(Body):
    """Body of createFieldOption and updateFieldOption: what an option is called in each language."""

    en: Filled | None = None
    pt: Filled | None = None
    br: Filled | None = None
    es: Filled | None = None
    de: Filled | None = None
    hu: Filled | None = None
    fr: Filled | None = None


def shown(field: Field) -> JsonObject:
    """A field as the vendor shows it."""
    members: dict[str, JsonValue] = {
        "field_id": field.field_id,
        "name": field.name,
        "format": field.format,
        "unique": field.unique,
        "type": field.type,
    }
    return members | {"options": field.options} if field.options else members


def create(call: Call) -> Reply:
    """POST /lists/{list_id}/fields/extra."""
    account = call.world.egoi
    item = account.contact_list(call.path_id("list_id"))
    body = call.body(NewField)
    number = max((_number(field) for field in item.fields), default=0) + 1
    field = Field(
        field_id=f"extra_{number}", name=body.name, format=body.format, type="extra", unique=body.unique
    )
    item.fields.append(field)
    call.changed("field_created", field.field_id)
    return Reply(201, shown(field))


def _number(field: Field) -> int:
    return int(field.field_id.removeprefix("extra_")) if field.type == "extra" else 0


def change(call: Call) -> Reply:
    """PATCH /lists/{list_id}/fields/extra/{field_id}."""
    field = _extra(call)
    body = call.body(ChangedField)
    if not body.model_fields_set:
        raise invalid("body", "nothing to change")
    field.name = body.name or field.name
    field.unique = field.unique if body.unique is None else body.unique
    call.changed("field_updated", field.field_id)
    return Reply(200, shown(field))


def change_base(call: Call) -> Reply:
    """PATCH /lists/{list_id}/fields/base/{field_id}."""
    item = call.world.egoi.contact_list(call.path_id("list_id"))
    field = _of_type(item, "base", call.path["field_id"])
    field.unique = call.body(ChangedBaseField).unique
    call.changed("field_updated", field.field_id)
    return Reply(200, shown(field))


def delete(call: Call) -> Reply:
    """DELETE /lists/{list_id}/fields/extra/{field_id}: not one that a segment uses; its values go too."""
    item = call.world.egoi.contact_list(call.path_id("list_id"))
    field = _extra(call)
    segments = item.segments.values()
    if any(rule.segment_field == field.field_id for segment in segments for rule in segment.rules):
        raise conflict("A segment uses the field.", field_in_use=field.field_id)
    item.fields.remove(field)
    for contact in item.contacts.values():
        contact.extra = [each for each in contact.extra if f"extra_{each['field_id']}" != field.field_id]
    call.changed("field_deleted", field.field_id)
    return Reply(204)


def list_options(call: Call) -> Reply:
    """GET /lists/{list_id}/fields/extra/{field_id}/options."""
    return Reply(200, {"items": _with_options(call).options})


def create_option(call: Call) -> Reply:
    """POST /lists/{list_id}/fields/extra/{field_id}/options."""
    field = _with_options(call)
    labels = _labels(call)
    held = [int(str(option["option_id"])) for option in field.options]
    option: dict[str, JsonValue] = {"option_id": max(held, default=0) + 1, **labels}
    field.options.append(option)
    call.changed("option_created", str(option["option_id"]))
    return Reply(201, option)


def change_option(call: Call) -> Reply:
    """PATCH /lists/{list_id}/fields/extra/{field_id}/options/{option_id}."""
    option = _option(call, _with_options(call))
    option |= _labels(call)
    call.changed("option_updated", str(option["option_id"]))
    return Reply(200, option)


def delete_option(call: Call) -> Reply:
    """DELETE /lists/{list_id}/fields/extra/{field_id}/options/{option_id}."""
    field = _with_options(call)
    option = _option(call, field)
    field.options.remove(option)
    call.changed("option_deleted", str(option["option_id"]))
    return Reply(204)


def _extra(call: Call) -> Field:
    item = call.world.egoi.contact_list(call.path_id("list_id"))
    return _of_type(item, "extra", f"extra_{call.path_id('field_id')}")


def _of_type(item: ContactList, kind: Literal["base", "extra"], field_id: str) -> Field:
    found = next((each for each in item.fields if each.type == kind and each.field_id == field_id), None)
    if found is None:
        raise not_found("field")
    return found


def _with_options(call: Call) -> Field:
    field = _extra(call)
    if field.format != _FORMAT_OF_OPTIONS:
        raise not_found("options")
    return field


def _option(call: Call, field: Field) -> dict[str, JsonValue]:
    number = call.path_id("option_id")
    found = next((each for each in field.options if each["option_id"] == number), None)
    if found is None:
        raise not_found("option")
    return found


def _labels(call: Call) -> dict[str, JsonValue]:
    labels = call.body(Labels).model_dump(exclude_none=True)
    if not labels:
        raise invalid("body", "name it in a language")
    return labels
