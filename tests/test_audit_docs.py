"""docs/audit.md describes the JSON as it is, and docs/data-protection.md names the settings as they are."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest
from pydantic import TypeAdapter

from egoi_mcp.cli.variables import VARIABLES
from egoi_mcp.guard.action import Channel, State, StepState
from egoi_mcp.guard.witnesses import Kind
from egoi_mcp.models.audit import (
    ActionRecord,
    ActionSummary,
    DamagedRow,
    DecisionShape,
    RequestShape,
    Shape,
    TermsShape,
    WitnessShape,
)
from egoi_mcp.models.preview import Preview
from scripts.docs import ROOT

AUDIT = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
PROTECTION = (ROOT / "docs" / "data-protection.md").read_text(encoding="utf-8")
LISTED: TypeAdapter[list[ActionSummary | DamagedRow]] = TypeAdapter(list[ActionSummary | DamagedRow])
_OWN = ActionRecord.model_fields.keys() - ActionSummary.model_fields.keys()


def members_after(text: str) -> list[str]:
    """The first column of the first table after a text."""
    rows = AUDIT.split(text, 1)[1].split("| --- | --- |\n", 1)[1].split("\n\n", 1)[0].splitlines()
    return [row.split("`")[1] for row in rows]


def cell(table: str, member: str) -> str:
    """What a table says of a member."""
    found = re.search(rf"^\| `{member}` \| (.*) \|$", AUDIT.split(table, 1)[1], re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("### An action in a list", ActionSummary),
        ("| member of `preview` | is |", Preview),
        ("| member of `terms` | is |", TermsShape),
        ("| member of `witnesses` | is |", WitnessShape),
        ("| member of `decisions` | is |", DecisionShape),
        ("| member of `requests` | is |", RequestShape),
    ],
)
def test_every_member_is_described_in_its_order_and_no_other(text: str, shape: type[Shape]) -> None:
    head = text.removesuffix("| is |")
    assert members_after(head) == list(shape.model_fields)


def test_every_member_that_only_a_shown_action_has_is_described() -> None:
    described = members_after("### An action by itself")
    assert described == [name for name in ActionRecord.model_fields if name in _OWN]


@pytest.mark.parametrize(
    ("table", "member", "words"),
    [
        ("### An action in a list", "state", [each.value for each in State]),
        ("### An action in a list", "risk", ["write", "consent", "disclose", "send", "destroy"]),
        ("### An action in a list", "channel", [each.value for each in Channel]),
        ("| member of `witnesses`", "kind", list(get_args(Kind))),
        ("| member of `requests`", "state", [each.value for each in StepState]),
    ],
)
def test_every_word_that_a_member_can_be_is_named(table: str, member: str, words: list[str]) -> None:
    assert re.findall(r"`([a-z ]+)`", cell(table, member)) == words


def test_the_examples_have_the_shape() -> None:
    listed, shown, _ = re.findall(r"```json\n(.*?)```", AUDIT, re.DOTALL)
    (summary,) = LISTED.validate_json(listed)
    record = ActionRecord.model_validate_json(shown)
    assert isinstance(summary, ActionSummary)
    assert summary.id == record.id
    assert json.loads(shown) == record.model_dump(mode="json")


@pytest.mark.parametrize("name", ["EGOI_MCP_BODIES_DAYS", "EGOI_MCP_LEDGER_DAYS"])
def test_the_days_are_the_defaults(name: str) -> None:
    (default,) = [each.default for each in VARIABLES if each.name == name]
    assert f"`{name}` ({default})" in PROTECTION


def test_the_examples_show_nobody() -> None:
    digits = re.sub(r"[^0-9]", "", re.sub(r"\d{4}-\d{2}-\d{2}[T ][\d:]{8}", "", AUDIT))
    assert "90000000" not in digits
    assert not re.search(r"[a-z]@[a-z]", AUDIT)


def test_every_setting_that_the_documents_name_exists() -> None:
    names = {each.name for each in VARIABLES}
    assert set(re.findall(r"EGOI_MCP_[A-Z_]+[A-Z]", AUDIT + PROTECTION)) <= names


@pytest.mark.parametrize("document", ["audit.md", "data-protection.md"])
def test_the_files_that_the_documents_link_to_exist(document: str) -> None:
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
