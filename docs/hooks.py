"""Bring files from outside ``docs/`` into the site: model cards, security, changelog, examples.

Pages link to them as GitHub does, such as ``../models/exact/README.md``. In the site they lie at
the same paths without the ``../``, and the links are changed accordingly.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

REPOSITORY = Path(__file__).parent.parent
#: Pages from outside ``docs/``.
PAGES = ("SECURITY.md", "CHANGELOG.md", "models/*/README.md")
_LINK = re.compile(r"(\]\()([^)#\s]+)([^)]*\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside, and every other file that a page links to."""
    outside = [path for pattern in PAGES for path in sorted(REPOSITORY.glob(pattern))]
    pages = [*outside, *sorted(Path(config.docs_dir).glob("*.md"))]
    linked = {target for page in pages for target in _targets(page)}
    for path in dict.fromkeys([*outside, *sorted(linked)]):
        name = path.relative_to(REPOSITORY).as_posix()
        if not name.startswith("docs/") and path.is_file():
            files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Change links between ``docs/`` and the rest of the repository to those of the site."""
    source = Path(page.file.abs_src_path or "")
    here = posixpath.dirname(page.file.src_uri)

    def changed(link: re.Match[str]) -> str:
        target = _target(source, link[2])
        if target is None or not target.exists():
            return link[0]
        name = target.relative_to(REPOSITORY).as_posix().removeprefix("docs/")
        return f"{link[1]}{posixpath.relpath(name, here or '.')}{link[3]}"

    return _LINK.sub(changed, markdown)


def _targets(page: Path) -> list[Path]:
    links = _LINK.findall(page.read_text())
    found = [_target(page, link) for _, link, _ in links]
    return [target for target in found if target and target.is_file()]


def _target(page: Path, link: str) -> Path | None:
    """Return the file of the repository that a link leads to, or None."""
    if "://" in link:
        return None
    target = Path(posixpath.normpath(page.parent / link))
    return target if target.is_relative_to(REPOSITORY) else None
