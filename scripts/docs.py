"""Write again what is taken from the code: the tables of README.md and five files in docs, and tools' shapes.

    python scripts/docs.py

Each stands between `<!-- name -->` and `<!-- /name -->`; everything else is left alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from egoi_mcp.api.catalog import APIS, Api, operations  # noqa: E402 - the path comes first
from egoi_mcp.api.raises import RAISES, Raise  # noqa: E402 - the path comes first
from egoi_mcp.api.risk import Risk  # noqa: E402 - the path comes first
from egoi_mcp.cli.variables import VARIABLES  # noqa: E402 - the path comes first
from egoi_mcp.country_rules import Entry as CountryEntry  # noqa: E402 - the path comes first
from egoi_mcp.country_rules import (  # noqa: E402 - the path comes first
    HolidayRule,
    QuietRule,
    SenderName,
    SenderRule,
    countries,
)
from egoi_mcp.guard.looks.table import LEFT_TO_A_PERSON, LOOKS, Entry  # noqa: E402 - the path comes first
from egoi_mcp.server import tools_of  # noqa: E402 - the path comes first
from egoi_mcp.settings import TOOLSETS, Settings  # noqa: E402 - the path comes first
from egoi_mcp.tools.shape import kept_shapes, shape_of, written  # noqa: E402 - the path comes first
from egoi_mcp.tools.tool import Tool  # noqa: E402 - the path comes first
from scripts.catalog_risk import EXCEPTIONS, RULES  # noqa: E402 - the path comes first
from scripts.tool_reference import (  # noqa: E402 - the path comes first
    ALWAYS_ON,
    reach,
    reference,
    reversibility,
    tools_in,
)
from tests.tools_live.connectors import table as connectors_table  # noqa: E402 - the path comes first

SHAPES = ROOT / "egoi_mcp" / "tools" / "shapes.json"
README = ROOT / "README.md"
CATALOG = ROOT / "docs" / "catalog.md"
CONNECTORS = ROOT / "docs" / "connectors.md"
COUNTRY_RULES = ROOT / "docs" / "country-rules.md"
TOOLS = ROOT / "docs" / "tools.md"
RECONCILIATION = ROOT / "docs" / "reconciliation.md"
_SENDER_NAMES: Mapping[SenderName, str] = {
    "allowed": "shown",
    "register": "shown once it is registered",
    "replaced": "replaced, or nothing arrives",
}
_API_NAMES: Mapping[Api, str] = {
    "egoi": "E-goi",
    "transactional": "E-goi transactional",
    "txtsync": "TxtSync",
    "intercom": "Intercom",
}


def tools_table() -> str:
    """The tools of a server with all toolsets: name, toolset, what it does, how far it goes, the way back."""
    rows = [
        "| tool | toolset | what it does | how far it goes | can it be undone |",
        "| --- | --- | --- | --- | --- |",
    ]
    for toolset in (*TOOLSETS, ALWAYS_ON):
        rows += [_tool_row(tool, toolset) for tool in tools_in(toolset)]
    return "\n".join(rows)


def settings_table() -> str:
    """Every environment variable."""
    rows = ["| variable | default | what it is |", "| --- | --- | --- |"]
    rows += [f"| `{each.name}` | {each.default or '–'} | {each.meaning} |" for each in VARIABLES]
    return "\n".join(rows)


def operations_table() -> str:
    """How many operations of each API the catalog holds, by risk."""
    rows = [
        f"| API | operations | {' | '.join(risk.name for risk in Risk)} |",
        f"| --- | ---: |{' ---: |' * len(Risk)}",
    ]
    for api in APIS:
        counts = [sum(entry.risk is risk for entry in operations(api)) for risk in Risk]
        cells = " | ".join(str(count or "") for count in counts)
        rows.append(f"| `{api}` ({_API_NAMES[api]}) | {sum(counts)} | {cells} |")
    return "\n".join(rows)


def floors_table() -> str:
    """The rules that say what an operation is at least, in their order."""
    rows = ["| method | path | risk | why |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {rule.method.replace('|', ', ')} | {_pattern(rule.path)} | {rule.risk.name} | {rule.why} |"
        for rule in RULES
    ]
    return "\n".join(rows)


def exceptions_table() -> str:
    """The operations of which a rule would not say enough."""
    rows = ["| API | operation | risk | why |", "| --- | --- | --- | --- |"]
    rows += [
        f"| `{api}` | `{name}` | {risk.name} | {why} |" for (api, name), (risk, why) in EXCEPTIONS.items()
    ]
    return "\n".join(rows)


def raises_table() -> str:
    """What a request can say that makes it more than its operation."""
    rows = ["| requests | that say | risk | why |", "| --- | --- | --- | --- |"]
    rows += [f"| {_holds_for(each)} | {each.what} | {each.risk.name} | {each.why} |" for each in RAISES]
    return "\n".join(rows)


def looks_table() -> str:
    """Where what became of an operation is seen; operations that are looked for alike share a row."""
    rows = ["| API | operation | seen in | what that cannot tell |", "| --- | --- | --- | --- |"]
    alike: dict[tuple[Api, Entry], list[str]] = {}
    for (api, name), entry in LOOKS.items():
        alike.setdefault((api, entry), []).append(f"`{name}`")
    rows += [
        f"| {_API_NAMES[api]} | {', '.join(names)} | {entry.where} | {entry.unseen} |"
        for (api, entry), names in alike.items()
    ]
    return "\n".join(rows)


def persons_table() -> str:
    """What no look settles, and why."""
    rows = ["| why | API | operations |", "| --- | --- | --- |"]
    rows += [
        f"| {why} | {_API_NAMES[api]} | {', '.join(f'`{name}`' for name in names)} |"
        for why, left in LEFT_TO_A_PERSON.items()
        for api, names in left.items()
    ]
    return "\n".join(rows)


def countries_table() -> str:
    """What the table of country rules holds, an entry a row."""
    rows = ["| country | rule | as of | how sure | source |", "| --- | --- | --- | --- | --- |"]
    for country in countries().values():
        for entry in country.entries().values():
            cells = (_rule_in_words(entry), entry.as_of.isoformat(), entry.confidence, entry.source)
            rows.append(f"| {country.name} ({country.code}) | {' | '.join(cells)} |")
    return "\n".join(rows)


def _rule_in_words(entry: CountryEntry) -> str:
    if isinstance(entry, SenderRule):
        return f"a sender's name: {_SENDER_NAMES[entry.says]}"
    if isinstance(entry, HolidayRule):
        return f"public holidays: {', '.join(entry.dates)}"
    if isinstance(entry, QuietRule):
        never = [*entry.hours, *entry.days, *(["public holidays"] if entry.holidays else [])]
        return f"nothing promotional: {', '.join(never)}"
    return "promotional messages offer a way to opt out"


Sections = Mapping[str, Callable[[], str]]

DOCUMENTS: Mapping[Path, Sections] = {
    README: {"tools": tools_table, "settings": settings_table},
    CATALOG: {
        "operations": operations_table,
        "floors": floors_table,
        "exceptions": exceptions_table,
        "raises": raises_table,
    },
    CONNECTORS: {"connectors": connectors_table},
    COUNTRY_RULES: {"countries": countries_table},
    TOOLS: {"reference": reference},
    RECONCILIATION: {"looks": looks_table, "persons": persons_table},
}


def written_again(text: str, sections: Sections = DOCUMENTS[README]) -> str:
    """The document with its sections as the code has them now.

    Raises:
        ValueError: a section's markers are not there exactly once.
    """
    for name, render in sections.items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if text.count(start) != 1 or text.count(end) != 1:
            raise ValueError(f"the section {name} needs its two markers once")
        head, rest = text.split(start)
        text = f"{head}{start}{render()}\n{end}{rest.split(end)[1]}"
    return text


def _tool_row(tool: Tool, toolset: str) -> str:
    first_sentence = re.split(r"(?<=\.)\s", tool.description)[0].rstrip(".:")
    what = first_sentence.replace("|", "/")
    name = f"[`{tool.name}`](docs/tools.md#{tool.name})"
    return f"| {name} | {toolset} | {what} | {reach(tool)} | {reversibility(tool)} |"


def _pattern(path: str) -> str:
    """A rule's pattern, readable: braces as they are, and bars that end no cell."""
    return f"`{path.replace(chr(92), '').replace('|', chr(92) + '|')}`"


def _holds_for(each: Raise) -> str:
    named = ", ".join(f"`{name}`" for name in sorted(each.only or each.but))
    where = "all" if each.api is None else _API_NAMES[each.api]
    if each.only:
        return f"{where}: {named}"
    looks = ", reads included" if each.reads else ""
    return f"{where}{looks}{f', but {named}' if each.but else ''}"


def shapes() -> str:
    """The schemas of every tool, as its function's types have them now."""
    tools = tools_of(Settings(state_dir=ROOT, toolsets=TOOLSETS))
    return written({tool.name: shape_of(tool.fn) for tool in tools})


if __name__ == "__main__":
    SHAPES.write_text(shapes(), encoding="utf-8")
    kept_shapes.cache_clear()
    for document, its_sections in DOCUMENTS.items():
        document.write_text(
            written_again(document.read_text(encoding="utf-8"), its_sections), encoding="utf-8"
        )
