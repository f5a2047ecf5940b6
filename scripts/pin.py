"""Write the pinned requirements: versions and hashes, for every platform and Python, and no addresses.

    python3 scripts/pin.py             keep the present versions where they still fit pyproject.toml
    python3 scripts/pin.py --upgrade   take the newest ones that fit

What is asked for stands in pyproject.toml alone. The resolver (uv) comes into a throw-away
environment, itself pinned in requirements/pin.txt.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = "3.11"
RESOLVER = "uv>=0.13,<0.14"
HEADER = "# Written by scripts/pin.py from pyproject.toml; run `make pin` instead of editing it.\n"

PIN = re.compile(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,._-]+\])?==[A-Za-z0-9.!+_-]+( ; .+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


class UnpinnedLine(Exception):
    """A requirements file holds a line that is no version, hash or comment."""


def check(text: str) -> None:
    """Refuse what is not a pinned version, a hash or a comment, and any address.

    Raises:
        UnpinnedLine: with the line.
    """
    for line in text.splitlines():
        comment = line.lstrip().startswith("#")
        if "://" in line or not (comment or PIN.fullmatch(line) or HASH.fullmatch(line)):
            raise UnpinnedLine(line)


def main() -> None:
    """Resolve and write requirements/{runtime,dev,build,pin}.txt."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    upgrade = parser.parse_args().upgrade
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime: list[str] = project["project"]["dependencies"]
    dev: list[str] = project["dependency-groups"]["dev"]
    build: list[str] = project["build-system"]["requires"]
    with tempfile.TemporaryDirectory() as folder:
        uv = _resolver(Path(folder))
        # What is installed together has to agree, so each set is held to the one before it.
        _compile(uv, "runtime", runtime, held_to=None, upgrade=upgrade)
        _compile(uv, "dev", runtime + dev, held_to="runtime", upgrade=upgrade)
        _compile(uv, "build", build, held_to="dev", upgrade=upgrade)
        _compile(uv, "pin", [RESOLVER], held_to=None, upgrade=upgrade)


def _resolver(folder: Path) -> Path:
    """Install the resolver into `folder`: as pinned, or for the first time by its range."""
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    pinned = _file("pin")
    wanted = ["--require-hashes", "-r", str(pinned)] if pinned.exists() else [RESOLVER]
    subprocess.run([scripts / "python", "-m", "pip", "install", "--quiet", *wanted], check=True)
    return scripts / "uv"


def _compile(uv: Path, name: str, wanted: list[str], *, held_to: str | None, upgrade: bool) -> None:
    output = _file(name)
    command: list[str | Path] = [uv, "pip", "compile", "-", "--quiet", "--output-file", output]
    command += ["--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"]
    # Extras stay: where a newer version is out, older pips find no pin in `name==1` for `name[extra]`.
    command += ["--no-strip-extras", "--no-header", "--no-annotate"]
    command += ["--no-emit-index-url", "--no-emit-find-links"]
    command += ["--constraint", _file(held_to)] if held_to else []
    command += ["--upgrade"] if upgrade else []
    subprocess.run(command, check=True, text=True, input="\n".join(wanted), cwd=ROOT)
    text = HEADER + output.read_text(encoding="utf-8").removeprefix(HEADER)
    check(text)
    output.write_text(text, encoding="utf-8")
    print(
        f"{output.relative_to(ROOT)}: {sum(bool(PIN.fullmatch(line)) for line in text.splitlines())} packages"
    )


def _file(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


if __name__ == "__main__":
    main()
