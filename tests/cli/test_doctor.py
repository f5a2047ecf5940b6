"""`egoi-mcp doctor`: what it finds, and that it tells no secret."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

import pytest

from egoi_mcp.cli.variables import VARIABLES, changed
from egoi_mcp.guard.pins import Pins
from egoi_mcp.settings import PolicySettings, Settings
from tests.cli.processes import environment, run

SECRET = "made-up-key-0123456789"


def test_a_healthy_sandbox_is_found_well(tmp_path: Path) -> None:
    ended = run("doctor", env=environment(tmp_path, EGOI_MCP_SANDBOX="1", EGOI_MCP_PII="masked"))
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.endswith("All is well.\n")
    assert "ok  settings: EGOI_MCP_SANDBOX, EGOI_MCP_PII set" in ended.stdout
    for name in ("E-goi", "TxtSync", "Intercom"):
        assert f"ok  {name} at the built-in stand-in: account " in ended.stdout
    assert f"ok  state directory {tmp_path / 'sandbox'}: writable" in ended.stdout


def test_an_account_that_cannot_be_reached_is_wrong_and_its_key_stays_secret(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    ended = run(
        "doctor",
        env=environment(
            tmp_path, EGOI_API_KEY=SECRET, EGOI_BASE_URL=address, EGOI_TRANSACTIONAL_BASE_URL=address
        ),
    )
    assert ended.returncode == 1
    assert f"!!  E-goi at {address}" in ended.stdout
    assert "--  TxtSync: no credentials (TXTSYNC_CLIENT_KEY, TXTSYNC_CLIENT_SECRET)" in ended.stdout
    assert SECRET not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_no_account_at_all_is_wrong(tmp_path: Path) -> None:
    ended = run("doctor", env=environment(tmp_path))
    assert ended.returncode == 1
    assert "!!  accounts: no vendor has credentials." in ended.stdout


def test_a_wrong_setting_is_found_and_its_value_not_repeated(tmp_path: Path) -> None:
    ended = run("doctor", env=environment(tmp_path, EGOI_API_KEY=f"{SECRET} {SECRET}"))
    assert ended.returncode == 1
    assert "!!  settings: EGOI_API_KEY holds a character that no key has" in ended.stdout
    assert SECRET not in ended.stdout + ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="modes of this kind are POSIX")
def test_a_state_directory_that_others_may_read_is_made_private(tmp_path: Path) -> None:
    state_dir = tmp_path / "sandbox"
    state_dir.mkdir()
    state_dir.chmod(0o755)
    ended = run("doctor", env=environment(tmp_path, EGOI_MCP_SANDBOX="1"))
    assert ended.returncode == 0, ended.stdout
    assert "now they cannot" in ended.stderr
    assert f"ok  state directory {state_dir}: writable, no actions yet, private" in ended.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="modes of this kind are POSIX")
def test_a_file_in_the_state_directory_that_others_may_read_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir(mode=0o700)
    copy = tmp_path / "sandbox" / "copy of actions.sqlite3"
    copy.touch()
    copy.chmod(0o644)
    ended = run("doctor", env=environment(tmp_path, EGOI_MCP_SANDBOX="1"))
    assert ended.returncode == 1
    assert f"other users may use {copy.name}. Run: chmod -R go= '{tmp_path / 'sandbox'}'" in ended.stdout


def test_approver_pins_are_counted_and_a_damaged_file_of_them_is_wrong(tmp_path: Path) -> None:
    env = environment(tmp_path, EGOI_MCP_SANDBOX="1")
    assert "--  approver PINs: none set" in run("doctor", env=env).stdout
    Pins(tmp_path / "sandbox", now=time.time).set("owner", "482915")
    well = run("doctor", env=env)
    assert (
        well.returncode,
        "ok  approver PINs: approving at a terminal or on the page takes one of 1" in well.stdout,
    ) == (
        0,
        True,
    )
    (tmp_path / "sandbox" / "pins.json").write_bytes(b"")
    ended = run("doctor", env=env)
    assert ended.returncode == 1
    assert "!!  approver PINs: " in ended.stdout
    assert "pins.json is damaged" in ended.stdout


def test_a_policys_file_is_named_while_it_is_in_force_and_told_when_it_is_wrong(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.touch(mode=0o600)
    env = environment(tmp_path, EGOI_MCP_SANDBOX="1", EGOI_MCP_POLICY_FILE=str(policy))
    assert f"ok  policy: {policy} is in force" in run("doctor", env=env).stdout
    policy.write_text("read_onyl = true", encoding="utf-8")
    ended = run("doctor", env=env)
    assert ended.returncode == 1
    assert f"!!  settings: {policy}: read_onyl is no key of the policy; read_only is." in ended.stdout


def test_a_state_directory_that_cannot_be_used_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run("doctor", env=environment(tmp_path / "file", EGOI_MCP_SANDBOX="1"))
    assert ended.returncode == 1
    assert "The state directory cannot be used" in ended.stdout


def test_settings_that_differ_from_the_defaults_are_named(tmp_path: Path) -> None:
    assert changed(Settings(state_dir=tmp_path)) == []
    settings = Settings(
        state_dir=tmp_path, policy=PolicySettings(read_only=True), account_timezone="Europe/Lisbon"
    )
    assert changed(settings) == ["EGOI_MCP_READ_ONLY", "EGOI_ACCOUNT_TIMEZONE"]


def test_each_variable_is_described_once() -> None:
    names = [variable.name for variable in VARIABLES]
    assert len(set(names)) == len(names)
