"""From what the page's server knows to HTML: no scripts or styles inside, nothing from elsewhere.

Everything that comes from outside is text: escaped, set apart in its direction, and with what cannot be
seen written out as its number.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from egoi_mcp.page import faces
from egoi_mcp.page.view import PageView
from egoi_mcp.plain_text import runs

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
"""The folder of `page.css` and `page.js`, served beside the page."""


def render(view: PageView) -> str:
    """The whole page as an HTML document."""
    template = _environment().get_template("page.html")
    return template.render(view=view, clock=faces.Clock(view), title=faces.page_title(view))


def render_notice(title: str, text: str, *, onward: str = "") -> str:
    """A small page that says one thing; with `onward`, a path, it goes on there by itself."""
    return _environment().get_template("notice.html").render(title=title, text=text, onward=onward)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    # Imported late: a server whose page is never needed starts without it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["line"] = _line
    environment.filters["block"] = _block
    cast("dict[str, Any]", environment.globals)["faces"] = faces
    return environment


class _Html(str):
    """Markup that is escaped already, as templates tell it."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def _line(text: str) -> _Html:
    """Text from outside as one line."""
    return _block(" \N{RETURN SYMBOL} ".join(text.splitlines()))


def _block(text: str) -> _Html:
    """Text from outside with its lines and spaces."""
    shown = (f'<span class="unseen">{run}</span>' if hidden else escape(run) for run, hidden in runs(text))
    return _Html(f"<bdi>{''.join(shown)}</bdi>")
