"""Read HTML as a browser does, to show that nothing of an input became markup."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """A page, or a part of one.

    Attributes:
        structure: Each start and end tag, with the names of its attributes.
        scripts: The content of each script.
        shown: All text outside scripts and styles.
        attributes: The values of all attributes, by name.
    """

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.structure: list[tuple[str, ...]] = []
        self.scripts: list[str] = []
        self.shown = ""
        self.attributes: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.structure.append((tag, *(name for name, _ in attrs)))
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.structure.append((f"/{tag}",))
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["script"]:
            self.scripts.append(data)
        elif self._open[-1:] != ["style"]:
            self.shown += data

    def handle_comment(self, data: str) -> None:
        self.structure.append(("comment",))

    def handle_decl(self, decl: str) -> None:
        self.structure.append(("declaration",))

    def unknown_decl(self, data: str) -> None:
        self.structure.append(("declaration",))

    def handle_pi(self, data: str) -> None:
        self.structure.append(("instruction",))
