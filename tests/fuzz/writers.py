"""Let many processes write to one output at once: one wins, and nobody sees a part of a file.

``python -m tests.fuzz.writers 100`` does this with 100 processes: to a file, to a local folder of
Ray's results, and to one in object storage (a folder that behaves so).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from pyarrow import fs
from pyarrow import table as make_table

from exprinfer.errors import OutputError
from exprinfer.scoring.writing.atomic_file import whole_file
from exprinfer.scoring.writing.result_files import put_table
from exprinfer.scoring.writing.result_folder import SUCCESS, whole_folder

LINES = 200_000


def _write_file(folder: str, number: int) -> None:
    with whole_file(Path(folder) / "out.txt") as file:
        for _ in range(LINES // 1_000):
            file.write(b"%08d\n" % number * 1_000)
        time.sleep(2)  # until the last one has tried


def _write_folder(out: str, system: Any, number: int) -> None:
    with whole_folder(out, system) as target:
        values = make_table({"number": [number] * LINES})
        parts = [put_table(target, f"{target.run}-{part}.parquet", values) for part in range(3)]
        target.check({"in": 3 * LINES}, parts)
        time.sleep(2)


def _run(kind: str, folder: str, number: int, barrier: Any, outcomes: Any) -> None:
    barrier.wait()
    try:
        if kind == "file":
            _write_file(folder, number)
        elif kind == "local folder":
            _write_folder(f"{folder}/out", None, number)
        else:
            storage = fs.SubTreeFileSystem(folder, fs.LocalFileSystem())
            _write_folder("out", storage, number)
    except (OutputError, FileExistsError) as error:
        outcomes.put((number, str(error)))
    else:
        outcomes.put((number, "won"))


def _check_whole(kind: str, folder: Path) -> bool:
    """Check what a reader sees, and return whether there is an output."""
    from pyarrow import parquet

    if kind == "file":
        if not (folder / "out.txt").exists():
            return False
        lines = (folder / "out.txt").read_bytes().splitlines()
        assert len(lines) == LINES, len(lines)
        assert len(set(lines)) == 1
        return True
    if not (folder / "out" / SUCCESS).exists():
        return False
    table = parquet.read_table(folder / "out")
    assert len(table) == json.loads((folder / "out" / SUCCESS).read_text())["rows_out"]
    assert len(table) == 3 * LINES
    assert len(set(table["number"].to_pylist())) == 1
    return True


@click.command()
@click.argument("writers", type=int)
def main(writers: int) -> None:
    """Fail if not exactly one writer wins, or a reader sees a part of an output."""
    context: Any = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    for kind in ("file", "local folder", "object storage"):
        with TemporaryDirectory() as name:
            folder, ended, seen = Path(name), threading.Event(), Counter[bool]()
            parts = list[str]()

            def watch(
                kind: str = kind,
                folder: Path = folder,
                ended: threading.Event = ended,
                seen: Counter[bool] = seen,
                parts: list[str] = parts,
            ) -> None:
                while not ended.wait(0.05):
                    try:
                        seen[_check_whole(kind, folder)] += 1
                    except Exception as error:
                        parts.append(repr(error))

            barrier, outcomes = context.Barrier(writers), context.Queue()
            processes = [
                context.Process(target=_run, args=(kind, name, number, barrier, outcomes))
                for number in range(writers)
            ]
            for process in processes:
                process.start()
            reader = threading.Thread(target=watch)
            reader.start()
            results = [outcomes.get(timeout=300) for _ in processes]
            for process in processes:
                process.join()
            ended.set()
            reader.join()
            won = [number for number, outcome in results if outcome == "won"]
            reasons = Counter(
                outcome.replace(name, "").split("; if none")[0] for _, outcome in results
            )
            assert _check_whole(kind, folder)
            left = [path.name for path in folder.rglob("*") if path.name.startswith((".", "_C"))]
            if len(won) != 1 or left or parts or not seen:
                raise click.ClickException(f"{kind}: {len(won)} won, left: {left}, read: {parts}")
            click.echo(f"{kind}: {dict(reasons)}; a reader saw nothing {seen[False]} times, "
                       f"all of it {seen[True]} times, a part 0 times")  # fmt: skip


if __name__ == "__main__":
    main(prog_name="python -m tests.fuzz.writers")
