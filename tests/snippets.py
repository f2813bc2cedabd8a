"""Run the examples of a Markdown page and put what they print into the page.

A page is one session, from top to bottom, in one temporary folder:

- A ``console`` block holds commands behind ``$ ``. The lines below a command show what it prints,
  standard output first, then standard error.
- A ``python`` block runs in the page's own namespace. If a ``text`` block follows it directly, that
  block shows what it prints; otherwise it must print nothing.
- Blocks in other languages, such as ``sh``, are not run, and neither is a block below the comment
  ``<!-- not run -->``.

The folder holds links to the repository's ``models`` and ``examples``. What is printed may differ
from the page only in the seconds and the rate of a summary of ``exprinfer score``, and in the
decimals of a log-probability after the fourth.

``python -m tests.snippets [PAGE]...`` writes the present output into the pages.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parent.parent
NOT_RUN = "<!-- not run -->"
#: A fenced block: what stands before it on the page's line above, its language and its content.
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
#: What may differ from one run, or one processor, to another.
_TIMING = re.compile(r"[\d.]+ s, [\d,]+ lines/s")
_LAST_DIGITS = re.compile(r"(?<=\d\.\d{4})\d+")


def pages() -> list[Path]:
    """Return README.md and the pages of the documentation."""
    return [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


def refreshed(page: str) -> str:
    """Return the page with the present output of its examples.

    Raises:
        AssertionError: If a Python block raises an exception, or a command crashes.
    """
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(_prepared(Path(folder))):
        return "".join(_run(page))


def _prepared(folder: Path) -> Path:
    """Make the folder of a page: links into the repository, and commands of this Python."""
    for name in ("models", "examples"):
        (folder / name).symlink_to(REPOSITORY / name)
    commands = folder / ".bin"
    commands.mkdir()
    for name, arguments in (("exprinfer", "-m exprinfer"), ("python", "")):
        command = commands / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        command.chmod(0o755)
    return folder


def _run(page: str) -> Iterator[str]:
    """Yield the parts of the page, the outputs replaced by what its examples print now."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed, end = "", 0
    for block in _BLOCK.finditer(page):
        language, content = block.groups()
        between = page[end : block.start()]
        directly = not between.strip()
        if printed and not (directly and language == "text"):
            yield f"\n\n```text\n{printed}```"
            printed = ""
        yield between
        if between.rstrip().endswith(NOT_RUN):
            yield block.group()
        elif language == "console":
            yield f"```console\n{_console(content)}```"
        elif language == "text" and printed:
            yield f"```text\n{_kept(content, printed)}```"
            printed = ""
        else:
            yield block.group()
            printed = _python(content, namespace) if language == "python" else ""
        end = block.end()
    yield (f"\n\n```text\n{printed}```" if printed else "") + page[end:]


def _console(content: str) -> str:
    """Run the commands of a block one after another and return them with their outputs."""
    parts = re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]
    written = []
    for part in parts:
        command, shown = _command(part)
        written.append(f"$ {command}{_kept(shown, _shell(command))}")
    return "".join(written)


def _command(part: str) -> tuple[str, str]:
    """Split a command, which a backslash continues on the next line, from its output."""
    lines = part.splitlines(keepends=True)
    size = 1
    while lines[size - 1].endswith("\\\n"):
        size += 1
    return "".join(lines[:size]), "".join(lines[size:])


def _shell(command: str) -> str:
    environment = {
        **os.environ,
        "PATH": f"{Path.cwd() / '.bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "COLUMNS": "80",
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    done = subprocess.run(
        ["bash", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    if "Traceback (most recent call last)" in done.stderr:
        raise AssertionError(f"this command crashes: {command}\n{done.stderr}")
    return done.stdout + done.stderr


def _python(content: str, namespace: dict[str, Any]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(content, "<page>", "exec"), namespace)
        except Exception as error:
            raise AssertionError(f"this block raises {error!r}:\n{content}") from error
    return out.getvalue()


def _kept(shown: str, printed: str) -> str:
    """Return what was printed, or what the page shows if nothing else than that differs."""
    return shown if _lasting(shown) == _lasting(printed) else printed


def _lasting(text: str) -> str:
    return _LAST_DIGITS.sub("", _TIMING.sub("", text))


def main(names: list[str]) -> None:
    """Refresh the pages, all of them if none is named, and print which ones changed."""
    for path in map(Path, names) if names else pages():
        old = path.read_text()
        new = refreshed(old)
        if new != old:
            path.write_text(new)
            print(f"refreshed {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
