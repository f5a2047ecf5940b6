"""The policy's file: where it is looked for, whose it may be, and what is told of a wrong one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from egoi_mcp.errors import SettingsError
from egoi_mcp.policy.file import policy_files, read_policy
from egoi_mcp.settings import Settings, from_environ

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")


def written(path: Path, text: str = "read_only = true\n", mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def settings(**environ: str) -> Settings:
    return from_environ({"EGOI_MCP_STATE_DIR": "/state", **environ})


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The system's and the user's configuration folder, as this machine names them."""
    system, user = tmp_path / "system" / "egoi-mcp", tmp_path / "user" / "egoi-mcp"

    def system_dir(name: str) -> str:
        assert name == "egoi-mcp"
        return str(system)

    def user_dir(name: str) -> str:
        assert name == "egoi-mcp"
        return str(user)

    monkeypatch.setattr("platformdirs.site_config_dir", system_dir)
    monkeypatch.setattr("platformdirs.user_config_dir", user_dir)
    return system, user


# -- which files -----------------------------------------------------------------------------------


def test_the_systems_the_users_and_the_named_file_are_all_read(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    system = written(folders[0] / "policy.toml", "max_sends_per_day = 10")
    user = written(folders[1] / "policy.toml", "max_sends_per_day = 20\ndenied_lists = [1]")
    named = written(tmp_path / "own.toml", "max_sends_per_day = 30\ndenied_lists = [2]")

    read = settings(EGOI_MCP_POLICY_FILE=str(named), EGOI_MCP_POLICY_MAX_SENDS_PER_DAY="40")

    assert read.policy_files == (system, user, named)
    assert read.policy.max_sends_per_day == 10
    assert read.policy.denied_lists == {1, 2}


@pytest.mark.parametrize(("in_file", "in_environment"), [("10", "40"), ("40", "10")])
def test_the_environment_is_a_source_like_any_other(
    folders: tuple[Path, Path], in_file: str, in_environment: str
) -> None:
    written(folders[1] / "policy.toml", f"write_threshold = {in_file}")

    assert settings(EGOI_MCP_POLICY_WRITE_THRESHOLD=in_environment).policy.write_threshold == 10


def test_without_a_file_there_is_none_and_the_defaults_hold(folders: tuple[Path, Path]) -> None:
    read = settings()

    assert read.policy_files == ()
    assert read.policy.model_fields_set == set()


def test_a_silent_file_has_no_say(folders: tuple[Path, Path]) -> None:
    written(folders[1] / "policy.toml", "")

    assert settings(EGOI_MCP_POLICY_WRITE_THRESHOLD="1000").policy.write_threshold == 1000


def test_before_the_sandbox_only_the_named_file_is_read(folders: tuple[Path, Path], tmp_path: Path) -> None:
    written(folders[1] / "policy.toml")
    named = written(tmp_path / "own.toml", "denied_lists = [2]")

    read = settings(EGOI_MCP_SANDBOX="1", EGOI_MCP_POLICY_FILE=str(named))

    assert (read.policy_files, read.policy.read_only) == ((named,), False)
    assert settings(EGOI_MCP_SANDBOX="1").policy_files == ()


def test_nothing_is_read_from_the_working_folder(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "policy.toml")
    written(tmp_path / ".env", "EGOI_MCP_READ_ONLY=1")
    written(tmp_path / "egoi-mcp" / "policy.toml")
    monkeypatch.chdir(tmp_path)

    assert not settings().policy.read_only
    assert policy_files(None, folders=(Path(), Path("egoi-mcp"))) == ()


@pytest.mark.parametrize("name", ["policy.toml", "./policy.toml", "../policy.toml"])
def test_a_file_is_named_by_an_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    written(tmp_path / "policy.toml")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SettingsError, match="EGOI_MCP_POLICY_FILE takes an absolute path"):
        settings(EGOI_MCP_POLICY_FILE=name)


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.toml: cannot be read .* Nothing was started\."):
        settings(EGOI_MCP_POLICY_FILE=str(tmp_path / "gone.toml"))


@posix
def test_a_link_is_followed_and_the_file_itself_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    kept = written(tmp_path / "kept" / "rules.toml")
    folders[1].mkdir(parents=True)
    (folders[1] / "policy.toml").symlink_to(kept)

    read = settings()

    assert read.policy_files == (kept,)
    assert read.policy.read_only


@posix
def test_a_link_that_leads_nowhere_stops_the_start(folders: tuple[Path, Path], tmp_path: Path) -> None:
    folders[1].mkdir(parents=True)
    (folders[1] / "policy.toml").symlink_to(tmp_path / "gone")

    with pytest.raises(SettingsError, match="cannot be read"):
        settings()


# -- whose file it may be -----------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o400, 0o755])
def test_a_file_that_only_its_owner_writes_is_read(tmp_path: Path, mode: int) -> None:
    assert read_policy(written(tmp_path / "policy.toml", mode=mode)).read_only


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666, 0o777])
def test_a_file_that_others_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "policy.toml", mode=mode)

    with pytest.raises(SettingsError, match="may be written by others"):
        read_policy(path)


@posix
@pytest.mark.parametrize(("owner", "taken"), [(0, True), ("self", True), (12345, False)])
def test_a_file_belongs_to_this_user_or_to_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: int | str, taken: bool
) -> None:
    path = written(tmp_path / "policy.toml")
    real = os.fstat

    def as_owned(handle: int) -> os.stat_result:
        status = list(real(handle))
        status[4] = 4711 if owner == "self" else int(owner)
        return os.stat_result(status)

    monkeypatch.setattr("os.fstat", as_owned)
    monkeypatch.setattr("os.geteuid", lambda: 4711)

    if taken:
        assert read_policy(path).read_only
    else:
        with pytest.raises(SettingsError, match="belongs to somebody else"):
            read_policy(path)


@posix
@pytest.mark.parametrize(("mode", "taken"), [(0o700, True), (0o775, True), (0o1777, True), (0o777, False)])
def test_a_file_does_not_lie_where_everybody_may_replace_it(tmp_path: Path, mode: int, taken: bool) -> None:
    path = written(tmp_path / "folder" / "policy.toml")
    path.parent.chmod(mode)

    if taken:
        assert read_policy(path).read_only
    else:
        with pytest.raises(SettingsError, match="lies in a folder that everybody may write"):
            read_policy(path)


# -- what is wrong with it ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("read_only = tru", "is no TOML: "),
        ("read_only = true\nread_only = false", "is no TOML: "),
        ("allowed_recipients = ['secret']", "allowed_recipients takes a list of numbers"),
        ("read_onyl = true", "read_onyl is no key of the policy; read_only is."),
        ("# " + "x" * 1_000_000, "is larger than 1000000 bytes."),
    ],
)
def test_a_wrong_file_is_told_by_its_path_and_key_and_not_by_what_it_holds(
    tmp_path: Path, text: str, told: str
) -> None:
    path = written(tmp_path / "policy.toml", text)

    with pytest.raises(SettingsError) as refused:
        read_policy(path)

    assert str(refused.value).startswith(f"{path}: {told}")
    assert str(refused.value).endswith("Nothing was started.")
    assert "secret" not in str(refused.value)


def test_a_file_of_other_bytes_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "policy.toml")
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(SettingsError, match="is not UTF-8"):
        read_policy(path)


@pytest.mark.parametrize("special", ["a folder", "a device"])
@posix
def test_what_is_no_file_is_refused(tmp_path: Path, special: str) -> None:
    with pytest.raises(SettingsError, match="is no file"):
        read_policy(tmp_path if special == "a folder" else Path("/dev/zero"))
