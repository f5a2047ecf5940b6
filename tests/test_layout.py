"""What no reviewer should have to look for: each rule is a function, tried on a bad sample as well."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tarfile
import tokenize
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.pin import UnpinnedLine, check

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "egoi_mcp"
MAX_LINES = 500
MAY_CATCH_EVERYTHING = {"egoi_mcp/tools/boundary.py"}
MAY_READ_THE_ENVIRONMENT = {"egoi_mcp/settings.py"}
MAY_WRITE_TO_STDOUT = re.compile(r"egoi_mcp/(cli|demo)[^/]*(/.*)?\.py")

# A part imports only parts further down, or itself; those on one line do not know each other. The longest
# name that fits counts: what the store keeps is described by guard/action.py, so that stands below the store.
PARTS_FROM_THE_TOP = (
    {"__main__"},
    {"cli"},
    {"demo"},
    {"server"},
    {"tools", "prompts", "resources"},
    {"app"},
    {"page"},
    {"guard"},
    {"store", "sandbox"},
    {"guard.action", "guard.digest"},
    {"guard.people", "guard.reach", "guard.witnesses"},
    {"guard.reading", "contact_fields", "imports"},
    {"api"},
    {"models"},
    {"settings"},
    {"policy"},
    {"pii", "sms_warnings", "country_rules"},
    {"phones", "sms_text", "plain_text", "private_files", "answer_files", "screen", "sockets", "weight"},
    {"errors"},
)
LEVEL = {part: -level for level, parts in enumerate(PARTS_FROM_THE_TOP) for part in parts}
MAY_IMPORT_MCP = {part for part, level in LEVEL.items() if level >= LEVEL["guard"]}

# Released in lockstep with what brings them, which pins them exactly.
BROUGHT_ALONG = {"pydantic": "pydantic_core", "mcp": "mcp_types", "httpx2": "httpcore2"}

# Spelt in two halves, so that this file is not its own finding.
REGISTRY_HOSTS = tuple(
    f"{name}.{ending}"
    for name, ending in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb.debian", "org"),
    )
)

IGNORE = re.compile(
    r"#\s*(?:type|pyright|mypy|ruff|flake8):\s*(?!strict)[a-z-]+|#\s*noqa|#\s*pragma: no ", re.IGNORECASE
)
REASONED_IGNORE = re.compile(
    r"#\s*(?:(?:type|pyright): ignore\[[\w, -]+\]|noqa: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*"
    r"|pragma: no (?:cover|branch))"
    r"(?:\s+#)?\s*[-:–]?\s*\w.{7,}",
)


# -- the rules -----------------------------------------------------------------------------------


def blind_excepts(source: str) -> list[int]:
    """Lines that catch everything; `except BaseException` may stand where it raises again at its end."""
    found: list[int] = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        if node.type is None:
            names = {"Exception"}
        else:
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {name.id for name in caught if isinstance(name, ast.Name)}
        last = node.body[-1]
        raises_again = isinstance(last, ast.Raise) and last.exc is None
        if "Exception" in names or ("BaseException" in names and not raises_again):
            found.append(node.lineno)
    return found


def environment_reads(source: str) -> list[int]:
    """Lines that reach the environment through `os`."""
    names = {"environ", "environb", "getenv", "getenvb"}
    found: list[int] = []
    for node in ast.walk(ast.parse(source)):
        through_os = isinstance(node, ast.Attribute) and node.attr in names
        by_name = (
            isinstance(node, ast.ImportFrom) and node.module == "os" and names & {a.name for a in node.names}
        )
        if through_os or by_name:
            assert isinstance(node, ast.Attribute | ast.ImportFrom)
            found.append(node.lineno)
    return found


def stdout_writes(source: str) -> list[int]:
    """Lines that print to stdout or name it."""
    found: list[int] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name("print"), keywords=keywords):
                wrong = "file" not in {keyword.arg for keyword in keywords}
            case ast.Attribute(value=ast.Name("sys"), attr="stdout" | "__stdout__"):
                wrong = True
            case ast.ImportFrom(module="sys", names=names):
                wrong = "stdout" in {alias.name for alias in names}
            case _:
                continue
        if wrong:
            found.append(node.lineno)
    return found


def imported(source: str, package: str = "") -> set[str]:
    """Every dotted name that is imported, wherever in the file; `package` resolves relative ones."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base] if base else parents)
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def link_imports(source: str) -> set[str]:
    """Imports that go through the links at the root."""
    return {name for name in imported(source) if name.split(".")[0] in {"tools", "prompts"}}


def part_of(module: str) -> str | None:
    """The part of the package that a dotted name (without `egoi_mcp`) is in; None where it has no level."""
    names = module.split(".")
    heads = (".".join(names[:length]) for length in range(len(names), 0, -1))
    return next((head for head in heads if head in LEVEL), None)


def wrong_way_imports(path: str, source: str) -> set[str]:
    """What a module of the package imports from above it or beside it, and `mcp` in the lower parts."""
    inside = Path(path).with_suffix("").parts[1:]
    names = {name for name in imported(source, ".".join([PACKAGE, *inside[:-1]])) if name.startswith(PACKAGE)}
    if inside == ("__init__",):
        return names
    part = part_of(".".join(inside))
    if part is None:
        return set()
    found = {name for name in imported(source) if name.split(".")[0] == "mcp" and part not in MAY_IMPORT_MCP}
    for name in names:
        other = part_of(name.removeprefix(f"{PACKAGE}."))
        if other is not None and other != part and LEVEL[other] >= LEVEL[part]:
            found.add(name)
    return found


def undeclared_imports(source: str, declared: set[str]) -> set[str]:
    """Imported distributions that are neither the standard library's, this package's nor declared."""
    known = (
        declared | {BROUGHT_ALONG.get(name, name) for name in declared} | sys.stdlib_module_names | {PACKAGE}
    )
    return {name.split(".")[0] for name in imported(source, PACKAGE)} - known


def ignores_without_reason(source: str) -> list[int]:
    """Lines whose comment silences a tool without a code, or without saying why."""
    comments = (
        t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type == tokenize.COMMENT
    )
    return [t.start[0] for t in comments if IGNORE.search(t.string) and not REASONED_IGNORE.search(t.string)]


def registry_hosts(text: str) -> list[str]:
    """The package registries that a text names."""
    return [host for host in REGISTRY_HOSTS if host in text.lower()]


# -- the files -----------------------------------------------------------------------------------


def _tracked() -> Iterator[Path]:
    """Every file that git keeps or would keep, links left out."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout, so that there is no list of files")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and not path.is_symlink():
            yield path


def _sources(below: str = "", allowed: set[str] | None = None) -> Iterator[tuple[str, str]]:
    """Path from the root and text of each Python file."""
    for path in _tracked():
        name = path.relative_to(ROOT).as_posix()
        if name.endswith(".py") and name.startswith(below) and name not in (allowed or set()):
            yield name, path.read_text(encoding="utf-8")


def _findings(rule: Callable[[str], object], sources: Iterator[tuple[str, str]]) -> dict[str, object]:
    return {name: found for name, source in sources if (found := rule(source))}


@pytest.mark.parametrize("link", ["tools", "prompts"])
def test_the_links_at_the_root_are_relative_and_lead_into_the_package(link: str) -> None:
    assert (ROOT / link).is_symlink()
    assert Path(os.readlink(ROOT / link)) == Path(PACKAGE, link)
    assert (ROOT / link).resolve() == ROOT / PACKAGE / link
    assert (ROOT / link / "__init__.py").is_file()


def test_no_python_file_is_longer_than_500_lines() -> None:
    assert {name: n for name, source in _sources() if (n := source.count("\n")) > MAX_LINES} == {}


def test_only_the_tool_boundary_catches_everything() -> None:
    assert _findings(blind_excepts, _sources(allowed=MAY_CATCH_EVERYTHING)) == {}


def test_only_the_settings_read_the_environment() -> None:
    assert _findings(environment_reads, _sources(f"{PACKAGE}/", MAY_READ_THE_ENVIRONMENT)) == {}


def test_only_the_command_line_writes_to_stdout() -> None:
    sources = (pair for pair in _sources(f"{PACKAGE}/") if not MAY_WRITE_TO_STDOUT.fullmatch(pair[0]))
    assert _findings(stdout_writes, sources) == {}


def test_nothing_imports_through_the_links() -> None:
    assert _findings(link_imports, _sources()) == {}


def test_imports_point_one_way() -> None:
    found = {
        name: wrong for name, source in _sources(f"{PACKAGE}/") if (wrong := wrong_way_imports(name, source))
    }
    assert found == {}


def test_every_part_of_the_package_has_its_level() -> None:
    parts = {Path(name).with_suffix("").parts[1] for name, _ in _sources(f"{PACKAGE}/")} - {"__init__"}
    assert {part for part in parts if part_of(part) is None} == set(), (
        "say in PARTS_FROM_THE_TOP where these stand"
    )


def test_what_the_package_imports_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked: list[str] = list(project["dependencies"])
    asked += [wanted for extra in project.get("optional-dependencies", {}).values() for wanted in extra]
    declared = {re.split(r"[^A-Za-z0-9_-]", wanted)[0].replace("-", "_") for wanted in asked}
    assert _findings(lambda source: undeclared_imports(source, declared), _sources(f"{PACKAGE}/")) == {}


def test_every_ignore_says_what_and_why() -> None:
    assert _findings(ignores_without_reason, _sources(allowed={"tests/test_layout.py"})) == {}


def test_no_file_names_a_package_registry() -> None:
    texts = ((p.relative_to(ROOT).as_posix(), p.read_bytes().decode("utf-8", "replace")) for p in _tracked())
    assert _findings(registry_hosts, texts) == {}


def test_the_requirements_hold_pins_and_no_address() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        check(path.read_text(encoding="utf-8"))


def test_the_requirements_agree_on_versions() -> None:
    versions: dict[str, set[str]] = {}
    for name in ("runtime", "dev", "build"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        for package, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE):
            versions.setdefault(package, set()).add(version)
    assert {"mcp", "pytest", "hatchling"} <= versions.keys()
    assert {package for package, found in versions.items() if len(found) > 1} == set()


def test_the_archives_hold_the_package_with_its_data_and_no_link(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="the pinned environment has the build backend")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)], cwd=ROOT, check=True)
    wheel = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        source = archive.getnames()
    kept = {path.relative_to(ROOT).as_posix() for path in _tracked()}
    package = {name for name in kept if name.startswith(f"{PACKAGE}/")}
    assert package
    assert {name for name in wheel if ".dist-info/" not in name} == package
    assert {name.partition("/")[2] for name in source} - {"PKG-INFO"} <= kept
    assert package <= {name.partition("/")[2] for name in source}


# -- the rules can fail --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "try: f()\nexcept Exception: pass",
        "try: f()\nexcept: pass",
        "try: f()\nexcept (ValueError, Exception) as e: raise",
        "try: f()\nexcept BaseException: pass",
        "try: f()\nexcept BaseException as e: raise X from e",
    ],
)
def test_catching_everything_is_found(source: str) -> None:
    assert blind_excepts(source) == [2]


@pytest.mark.parametrize(
    "caught", ["ValueError: pass", "(OSError, ValueError): pass", "BaseException: undo(); raise"]
)
def test_catching_something_is_fine(caught: str) -> None:
    assert blind_excepts(f"try: f()\nexcept {caught}") == []


@pytest.mark.parametrize(
    "source",
    ["import os\nos.environ['X']", "import os as o\no.getenv('X')", "import os\nfrom os import environ as e"],
)
def test_reading_the_environment_is_found(source: str) -> None:
    assert environment_reads(source) == [2]


def test_other_uses_of_os_are_fine() -> None:
    assert environment_reads("import os\nfrom os import path\nos.getpid(); environ = {}; environ['X']") == []


@pytest.mark.parametrize(
    "line",
    ["print('x')", "print('x', file=sys.stdout)", "sys.stdout.write('x')", "from sys import stdout"],
)
def test_writing_to_stdout_is_found(line: str) -> None:
    assert stdout_writes(f"import sys\n{line}") == [2]


def test_writing_to_stderr_is_fine() -> None:
    assert stdout_writes("import sys\nprint('x', file=sys.stderr)\nprocess.stdout.read()") == []


@pytest.mark.parametrize("path", ["egoi_mcp/cli.py", "egoi_mcp/cli_actions.py", "egoi_mcp/demo/story.py"])
def test_the_command_line_may_write_to_stdout(path: str) -> None:
    assert MAY_WRITE_TO_STDOUT.fullmatch(path)


@pytest.mark.parametrize("path", ["egoi_mcp/server.py", "egoi_mcp/api/client.py", "egoi_mcp/guard/cli.py"])
def test_the_rest_may_not_write_to_stdout(path: str) -> None:
    assert not MAY_WRITE_TO_STDOUT.fullmatch(path)


def test_an_import_through_a_link_is_found() -> None:
    assert link_imports("import tools.sms\nfrom prompts import load") == {"tools.sms", "prompts.load"}
    assert (
        link_imports("import egoi_mcp.tools\nfrom egoi_mcp import prompts\nfrom mcp.tools import x") == set()
    )


@pytest.mark.parametrize(
    ("path", "line", "wrong"),
    [
        ("egoi_mcp/api/client.py", "import mcp.server", "mcp.server"),
        ("egoi_mcp/api/client.py", "from egoi_mcp.guard.guard import Guard", "egoi_mcp.guard.guard.Guard"),
        ("egoi_mcp/api/client.py", "from egoi_mcp import store", "egoi_mcp.store"),
        ("egoi_mcp/api/client.py", "from ..tools import sms", "egoi_mcp.tools.sms"),
        ("egoi_mcp/api/__init__.py", "from ..tools import sms", "egoi_mcp.tools.sms"),
        ("egoi_mcp/guard/guard.py", "def f():\n    from egoi_mcp.server import x", "egoi_mcp.server.x"),
        ("egoi_mcp/guard/guard.py", "import egoi_mcp.tools.sms", "egoi_mcp.tools.sms"),
        ("egoi_mcp/tools/sms.py", "import egoi_mcp.server", "egoi_mcp.server"),
        ("egoi_mcp/tools/sms.py", "import egoi_mcp.prompts", "egoi_mcp.prompts"),
        (
            "egoi_mcp/guard/action.py",
            "from egoi_mcp.store.protocol import Store",
            "egoi_mcp.store.protocol.Store",
        ),
        ("egoi_mcp/store/rows.py", "from egoi_mcp.guard import policy", "egoi_mcp.guard.policy"),
        ("egoi_mcp/errors.py", "import egoi_mcp.settings", "egoi_mcp.settings"),
        ("egoi_mcp/__init__.py", "from egoi_mcp.server import build_server", "egoi_mcp.server.build_server"),
    ],
)
def test_an_import_against_the_direction_is_found(path: str, line: str, wrong: str) -> None:
    assert wrong_way_imports(path, line) == {wrong}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (
            "egoi_mcp/api/client.py",
            "from egoi_mcp.api.risk import Risk\nfrom . import budget\nfrom .. import errors",
        ),
        ("egoi_mcp/guard/guard.py", "import mcp\nfrom egoi_mcp.api.client import ApiClient"),
        ("egoi_mcp/store/rows.py", "from egoi_mcp.guard.action import Action"),
        (
            "egoi_mcp/guard/policy.py",
            "from egoi_mcp.store.protocol import Caps\nfrom egoi_mcp.guard import action",
        ),
        ("egoi_mcp/server.py", "from egoi_mcp.tools import sms\nfrom egoi_mcp import prompts"),
    ],
)
def test_an_import_along_the_direction_is_fine(path: str, line: str) -> None:
    assert wrong_way_imports(path, line) == set()


def test_an_undeclared_import_is_found() -> None:
    assert undeclared_imports("import os\nimport requests.auth\nfrom egoi_mcp import x", {"mcp"}) == {
        "requests"
    }
    assert undeclared_imports("from mcp.server import MCPServer", {"mcp"}) == set()


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa: S101",
        "# type: ignore",
        "# type: ignore[misc]",
        "# pyright: ignore[x]",
        "# pragma: no cover",
    ],
)
def test_an_ignore_without_a_reason_is_found(comment: str) -> None:
    assert ignores_without_reason(f"x = 1  {comment}") == [1]


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: S311 - jitter is no secret",
        "# noqa: S311, PLR0911 jitter is no secret",
        "# type: ignore[misc]  # the stub lacks this member",
        "# pyright: ignore[reportMissingImports]: only where it is installed",
        "# pragma: no cover - Windows only, untried",
        "# the type of a list",
    ],
)
def test_an_ignore_with_a_reason_is_fine(comment: str) -> None:
    assert ignores_without_reason(f"x = 1  {comment}") == []


def test_a_registry_is_found_in_any_case() -> None:
    assert registry_hosts(f"see https://Files.{REGISTRY_HOSTS[1].upper()}/x") == [REGISTRY_HOSTS[1]]
    assert registry_hosts("pip install egoi-mcp; see https://example.org/pypi") == []


@pytest.mark.parametrize(
    "line",
    [
        "mcp>=2.3 \\",
        "mcp==2.3.0",
        "--index-url https://example.org/simple",
        "mcp @ https://example.org/mcp-2.3.0-py3-none-any.whl",
        "    --hash=md5:0123456789abcdef0123456789abcdef",
        "# from https://example.org/simple",
    ],
)
def test_a_requirement_without_a_pin_or_with_an_address_is_found(line: str) -> None:
    with pytest.raises(UnpinnedLine):
        check(f"# written by a script\nmcp==2.3.0 \\\n    --hash=sha256:{'0' * 64}\n{line}\n")
