"""The policy's file: where it lies, who may have written it, and what it says.

Two are read where they are there, `policy.toml` in the system's and in the user's configuration folder, and
one more that the owner may name. None is looked for in the working folder, where an assistant may write. A
file that others could have changed is refused, for what it says would be theirs.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from egoi_mcp.errors import SettingsError
from egoi_mcp.policy.keys import FILE_VARIABLE, of_table
from egoi_mcp.policy.settings import PolicySettings

NAME = "policy.toml"
_LARGEST = 1_000_000
_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def policy_files(named: str | None, *, folders: Sequence[Path] | None = None) -> tuple[Path, ...]:
    """The files that there are, links resolved; `named` is the owner's own, which must be there.

    `folders` are the configuration folders, the operating system's own where they are omitted.

    Raises:
        SettingsError: the one that was named is not there, or is named by no absolute path.
    """
    candidates = [folder / NAME for folder in (_folders() if folders is None else folders)]
    # `lexists`: a link that leads nowhere was meant to lead somewhere.
    found = [path for path in candidates if path.is_absolute() and os.path.lexists(path)]
    if named is not None:
        path = Path(named).expanduser()
        if not path.is_absolute():
            raise SettingsError(f"{FILE_VARIABLE} takes an absolute path. Nothing was started.")
        found.append(path)
    return tuple(dict.fromkeys(_resolved(path) for path in found))


def read_policy(path: Path) -> PolicySettings:
    """What a file says.

    Raises:
        SettingsError: it cannot be read, others could have written it, or it is no policy; the text names
            the file and the key, and nothing that stands in it.
    """
    # Imported here: most starts have no file.
    import tomllib
    from decimal import Decimal

    try:
        table = tomllib.loads(_text(path), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _refused(path, f"is no TOML: {error}.") from error
    try:
        return of_table(table)
    except SettingsError as error:
        raise _refused(path, str(error)) from None


def _folders() -> tuple[Path, ...]:
    import platformdirs

    return (
        Path(platformdirs.site_config_dir("egoi-mcp")),
        Path(platformdirs.user_config_dir("egoi-mcp")),
    )


def _resolved(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise _refused(path, f"cannot be read ({_why(error)}).") from error


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            # Opening a pipe would wait for somebody to write into it.
            raise _refused(path, "is no file.")
        with path.open("rb") as file:
            # Of the file that is open, whatever has taken its place in the meantime.
            _check_owner(path, os.fstat(file.fileno()))
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise _refused(path, f"cannot be read ({_why(error)}).") from error
    if len(content) > _LARGEST:
        raise _refused(path, f"is larger than {_LARGEST} bytes.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(path, "is not UTF-8.") from error


def _check_owner(path: Path, status: os.stat_result) -> None:
    if os.name != "posix":
        return
    if status.st_uid not in {0, os.geteuid()}:
        raise _refused(path, "belongs to somebody else than this user or root.")
    if status.st_mode & _BY_OTHERS:
        raise _refused(path, f"may be written by others. Run: chmod go-w '{path}'")
    folder = path.parent.stat()
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        raise _refused(path, f"lies in a folder that everybody may write. Run: chmod o-w '{path.parent}'")


def _refused(path: Path, why: str) -> SettingsError:
    return SettingsError(f"{path}: {why} Nothing was started.")


def _why(error: OSError | RuntimeError) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
