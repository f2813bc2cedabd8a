"""Write HTML in which every text is escaped.

>>> element("code", "1<2", class_="wide")
'<code class="wide">1&lt;2</code>'
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from importlib.resources import files
from itertools import chain, repeat

from exprinfer.errors import printable


class Html(str):
    """Markup that is complete, so it is not escaped again. Only this module makes it."""

    __slots__ = ()


#: A blank that has a width, even alone.
BLANK = Html("&nbsp;")
#: The value of an attribute; see ``element``.
Attribute = str | float | bool | None
#: Elements without content and without an end tag.
_EMPTY = ("input", "meta", "rect", "path", "line")


def escape(text: str) -> Html:
    """Escape a text for content and for attributes.

    Characters that do not print, such as control characters, those that change the direction of
    text, and lone surrogates, are shown as Python escapes them.

    Example:
        >>> escape('<b title="x">' + chr(27))
        '&lt;b title=&quot;x&quot;&gt;\\\\x1b'
    """
    if isinstance(text, Html):
        return text
    return Html(html.escape(text if text.isprintable() else printable(text)))


def element(tag: str, *children: str, **attributes: Attribute) -> Html:
    """Return an element.

    Args:
        tag: Its name, which is not escaped.
        children: Its content. What is not ``Html`` is escaped.
        attributes: Its attributes. A ``_`` at the end of a name is removed, others become ``-``.
            True gives an attribute without a value; None and False give none.
    """
    shown = ""
    for name, value in attributes.items():
        name = name.removesuffix("_").replace("_", "-")
        if value is True:
            shown += f" {name}"
        elif value is not None and value is not False:
            shown += f' {name}="{escape(str(value))}"'
    if tag in _EMPTY:
        return Html(f"<{tag}{shown}>" if tag in ("input", "meta") else f"<{tag}{shown}/>")
    return Html(f"<{tag}{shown}>{joined(children)}</{tag}>")


def joined(parts: Iterable[str]) -> Html:
    """Join parts; what is not ``Html`` is escaped."""
    return Html("".join(map(escape, parts)))


def table(
    header: Iterable[str],
    rows: Iterable[Iterable[str]],
    numeric: tuple[int, ...] = (),
    attributes: Iterable[Mapping[str, Attribute]] = (),
) -> Html:
    """Return a table.

    Args:
        header: The names of the columns.
        rows: The cells of each row.
        numeric: The columns of numbers, which are aligned to the right.
        attributes: The attributes of the first rows; others have none.
    """

    def cell(tag: str, column: int, content: str, scope: str | None = None) -> Html:
        return element(tag, content, class_="number" if column in numeric else None, scope=scope)

    head = [cell("th", column, name, "col") for column, name in enumerate(header)]
    plain: Mapping[str, Attribute] = {}
    body = []
    for row, of_row in zip(rows, chain(attributes, repeat(plain)), strict=False):
        cells = (cell("td", column, content) for column, content in enumerate(row))
        body.append(element("tr", *cells, **of_row))
    return element("table", element("thead", element("tr", *head)), element("tbody", joined(body)))


def asset(name: str) -> Html:
    """Return a file of this folder, such as the style sheet."""
    return Html((files(__package__) / name).read_text(encoding="utf-8"))


def fragment(*children: str, **attributes: Attribute) -> Html:
    """Return a part of a page with its style, as notebooks show it."""
    attributes["class_"] = f"exprinfer {attributes.get('class_', '')}".strip()
    style = Html(f"<style>{asset('style.css')}</style>")
    return element("div", style, *children, **attributes)
