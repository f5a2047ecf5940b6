"""The prompts, one Markdown file each with its front matter.

A file opens with a front matter of this form and nothing else, between two lines of three hyphens;
it is valid YAML, of which no more is understood:

    title: One line
    description: One line
    arguments:
      - name: goal
        description: One line
        default: What stands there when nothing is given

`{{goal}}` in the text below stands for the argument. Every argument is optional, because hosts send
what their users filled in. A given value is data: it is cleaned, cut and quoted, and what looks like a
placeholder in it stays text.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.prompts.base import PromptArgument
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from egoi_mcp.plain_text import clean

PROMPTS = ("plan_sms_campaign", "campaign_review")

_MOST_VALUE_CHARACTERS = 500
_FENCE = "---"
_ARGUMENT_KEYS = ("name", "description", "default")
_LINE = re.compile(r"(?P<indent>(?:  - |    )?)(?P<key>[a-z]+):(?: (?P<value>.*))?")
_NAME = re.compile(r"[a-z]+(?:_[a-z]+)*")
_PLAIN_VALUE = re.compile(r"[A-Za-z](?:(?!: | #).)*(?<![ :])")
_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")


class PromptFileError(ValueError):
    """A prompt's file does not have the form that is documented here; the text names file and line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """What a host may ask its user for."""

    name: str
    description: str
    default: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFile:
    """One prompt as it stands in its file."""

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]
    body: str

    def text(self, given: dict[str, str]) -> str:
        """The text with its arguments filled in; one pass, so that a value never brings in another.

        Raises:
            MCPError: an argument is unknown or no text; nothing else about the values can be wrong.
        """
        values = {argument.name: argument.default for argument in self.arguments}
        for name, value in given.items():
            if name not in values:
                raise _unknown_argument(name, tuple(values))
            if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - hosts send anything
                raise MCPError(code=INVALID_PARAMS, message=f"{name}: must be text")
            if shown := clean(value, _MOST_VALUE_CHARACTERS):
                values[name] = json.dumps(shown, ensure_ascii=False)
        return _PLACEHOLDER.sub(lambda match: values[match[1]], self.body)


def load_prompts() -> list[Prompt]:
    """The prompts of this package, for `MCPServer.add_prompt`.

    Raises:
        PromptFileError: a file does not have the documented form.
    """
    folder = Path(__file__).parent
    return [as_prompt(parse(name, (folder / f"{name}.md").read_text(encoding="utf-8"))) for name in PROMPTS]


def as_prompt(file: PromptFile) -> Prompt:
    """The SDK's prompt of a file."""

    async def fill(**given: str) -> str:
        return file.text(given)

    return Prompt(
        name=file.name,
        title=file.title,
        description=file.description,
        arguments=[
            PromptArgument(name=argument.name, description=argument.description, required=False)
            for argument in file.arguments
        ],
        fn=fill,
        context_kwarg=None,
    )


def parse(name: str, source: str) -> PromptFile:
    """Read one file's text.

    Raises:
        PromptFileError: it does not have the documented form.
    """
    lines = source.split("\n")
    if lines[0] != _FENCE or _FENCE not in lines[1:]:
        raise PromptFileError(f"{name}.md: must open with a front matter between two lines of {_FENCE}")
    end = lines.index(_FENCE, 1)
    head, arguments = _front_matter(name, lines[1:end])
    body = "\n".join(lines[end + 1 :]).strip()
    _check_placeholders(name, body, arguments)
    return PromptFile(
        name=name, title=head["title"], description=head["description"], arguments=arguments, body=body
    )


def _front_matter(name: str, lines: Sequence[str]) -> tuple[dict[str, str], tuple[Argument, ...]]:
    head: dict[str, str] = {}
    entries: list[dict[str, str]] = []
    in_arguments = False
    for number, line in enumerate(lines, start=2):
        where = f"{name}.md, line {number}"
        match = _LINE.fullmatch(line)
        if match is None:
            raise PromptFileError(f"{where}: is neither `key: value` nor part of an argument")
        indent, key, value = match["indent"], match["key"], match["value"]
        if key == "arguments" and not indent and value is None and not in_arguments:
            in_arguments = True
            continue
        if value is None or not _PLAIN_VALUE.fullmatch(value):
            raise PromptFileError(
                f"{where}: a value is one line that begins with a letter, without `: ` and ` #`"
            )
        if indent == "  - ":
            entries.append({})
        if bool(indent) != in_arguments or (indent and not entries):
            raise PromptFileError(f"{where}: {key} stands where no such thing can stand")
        target, known = (entries[-1], _ARGUMENT_KEYS) if indent else (head, ("title", "description"))
        if key not in known or key in target:
            raise PromptFileError(f"{where}: {key} is unknown or stands there twice")
        target[key] = value
    if missing := {"title", "description"} - head.keys():
        raise PromptFileError(f"{name}.md: has no {' and no '.join(sorted(missing))}")
    return head, tuple(_argument(name, entry) for entry in entries)


def _argument(name: str, entry: dict[str, str]) -> Argument:
    if set(entry) != set(_ARGUMENT_KEYS):
        raise PromptFileError(f"{name}.md: an argument has a name, a description and a default")
    if not _NAME.fullmatch(entry["name"]):
        raise PromptFileError(f"{name}.md: {entry['name']} is no name for an argument")
    return Argument(name=entry["name"], description=entry["description"], default=entry["default"])


def _check_placeholders(name: str, body: str, arguments: tuple[Argument, ...]) -> None:
    declared = [argument.name for argument in arguments]
    used = set(_PLACEHOLDER.findall(body))
    if not body or len(set(declared)) < len(declared):
        raise PromptFileError(f"{name}.md: has no text, or two arguments of one name")
    if wrong := used ^ set(declared):
        raise PromptFileError(
            f"{name}.md: {', '.join(sorted(wrong))} is declared and not used, or the reverse"
        )
    if "{{" in _PLACEHOLDER.sub("", body) or "}}" in _PLACEHOLDER.sub("", body):
        raise PromptFileError(f"{name}.md: a placeholder is not closed")


def _unknown_argument(name: str, known: tuple[str, ...]) -> MCPError:
    near = difflib.get_close_matches(name.lower(), known, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    takes = f"This prompt takes {', '.join(known) or 'no arguments'}."
    return MCPError(code=INVALID_PARAMS, message=f"Unknown argument {clean(name, 40)!r}.{meant} {takes}")
