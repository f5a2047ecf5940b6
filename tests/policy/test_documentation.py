"""docs/policy.md: its example is a policy that can be started under, and names every key and variable."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from egoi_mcp.policy.checks import check
from egoi_mcp.policy.keys import keys, of_table
from egoi_mcp.policy.settings import PolicyOverride, StandingRule

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_names_every_key_and_can_be_started_under() -> None:
    policy = of_table(tomllib.loads(EXAMPLE[0], parse_float=Decimal))

    check(policy, connections={"egoi", "txtsync"})
    assert policy.model_fields_set == set(keys())
    assert policy.connections["txtsync"].model_fields_set == set(PolicyOverride.model_fields)
    assert policy.standing[0].model_fields_set == set(StandingRule.model_fields)


@pytest.mark.parametrize(
    "line", [line for line in EXAMPLE[0].splitlines() if re.fullmatch(r"[a-z_]+ = .+", line)]
)
def test_each_line_of_the_example_is_read_by_itself(line: str) -> None:
    key = line.partition(" ")[0]
    if key in keys():
        assert of_table(tomllib.loads(line, parse_float=Decimal)).model_fields_set == {key}
