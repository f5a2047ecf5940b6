"""What is said of fields that were asked for and that nothing shown has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.members import folded, is_array, is_empty
from egoi_mcp.plain_text import clean

_MOST_NAMED = 5
_MOST_PATHS = 400
_MOST_DEPTH = 8
_MOST_MEANT = 3
_ALIKE = 0.7


def lacking(fields: Sequence[str], shown: Sequence[JsonValue], given: Sequence[JsonValue], *, of: str) -> str:
    """Sentences about the fields that nothing `shown` has; empty where there are none.

    `given` are the same rows as the vendor gave them, with what is empty, and what the owner's setting keeps
    back. `of` says what has no such field: `No row has` or `It has no`.
    """
    absent: list[str] = []
    empty: list[str] = []
    hidden: list[str] = []
    for name in fields:
        path = name.split(".")
        if any(not is_empty(each) for row in shown for each in _at(row, path)):
            continue
        found = [each for row in given for each in _at(row, path)]
        if any(not is_empty(each) for each in found):
            hidden.append(name)
        else:
            (empty if found else absent).append(name)
    sentences = [f"{of} {_named(absent)}."] if absent else []
    paths = list(dict.fromkeys(_paths(shown)))[:_MOST_PATHS] if absent else []
    meant = [path for name in absent[:_MOST_NAMED] for path in nearest(name, paths)]
    if meant:
        sentences.append(f"Did you mean {_named(list(dict.fromkeys(meant)))}?")
    here = "in these rows" if of.startswith("No row") else "here"
    for names, what in ((empty, f"empty {here}"), (hidden, "not shown, by the owner's EGOI_MCP_PII")):
        if names:
            sentences.append(f"{_named(names)} {'is' if len(names) == 1 else 'are'} {what}.")
    return " ".join(sentences)


def nearest(name: str, paths: Sequence[str]) -> list[str]:
    """The paths that a name most likely means: the same in another case, with the same end, or alike."""
    wanted = _folded(name)
    if same := [path for path in paths if _folded(path) == wanted]:
        return same[:_MOST_MEANT]
    last = wanted.rpartition(".")[2]
    ends = [path for path in paths if _folded(path).rpartition(".")[2] == last]
    if ends:
        return sorted(ends, key=lambda path: path.count("."))[:_MOST_MEANT]
    by_form: dict[str, str] = {}
    for path in paths:
        by_form.setdefault(_folded(path), path)
        by_form.setdefault(_folded(path).rpartition(".")[2], path)
    close = difflib.get_close_matches(wanted, by_form, n=1, cutoff=_ALIKE)
    close = close or difflib.get_close_matches(last, by_form, n=1, cutoff=_ALIKE)
    return [by_form[each] for each in close]


def _at(value: JsonValue, path: Sequence[str]) -> Iterator[JsonValue]:
    """What stands at a path, of every item of an array on the way; null where the way ends at nothing."""
    if not path or value is None:
        yield value
    elif is_array(value):
        if not value:
            yield None
        for each in value:
            yield from _at(each, path)
    elif isinstance(value, Mapping):
        if path[0] in value:
            yield from _at(value[path[0]], path[1:])
        elif len(path) > 1 and (whole := ".".join(path)) in value:
            yield value[whole]


def _paths(values: Iterable[JsonValue], before: str = "", depth: int = 0) -> Iterator[str]:
    """The paths of every member, as `fields` takes them."""
    for value in values:
        if is_array(value) and depth < _MOST_DEPTH:
            yield from _paths(value, before, depth + 1)
        elif isinstance(value, Mapping):
            for name, member in value.items():
                path = f"{before}{name}"
                yield path
                if depth < _MOST_DEPTH:
                    yield from _paths([member], f"{path}.", depth + 1)


def _folded(path: str) -> str:
    return ".".join(folded(part) for part in path.split("."))


def _named(names: Sequence[str]) -> str:
    return ", ".join(clean(each, 80) for each in names[:_MOST_NAMED])
