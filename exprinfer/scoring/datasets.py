"""Score the parts of the data sets of ``exprinfer.ray``, as ``exprinfer score`` does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from exprinfer.evaluator import Evaluator, load
from exprinfer.scoring.marking import UnreadableInput
from exprinfer.scoring.reading.blocks import read_blocks
from exprinfer.scoring.reading.opening import ChangedError
from exprinfer.scoring.reading.options import ReadOptions
from exprinfer.scoring.reading.stored import StoredInput
from exprinfer.scoring.summary import Summary
from exprinfer.scoring.writing.parquet import to_arrow
from exprinfer.scoring.writing.result_files import ResultFiles
from exprinfer.scoring.writing.result_folder import Folder, WrittenFile


@dataclass(frozen=True)
class Totals:
    """Counts over the results of a data set."""

    rows: int = 0
    certified: int = 0
    """Rows with a certified answer."""
    errors: Counter[str] = field(default_factory=Counter)
    """Rows without an answer, by error code."""
    marked: int = 0
    """Rows with an expected value that can be read and an exact value."""
    given_right: int = 0
    """Marked rows whose expected value is right."""
    right: int = 0
    """Marked rows that the models answer right."""
    unreadable: int = 0
    """Rows whose expected value cannot be read."""
    unreadable_inputs: dict[str, str] = field(default_factory=dict)
    """The files that cannot be read, or not to their end, each with the reason."""


@dataclass(frozen=True)
class ScoredPart:
    """What became of a file, or of a part of one."""

    number: int
    """Its place in the data set."""
    name: str
    """The name of the file."""
    rows_read: int
    totals: Totals
    files: list[WrittenFile]
    columns: str | None
    """The names and types of the columns; None if there are no results."""
    notes: list[str]
    """Messages for people about how the file was read."""


@dataclass(frozen=True)
class Task:
    """A file or a part of one to score, and where to write the results."""

    number: int
    source: StoredInput
    reading: ReadOptions
    folder: Folder
    models: tuple[tuple[str, Any], ...]
    """The arguments of ``exprinfer.load``."""

    def __call__(self) -> ScoredPart:
        """Score it. The rows and their order are those of ``exprinfer score``.

        Raises:
            ChangedError: If the file has changed since it was found.
            InputError: If the file cannot be read, and bad rows end the run.
            OutputError: If the columns of the results change.
            OSError: If the storage fails.
        """
        if self.source.has_changed():
            raise ChangedError(f"{self.source.name}: the file changed; score it again")
        notes: list[str] = []
        reading = replace(self.reading, tell=notes.append)
        results = ResultFiles(self.folder, self.number)
        rows, summary = 0, Summary()
        for block in read_blocks([self.source], reading):
            rows += block.rows
            batch = block.score(_evaluator(self.models))
            summary = summary.plus(batch)
            if not isinstance(batch, UnreadableInput):
                results.write(to_arrow(batch))
        files = results.finish()
        return ScoredPart(
            self.number,
            self.source.name,
            rows,
            _totals(summary),
            files,
            results.columns,
            notes,
        )


@cache
def _evaluator(options: tuple[tuple[str, Any], ...]) -> Evaluator:
    """Open the models once in each process."""
    return load(**dict(options))


def _totals(summary: Summary) -> Totals:
    return Totals(
        rows=summary.lines,
        certified=summary.certified,
        errors=summary.errors,
        marked=summary.marked.total(),
        given_right=summary.given_right.total(),
        right=summary.right.total(),
        unreadable=summary.unreadable,
        unreadable_inputs=dict(summary.unreadable_inputs),
    )


def sum_totals(totals: list[Totals]) -> Totals:
    """Return the sums of all counts."""
    counts = ("rows", "certified", "marked", "given_right", "right", "unreadable")
    sums = {name: sum(getattr(each, name) for each in totals) for name in counts}
    errors, unreadable = Counter[str](), dict[str, str]()
    for each in totals:
        errors.update(each.errors)
        unreadable.update(each.unreadable_inputs)
    return Totals(**sums, errors=errors, unreadable_inputs=unreadable)
